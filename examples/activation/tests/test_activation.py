"""Compares the built kernel with float64 references, on every device that the build supports.

Run with the built variant on the path: PYTHONPATH=result/<variant> pytest tests
"""

import math

import pytest
import torch
import torch.nn.functional as F

import activation

OPS = activation.layers.ops
SUPPORTED = {
    "cpu": torch._C._dispatch_has_kernel_for_dispatch_key(OPS.silu.default.name(), "CPU"),
    "cuda": torch._C._dispatch_has_kernel_for_dispatch_key(OPS.silu.default.name(), "CUDA")
    and torch.cuda.is_available(),
}
DEVICES = [device for device, supported in SUPPORTED.items() if supported]
if DEVICES == ["cuda"] and torch.cuda.device_count() > 1:
    DEVICES.append("cuda:1")  # not the current device: the operators have to switch
if not DEVICES:
    pytest.skip("no device for this build", allow_module_level=True)

DTYPES = [torch.float32, torch.float16, torch.bfloat16]
NAMES = {torch.float32: "f32", torch.float16: "f16", torch.bfloat16: "bf16"}
THRESHOLD = 0.25


def gelu_tanh(x):
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def gelu_fast(x):
    return 0.5 * x * (1 + torch.tanh(0.7978845608 * x * (1 + 0.044715 * x**2)))


def fatrelu(x):
    return torch.where(x > THRESHOLD, x, torch.zeros_like(x))


# name: reference for the first half (or the whole) of the input
UNARY = {
    "gelu_new": gelu_tanh,
    "gelu_fast": gelu_fast,
    "gelu_quick": lambda x: x * torch.sigmoid(1.702 * x),
    "silu": F.silu,
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
}
GATED = {
    "silu_and_mul": lambda a, b: F.silu(a) * b,
    "mul_and_silu": lambda a, b: a * F.silu(b),
    "gelu_and_mul": lambda a, b: F.gelu(a) * b,
    "gelu_tanh_and_mul": lambda a, b: gelu_tanh(a) * b,
    "fatrelu_and_mul": lambda a, b: fatrelu(a) * b,
}

# Odd sizes, sizes around a 16-byte vector and around a block of threads, no element at all, more
# rows than columns, and more than one block in each direction.
UNARY_SHAPES = [(), (0,), (1,), (3,), (7,), (8,), (9,), (4, 16), (5, 33), (2, 3, 257), (1021, 1031)]
GATED_SHAPES = [
    (0, 8), (4, 0), (2,), (2, 2), (3, 6), (7, 16), (1, 32), (83, 26), (2, 3, 130), (5, 1, 512),
    (4096, 8), (1, 50006), (33, 22016),
]  # fmt: skip


def extra_arguments(name):
    return (THRESHOLD,) if name == "fatrelu_and_mul" else ()


def call(name, out, x):
    return getattr(activation, name)(out, x, *extra_arguments(name))


def reference(name, x):
    x = x.double()
    if name in UNARY:
        return UNARY[name](x)
    half = x.shape[-1] // 2
    return GATED[name](x[..., :half], x[..., half:])


def out_shape(name, shape):
    return tuple(shape) if name in UNARY else (*shape[:-1], shape[-1] // 2)


def random_input(shape, dtype, device):
    generator = torch.Generator().manual_seed(sum(shape) + len(shape))
    return (3 * torch.randn(shape, generator=generator)).to(device=device, dtype=dtype)


def assert_close(actual, expected):
    """`expected` is float64.

    The operators compute in float32 and round once, by at most half a unit in the last place: a
    relative 2**-11 for float16 and 2**-8 for bfloat16, with a tenth more allowed for what float32
    leaves. In float32 itself the error of expf, erff or tanhf counts, a few times 2**-24. Where
    1 + erf(x) or 1 + tanh(x) cancels, for negative x, that error is relative to |x * up| and not to
    the result. |x * up| stays below 200 here, so 2e-5 absolute covers it for all types.
    """
    rtol = {torch.float32: 4e-6, torch.float16: 1.1 * 2**-11, torch.bfloat16: 1.1 * 2**-8}[
        actual.dtype
    ]
    torch.testing.assert_close(actual.double(), expected, rtol=rtol, atol=2e-5)


def make_pair(name, shape=(4, 16), dtype=torch.float32, device=None):
    device = device or DEVICES[0]
    x = random_input(shape, dtype, device)
    return torch.empty(out_shape(name, shape), dtype=dtype, device=device), x


def at_offset(tensor):
    """A contiguous copy whose data starts one element into its allocation."""
    buffer = torch.empty(tensor.numel() + 1, dtype=tensor.dtype, device=tensor.device)
    view = buffer[1:].view(tensor.shape)
    view.copy_(tensor)
    assert view.is_contiguous() and view.data_ptr() % 16 != 0
    return view


CASES = [(name, shape) for name in UNARY for shape in UNARY_SHAPES]
CASES += [(name, shape) for name in GATED for shape in GATED_SHAPES]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", DTYPES, ids=NAMES.get)
@pytest.mark.parametrize("name,shape", CASES)
def test_values(name, shape, dtype, device):
    out, x = make_pair(name, shape, dtype, device)
    before = x.clone()
    assert call(name, out, x) is out
    assert_close(out, reference(name, x))
    assert torch.equal(x, before)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", DTYPES, ids=NAMES.get)
@pytest.mark.parametrize("which", ["out", "input", "both"])
@pytest.mark.parametrize("name", [*UNARY, *GATED])
def test_unaligned_pointers(name, which, dtype, device):
    out, x = make_pair(name, (5, 48), dtype, device)
    if which != "input":
        out = at_offset(out)
    if which != "out":
        x = at_offset(x)
    call(name, out, x)
    assert_close(out, reference(name, x))


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", DTYPES, ids=NAMES.get)
@pytest.mark.parametrize("name", [*UNARY, *GATED])
def test_neighbours_are_not_written(name, dtype, device):
    shape = (3, 2 * 37)
    _, x = make_pair(name, shape, dtype, device)
    expected = reference(name, x)
    buffer = torch.full((expected.numel() + 16,), 7.0, dtype=dtype, device=device)
    out = buffer[8:-8].view(expected.shape)
    call(name, out, x)
    assert_close(out, expected)
    assert torch.all(buffer[:8] == 7) and torch.all(buffer[-8:] == 7)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", UNARY)
def test_in_place(name, device):
    _, x = make_pair(name, (5, 33), torch.float32, device)
    expected = reference(name, x)
    call(name, x, x)
    assert_close(x, expected)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", UNARY)
def test_limits(name, device):
    x = torch.tensor([0.0, 100.0, -100.0, 1e30, math.inf, math.nan], device=device)
    out = torch.empty_like(x)
    call(name, out, x)
    result = out.tolist()
    assert result[0] == 0 and result[1] == 100 and result[2] == pytest.approx(0, abs=1e-30)
    assert result[3] == pytest.approx(1e30) and result[4] == math.inf and math.isnan(result[5])


@pytest.mark.parametrize("device", DEVICES)
def test_threshold(device):
    x = torch.tensor([[-2.0, -1.0, 0.0, 1.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0]], device=device)
    out = torch.empty(1, 5, device=device)
    activation.fatrelu_and_mul(out, x)
    assert out.tolist() == [[0, 0, 0, 1, 2]]
    activation.fatrelu_and_mul(out, x, 1.0)
    assert out.tolist() == [[0, 0, 0, 0, 2]]
    activation.fatrelu_and_mul(out, x, threshold=-1.5)
    assert out.tolist() == [[0, -1, 0, 1, 2]]


LAYERS = {
    "silu_and_mul": activation.layers.SiluAndMul,
    "mul_and_silu": activation.layers.MulAndSilu,
    "gelu_and_mul": activation.layers.GeluAndMul,
    "gelu_tanh_and_mul": activation.layers.GeluTanhAndMul,
    "fatrelu_and_mul": lambda: activation.layers.FatreluAndMul(THRESHOLD),
    "gelu_new": activation.layers.NewGELU,
    "gelu_fast": activation.layers.FastGELU,
    "gelu_quick": activation.layers.QuickGELU,
    "silu": activation.layers.Silu,
    "gelu": activation.layers.Gelu,
    "gelu_tanh": activation.layers.GeluTanh,
}


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", LAYERS)
def test_layers(name, device):
    _, x = make_pair(name, (3, 5, 34), torch.float32, device)
    assert_close(LAYERS[name]()(x), reference(name, x))


@pytest.mark.parametrize("name", LAYERS)
def test_compiled_layer(name):
    # aot_eager goes through tracing and functionalisation, but needs no compiler at run time.
    layer = torch.compile(LAYERS[name](), fullgraph=True, backend="aot_eager")
    for shape in [(3, 34), (5, 34), (7, 34)]:
        x = random_input(shape, torch.float32, DEVICES[0])
        assert_close(layer(x), reference(name, x))


@pytest.mark.skipif(not hasattr(torch.library, "opcheck"), reason="torch without opcheck")
@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", [*UNARY, *GATED])
def test_opcheck(name, device):
    out, x = make_pair(name, (3, 16), torch.float16, device)
    torch.library.opcheck(getattr(OPS, name).default, (out, x, *extra_arguments(name)))


def refused(name, out, x, message):
    with pytest.raises(RuntimeError, match=f"{name}: .*{message}"):
        call(name, out, x)


@pytest.mark.parametrize("name", [*UNARY, *GATED])
class TestRefused:
    def test_strided_input(self, name):
        out, x = make_pair(name)
        refused(name, out, x.t().contiguous().t(), "input must be contiguous")

    def test_strided_out(self, name):
        out, x = make_pair(name)
        wide = torch.empty(out.shape[0], 2 * out.shape[1], device=out.device)
        refused(name, wide[:, ::2], x, "out must be contiguous")

    def test_dtype(self, name):
        out, x = make_pair(name)
        refused(name, out.double(), x.double(), "input must be float32, float16 or bfloat16")
        refused(name, out.half(), x, "out has dtype Half, but input has dtype Float")

    def test_shape(self, name):
        out, x = make_pair(name)
        for wrong in [out[:-1], out[:, :-1].contiguous(), out[0], out[None]]:
            refused(name, wrong, x, "out must have the shape of input")

    def test_overlap(self, name):
        out, x = make_pair(name)
        buffer = torch.zeros(x.numel() + 1, device=x.device)
        part = buffer[1 : 1 + out.numel()].view(out.shape)
        refused(name, part, buffer[:-1].view(x.shape), "overlap")

    def test_meta_input(self, name):
        out, x = make_pair(name)
        with pytest.raises(RuntimeError, match="but input is on"):
            call(name, out, x.to("meta"))

    @pytest.mark.skipif("cuda" not in DEVICES, reason="needs two devices")
    def test_device(self, name):
        out, x = make_pair(name, device="cuda")
        refused(name, out.cpu(), x, "out must be on a cuda device, but it is on cpu")
        refused(name, out, x.cpu(), "input must be on a cuda device, but it is on cpu")

    @pytest.mark.skipif("cuda:1" not in DEVICES, reason="needs two GPUs")
    def test_other_gpu(self, name):
        out, x = make_pair(name, device="cuda:0")
        refused(name, out.to("cuda:1"), x, "out is on cuda:1, but input is on cuda:0")


@pytest.mark.parametrize("name", GATED)
class TestRefusedGated:
    def test_odd_width(self, name):
        x = torch.zeros(2, 5, device=DEVICES[0])
        refused(name, x[:, :2].contiguous(), x, "last dimension of input must be even, but it is 5")

    def test_scalar(self, name):
        x = torch.zeros((), device=DEVICES[0])
        refused(name, torch.zeros_like(x), x, "at least one dimension")


def needs_gpu_memory(gib):
    enough = "cuda" in DEVICES and torch.cuda.get_device_properties(0).total_memory >= gib * 2**30
    return pytest.mark.skipif(not enough, reason=f"needs a GPU with {gib} GiB")


@pytest.mark.skipif("cuda" not in DEVICES, reason="needs a GPU")
@pytest.mark.parametrize("name", [*UNARY, *GATED])
def test_runs_on_the_current_stream(name):
    # If the kernel ran on another stream it would read x before the slow work has filled it.
    out, x = make_pair(name, (64, 512), device="cuda")
    expected = reference(name, x)
    source, late = x.clone(), torch.zeros_like(x)
    work = torch.randn(2048, 2048, device="cuda")
    torch.cuda.synchronize()
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        for _ in range(50):
            work = work @ work * 1e-3
        late.copy_(source)
        call(name, out, late)
    stream.synchronize()
    assert_close(out, expected)


@needs_gpu_memory(16)
@pytest.mark.parametrize("offset", [0, 1], ids=["vector", "scalar"])
def test_more_than_2_to_the_31_elements(offset):
    count = 2**31 + 1001
    x = torch.zeros(offset + count, dtype=torch.float16, device="cuda")[offset:]
    x[-2000:] = 1.5
    activation.gelu(x, x)
    assert_close(x[-2000:], F.gelu(torch.full((2000,), 1.5, dtype=torch.float64, device="cuda")))
    assert torch.count_nonzero(x[: 2**20]) == 0


# More rows than the grid has in x, more columns than it has in y, and more than 2**31 elements.
@needs_gpu_memory(16)
@pytest.mark.parametrize("rows,cols", [(2**28 + 77, 1), (1, 2**28 + 8), (3, 2**29 + 1)])
def test_large_gated(rows, cols):
    x = torch.ones(rows, 2 * cols, dtype=torch.float16, device="cuda")
    x[-1, -1] = 3
    out = torch.empty(rows, cols, dtype=torch.float16, device="cuda")
    activation.fatrelu_and_mul(out, x)
    assert out[-1, -1].item() == 3
    out[-1, -1] = 1
    assert torch.all(out == 1)
