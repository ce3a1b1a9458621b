"""Activation functions for transformer feed-forward layers.

Every function writes into ``out``, which the caller allocates, and returns it. ``out`` and ``x``
are contiguous tensors of the same dtype (float32, float16 or bfloat16) on the same device.
Arithmetic is in float32 and is rounded to the dtype once. None of them is differentiable.
"""

import torch

from ._ops import ops


def silu_and_mul(out: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """``out = silu(x[..., :d]) * x[..., d:]`` for ``x`` of shape ``[..., 2 * d]`` (SwiGLU)."""
    ops.silu_and_mul(out, x)
    return out


def mul_and_silu(out: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """``out = x[..., :d] * silu(x[..., d:])`` for ``x`` of shape ``[..., 2 * d]``."""
    ops.mul_and_silu(out, x)
    return out


def gelu_and_mul(out: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """``out = gelu(x[..., :d]) * x[..., d:]`` with the exact gelu (GeGLU)."""
    ops.gelu_and_mul(out, x)
    return out


def gelu_tanh_and_mul(out: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """``out = gelu(x[..., :d]) * x[..., d:]`` with the tanh form of gelu."""
    ops.gelu_tanh_and_mul(out, x)
    return out


def fatrelu_and_mul(out: torch.Tensor, x: torch.Tensor, threshold: float = 0.0) -> torch.Tensor:
    """``out = fatrelu(x[..., :d]) * x[..., d:]``; fatrelu keeps what is above ``threshold``."""
    ops.fatrelu_and_mul(out, x, threshold)
    return out


def gelu_new(out: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """``out = 0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x ** 3)))``."""
    ops.gelu_new(out, x)
    return out


def gelu_fast(out: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """``out = 0.5 * x * (1 + tanh(0.7978845608 * x * (1 + 0.044715 * x ** 2)))``."""
    ops.gelu_fast(out, x)
    return out


def gelu_quick(out: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """``out = x * sigmoid(1.702 * x)``."""
    ops.gelu_quick(out, x)
    return out


def silu(out: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """``out = x * sigmoid(x)``."""
    ops.silu(out, x)
    return out


def gelu(out: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """``out = 0.5 * x * (1 + erf(x / sqrt(2)))``, the exact gelu."""
    ops.gelu(out, x)
    return out


def gelu_tanh(out: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """``out = gelu(x)`` in the tanh form, the same function as ``gelu_new``."""
    ops.gelu_tanh(out, x)
    return out


from . import layers  # noqa: E402

__all__ = [
    "fatrelu_and_mul",
    "gelu",
    "gelu_and_mul",
    "gelu_fast",
    "gelu_new",
    "gelu_quick",
    "gelu_tanh",
    "gelu_tanh_and_mul",
    "layers",
    "mul_and_silu",
    "silu",
    "silu_and_mul",
]
