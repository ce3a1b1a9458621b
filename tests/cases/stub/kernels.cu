#include <cstdio>
template <class T> struct box {
	T v;
};
struct plain {
	int a;
};
namespace ns
{
enum color { red, green };
template <class T, int N>
__global__ void
k(T *p, box<T> b)
{
	p[0] = b.v;
}
} // namespace ns
namespace
{
struct local {
	float f;
};
__constant__ float table[4];
template <class T>
__global__ void
anon(T t, float *o)
{
	o[0] = t.f * table[threadIdx.x];
}
__global__ void
anon_plain(float *o)
{
	o[0] = table[1];
}
} // namespace
__device__ int counter;
__managed__ float managed;
__device__ __constant__ plain cp;
static __device__ int sdev;
template <class T> __device__ T tvar;
__global__ void
nothing()
{
	atomicAdd(&counter, sdev++);
	managed = cp.a;
}
__global__ void
p(plain a, int (*f)(int), const char *s, ns::color c, int n)
{
	counter += a.a + n + tvar<int>;
}
extern "C" __global__ void
cfun(float *o)
{
	*o = 1;
}
template <class... A>
__global__ void
var(A... a)
{
	printf("%d\n", (int)sizeof...(a));
}
template <class F>
__global__ void
fn(F f, int *o)
{
	*o = f(3);
}
template <ns::color C>
__global__ void
en(int *o)
{
	*o = C;
}
template <class T> __global__ void __launch_bounds__(128, 2) bounds(T *o)
{
	*o = 0;
}
void
run(float *f)
{
	ns::k<float, 3><<<1, 1>>>(f, box<float>{ 1 });
	ns::k<box<int> *, 0><<<1, 1>>>((box<int> **)0, box<box<int> *>{});
	anon<<<1, 1>>>(local{ 1 }, f);
	anon_plain<<<1, 1>>>(f);
	nothing<<<1, 1>>>();
	p<<<1, 1>>>(plain{ 1 }, nullptr, "x", ns::red, 3);
	cfun<<<1, 1>>>(f);
	var<<<1, 1>>>();
	var<<<1, 1>>>(1, 2.f, 'c');
	en<ns::green><<<1, 1>>>(nullptr);
	bounds<double><<<1, 1>>>(nullptr);
	cudaMemcpyToSymbol(table, f, 16);
}
