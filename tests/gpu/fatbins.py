# SPDX-License-Identifier: Apache-2.0
"""On a machine with an NVIDIA GPU, without torch or CUDA's runtime: the driver loads the device code of a variant's library, as machine
code and as PTX, and runs relu_kernel of it, where it is there (kernels-community's relu).

usage: fatbins.py FILE.so

For code of CUDA releases that the torch of that machine is not for: an extension for CUDA 12.8 cannot be imported beside a torch
for 13.0, but its device code is the driver's matter alone.
"""
import ctypes
import os
import random
import struct
import subprocess
import sys

KERNEL = b"_Z11relu_kernelPfPKfi"  # (out, in, width): a block for each row
ROWS, WIDTH = 37, 1000
cuda = ctypes.CDLL("libcuda.so.1")


def call(name, *args):
    r = getattr(cuda, name)(*args)
    if r:
        text = ctypes.c_char_p()
        cuda.cuGetErrorString(r, ctypes.byref(text))
        sys.exit(f"{name}: error {r}: {(text.value or b'').decode()}")


def section(path):
    out = subprocess.run(["readelf", "-SW", path], check=True, capture_output=True, text=True).stdout
    for line in out.splitlines():
        words = line.replace("[ ", "[").split()
        if ".nv_fatbin" in words:
            i = words.index(".nv_fatbin")
            return int(words[i + 3], 16), int(words[i + 4], 16)
    sys.exit(f"{path}: no device code")


def containers(data):
    """Each fat binary, and what is in it: (bytes, [(is PTX, architecture, payload)]). See fatbin.py in tests/e2e."""
    at = 0
    while at + 16 <= len(data):
        magic, _, head, size = struct.unpack_from("<IHHQ", data, at)
        if magic != 0xBA55ED50:
            at += 8
            continue
        begin, end, images = at, at + head + size, []
        at += head
        while at + 32 <= end:
            kind, _, entry_head, payload = struct.unpack_from("<HHIQ", data, at)
            images.append((kind == 1, struct.unpack_from("<I", data, at + 28)[0], data[at + entry_head:at + entry_head + payload]))
            at += entry_head + payload
        yield data[begin:end], images
        at = end


def load(image):
    module = ctypes.c_void_p()
    call("cuModuleLoadData", ctypes.byref(module), ctypes.c_char_p(image))
    return module


def attribute(which, function):
    value = ctypes.c_int()
    call("cuFuncGetAttribute", ctypes.byref(value), which, function)
    return value.value


def run(module):
    """What ran, or None: there is no such kernel. The result must be right."""
    function = ctypes.c_void_p()
    if cuda.cuModuleGetFunction(ctypes.byref(function), module, KERNEL):
        return None
    n = ROWS * WIDTH
    given = (ctypes.c_float * n)(*[random.uniform(-1, 1) for _ in range(n)])
    got = (ctypes.c_float * n)()
    x, y = ctypes.c_uint64(), ctypes.c_uint64()
    for p in (x, y):
        call("cuMemAlloc_v2", ctypes.byref(p), ctypes.c_size_t(4 * n))
    call("cuMemcpyHtoD_v2", x, given, ctypes.c_size_t(4 * n))
    width = ctypes.c_int(WIDTH)
    args = (ctypes.c_void_p * 3)(*[ctypes.addressof(a) for a in (y, x, width)])
    call("cuLaunchKernel", function, ROWS, 1, 1, 256, 1, 1, 0, None, args, None)
    call("cuCtxSynchronize")
    call("cuMemcpyDtoH_v2", got, y, ctypes.c_size_t(4 * n))
    for p in (x, y):
        call("cuMemFree_v2", p)
    if any(max(a, 0) != b for a, b in zip(given, got)):
        sys.exit("relu_kernel: wrong result")
    return f"relu_kernel is right; PTX {attribute(5, function)}, machine code {attribute(6, function)}"


def start():
    device, context, major, minor = ctypes.c_int(), ctypes.c_void_p(), ctypes.c_int(), ctypes.c_int()
    call("cuInit", 0)
    call("cuDeviceGet", ctypes.byref(device), 0)
    call("cuDevicePrimaryCtxRetain", ctypes.byref(context), device)
    call("cuCtxSetCurrent", context)
    call("cuDeviceGetAttribute", ctypes.byref(major), 75, device)
    call("cuDeviceGetAttribute", ctypes.byref(minor), 76, device)
    return major.value * 10 + minor.value


def main(path):
    jit = "CUDA_FORCE_PTX_JIT" in os.environ
    device = start()
    offset, size = section(path)
    with open(path, "rb") as f:
        f.seek(offset)
        data = f.read(size)
    for whole, images in containers(data):
        names = " ".join(f"{'compute' if ptx else 'sm'}_{arch}" for ptx, arch, _ in images)
        print(f"{'PTX' if jit else 'as the driver chooses'}, of {names}:", run(load(whole)) or "loaded")
        for ptx, arch, payload in images:
            if not jit and not ptx and arch == device and payload[:4] == b"\x7fELF":
                print(f"sm_{arch} alone:", run(load(payload)) or "loaded")


if __name__ == "__main__":
    main(sys.argv[1])
    if "CUDA_FORCE_PTX_JIT" not in os.environ:
        sys.exit(subprocess.run([sys.executable, *sys.argv], check=False,
                                env=dict(os.environ, CUDA_FORCE_PTX_JIT="1", CUDA_CACHE_DISABLE="1")).returncode)
