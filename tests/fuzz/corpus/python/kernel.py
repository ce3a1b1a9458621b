import torch
from torch.library import custom_op as c, Library
from ._ops import add_op_namespace_prefix, ops

NS: str = "k"


@c(add_op_namespace_prefix("go"), mutates_args=())
def go(x: torch.Tensor, *, y=(1, [2], {3: 4})) -> torch.Tensor:
    with (open(f"{x!r:>{y}}") as f, f): return [i async for i in x if not i] or lambda *a, **k: (yield)


c(f"{NS}::b", fn)
lib = Library(NS, "DEF")
match x, *y:
    case A(1, b=-2+3j) | {"k": _, **r} as z if q: pass
