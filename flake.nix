# SPDX-License-Identifier: Apache-2.0
{
  description = "Builds PyTorch kernels for every torch, CUDA and C++ ABI";

  # No inputs, so nothing but this repository is fetched. To build the program with nixpkgs, give it to genFlakeOutputs
  # as `pkgs`, or use overlays.default.
  outputs = { self, ... }:
    let here = import ./nix { };
    in {
      inherit (here) lib packages;
      overlays.default = final: prev: {
        kernel-builder = (import ./nix { pkgs = final; }).packages.x86_64-linux.default;
      };
    };
}
