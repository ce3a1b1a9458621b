# SPDX-License-Identifier: Apache-2.0
"""Prints which of the variants in a directory suits the torch of this Python, as the `kernels` client chooses."""
import os
import platform
import re
import sys

root = sys.argv[1]
names = sorted(n for n in os.listdir(root) if os.path.isdir(os.path.join(root, n)))
try:
    import torch
except ImportError:
    sys.exit(f"note: {sys.executable} has no torch, so it cannot import the kernel; built: {', '.join(names)}")
numbers = torch.__version__.split(".")
abi = "cxx11" if torch.compiled_with_cxx11_abi() else "cxx98"
cuda = [int(x) for x in torch.version.cuda.split(".")[:2]] if torch.version.cuda else None


def rank(name):
    """None: it does not suit. Else the greatest is the best."""
    m = re.fullmatch(rf"torch(-stable-abi)?(\d)(\d+)-(\w+)-(?:cu(\d+)(\d)|cpu)-{platform.machine()}-linux", name)
    if m is None:
        m = re.fullmatch(r"torch-(cuda|cpu|universal)", name)
        return None if m is None or (m[1] == "cuda") != (cuda is not None) and m[1] != "universal" else (0, 0)
    has = (int(m[2]), int(m[3]))
    at_hand = (int(numbers[0]), int(numbers[1]))
    if has != at_hand and not (m[1] and has < at_hand) or m[4] != abi:
        return None
    if m[5] is None:
        return (1, 0)
    if cuda is None or int(m[5]) != cuda[0] or int(m[6]) > cuda[1]:
        return None
    return (2, int(m[6]))


ranked = [(rank(n), n) for n in names if rank(n) is not None]
if not ranked:
    have = f"torch {torch.__version__}, {abi}, {'CUDA ' + torch.version.cuda if cuda else 'no CUDA'}"
    sys.exit(f"note: none of {', '.join(names)} suits the Python at hand ({have}), so it cannot import the kernel")
print(os.path.join(root, max(ranked)[1]))
