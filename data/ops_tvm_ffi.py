# Written by kernel-builder.
from importlib.util import find_spec
from pathlib import Path

import tvm_ffi

ops = tvm_ffi.load_module(Path(__file__).parent / "@OPS@.so")

has_torch = find_spec("torch") is not None
has_jax = find_spec("jax") is not None and find_spec("jax_tvm_ffi") is not None


def torch_add_op_namespace_prefix(op_name: str) -> str:
    """The full name of an operator of torch that is this build's."""
    return f"@OPS@::{op_name}"


def jax_add_ffi_target_name_prefix(name: str) -> str:
    """The full name of a target of JAX's FFI that is this build's."""
    return f"@OPS@.{name}"


def jax_register_ffi_target(name: str, *args, **kwargs):
    """jax_tvm_ffi.register_ffi_target with the full name; nothing without JAX."""
    if has_jax:
        from jax_tvm_ffi import register_ffi_target

        return register_ffi_target(jax_add_ffi_target_name_prefix(name), *args, **kwargs)


def jax_ffi_call(name: str, *args, **kwargs):
    """jax.ffi.ffi_call with the full name."""
    if not has_jax:
        raise RuntimeError("jax_ffi_call needs the packages jax and jax_tvm_ffi")
    from jax.ffi import ffi_call

    return ffi_call(jax_add_ffi_target_name_prefix(name), *args, **kwargs)
