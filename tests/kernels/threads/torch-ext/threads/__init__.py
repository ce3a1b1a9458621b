import ctypes
from pathlib import Path

lib = ctypes.CDLL(str(next(Path(__file__).parent.glob("*.so"))))
