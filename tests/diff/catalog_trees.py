"""Digests of trees in the catalog, computed a second time without any code of the program.

usage: catalog_trees.py CATALOG LIMIT: every wheel of at most LIMIT bytes is downloaded whole with pip,
its SHA-256 and the digest of what its selection gives are compared with the catalog. Prints TAP.
"""
import hashlib
import pathlib
import subprocess
import sys
import tempfile
import tomllib
import zipfile


def wheels(catalog):
    cuda = tomllib.loads((catalog / "cuda.toml").read_text())["cuda"]
    torch = tomllib.loads((catalog / "torch.toml").read_text())["torch"]
    pins = [p for c in cuda for p in c["pin"]] + [t["headers"] for t in torch]
    return {p["file"] + str(p["select"]): p for p in pins if p["kind"] == "wheel"}.values()


def target(path, select):
    for s in select:
        if path == s["from"] or s["from"].endswith("/") and path.startswith(s["from"]):
            return s["to"] + path[len(s["from"]):] if "to" in s else None
    return None


def tree_digest(wheel, select):
    lines = {}
    with zipfile.ZipFile(wheel) as z:
        for member in z.infolist():
            to = target(member.filename, select)
            if to is None or member.is_dir():
                continue
            data = z.read(member)
            mode = 755 if member.external_attr >> 16 & 0o100 else 644
            digest = hashlib.sha256(data).hexdigest()
            lines[to.encode()] = f"f {mode} {len(data)} {digest} {to}\n".encode()
    manifest = b"kernel-builder tree 1\n" + b"".join(lines[k] for k in sorted(lines))
    return hashlib.sha256(manifest).hexdigest()


def download(pin, folder):
    version = pin["file"].split("-")[1]
    platforms = pin["file"][:-len(".whl")].split("-")[-1].split(".")
    pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "-d", folder]
    pip += [f"--platform={p}" for p in platforms] + [f"{pin['name']}=={version}"]
    return subprocess.run(pip, capture_output=True, check=False).returncode == 0


def main():
    chosen = [p for p in wheels(pathlib.Path(sys.argv[1])) if p["size"] <= int(sys.argv[2])]
    print(f"1..{len(chosen)}")
    for i, pin in enumerate(chosen, 1):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, pin["file"])
            if not download(pin, folder) or not path.exists():
                print(f"ok {i} - {pin['file']} # SKIP no wheel index")
                continue
            right = hashlib.sha256(path.read_bytes()).hexdigest() == pin["sha256"]
            right = right and tree_digest(path, pin["select"]) == pin["tree"]
            print(f"{'ok' if right else 'not ok'} {i} - {pin['file']}")


main()
