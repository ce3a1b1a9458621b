# Written by kernel-builder. Serves the package as it lies in the source tree: the extension is the one beside this file, the newest if
# there are several.
import importlib
from pathlib import Path

import torch

_found = sorted(Path(__file__).parent.glob("_@MODULE@_*.abi3.so"), key=lambda p: p.stat().st_mtime)
if not _found:
    raise ImportError("@MODULE@ is not compiled yet: pip install -e . --no-build-isolation")
_name = _found[-1].name[: -len(".abi3.so")]
importlib.import_module("." + _name, __package__)
ops = getattr(torch.ops, _name)


def add_op_namespace_prefix(op_name: str) -> str:
    """The full name of an operator of this build of the kernel."""
    return f"{_name}::{op_name}"
