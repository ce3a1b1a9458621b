"""Run with the built variant on the path: PYTHONPATH=result/<variant> pytest tests"""

import math

import pytest
import torch

import relu_cpu

DTYPES = [torch.float64, torch.float32, torch.float16, torch.bfloat16]


def random_input(*shape, dtype=torch.float32):
    return torch.randn(shape, generator=torch.Generator().manual_seed(1)).to(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (1,), (7,), (3, 5), (2, 3, 257)])
def test_values(shape, dtype):
    x = random_input(*shape, dtype=dtype)
    before = x.clone()
    assert torch.equal(relu_cpu.relu(x), torch.relu(x))
    assert torch.equal(x, before)


def test_limits():
    y = relu_cpu.relu(torch.tensor([-math.inf, -0.0, math.inf, math.nan]))
    assert y[:3].tolist() == [0, 0, math.inf] and y[3].isnan()


@pytest.mark.parametrize("make", [lambda x: x.t(), lambda x: x[:, ::2], lambda x: x.expand(3, 4, 6)])
def test_strides(make):
    x = make(random_input(4, 6))
    y = relu_cpu.relu(x)
    assert torch.equal(y, torch.relu(x)) and y.is_contiguous()


def test_gradient():
    x = random_input(5, 6, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(relu_cpu.relu, x)
    for dtype in DTYPES:
        x = random_input(5, 6, dtype=dtype).requires_grad_()
        ours = torch.autograd.grad(relu_cpu.relu(x).sum(), x)[0]
        assert torch.equal(ours, torch.autograd.grad(torch.relu(x).sum(), x)[0])


def test_layer():
    layer = torch.nn.Sequential(torch.nn.Linear(8, 8), relu_cpu.layers.ReLU())
    x = random_input(3, 8)
    assert torch.equal(layer(x), torch.relu(layer[0](x)))
    layer(x).sum().backward()
    assert layer[0].weight.grad.abs().sum() > 0


def test_compiled():
    # aot_eager goes through tracing and differentiation, but needs no compiler at run time.
    layer = torch.compile(relu_cpu.layers.ReLU(), fullgraph=True, backend="aot_eager")
    for rows in (3, 5):
        x = random_input(rows, 8).requires_grad_()
        y = layer(x)
        y.sum().backward()
        assert torch.equal(y, torch.relu(x)) and torch.equal(x.grad, (x > 0).float())


@pytest.mark.parametrize("requires_grad", [False, True])
def test_opcheck(requires_grad):
    x = random_input(3, 16).requires_grad_(requires_grad)
    torch.library.opcheck(relu_cpu.layers.ops.relu.default, (x,))


def test_refused():
    with pytest.raises(RuntimeError, match="relu.* not implemented for 'Int'"):
        relu_cpu.relu(torch.zeros(3, dtype=torch.int32))
    with pytest.raises(RuntimeError, match="one shape and one dtype"):
        relu_cpu.layers.ops.relu_backward(torch.zeros(3), torch.zeros(4))
