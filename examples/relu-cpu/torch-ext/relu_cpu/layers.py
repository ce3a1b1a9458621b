import torch
from torch import nn

from ._ops import ops


class ReLU(nn.Module):
    """``max(x, 0)``, as ``torch.nn.ReLU``."""

    can_torch_compile: bool = True
    has_backward: bool = True

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return ops.relu(x)


__all__ = ["ReLU"]
