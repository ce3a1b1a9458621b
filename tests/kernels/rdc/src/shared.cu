// What src/apply.cu uses. nvcc ends a module id with the name of the first external function, ours with a CRC of the file's: here they are one.
#include "rdc.h"

extern "C" int abcbf718() { return 1; }
__constant__ float table[4];
__device__ int applied;
namespace {
__device__ int calls;
}
__device__ float lookup(int at) { return table[at & 3] + static_cast<float>(atomicAdd(&calls, 1) * 0); }

extern "C" int rdc_set(const float *values) { return cudaMemcpyToSymbol(table, values, sizeof(table)); }
