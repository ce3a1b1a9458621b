# Written by kernel-builder.
import ctypes
import glob
import os
import sys

import torch


def _load(name: str) -> None:
    """A library of CUDA that torch brings, but may not have loaded yet: the loader does not look where it lies."""
    try:
        ctypes.CDLL(name, mode=os.RTLD_NOLOAD | os.RTLD_NOW)
        return
    except OSError:
        pass
    for path in sys.path:
        for file in glob.glob(os.path.join(glob.escape(path), "nvidia", "*", "lib", name)):
            ctypes.CDLL(file)
            return


for _name in (@LIBRARIES@):
    _load(_name)

from . import @OPS@

ops = torch.ops.@OPS@


def add_op_namespace_prefix(op_name: str) -> str:
    """The full name of an operator of this build of the kernel."""
    return f"@OPS@::{op_name}"
