# SPDX-License-Identifier: Apache-2.0
"""Digests of trees in the catalog, computed a second time without any code of the program.

usage: catalog_trees.py CATALOG LIMIT: every wheel and sdist of at most LIMIT bytes is downloaded whole with pip,
its SHA-256 and the digest of what its selection gives are compared with the catalog. Prints TAP.
"""
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import urllib.parse
import urllib.request
import zipfile


def indexed(catalog):
    cuda = tomllib.loads((catalog / "cuda.toml").read_text())["cuda"]
    torch = tomllib.loads((catalog / "torch.toml").read_text())["torch"]
    deps = tomllib.loads((catalog / "deps.toml").read_text())["depend"]
    pins = [p for c in cuda + deps for p in c["pin"]] + [t["headers"] for t in torch]
    return {p["file"] + str(p["select"]): p for p in pins if p["kind"] in ("wheel", "sdist")}.values()


def target(path, select):
    for s in select:
        if path == s["from"] or s["from"].endswith("/") and path.startswith(s["from"]):
            return s["to"] + path[len(s["from"]):] if "to" in s else None
    return None


def members(path):
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as z:
            for m in z.infolist():
                if not m.is_dir():
                    yield m.filename, m.external_attr >> 16, z.read(m)
    else:
        with tarfile.open(path) as tar:
            for m in tar:
                if m.isfile():
                    yield m.name, m.mode, tar.extractfile(m).read()


def tree_digest(path, pin):
    lines = {}
    for name, mode, data in members(path):
        to = target(name, pin["select"])
        if to is not None:
            mode = 755 if mode & 0o100 and not pin.get("plain") else 644
            digest = hashlib.sha256(data).hexdigest()
            lines[to.encode()] = f"f {mode} {len(data)} {digest} {to}\n".encode()
    manifest = b"kernel-builder tree 1\n" + b"".join(lines[k] for k in sorted(lines))
    return hashlib.sha256(manifest).hexdigest()


def download(pin, folder):
    if pin["kind"] == "sdist":
        return download_sdist(pin, folder)
    version = pin["file"].split("-")[1]
    platforms = pin["file"][:-len(".whl")].split("-")[-1].split(".")
    pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "-d", folder]
    pip += [f"--platform={p}" for p in platforms] + [f"{pin['name']}=={version}"]
    return subprocess.run(pip, capture_output=True, check=False).returncode == 0


def download_sdist(pin, folder):
    """By the index's own page, for pip would build what it takes to know the requirements of sources."""
    pip = [sys.executable, "-m", "pip", "install", "--help"]
    text = subprocess.run(pip, capture_output=True, text=True, check=False).stdout
    index = re.search(r"\(default\s+(https?://[^\s)]+)\)", text)
    if not index:
        return False
    request = urllib.request.Request(f"{index[1].rstrip('/')}/{pin['name']}/",
                                     headers={"Accept": "application/vnd.pypi.simple.v1+json"})
    with urllib.request.urlopen(request) as page:
        base, files = page.url, json.load(page)["files"]
    url = next(f["url"] for f in files if f["filename"] == pin["file"])
    with urllib.request.urlopen(urllib.parse.urljoin(base, url)) as f:
        pathlib.Path(folder, pin["file"]).write_bytes(f.read())
    return True


def main():
    chosen = [p for p in indexed(pathlib.Path(sys.argv[1])) if p["size"] <= int(sys.argv[2])]
    print(f"1..{len(chosen)}")
    for i, pin in enumerate(chosen, 1):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, pin["file"])
            if not download(pin, folder) or not path.exists():
                print(f"ok {i} - {pin['file']} # SKIP no wheel index")
                continue
            right = hashlib.sha256(path.read_bytes()).hexdigest() == pin["sha256"]
            right = right and tree_digest(path, pin) == pin["tree"]
            print(f"{'ok' if right else 'not ok'} {i} - {pin['file']}")


main()
