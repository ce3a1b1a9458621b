// A function of a header, seen through a using-directive, that fits better than the own one.
#include <ATen/core/Tensor.h>
#include <ATen/ceil_div.h>
using namespace at;
__device__ inline long ceil_div(long a,long b){return (a+b-1)/b+1000;}
template<class T> __global__ void k(int*o,T v){*o=ceil_div(v,3);}
void run_using(at::Tensor t){k<int><<<1,1>>>(t.data_ptr<int>(),1);}
