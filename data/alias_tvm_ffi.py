# Written by kernel-builder. Makes `import @MODULE@` work with the variant's directory on Python's path: the
# package is the directory above this one, under its plain name.
from pathlib import Path as _Path

_root = _Path(__file__).resolve().parent.parent
__path__ = [str(_root)]
__file__ = str(_root / "__init__.py")
exec(compile(_root.joinpath("__init__.py").read_bytes(), __file__, "exec"))
