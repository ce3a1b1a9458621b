import torch
from torch import nn

from ._ops import ops


class RMSNorm(nn.Module):
    """Takes the place of a module that has ``weight`` and ``variance_epsilon``, such as LlamaRMSNorm of transformers."""

    can_torch_compile: bool = True
    weight: torch.Tensor
    variance_epsilon: float

    def forward(self, hidden_states: torch.Tensor) -> torch.Tensor:
        x = hidden_states.contiguous()
        out = torch.empty_like(x)
        ops.rms_norm(out, x, self.weight, self.variance_epsilon)
        return out


__all__ = ["RMSNorm"]
