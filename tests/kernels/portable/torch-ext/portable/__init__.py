import ctypes
from pathlib import Path

_lib = ctypes.CDLL(str(next(Path(__file__).parent.glob("*.so"))))


def run() -> int:
    return _lib.portable_run()
