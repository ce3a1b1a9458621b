import ctypes
from pathlib import Path

_lib = ctypes.CDLL(str(next(Path(__file__).parent.glob("*.so"))))
_lib.tiny_name.restype = ctypes.c_char_p


def answer() -> int:
    return _lib.tiny_answer()


def name() -> str:
    return _lib.tiny_name().decode()
