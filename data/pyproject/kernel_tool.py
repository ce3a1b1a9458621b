#!/usr/bin/env python3
"""Written by kernel-builder create-pyproject: what CMake and setup.py cannot say themselves.

usage: kernel_tool.py facts OUT.cmake              what the torch of this Python is
       kernel_tool.py capabilities CUDA [CAPABILITY...]   which GPUs to compile a section for
       kernel_tool.py narrow --only=LIST [CAPABILITY...]   what of these is left for some GPUs
       kernel_tool.py variant --backend NAME --out DIR [--library FILE ...]   makes a variant's directory
       kernel_tool.py publish VARIANT-DIR          copies one into build/, where `kernel-builder build` has it
"""
import argparse
import base64
import hashlib
import json
import os
import re
import shutil
import sys
import sysconfig
from pathlib import Path

HERE = Path(__file__).resolve().parent
KERNEL = json.loads((HERE / "kernel.json").read_text(encoding="utf-8"))
ROOT = (HERE.parent / KERNEL["root"]).resolve()  # the directory of build.toml


# What torch is.

def nvidia_folders():
    """Where the CUDA wheels of this Python are, the shared folder of CUDA 13 and later first."""
    found = []
    for path in sys.path:
        nvidia = Path(path or ".") / "nvidia"
        found += sorted(nvidia.glob("cu[0-9]*"), reverse=True) + [nvidia / "cuda_nvcc", nvidia / "cuda_runtime"]
    return [str(p) for p in found if p.is_dir()]


def facts(args):
    try:
        import torch
    except ImportError as e:
        sys.exit(f"{sys.executable} cannot import torch: {e}. Activate the environment that has it, or configure with "
                 "-DPython3_EXECUTABLE=/path/to/its/python3")
    include = sysconfig.get_paths()["include"]
    if not (Path(include) / "Python.h").exists():
        sys.exit(f"{include}/Python.h is missing: install Python's headers (Debian: python3-dev)")
    capability = ""
    if torch.version.cuda and torch.cuda.is_available():
        capability = "%d.%d" % torch.cuda.get_device_capability(0)
    home = Path(torch.__file__).resolve().parent
    values = {
        "TORCH_VERSION": re.match(r"[\d.]*\d", torch.__version__)[0],
        "TORCH_CUDA": torch.version.cuda or "",
        "TORCH_HIP": torch.version.hip or "",
        "TORCH_CXX11": int(torch.compiled_with_cxx11_abi()),
        "TORCH_INCLUDES": f"{home}/include;{home}/include/torch/csrc/api/include",
        "TORCH_LIB": home / "lib",
        "TORCH_GPU": capability,
        "PYTHON_INCLUDE": include,
        "NVIDIA_FOLDERS": ";".join(nvidia_folders()),
        "KERNEL_ROOT": ROOT,
        "KERNEL_NAME": KERNEL["name"],
        "KERNEL_MODULE": KERNEL["module"],
        "KERNEL_ID": KERNEL["id"],
        "KERNEL_PYROOT": KERNEL["pyroot"],
        "KERNEL_BACKENDS": ";".join(KERNEL["metadata"]),
        "KERNEL_COMPILED": ";".join(KERNEL["compiled"]),
    }
    for bound in ("torch-minver", "torch-maxver", "cuda-minver", "cuda-maxver"):
        values["KERNEL_" + bound.upper().replace("-", "_")] = KERNEL[bound]
    for backend in KERNEL["metadata"]:
        values["KERNEL_STABLE_ABI_" + backend] = KERNEL["stable-abi"].get(backend, "")
    Path(args.out).write_text("".join(f"set({k} [==[{v}]==])\n" for k, v in values.items()), encoding="utf-8")


# Which GPUs.

def natural(text):
    return [int(w) if w.isdigit() else w for w in re.split(r"(\d+)", text)]


def base(capability):
    """(9, 0) of 9.0, 9.0a and 9.0+PTX."""
    major, minor = re.match(r"(\d+)\.(\d+)", capability).groups()
    return int(major), int(minor)


def meet(asked, supported):
    """Each supported GPU is served by the nearest capability below it that was asked for: of the same major version, or of any, if
    that one keeps its PTX. One with a letter is taken as it is where its base is supported, and serves that base alone."""
    asked = [c for c in asked if re.fullmatch(r"\d{1,3}\.\d[af]?(\+PTX)?", c)]
    ptx = {c[:-4] for c in asked if c.endswith("+PTX")}
    plain = list(dict.fromkeys(c[:-4] if c.endswith("+PTX") else c for c in asked))
    targets = [base(c) for c in supported]
    special = [c for c in plain if c[-1] in "af" and base(c) in targets]
    general = [c for c in plain if c[-1] not in "af"]
    used = set(special)
    for target in targets:
        if target in (base(c) for c in special):
            continue
        below = [c for c in general if base(c) <= target and (base(c)[0] == target[0] or c in ptx)]
        if below:
            used.add(max(below, key=base))
    return sorted((c + "+PTX" if c in ptx else c for c in used), key=natural)


def serving(have, wanted):
    """What of a section's capabilities serves a GPU: those of its number, else the highest below it of its major version (plain or
    f), else the highest below it that keeps its PTX."""
    number, letter = base(wanted), wanted[-1] if wanted[-1] in "af" else ""
    parts = [(base(c), c.replace("+PTX", "")[-1:].strip("0123456789"), c.endswith("+PTX"), c) for c in have]
    exact = [c for b, l, _, c in parts if b == number and (not letter or l == letter)]
    code = [(b, c) for b, l, _, c in parts if b == number or (b[0] == number[0] and b < number and l != "a")]
    ptx = [(b, c) for b, l, keeps, c in parts if b < number and keeps and not l]
    return exact or [max(rest, key=lambda x: x[0])[1] for rest in (code or ptx,) if rest]


def release_of(version):
    """What is known of the newest CUDA release that is not newer than this one."""
    known = sorted(KERNEL["cuda"], key=natural)
    older = [v for v in known if natural(v) <= natural(version)]
    release = KERNEL["cuda"][older[-1] if older else known[0]]
    return {key: value.split() for key, value in release.items()}


def capabilities(args):
    """Without a list in build.toml: the GPU at hand, or, with --all, what the release's builds are for."""
    release = release_of(args.cuda)
    asked = args.capability or ([args.gpu] if args.gpu else release["defaults"])
    known = [c for c in asked if c.replace("+PTX", "") in release["capabilities"]]
    found = meet(known, release["defaults"])
    taken = {c.replace("+PTX", "") for c in found}
    for c in () if args.quiet else asked:
        if c.replace("+PTX", "") not in taken:
            print(f"capability {c} is dropped: CUDA {args.cuda} has {' '.join(release['defaults'])}, or another takes its place", file=sys.stderr)
    print(";".join(found))


def narrow(args):
    """Two lists: what of a section's capabilities serves the wanted GPUs, and which of these are served."""
    wanted = [c for c in args.only.split(";") if c]
    for gpu in wanted:
        if not re.fullmatch(r"\d{1,3}\.\d[af]?", gpu):
            sys.exit(f'KERNEL_CAPABILITIES: "{gpu}" is not a capability such as 9.0')
    print(";".join(sorted({c for gpu in wanted for c in serving(args.capability, gpu)}, key=natural)))
    print(";".join(gpu for gpu in wanted if serving(args.capability, gpu)))


# What a variant holds.

DOCUMENTS = {"readme", "changelog", "changes", "contributing", "history", "authors"}


def is_shipped(name):
    if name.split(".")[0].lower() in DOCUMENTS and not name.endswith((".py", ".pyi")):
        return False
    return name.endswith(tuple("." + e for e in KERNEL["pyext"]))


def package_files():
    """Files of the Python package that a variant ships, relative to it. Links count as what they lead to, inside the kernel."""
    folder, inside = ROOT / KERNEL["pyroot"] / KERNEL["module"], ROOT.resolve()

    def below(directory, above):
        for path in sorted(directory.iterdir()):
            if path.name[0] == "." or path.name == "__pycache__" or path.name.endswith((".pyc", ".pyo", "~")):
                continue
            real = path.resolve()
            if path.is_symlink() and (is_shipped(path.name) or path.is_dir() or not path.exists() and "." not in path.name):
                if not path.exists() or not real.is_relative_to(inside) or real in above:
                    sys.exit(f"{path}: the link leads out of the kernel's directory, nowhere, or to a directory that it is in")
            if path.is_dir():
                yield from below(path, above | {real})
            elif is_shipped(path.name) and path != folder / "_ops.py":
                yield path
    return sorted((p.relative_to(folder).as_posix(), p) for p in below(folder, {folder.resolve()}))


def fill(name, words):
    text = (HERE / name).read_text(encoding="utf-8")
    for word, value in words.items():
        text = text.replace(f"@{word}@", value)
    return text


def ops_name(backend):
    return f"_{KERNEL['module']}_{backend}_{KERNEL['id']}"


def make_variant(out, backend, library=None, archs=(), toolchain=None):
    """Writes the directory out anew, beside it first, so that nobody sees half of it."""
    out = Path(out)
    new = out.with_name(f".kb-{out.name}-{os.getpid()}")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    words = {"OPS": ops_name(backend), "MODULE": KERNEL["module"], "NAME": KERNEL["module"], "ID": KERNEL["id"]}
    for name, path in package_files():
        (new / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, new / name)
    (new / "_ops.py").write_text(fill("_ops.py.in", words), encoding="utf-8")
    if KERNEL["alias"]:
        (new / KERNEL["module"]).mkdir(exist_ok=True)
        (new / KERNEL["module"] / "__init__.py").write_text(fill("_alias.py.in", words), encoding="utf-8")
    if library:
        shutil.copy(library, new / f"{ops_name(backend)}.abi3.so")
    metadata = json.loads(json.dumps(KERNEL["metadata"][backend]))
    if archs:
        metadata["backend"]["archs"] = sorted(set(archs))
    metadata["digest"] = {"algorithm": "sha256", "files": {
        p.relative_to(new).as_posix(): base64.b64encode(hashlib.sha256(p.read_bytes()).digest()).decode()
        for p in sorted(new.rglob("*"), key=lambda p: p.relative_to(new).as_posix()) if p.is_file()}}
    if toolchain:
        metadata["toolchain"] = toolchain
    (new / "metadata.json").write_text(json.dumps(metadata, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    replace(new, out)


def replace(new, out):
    old = out.with_name(f"{new.name}-old")
    if out.exists():
        out.rename(old)
    new.rename(out)
    shutil.rmtree(old, ignore_errors=True)


def variant(args):
    toolchain = dict(word.split("=", 1) for word in args.toolchain)
    if args.only:
        toolchain["only-capabilities"] = args.only.split(";")
    make_variant(args.out, args.backend, args.library, [a for a in args.archs.split(";") if a], toolchain)


def publish_variant(made):
    """Copies a variant's directory into build/ and leaves the link `result` beside it."""
    made = Path(made).resolve()
    build = ROOT / "build"
    out = build / made.name
    if out.resolve() != made:
        build.mkdir(exist_ok=True)
        new = build / f".kb-{made.name}-{os.getpid()}"
        shutil.copytree(made, new)
        replace(new, out)
    if not os.path.lexists(ROOT / "result"):
        os.symlink("build", ROOT / "result")
    return out


def publish(args):
    print(publish_variant(args.variant))


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True)
    p = commands.add_parser("facts")
    p.add_argument("out")
    p.set_defaults(run=facts)
    p = commands.add_parser("capabilities")
    p.add_argument("cuda")
    p.add_argument("capability", nargs="*")
    p.add_argument("--gpu", default="")
    p.add_argument("--quiet", action="store_true")
    p.set_defaults(run=capabilities)
    p = commands.add_parser("narrow")
    p.add_argument("capability", nargs="*")
    p.add_argument("--only", default="")
    p.set_defaults(run=narrow)
    p = commands.add_parser("variant")
    p.add_argument("--backend", required=True)
    p.add_argument("--out", required=True)
    p.add_argument("--library")
    p.add_argument("--archs", default="")
    p.add_argument("--only", default="")
    p.add_argument("--toolchain", action="append", default=[])
    p.set_defaults(run=variant)
    p = commands.add_parser("publish")
    p.add_argument("variant")
    p.set_defaults(run=publish)
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
