"""Loads the variant of a kernel that fits this Python's torch, as a user would, and prints one line of JSON.

usage: load_check.py BUILD-DIRECTORY MODULE [KERNELS-LOCK]
The kernels that it depends on are those of the lock. With the kernels client where there is one, else by import from the variant's directory.
"""
import importlib.util
import json
import os
import platform
import sys
import time
import traceback

build, module = sys.argv[1:3]
lock = sys.argv[3] if len(sys.argv) > 3 else None
out = {"python": platform.python_version()}


def end(**more):
    out.update(more)
    sys.__stdout__.write("\n" + json.dumps(out) + "\n")
    sys.__stdout__.flush()
    os._exit(0)  # what a kernel does at exit is not ours to judge


tail = "%s-linux" % platform.machine()
have = sorted(d for d in os.listdir(build) if os.path.exists(os.path.join(build, d, "metadata.json")))
# A stable-ABI or pure Python variant fits more than one torch; the client knows which. One for tvm-ffi needs none.
loose = [d for d in have if d.startswith(("torch-", "torch_stable", "torchstable"))]
tvm = [d for d in have if d.startswith("tvm-ffi") and d.endswith(tail)]
try:
    import torch
    out["torch"] = torch.__version__
except ImportError as e:
    torch = None
    if not tvm:
        end(absent="torch cannot be imported: %s" % e)
if tvm and not importlib.util.find_spec("tvm_ffi"):
    end(none="there is no apache-tvm-ffi, which variants for tvm-ffi need")
loose += tvm

named = {"cpu": "", "gpu": ""}
has_gpu = False
if torch:
    release = "".join(torch.__version__.split("+")[0].split(".")[:2])
    abi = "cxx11" if torch.compiled_with_cxx11_abi() else "cxx98"
    has_gpu = torch.cuda.is_available()
    compute = "cu" + torch.version.cuda.replace(".", "") if torch.version.cuda else "cpu"
    named = {
        "cpu": "torch%s-%s-cpu-%s" % (release, abi, tail),
        "gpu": "torch%s-%s-%s-%s" % (release, abi, compute, tail),
    }
order = ["gpu", "cpu"] if has_gpu else ["cpu", "gpu"]
fits = [b for b in order if named[b] in have]
if not fits and not loose:
    end(none="no variant fits: it would be %s" % " or ".join(named[b] for b in order))
# Which one to import where no client chooses: one for tvm-ffi loads whatever GPU there is.
direct = [named[f] for f in fits] + [d for d in tvm if "-cpu-" in d] + tvm
backend = "cpu" if fits[:1] == ["cpu"] or (not fits and not has_gpu) else None



def take_locked(kernels):
    """The client takes from LOCAL_KERNELS what the kernel depends on."""
    paths = []
    with open(lock, encoding="utf-8") as f:
        for entry in json.load(f):
            repo = entry["dependency"]["repo-id"]
            path = kernels.install_kernel(repo, revision=entry["lock"]["commit"], backend=backend)
            paths.append("%s=%s" % (repo, path))
            os.environ["LOCAL_KERNELS"] = ":".join(paths)


start = time.time()
try:
    try:
        import kernels
        out["client"] = "kernels %s" % kernels.__version__
    except (ImportError, SyntaxError, TypeError):  # older Pythons cannot read newer clients
        kernels = None
        out["client"] = "import"
    if kernels is not None:
        import inspect
        from pathlib import Path
        if lock:
            take_locked(kernels)
        if "backend" in inspect.signature(kernels.get_local_kernel).parameters:
            loaded = kernels.get_local_kernel(Path(build), backend=backend)
        else:
            loaded = kernels.get_local_kernel(Path(build).parent, module)
    elif direct:
        import importlib
        sys.path.insert(0, os.path.join(build, direct[0]))
        loaded = importlib.import_module(module)
    else:
        end(none="there is no kernels client, which would choose among %s; install it: %s -m pip install kernels" % (", ".join(loose), sys.executable))
    at = os.path.relpath(os.path.realpath(loaded.__file__), os.path.realpath(build))
except BaseException:
    end(failed=traceback.format_exc())
end(variant=at.split(os.sep)[0], seconds=time.time() - start)
