# SPDX-License-Identifier: Apache-2.0
# The program. With nixpkgs: an ordinary package. Without: compiled by the machine's own compiler, of which the
# derivation knows nothing, so the sandbox must show it (bootstrap.sh says how); what comes out brings its loader and
# libraries along and needs nothing of the machine. What it builds is the same bits in either case.
{ system, pkgs }:
let
  version = "0.1.0";
  root = toString ../.;
  src = builtins.path {
    name = "kernel-builder-source";
    path = ../.;
    filter = path: type:
      let rel = builtins.substring (builtins.stringLength root + 1) (-1) (toString path);
      in builtins.match "(src|catalog|data|docs)(/.*)?|Makefile|tools|tools/implementation.sh" rel != null;
  };
in if pkgs != null then
  pkgs.stdenv.mkDerivation {
    pname = "kernel-builder";
    inherit version src;
    nativeBuildInputs = [ pkgs.pkg-config ];
    buildInputs = with pkgs; [ curl jansson libarchive nghttp2 openssl tomlplusplus zlib ];
    makeFlags = [ "BUILD=.build" ];
    installFlags = [ "PREFIX=$(out)" ];
    enableParallelBuilding = true;
    # Where fetching finds certificates in a sandbox.
    postInstall = "install -Dm644 ${pkgs.cacert}/etc/ssl/certs/ca-bundle.crt $out/share/ca-bundle.crt";
    meta.mainProgram = "kernel-builder";
  }
else
  derivation {
    name = "kernel-builder-${version}";
    inherit system src;
    builder = "/bin/sh";
    args = [ "-eu" ./bootstrap.sh ];
    PATH = "/usr/local/bin:/usr/bin:/bin";
  } // { meta.mainProgram = "kernel-builder"; }
