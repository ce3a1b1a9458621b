// A kernel that starts a kernel, behind what may hide it.
#if defined(X)
__global__ void never() { child<<<1, 1>>>(); }
#endif
const char *s = R"x({)x", c = '\'';
__global__ void child(float *x);
template <class T> __global__ void perhaps(T *x) { child<<<1, 1>>>(x); }
extern "C" __global__ __launch_bounds__(128) void parent(float *x)
{
	/* child<<<1, 1>>>(x); */
	if (x)
		child<<<1, 1'0>>>(x);
}
