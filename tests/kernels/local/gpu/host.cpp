#if defined(FROM_CUDA_FLAGS) || !defined(FROM_CXX_FLAGS) || defined(ENABLE_FP8) || !defined(CUDA_KERNEL)
#error "not the flags of a C++ file of a CUDA section"
#endif
#include <cuda_runtime_api.h>

int runtime_version() { return CUDART_VERSION; }
