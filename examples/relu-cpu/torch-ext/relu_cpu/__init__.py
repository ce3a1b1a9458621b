"""``max(x, 0)`` on CPUs, differentiable, in float64, float32, float16 and bfloat16."""

import torch

from ._ops import add_op_namespace_prefix, ops


@torch.library.register_fake(add_op_namespace_prefix("relu"))
def _(input):
    return torch.empty_like(input, memory_format=torch.contiguous_format)


@torch.library.register_fake(add_op_namespace_prefix("relu_backward"))
def _(grad, output):
    return torch.empty_like(grad, memory_format=torch.contiguous_format)


def _setup_context(ctx, inputs, output):
    ctx.save_for_backward(output)


def _backward(ctx, grad):
    return ops.relu_backward(grad, ctx.saved_tensors[0])


torch.library.register_autograd(
    add_op_namespace_prefix("relu"), _backward, setup_context=_setup_context
)


def relu(x: torch.Tensor) -> torch.Tensor:
    """A new contiguous tensor of ``max(x, 0)``; what is NaN stays NaN."""
    return ops.relu(x)


from . import layers  # noqa: E402

__all__ = ["layers", "relu"]
