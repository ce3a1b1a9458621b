# SPDX-License-Identifier: Apache-2.0
# All that flake.nix and default.nix offer. Of nixpkgs nothing is needed; with pkgs, the program is built by its stdenv.
# sources: where packages are fetched from, as { wheel-index, debian-mirror, redist }; pip, apt and defaults otherwise; and cutlass, a
# checkout, for kernels with a version that no package has.
{ pkgs ? null, sources ? { } }:
let
  system = "x86_64-linux";
  program = import ./program.nix { inherit system pkgs; };
  fetchPin = import ./pin.nix { inherit system program sources; };
  kernel = import ./kernel.nix { inherit system pkgs program fetchPin; };

  # The path of a kernel alone, or a set with it. Of the original's other arguments, rev, doGetKernelCheck and the like
  # have no meaning here and are ignored. torchVersions would choose variants; build.toml and the lock do that, so it is said.
  withArgs = f: args:
    if builtins.isAttrs args && args ? torchVersions then
      builtins.trace "warning: torchVersions is ignored; matrix = \"all\", minver and maxver of [torch], or a lock choose variants"
        (withArgs f (removeAttrs args [ "torchVersions" ]))
    else if builtins.isAttrs args && args ? path then
      if args ? pkgs || args ? sources then
        again f (removeAttrs args [ "pkgs" "sources" ]) {
          pkgs = args.pkgs or pkgs;
          sources = args.sources or sources;
        }
      else
        f.here args
    else
      f.here { path = args; };
  again = f: args: settings: (import ./. settings).lib.${system}.${f.name} args;

  functions = {
    # What a kernel's flake offers: packages, shells.
    genFlakeOutputs = withArgs {
      name = "genFlakeOutputs";
      here = args: (kernel args).outputs;
    };
    # All variants of a kernel, in one directory.
    buildTorchExtensionBundle = withArgs {
      name = "buildTorchExtensionBundle";
      here = args: (kernel args).bundle;
    };
  };
  all = functions // {
    genKernelFlakeOutputs = functions.genFlakeOutputs;
  };
in {
  lib = all // { ${system} = all; };
  packages.${system} = {
    default = program;
    kernel-builder = program;
  };
}
