# SPDX-License-Identifier: Apache-2.0
# One kernel: what its variants are made of, the derivations that build them, and what its flake offers.
{ system, pkgs, program, fetchPin }:
{ path, matrix ? null, target ? null, ... }:
let
  run = args: derivation ({
    inherit system;
    builder = "${program}/bin/kernel-builder";
    KERNEL_BUILDER_HOME = "store"; # in the directory of the build
    CI = "1"; # no progress line
  } // args);
  out = placeholder "out";
  hasPrefix = prefix: s: builtins.substring 0 (builtins.stringLength prefix) s == prefix;
  # Without what tools leave: neither of them makes another kernel of it.
  src = builtins.path {
    name = "source";
    inherit path;
    filter = file: type:
      let name = baseNameOf file;
      in !(hasPrefix "." name || name == "__pycache__" || type == "symlink" && hasPrefix "result" name
        || builtins.elem file (map (top: "${toString path}/${top}") [ "build" "flake.lock" "flake.nix" ]));
  };

  # The lock beside build.toml, else what the program would write: then Nix runs it while it evaluates.
  file = path + "/kernel-builder.lock";
  found = if builtins.pathExists file then builtins.fromJSON (builtins.readFile file) else null;
  # A lock has a part for each target.
  partsOf = lock: [ lock ] ++ (lock.others or [ ]);
  targetOf = part: part.target or "x86_64";
  isFor = cpu: variant: builtins.match ".*-${cpu}-linux" variant != null;
  targets = if target == null then [ ] else if target == "all" then [ "x86_64" "aarch64" ] else [ target ];
  isLocked = found != null && (matrix == null || matrix == found.matrix.name)
    && builtins.all (t: builtins.any (part: targetOf part == t) (partsOf found)) targets;
  wanted = if matrix != null then matrix else if found != null then found.matrix.name else "current";
  lock = if isLocked && !(found ? variants) then
    throw "${toString file} is of an older kernel-builder and does not name its variants: write it anew with `kernel-builder lock`"
  else if isLocked then found else builtins.fromJSON (builtins.readFile (run {
    name = "kernel-builder.lock";
    args = [ "lock" "--quiet" "--matrix" wanted ] ++ (if target == null then [ ] else [ "--target" target ]) ++ [ "--output" out src ];
  }));
  # Of a lock for more than was asked, those that were; what has no compiled code is for all.
  others = builtins.filter (t: !(builtins.elem t targets)) (map targetOf (partsOf lock));
  variants = if target == null then lock.variants
    else builtins.filter (v: !(builtins.any (t: isFor t v) others)) lock.variants;

  # Pins that a variant needs, going by its name; where that does not tell, all. The program knows better: what is
  # missing here fails the build, which has no network.
  pick = fits: all: let some = builtins.filter fits all; in if some == [ ] then all else some;
  digits = version: builtins.concatStringsSep "" (builtins.match "([0-9]+)\\.([0-9]+).*" version);
  pinsOf = variant:
    let
      part = builtins.head (builtins.filter (p: isFor (targetOf p) variant) (partsOf lock) ++ [ lock ]);
      torch = pick (t: hasPrefix "torch${digits t.version}-" variant) part.torch;
      cuda = builtins.filter (c: builtins.match ".*-cu${digits c.version}-.*" variant != null) part.cuda;
      tvm-ffi = part.tvm-ffi or [ ];
      major = if cuda != [ ] then map (c: c.gcc) cuda else map (t: if t.cxx-std >= 20 then 13 else 12) (torch ++ tvm-ffi);
      gcc = pick (g: builtins.any (m: hasPrefix "${toString m}." g.version) major) part.gcc;
      tools = builtins.filter (t: builtins.any (g: builtins.elem t.name g.tools) gcc) part.tools;
    in builtins.concatMap (t: [ t.headers ] ++ (if t ? libraries then [ t.libraries ] else [ ])) torch
    ++ builtins.concatMap (t: [ t.headers t.library ]) tvm-ffi
    ++ map (r: r.pin) (builtins.filter (r: builtins.any (c: c.version == r.cuda) cuda) (part.cuda-runtimes or [ ]))
    ++ builtins.concatMap (x: x.pins) (cuda ++ gcc ++ tools)
    ++ builtins.concatMap (g: g.native or [ ]) gcc ++ map (c: c.runtime) (builtins.filter (c: c ? runtime) cuda)
    ++ builtins.concatMap (d: d.pins) (part.depends or [ ])
    ++ map (l: l.pin) (builtins.filter (l: builtins.any (c: c.version == l.cuda) cuda) (part.cuda-libraries or [ ]))
    ++ part.libraries ++ (if part ? python then [ part.python ] else [ ]);
  unique = pins: builtins.attrValues (builtins.listToAttrs (map (pin: {
    name = builtins.hashString "sha256" (builtins.toJSON pin);
    value = pin;
  }) pins));

  build = name: variants:
    let
      pins = unique (builtins.concatMap pinsOf variants);
      trees = builtins.filter (pin: pin ? tree) pins;
      files = builtins.filter (pin: !(pin ? tree)) pins;
      # Where the program looks for a package by the name of its file.
      named = run {
        name = "packages";
        args = [ "nix" "link" out ] ++ builtins.concatMap (pin: [ (baseNameOf pin.file) "${fetchPin pin}" ]) files;
      };
    in run {
      inherit name;
      args = [ "build" "--output" out src ]
        ++ (if isLocked then [ ] else [ "--no-lock" "--matrix" wanted ])
        ++ builtins.concatMap (v: [ "--variant" v ]) variants
        ++ builtins.concatMap (pin: [ "--tree" "${fetchPin pin}" ]) trees
        # Naming a source of archives is to choose them, so only where the lock did.
        ++ (if builtins.any (pin: pin.kind == "archive") files then [ "--redist" "${named}" ] else [ ])
        ++ (if files == [ ] then [ ] else [ "--debian-mirror" "${named}" ]);
    };
  forVariants = f: builtins.listToAttrs (map (variant: { name = variant; value = f variant; }) variants);

  # One derivation for all: the variants share most of their steps.
  bundle = build "torch-ext-bundle" variants;
  redistributable = forVariants (variant: build "torch-ext-${variant}" [ variant ]);

  # A shell in which Python finds the kernel: of what was built, the variant that suits the torch at hand.
  shell = built: derivation {
    name = "kernel-shell";
    inherit system;
    outputs = [ "out" ]; # said, for `nix develop` looks for it in the environment
    builder = if pkgs != null then "${pkgs.bash}/bin/bash" else "/bin/bash";
    args = [ "-c" "echo >$out" ];
    shellHook = ''
      export PATH="${program}/bin:$PATH"
      if kernel_variant=$(python3 ${./fits.py} ${built}); then
        export PYTHONPATH="$kernel_variant''${PYTHONPATH:+:$PYTHONPATH}"
      fi
    '';
  };
  buildAndCopy = run {
    name = "build-and-copy";
    args = [ "nix" "script" out "build-and-copy" ''
      #!/bin/sh -eu
      # Puts the variants into ./build.
      mkdir -p build
      for variant in ${bundle}/*; do
        rm -rf "build/''${variant##*/}"
        cp -r "$variant" build/
      done
      chmod -R u+w build
    '' ];
  };
in {
  inherit bundle;
  outputs = {
    packages.${system} = {
      default = bundle;
      inherit bundle;
      build-and-copy = buildAndCopy;
    };
    devShells.${system} = {
      default = shell bundle;
      test = shell bundle;
    };
    # One attribute for each variant.
    legacyPackages.${system} = rec {
      inherit redistributable;
      devShells = forVariants (variant: shell redistributable.${variant});
      testShells = devShells;
    };
  };
}
