# Written by kernel-builder. Makes `import @MODULE@` work with the variant's directory on Python's path: the
# package is the directory above this one, under its plain name.
from pathlib import Path as _Path

_root = _Path(__file__).resolve().parent.parent
__path__ = [str(_root)]
__file__ = str(_root / "__init__.py")
exec(compile(_root.joinpath("__init__.py").read_bytes(), __file__, "exec"))


def _alias_ops():
    # torch.ops.@MODULE@, unless a library of that name is there already.
    import importlib

    import torch

    if "@MODULE@" not in vars(torch.ops):
        setattr(torch.ops, "@MODULE@", importlib.import_module(__name__ + "._ops").ops)


_alias_ops()
