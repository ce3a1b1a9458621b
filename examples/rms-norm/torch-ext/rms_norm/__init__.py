"""Root-mean-square normalisation, for CUDA and for CPUs, in float32, float16 and bfloat16. For inference: it has no gradient."""

import torch

from ._ops import add_op_namespace_prefix, ops


@torch.library.register_fake(add_op_namespace_prefix("rms_norm"))
def _(out, input, weight, eps):
    pass  # it writes into out and returns nothing


def rms_norm(
    out: torch.Tensor, x: torch.Tensor, weight: torch.Tensor, eps: float = 1e-6
) -> torch.Tensor:
    """``out = x / sqrt(mean(x ** 2) + eps) * weight`` along the last dimension; returns ``out``, which may be ``x``.

    All are contiguous, of one dtype, on one device. Arithmetic is in float32 and rounded once.
    """
    ops.rms_norm(out, x, weight, eps)
    return out


from . import layers  # noqa: E402

__all__ = ["layers", "rms_norm"]
