# SPDX-License-Identifier: Apache-2.0
# A pin of a lock as a fixed output: its tree, which is a few MB of a wheel of hundreds, since the program reads ranges.
# trees.json says what Nix calls the hash of a tree (`kernel-builder catalog nix` writes it); trees-before.json has those of earlier
# catalogs, which locks name. Of a pin without a known tree, the output is the whole file.
{ system, program, sources }:
let
  trees = builtins.fromJSON (builtins.readFile ./trees-before.json) // builtins.fromJSON (builtins.readFile ./trees.json);
  hash = pin:
    if pin ? tree then {
      outputHashMode = "recursive";
      outputHash = trees.${pin.tree} or (throw ''
        nix/trees.json has no tree ${pin.tree} (${pin.name}): the kernel's lock is of another version of kernel-builder.
        Write the lock anew with `kernel-builder lock`, or take the kernel-builder that wrote it.'');
    } else {
      outputHashMode = "flat";
      outputHash = pin.sha256;
    };
  others = removeAttrs sources [ "cutlass" ];
  # What no package has: of a checkout, the directories that the program looks at.
  cutlass = pin:
    let
      path = sources.cutlass or (throw
        "no package has ${pin.name} ${pin.file}; give a checkout of that tag as sources.cutlass");
      root = toString path;
      below = file: builtins.substring (builtins.stringLength root + 1) (-1) (toString file);
    in builtins.path {
      name = "cutlass";
      inherit path;
      filter = file: type: builtins.match "include(/.*)?|tools(/util(/include(/.*)?)?)?" (below file) != null;
    };
in pin:
derivation (hash pin // {
  inherit (pin) name;
  inherit system;
  builder = "${program}/bin/kernel-builder";
  args = [ "nix" "fetch" (builtins.toFile "pin.json" (builtins.toJSON pin)) (placeholder "out") ]
    ++ builtins.concatMap (name: [ "--${name}" others.${name} ]) (builtins.attrNames others)
    ++ (if pin.kind == "directory" then [ "--cutlass" "${cutlass pin}" ] else [ ]);
  outputHashAlgo = "sha256";
  preferLocalBuild = true;
  KERNEL_BUILDER_HOME = "store"; # in the directory of the build
  CI = "1"; # no progress line
  KERNEL_BUILDER_CA_BUNDLE = "${program}/share/ca-bundle.crt";
  # Where pip and apt are asked; in a sandbox they are not there.
  PATH = "/usr/local/bin:/usr/bin:/bin";
  impureEnvVars = [
    "KERNEL_BUILDER_WHEEL_INDEX" "KERNEL_BUILDER_DEBIAN_MIRROR" "KERNEL_BUILDER_REDIST"
    "PIP_INDEX_URL" "PIP_CONFIG_FILE" "NIX_SSL_CERT_FILE"
    "http_proxy" "https_proxy" "all_proxy" "no_proxy" "HTTPS_PROXY" "ALL_PROXY" "NO_PROXY"
  ];
})
