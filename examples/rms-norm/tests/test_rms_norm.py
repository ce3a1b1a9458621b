"""Compares the built kernel with float64, on the device that the build is for.

Run with the built variant on the path: PYTHONPATH=result/<variant> pytest tests
"""

import pytest
import torch

import rms_norm

OP = rms_norm.layers.ops.rms_norm.default
DEVICE = "cpu" if torch._C._dispatch_has_kernel_for_dispatch_key(OP.name(), "CPU") else "cuda"
if DEVICE == "cuda" and not torch.cuda.is_available():
    pytest.skip("no GPU for this build", allow_module_level=True)

DTYPES = [torch.float32, torch.float16, torch.bfloat16]
EPS = 1e-5


def random_input(*shape, dtype=torch.float32):
    generator = torch.Generator().manual_seed(sum(shape))
    return (2 * torch.randn(shape, generator=generator)).to(device=DEVICE, dtype=dtype)


def reference(x, weight, eps=EPS):
    x = x.double()
    return x / torch.sqrt(x.square().mean(-1, keepdim=True) + eps) * weight.double()


def assert_close(actual, expected):
    """Float32 sums up to 2**-24 for each of the additions of a row; then the result is rounded once, by half a unit in the last place."""
    rtol = {torch.float32: 2e-5, torch.float16: 1.1 * 2**-11, torch.bfloat16: 1.1 * 2**-8}
    torch.testing.assert_close(actual.double(), expected, rtol=rtol[actual.dtype], atol=1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "shape", [(1,), (7,), (4, 32), (5, 33), (3, 1000), (2, 3, 4096), (1, 5000), (2000, 64)]
)
def test_values(shape, dtype):
    x, weight = random_input(*shape, dtype=dtype), random_input(shape[-1], dtype=dtype)
    before, out = x.clone(), torch.empty_like(x)
    assert rms_norm.rms_norm(out, x, weight, EPS) is out
    assert_close(out, reference(x, weight))
    assert torch.equal(x, before)


@pytest.mark.parametrize("shape", [(0, 8), (4, 0)])
def test_nothing(shape):
    x = random_input(*shape)
    assert rms_norm.rms_norm(torch.empty_like(x), x, random_input(shape[-1])).shape == shape


def test_in_place():
    x, weight = random_input(5, 33), random_input(33)
    expected = reference(x, weight)
    rms_norm.rms_norm(x, x, weight, EPS)
    assert_close(x, expected)


def test_neighbours_are_not_written():
    buffer = torch.full((3 * 37 + 16,), 7.0, device=DEVICE)
    x, weight = random_input(3, 37), random_input(37)
    rms_norm.rms_norm(buffer[8:-8].view(3, 37), x, weight, EPS)
    assert_close(buffer[8:-8].view(3, 37), reference(x, weight))
    assert torch.all(buffer[:8] == 7) and torch.all(buffer[-8:] == 7)


class Norm(torch.nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = torch.nn.Parameter(random_input(size), requires_grad=False)
        self.variance_epsilon = EPS


class Layer(Norm):
    forward = rms_norm.layers.RMSNorm.forward


def test_layer():
    layer, x = Layer(34), random_input(3, 5, 34)
    assert_close(layer(x), reference(x, layer.weight))
    assert_close(layer(x.transpose(0, 1)), reference(x.transpose(0, 1), layer.weight))


def test_compiled_layer():
    # aot_eager goes through tracing and functionalisation, but needs no compiler at run time.
    layer = torch.compile(Layer(34), fullgraph=True, backend="aot_eager")
    for rows in (3, 5):
        x = random_input(rows, 34)
        assert_close(layer(x), reference(x, layer.weight))


def test_opcheck():
    x = random_input(3, 16)
    torch.library.opcheck(OP, (torch.empty_like(x), x, random_input(16), EPS))


@pytest.mark.parametrize(
    "change,message",
    [
        (lambda out, x, w: (out, x.double(), w), "dtype of input"),
        (lambda out, x, w: (out.double(), x.double(), w.double()), "float32, float16 or bfloat16"),
        (lambda out, x, w: (out, x.t().contiguous().t(), w), "contiguous"),
        (lambda out, x, w: (out[:-1], x, w), "shape of input"),
        (lambda out, x, w: (out[0], x, w), "shape of input"),
        (lambda out, x, w: (out, x, w[:-1]), "weight must have 6 elements"),
        (lambda out, x, w: (out, x.sum(), w), "must have a dimension"),
    ],
)
def test_refused(change, message):
    x = random_input(4, 6)
    with pytest.raises(RuntimeError, match=message):
        OP(*change(torch.empty_like(x), x, random_input(6)), EPS)


@pytest.mark.skipif(DEVICE == "cpu", reason="needs a GPU")
def test_runs_on_the_current_stream():
    # If the kernel ran on another stream it would read x before the slow work has filled it.
    x, weight = random_input(64, 512), random_input(512)
    out, late = torch.empty_like(x), torch.zeros_like(x)
    work = torch.randn(2048, 2048, device=DEVICE)
    torch.cuda.synchronize()
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        for _ in range(50):
            work = work @ work * 1e-3
        late.copy_(x)
        rms_norm.rms_norm(out, late, weight, EPS)
    stream.synchronize()
    assert_close(out, reference(x, weight))


@pytest.mark.skipif(DEVICE == "cpu" or torch.cuda.device_count() < 2, reason="needs two GPUs")
def test_on_another_device_than_the_current_one():
    x, weight = random_input(5, 33).to("cuda:1"), random_input(33).to("cuda:1")
    assert_close(rms_norm.rms_norm(torch.empty_like(x), x, weight, EPS), reference(x, weight))
