# Written by kernel-builder.
import torch

from . import @OPS@

ops = torch.ops.@OPS@


def add_op_namespace_prefix(op_name: str) -> str:
    """The full name of an operator of this build of the kernel."""
    return f"@OPS@::{op_name}"
