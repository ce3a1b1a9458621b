# SPDX-License-Identifier: Apache-2.0
# `import kernel-builder` is a set: lib, packages. `import kernel-builder { inherit pkgs; }` is the same set with the
# program built by nixpkgs.
import ./nix { } // { __functor = self: import ./nix; }
