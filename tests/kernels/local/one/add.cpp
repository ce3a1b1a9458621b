#include "amount.h"

#if !defined(CPU_KERNEL) || defined(CUDA_KERNEL) || Py_LIMITED_API != 0x03090000 || defined(FROM_TORCH) || !defined(AGAIN)
#error "not the definitions of a CPU section"
#endif

void FUNCTION(const float *in, float *out, long n)
{
	for (long i = 0; i < n; i++)
		out[i] = in[i] + AMOUNT;
}
