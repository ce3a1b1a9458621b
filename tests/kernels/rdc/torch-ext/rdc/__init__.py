import ctypes
from pathlib import Path

_lib = ctypes.CDLL(str(next(Path(__file__).parent.glob("*.so"))))
_lib.rdc_name.restype = ctypes.c_char_p


def name() -> str:
    return _lib.rdc_name().decode()
