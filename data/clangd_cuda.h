// Written by kernel-builder. Lets clang read CUDA files with the headers of any CUDA release: its own wrapper for them follows NVIDIA's
// releases with years of delay. All functions serve host and device alike here, so calls between the two are not checked. Nothing is
// compiled with this.
#pragma once
#pragma clang system_header

// These two must be what the compiler takes them for.
#pragma clang force_cuda_host_device begin
#include <bits/exception.h>
#pragma clang force_cuda_host_device end
#include <new>
#pragma clang force_cuda_host_device begin

#define __CUDACC__ 1
#define __NVCC__ 1
#define __CUDA_INCLUDE_COMPILER_INTERNAL_HEADERS__
#include <crt/host_defines.h>
#undef __CUDA_INCLUDE_COMPILER_INTERNAL_HEADERS__
#undef __host__
#undef __device__
#undef __shared__
#undef __constant__
#undef __managed__
#undef __grid_constant__
#undef __noinline__
#define __host__
#define __device__
#define __shared__
#define __constant__
#define __managed__
#define __grid_constant__
#define __noinline__ // the C++ library says __attribute__((__noinline__))
// A builtin of clang, for the device only.
#define __syncthreads kernel_builder_syncthreads

// CUDA's own would declare again, and otherwise, what the C and C++ libraries declare.
#define __MATH_FUNCTIONS_H__
#define __MATH_FUNCTIONS_HPP__
#include <cmath>
#include <cstdlib>
using std::abs;
template <typename A, typename B> constexpr auto min(A a, B b) { return a < b ? a : b; }
template <typename A, typename B> constexpr auto max(A a, B b) { return a < b ? b : a; }
#define KERNEL_BUILDER_MATH(NAME) \
	float NAME##f(float); \
	double NAME(double);
KERNEL_BUILDER_MATH(rsqrt)
KERNEL_BUILDER_MATH(rcbrt)
KERNEL_BUILDER_MATH(sinpi)
KERNEL_BUILDER_MATH(cospi)
KERNEL_BUILDER_MATH(normcdf)
KERNEL_BUILDER_MATH(normcdfinv)
KERNEL_BUILDER_MATH(erfcinv)
KERNEL_BUILDER_MATH(erfinv)
KERNEL_BUILDER_MATH(erfcx)
KERNEL_BUILDER_MATH(cyl_bessel_i0)
KERNEL_BUILDER_MATH(cyl_bessel_i1)
#undef KERNEL_BUILDER_MATH
void sincospif(float, float *, float *);
void sincospi(double, double *, double *);
float rsqrt(float);
#include <cuda_runtime.h>
