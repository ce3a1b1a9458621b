"""The functions of this package as modules that allocate their output. For inference only."""

import torch
from torch import nn

from ._ops import ops


def _halved(x: torch.Tensor) -> torch.Tensor:
    return torch.empty(x.shape[:-1] + (x.shape[-1] // 2,), dtype=x.dtype, device=x.device)


class SiluAndMul(nn.Module):
    """``silu(x[..., :d]) * x[..., d:]`` for ``x`` of shape ``[..., 2 * d]``."""

    can_torch_compile: bool = True

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = _halved(x)
        ops.silu_and_mul(out, x)
        return out


class MulAndSilu(nn.Module):
    """``x[..., :d] * silu(x[..., d:])`` for ``x`` of shape ``[..., 2 * d]``."""

    can_torch_compile: bool = True

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = _halved(x)
        ops.mul_and_silu(out, x)
        return out


class GeluAndMul(nn.Module):
    """``gelu(x[..., :d]) * x[..., d:]`` with the exact gelu."""

    can_torch_compile: bool = True

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = _halved(x)
        ops.gelu_and_mul(out, x)
        return out


class GeluTanhAndMul(nn.Module):
    """``gelu(x[..., :d]) * x[..., d:]`` with the tanh form of gelu."""

    can_torch_compile: bool = True

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = _halved(x)
        ops.gelu_tanh_and_mul(out, x)
        return out


class FatreluAndMul(nn.Module):
    """``fatrelu(x[..., :d]) * x[..., d:]``; fatrelu keeps what is above ``threshold``."""

    can_torch_compile: bool = True

    def __init__(self, threshold: float = 0.0):
        super().__init__()
        self.threshold = threshold

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = _halved(x)
        ops.fatrelu_and_mul(out, x, self.threshold)
        return out


class NewGELU(nn.Module):
    """``0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x ** 3)))``."""

    can_torch_compile: bool = True

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = torch.empty_like(x)
        ops.gelu_new(out, x)
        return out


class FastGELU(nn.Module):
    """``0.5 * x * (1 + tanh(0.7978845608 * x * (1 + 0.044715 * x ** 2)))``."""

    can_torch_compile: bool = True

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = torch.empty_like(x)
        ops.gelu_fast(out, x)
        return out


class QuickGELU(nn.Module):
    """``x * sigmoid(1.702 * x)``."""

    can_torch_compile: bool = True

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = torch.empty_like(x)
        ops.gelu_quick(out, x)
        return out


class Silu(nn.Module):
    """``x * sigmoid(x)``."""

    can_torch_compile: bool = True

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = torch.empty_like(x)
        ops.silu(out, x)
        return out


class Gelu(nn.Module):
    """The exact gelu."""

    can_torch_compile: bool = True

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = torch.empty_like(x)
        ops.gelu(out, x)
        return out


class GeluTanh(nn.Module):
    """The tanh form of gelu."""

    can_torch_compile: bool = True

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = torch.empty_like(x)
        ops.gelu_tanh(out, x)
        return out


__all__ = [
    "FastGELU",
    "FatreluAndMul",
    "Gelu",
    "GeluAndMul",
    "GeluTanh",
    "GeluTanhAndMul",
    "MulAndSilu",
    "NewGELU",
    "QuickGELU",
    "Silu",
    "SiluAndMul",
]
