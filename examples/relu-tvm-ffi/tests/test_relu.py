# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
import relu_tvm_ffi
import torch

device = "cuda" if torch.cuda.is_available() else "cpu"


def test_torch():
    x = torch.randn(1024, 7, device=device)
    assert torch.equal(relu_tvm_ffi.relu(x, torch.empty_like(x)), torch.relu(x))


@pytest.mark.skipif(device != "cpu", reason="NumPy's arrays are on the CPU")
def test_numpy():
    x = np.linspace(-1, 1, 41, dtype=np.float32)
    out = relu_tvm_ffi.relu(x, np.empty_like(x))
    assert (out == np.maximum(x, 0)).all()


def test_refuses():
    x = torch.ones(4, device=device)
    with pytest.raises(ValueError, match="out has 3 elements, x has 4"):
        relu_tvm_ffi.relu(x, x[:3])
    with pytest.raises(TypeError, match="must be float32"):
        relu_tvm_ffi.relu(x.double(), x.double())
