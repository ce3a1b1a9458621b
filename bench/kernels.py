# SPDX-License-Identifier: Apache-2.0
"""The kernels that are built: copies, what is changed in them, and one of many files that is made here."""
import os
import re
import shutil

# Of each kernel: (file, from, to). Each change keeps the number of lines and is inside of one function's body.
EDITS = {
    "activation-torch-all": {
        "body": ("activation_cuda/activation_kernels.cu", "(act(gate) * up)", "(act(gate) * up * 2.0f)"),
        "device": ("activation_cuda/activation_kernels.cu", "-1.702f", "-1.7021f"),
        "host": ("activation_cuda/activation_kernels.cu", '": too many rows"', '": far too many rows"'),
        "binding": ("torch-ext/torch_binding.cpp", '    ops.def("gelu_quick(',
                    '    ops.def("edited() -> ()"); ops.def("gelu_quick('),
    },
    "activation": {
        "body": ("activation_cuda/activation_kernels.cu", "act(to_float(g.item[k])) *",
                 "2.0f * act(to_float(g.item[k])) *"),
        "device": ("activation_cuda/activation_kernels.cu", "-1.702f", "-1.7021f"),
        "host": ("activation_cuda/activation_kernels.cu", "std::max<int64_t>(count / N, 1)",
                 "std::max<int64_t>(count / N, 2)"),
        "binding": ("torch-ext/torch_binding.cpp", "    ops.def(\"fatrelu_and_mul(",
                    "    ops.def(\"edited() -> ()\"); ops.def(\"fatrelu_and_mul("),
    },
    "many": {
        "body": ("many_cuda/file1.cu", "first[i] * 1.0f", "first[i] * 1.5f"),
    },
}
MANY_FILE = """#include <torch/all.h>
#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDAGuard.h>

namespace {

template <typename scalar_t>
__global__ void combine_NUMBER(scalar_t* out, const scalar_t* first, const scalar_t* second, int64_t count) {
    const int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
    if (i < count) {
        out[i] = static_cast<scalar_t>(static_cast<float>(first[i] * NUMBER.0f) + static_cast<float>(second[i]));
    }
}

}  // namespace

void op_NUMBER(torch::Tensor& out, const torch::Tensor& first, const torch::Tensor& second) {
    TORCH_CHECK(out.sizes() == first.sizes() && out.sizes() == second.sizes(), "op_NUMBER: sizes differ");
    const at::cuda::OptionalCUDAGuard guard(at::device_of(first));
    const int64_t count = first.numel();
    AT_DISPATCH_FLOATING_TYPES(first.scalar_type(), "op_NUMBER", [&] {
        combine_NUMBER<scalar_t><<<(count + 255) / 256, 256, 0, at::cuda::getCurrentCUDAStream()>>>(
            out.data_ptr<scalar_t>(), first.data_ptr<scalar_t>(), second.data_ptr<scalar_t>(), count);
    });
}
"""
SIGNATURE = "(torch::Tensor& out, const torch::Tensor& first, const torch::Tensor& second)"


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)


def make_many(to, files):
    """A kernel of so many CUDA files, each with torch/all.h and one operator."""
    numbers = range(1, files + 1)
    sources = [f"many_cuda/file{n}.cu" for n in numbers]
    write(f"{to}/build.toml", '[general]\nname = "many"\nversion = 1\nedition = 5\nlicense = "Apache-2.0"\n'
          'backends = ["cuda"]\n\n[torch]\nsrc = ["torch-ext/torch_binding.cpp"]\n\n[kernel.many]\n'
          'backend = "cuda"\ndepends = ["torch"]\nsrc = [' + ", ".join(f'"{s}"' for s in sources) + "]\n")
    for n, source in zip(numbers, sources):
        write(f"{to}/{source}", MANY_FILE.replace("NUMBER", str(n)))
    write(f"{to}/torch-ext/torch_binding.cpp",
          '#include <torch/all.h>\n#include <torch/library.h>\n\n#include "registration.h"\n\n' +
          "".join(f"void op_{n}{SIGNATURE};\n" for n in numbers) +
          "\nTORCH_LIBRARY_EXPAND(TORCH_EXTENSION_NAME, ops) {\n" +
          "".join(f'    ops.def("op_{n}(Tensor! out, Tensor first, Tensor second) -> ()");\n'
                  f'    ops.impl("op_{n}", torch::kCUDA, &op_{n});\n' for n in numbers) +
          "}\n\nREGISTER_EXTENSION(TORCH_EXTENSION_NAME)\n")
    write(f"{to}/torch-ext/many/__init__.py", "from ._ops import ops\n")


class Kernel:
    """A private copy of a kernel's directory."""

    def __init__(self, name, directory):
        self.name, self.dir = name, directory

    def set_capabilities(self, capabilities):
        path = f"{self.dir}/build.toml"
        with open(path) as f:
            text = re.sub(r"\ncuda-capabilities = .*", "", f.read())
        if capabilities:
            line = 'backend = "cuda"\ncuda-capabilities = [' + ", ".join(f'"{c}"' for c in capabilities) + "]\n"
            text = text.replace('backend = "cuda"\n', line)
        write(path, text)

    def edit(self, what):
        """body: in a __global__ function. device: in another device function. host: in a host function of the .cu."""
        path, old, new = EDITS[self.name][what]
        with open(f"{self.dir}/{path}") as f:
            text = f.read()
        if old not in text:
            raise SystemExit(f"bench: {path} has no {old!r} to edit")
        write(f"{self.dir}/{path}", text.replace(old, new))

    def touch(self):
        for folder, _, names in os.walk(self.dir):
            if os.path.relpath(folder, self.dir).split(os.sep)[0] not in ("build", "result"):
                for name in names:
                    os.utime(f"{folder}/{name}")


def copy(root, source, to, capabilities=None, files=6):
    """source: a directory below root, or "many"."""
    shutil.rmtree(to, ignore_errors=True)
    if source == "many":
        make_many(to, files)
    else:
        shutil.copytree(f"{root}/{source}", to, ignore=shutil.ignore_patterns("build", "result", "kernel-builder.lock"))
    k = Kernel(os.path.basename(source), to)
    k.set_capabilities(capabilities)
    return k
