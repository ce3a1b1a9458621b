# Written by kernel-builder create-pyproject.
#
#   pip install -e . --no-build-isolation     the kernel in this Python, from here
#   python setup.py build_kernel              build/<variant>/, as `kernel-builder build` leaves it
#
# MAX_JOBS, NVCC_THREADS, CMAKE_ARGS, CMAKE_GENERATOR, DEBUG=1, and KERNEL_BACKEND=cpu for a torch that has CUDA.
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from setuptools import Command, Extension, find_namespace_packages, setup
from setuptools.command.build_ext import build_ext

try:
    import setuptools.command.bdist_wheel  # noqa: F401
except ImportError:  # before setuptools 70.1
    try:
        import wheel  # noqa: F401
    except ImportError:
        if "build_kernel" not in sys.argv:
            sys.exit("setup.py: this setuptools needs the package wheel: pip install wheel, or pip install -U setuptools")

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "cmake"))
sys.dont_write_bytecode = True
import kernel_tool  # noqa: E402

KERNEL, ROOT = kernel_tool.KERNEL, kernel_tool.ROOT
MODULE, PYROOT = KERNEL["module"], Path(os.path.relpath(ROOT / KERNEL["pyroot"], HERE))


def cmake():
    program = shutil.which("cmake")
    if not program:
        sys.exit("setup.py: cmake is not there; install it, or `pip install cmake ninja`")
    return program


def run(*argv):
    print("+", shlex.join(map(str, argv)), flush=True)
    if subprocess.call([str(a) for a in argv]) != 0:
        sys.exit("setup.py: this failed: " + shlex.join(map(str, argv)))


def jobs():
    if os.environ.get("MAX_JOBS"):
        return os.environ["MAX_JOBS"]
    return str(max(1, len(os.sched_getaffinity(0)) // int(os.environ.get("NVCC_THREADS") or 1)))


def build(folder, target):
    """Configures and builds in folder; returns the variant's directory there."""
    argv = [cmake(), "-S", HERE, "-B", folder, f"-DPython3_EXECUTABLE={sys.executable}",
            "-DCMAKE_BUILD_TYPE=" + ("Debug" if os.environ.get("DEBUG", "0") not in ("", "0") else "Release")]
    if not os.environ.get("CMAKE_GENERATOR") and not (Path(folder) / "CMakeCache.txt").exists() and shutil.which("ninja"):
        argv += ["-G", "Ninja"]
    if "KERNEL_BACKEND" in os.environ:
        argv.append("-DKERNEL_BACKEND=" + os.environ["KERNEL_BACKEND"])
    run(*argv, *shlex.split(os.environ.get("CMAKE_ARGS", "")))
    run(cmake(), "--build", folder, "--target", target, "-j", jobs())
    return Path(folder) / (Path(folder) / "kernel-variant").read_text()


class BuildKernel(Command):
    description = "build this Python's variant into build/"
    user_options = []

    def initialize_options(self):
        pass

    def finalize_options(self):
        pass

    def run(self):
        if KERNEL["compiled"]:
            out = [ROOT / "build" / build(HERE / "_cmake_build", "local_install").name]
        else:
            out = []
            for backend in KERNEL["metadata"]:
                made = HERE / "_cmake_build" / ("torch-" + {"cann": "npu"}.get(backend, backend))
                kernel_tool.make_variant(made, backend)
                out.append(kernel_tool.publish_variant(made))
        for path in out:
            print(path)


class BuildExt(build_ext):
    """The extension goes beside the package's Python files: those of the source tree for an editable install."""

    def run(self):
        if self.inplace and HERE != ROOT:
            sys.exit(f"setup.py: an editable install needs these files in {ROOT}: kernel-builder create-pyproject {ROOT}")
        made = build(os.path.abspath(self.build_temp), "kernel_variant")
        self.made = next(made.glob("*.abi3.so"))
        if self.inplace:
            package = ROOT / KERNEL["pyroot"] / MODULE
            backend = self.made.name[: -len(KERNEL["id"] + ".abi3.so")]
            for old in package.glob(f"{backend}*.abi3.so"):
                old.unlink()
        else:
            package = Path(self.build_lib) / MODULE
            package.mkdir(parents=True, exist_ok=True)
            shutil.copy(made / "_ops.py", package / "_ops.py")
        shutil.copy(self.made, package / self.made.name)

    def get_outputs(self):
        made = getattr(self, "made", None)
        return [str(Path(self.build_lib) / MODULE / made.name)] if made and not self.inplace else []

    def get_output_mapping(self):
        return {}

    def get_source_files(self):
        return []


patterns = ["**/*." + e for e in KERNEL["pyext"]]
setup(
    packages=[p for p in find_namespace_packages(str(PYROOT), include=[MODULE, MODULE + ".*"]) if "__pycache__" not in p],
    package_dir={"": str(PYROOT)},
    package_data={MODULE: patterns},
    exclude_package_data={"": [".*", "README*", "CHANGELOG*"]},
    include_package_data=False,
    ext_modules=[Extension(f"{MODULE}._kernel", [], py_limited_api=True)] if KERNEL["compiled"] else [],
    cmdclass={"build_ext": BuildExt, "build_kernel": BuildKernel},
    # build/ is for variants.
    options={"build": {"build_base": "_cmake_build/python"}, **({"bdist_wheel": {"py_limited_api": "cp39"}} if KERNEL["compiled"] else {})},
)
