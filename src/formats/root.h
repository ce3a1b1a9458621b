/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names in the directory that a step runs in: one for each mount (plan/mounts.c), and its own. They
 * stand in commands, in the markers of preprocessed texts and in results, so they are part of keys
 * and bits: another name here is another result everywhere.
 */
#ifndef FORMATS_ROOT_H
#define FORMATS_ROOT_H

/* Where a sandbox puts the directory, and what its name becomes in results without one. */
#define ROOT_DIR "/kb"

#define ROOT_SOURCES "src"           /* the kernel's files, as they lie there */
#define ROOT_GCC "gcc"               /* compiler, linker, shell, headers of C and C++ */
#define ROOT_CUDA "cuda"             /* CUDA's programs and headers */
#define ROOT_TORCH "torch"           /* its headers */
#define ROOT_TVM_FFI "tvm-ffi"       /* its headers, of [tvm-ffi] kernels */
#define ROOT_PYTHON "py"             /* its headers */
#define ROOT_DEPEND "cutlass"        /* headers of other people that a section depends on */
#define ROOT_GENERATED "gen"         /* files that the plan makes */
#define ROOT_LIBRARIES "libraries"   /* the C library's and C++'s, which stubs are made of */
#define ROOT_STATIC_RUNTIME "cudart" /* CUDA's runtime as a static library */
#define ROOT_RUNTIME "runtime"       /* CUDA's runtime for a target that is not ROOT_CUDA's */
#define ROOT_STUBS "lib"             /* link stubs */

/* Of the step itself: results of other steps, its own, and what is neither. Paths of files in there
 * are written in one piece, as in plan/kinds.c. */
#define ROOT_IN "in"
#define ROOT_OUT "out"
#define ROOT_TMP "tmp"
#endif
