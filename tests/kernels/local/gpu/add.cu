#if !defined(FROM_CUDA_FLAGS) || defined(FROM_CXX_FLAGS) || !defined(ENABLE_FP8) || !defined(CUDA_KERNEL) || !USE_CUDA || !defined(AGAIN)
#error "not the flags of a CUDA file"
#endif

__global__ void add(const float *in, float *out, long n, float amount)
{
	long i = blockIdx.x * (long)blockDim.x + threadIdx.x;

	if (i < n)
		out[i] = in[i] + amount;
}

void add_one(const float *in, float *out, long n) { add<<<(n + 255) / 256, 256>>>(in, out, n, 1); }
void add_two(const float *in, float *out, long n) { add<<<(n + 255) / 256, 256>>>(in, out, n, 2); }
