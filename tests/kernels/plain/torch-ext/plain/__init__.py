from . import _ops
from .plain import twice

__all__ = ["twice"]
