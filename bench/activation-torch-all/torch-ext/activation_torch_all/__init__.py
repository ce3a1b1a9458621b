"""The operators of the activation example: ``ops.silu_and_mul(out, x)`` and so on."""

from ._ops import ops

__all__ = ["ops"]
