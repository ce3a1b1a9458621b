# Written by kernel-builder.
import torch


def get_backend() -> str:
    """The backend of the torch at hand, as kernels name it."""
    if getattr(getattr(torch, "backends", None), "tpu", None) is not None:
        return "tpu"
    if hasattr(torch, "neuron"):
        return "neuron"
    if torch.version.cuda is not None:
        return "cuda"
    if torch.version.hip is not None:
        return "rocm"
    if torch.backends.mps.is_available():
        return "metal"
    if hasattr(torch.version, "xpu") and torch.version.xpu is not None:
        return "xpu"
    return "cpu"


_namespace = f"_@NAME@_{get_backend()}_@ID@"
ops = getattr(torch.ops, _namespace)


def add_op_namespace_prefix(op_name: str) -> str:
    """The full name of an operator of this build of the kernel."""
    return f"{_namespace}::{op_name}"
