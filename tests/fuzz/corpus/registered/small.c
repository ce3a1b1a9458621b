#include "crt/host_runtime.h"
typedef box<float>  _Z3boxIfE;
extern __attribute__((visibility("hidden"))) void __device_stub__Z1pv(void);
static void __device_stub__Z1kIfE( float *__par0) {  __cudaLaunchPrologue(1); __cudaSetupArgSimple(__par0, 0UL); __cudaLaunch(((char *)((void ( *)(float *))_NV_ANON_NAMESPACE::k<float> )), 0U); }namespace _NV_ANON_NAMESPACE{

template<> __specialization_static void __wrapper__device_stub_k<float>( float *&__cuda_0){__device_stub__Z1kIfE( (float *&)__cuda_0);}}
__attribute__((visibility("hidden"))) void __device_stub__Z1pv(void){__cudaLaunchPrologue(1);__cudaLaunch(((char *)((void ( *)(void))p)), 0U);}
# 10 "src/a.cu"
void p(void)
# 10 "src/a.cu"
{__device_stub__Z1pv(); }
# 1 "a.stub.c"
static void __nv_cudaEntityRegisterCallback( void **__T3) {  __nv_dummy_param_ref(__T3); __nv_save_fatbinhandle_for_managed_rt(__T3); __cudaRegisterEntry(__T3, ((void ( *)(float *))_NV_ANON_NAMESPACE::k<float> ), _Z1kIfE, (-1)); __cudaRegisterEntry(__T3, ((void ( *)(void))p), _Z1pv, 128); __cudaRegisterVariable(__T3, __shadow_var(v,::v), 0, 4UL, 0, 0); }
static void __sti____cudaRegisterAll(void) {  __cudaRegisterBinary(__nv_cudaEntityRegisterCallback);  }
