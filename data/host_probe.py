"""Asks a Python which torch it would import, and which of the modules that are arguments, and prints that as a line of JSON.

torch is not imported where its files say all: that takes seconds, and fails on machines that lack a library of CUDA. Its version.py
consists of assignments; the C++ ABI shows in the name of a constructor in libc10.so. Builds that are laid out otherwise are imported.
"""
import importlib.util
import json
import os
import platform
import re
import sys


def read(folder):
    values = {}
    with open(os.path.join(folder, "version.py"), encoding="utf-8") as f:
        exec(f.read(), values)
    with open(os.path.join(folder, "lib", "libc10.so"), "rb") as f:
        names = f.read()
    new, old = (b"_ZN3c105ErrorC2ENS_14SourceLocationE" + s in names for s in (b"NSt7__cxx11", b"Ss"))
    if new == old:
        raise ValueError("libc10.so does not show its ABI")
    return values["__version__"], values["cuda"], values.get("hip") or values.get("rocm"), values.get("xpu"), new


def load():
    import torch
    v = torch.version
    return torch.__version__, v.cuda, getattr(v, "hip", None), getattr(v, "xpu", None), torch.compiled_with_cxx11_abi()


def torch_facts():
    spec = importlib.util.find_spec("torch")
    if spec is None or not spec.origin:
        return {}
    folder = os.path.dirname(spec.origin)
    try:
        text, cuda, hip, xpu, cxx11 = read(folder)
    except Exception:
        try:
            text, cuda, hip, xpu, cxx11 = load()
        except Exception as e:
            return {"broken": f"{type(e).__name__}: {e}"}
    other = "ROCm" if hip else "XPU" if xpu else None
    return {"torch": re.match(r"[\d.]*", text)[0].strip("."), "release": text, "cuda": cuda, "other": other, "cxx11": bool(cxx11), "folder": folder}


facts = {
    "python": platform.python_version(),
    "program": sys.executable,
    "machine": platform.machine() if sys.maxsize > 2**32 else "32-bit " + platform.machine(),
    "pytest": importlib.util.find_spec("pytest") is not None,
    "modules": [m for m in sys.argv[1:] if importlib.util.find_spec(m) is not None],
    "site": [p for p in sys.path if os.path.basename(p) in ("site-packages", "dist-packages") and os.path.isdir(p)],
}
facts.update(torch_facts())
print(json.dumps(facts))
