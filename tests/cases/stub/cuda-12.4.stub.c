#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wcast-qual"
#define __NV_CUBIN_HANDLE_STORAGE__ static
#if !defined(__CUDA_INCLUDE_COMPILER_INTERNAL_HEADERS__)
#define __CUDA_INCLUDE_COMPILER_INTERNAL_HEADERS__
#endif
#include "crt/host_runtime.h"
#include "kernels.fatbin.c"
typedef box<float>  _Z3boxIfE;
typedef box<int>  _Z3boxIiE;
typedef box< ::box<int> *>  _Z3boxIPS_IiEE;
typedef ns::color _ZN2ns5colorE;
typedef _NV_ANON_NAMESPACE::local _ZN33_GLOBAL__N__0123456789ab_module_id_5localE;
extern void __device_stub__Z7nothingv(void);
extern void __device_stub__Z1p5plainPFiiEPKcN2ns5colorEi(struct plain&, int (*)(int), const char *,  _ZN2ns5colorE, int);
extern void __device_stub__Z4cfunPf(float *);
static void __device_stub__Z3varIJEEvDpT_(void);
static void __device_stub__Z3varIJifcEEvDpT_(int, float, char);
static void __device_stub__Z2enILN2ns5colorE1EEvPi(int *);
static void __device_stub__Z6boundsIdEvPT_(double *);
static void __device_stub__ZN2ns1kIfLi3EEEvPT_3boxIS1_E(float *,  _Z3boxIfE&);
static void __device_stub__ZN2ns1kIP3boxIiELi0EEEvPT_S1_IS4_E( _Z3boxIiE **,  _Z3boxIPS_IiEE&);
extern void __device_stub__ZN33_GLOBAL__N__0123456789ab_module_id_10anon_plainEPf(float *);
static void __device_stub__ZN33_GLOBAL__N__0123456789ab_module_id_4anonINS_5localEEEvT_Pf( _ZN33_GLOBAL__N__0123456789ab_module_id_5localE&, float *);
static void __nv_cudaEntityRegisterCallback(void **);
static void __sti____cudaRegisterAll(void) __attribute__((__constructor__));
void __device_stub__Z7nothingv(void){__cudaLaunchPrologue(1);__cudaLaunch(((char *)((void ( *)(void))nothing)));}
# 10 "src/kernels.cu"
void nothing(void)
# 10 "src/kernels.cu"
{__device_stub__Z7nothingv(); }
# 1 "kernels.stub.c"
void __device_stub__Z1p5plainPFiiEPKcN2ns5colorEi( struct plain&__par0,  int (*__par1)(int),  const char *__par2,   _ZN2ns5colorE __par3,  int __par4) {  __cudaLaunchPrologue(5); __cudaSetupArg(__par0, 0UL); __cudaSetupArgSimple(__par1, 8UL); __cudaSetupArgSimple(__par2, 16UL); __cudaSetupArgSimple(__par3, 24UL); __cudaSetupArgSimple(__par4, 28UL); __cudaLaunch(((char *)((void ( *)(struct plain, int (*)(int), const char *,  _ZN2ns5colorE, int))p))); }
# 11 "src/kernels.cu"
void p( struct plain __cuda_0,int (*__cuda_1)(int),const char *__cuda_2, _ZN2ns5colorE __cuda_3,int __cuda_4)
# 11 "src/kernels.cu"
{__device_stub__Z1p5plainPFiiEPKcN2ns5colorEi( __cuda_0,__cuda_1,__cuda_2,__cuda_3,__cuda_4); }
# 1 "kernels.stub.c"
void __device_stub__Z4cfunPf( float *__par0) {  __cudaLaunchPrologue(1); __cudaSetupArgSimple(__par0, 0UL); __cudaLaunch(((char *)((void ( *)(float *))cfun))); }
# 12 "src/kernels.cu"
void cfun( float *__cuda_0)
# 12 "src/kernels.cu"
{__device_stub__Z4cfunPf( __cuda_0); }
# 1 "kernels.stub.c"
static void __device_stub__Z3varIJEEvDpT_(void) {  __cudaLaunchPrologue(1); __cudaLaunch(((char *)((void ( *)(void))var< > ))); }
template<> __specialization_static void __wrapper__device_stub_var(void){__device_stub__Z3varIJEEvDpT_();}
static void __device_stub__Z3varIJifcEEvDpT_( int __par0,  float __par1,  char __par2) {  __cudaLaunchPrologue(3); __cudaSetupArgSimple(__par0, 0UL); __cudaSetupArgSimple(__par1, 4UL); __cudaSetupArgSimple(__par2, 8UL); __cudaLaunch(((char *)((void ( *)(int, float, char))var<int, float, char > ))); }
template<> __specialization_static void __wrapper__device_stub_var<int,float,char>( int &__cuda_0,float &__cuda_1,char &__cuda_2){__device_stub__Z3varIJifcEEvDpT_( (int &)__cuda_0,(float &)__cuda_1,(char &)__cuda_2);}
static void __device_stub__Z2enILN2ns5colorE1EEvPi( int *__par0) {  __cudaLaunchPrologue(1); __cudaSetupArgSimple(__par0, 0UL); __cudaLaunch(((char *)((void ( *)(int *))en<( ::ns::color)1> ))); }
template<> __specialization_static void __wrapper__device_stub_en<( ::ns::green)>( int *&__cuda_0){__device_stub__Z2enILN2ns5colorE1EEvPi( (int *&)__cuda_0);}
static void __device_stub__Z6boundsIdEvPT_( double *__par0) {  __cudaLaunchPrologue(1); __cudaSetupArgSimple(__par0, 0UL); __cudaLaunch(((char *)((void ( *)(double *))bounds<double> ))); }
template<> __specialization_static void __wrapper__device_stub_bounds<double>( double *&__cuda_0){__device_stub__Z6boundsIdEvPT_( (double *&)__cuda_0);}
static void __device_stub__ZN2ns1kIfLi3EEEvPT_3boxIS1_E( float *__par0,   _Z3boxIfE&__par1) {  __cudaLaunchPrologue(2); __cudaSetupArgSimple(__par0, 0UL); __cudaSetupArg(__par1, 8UL); __cudaLaunch(((char *)((void ( *)(float *,  _Z3boxIfE))ns::k<float, (int)3> ))); }namespace ns{

template<> __specialization_static void __wrapper__device_stub_k<float,3>( float *&__cuda_0, _Z3boxIfE &__cuda_1){__device_stub__ZN2ns1kIfLi3EEEvPT_3boxIS1_E( (float *&)__cuda_0,( _Z3boxIfE &)__cuda_1);}}
static void __device_stub__ZN2ns1kIP3boxIiELi0EEEvPT_S1_IS4_E(  _Z3boxIiE **__par0,   _Z3boxIPS_IiEE&__par1) {  __cudaLaunchPrologue(2); __cudaSetupArgSimple(__par0, 0UL); __cudaSetupArg(__par1, 8UL); __cudaLaunch(((char *)((void ( *)( _Z3boxIiE **,  _Z3boxIPS_IiEE))ns::k<    ::box<int>  *, (int)0> ))); }namespace ns{

template<> __specialization_static void __wrapper__device_stub_k< _Z3boxIiE *,0>(  _Z3boxIiE **&__cuda_0, _Z3boxIPS_IiEE &__cuda_1){__device_stub__ZN2ns1kIP3boxIiELi0EEEvPT_S1_IS4_E( ( _Z3boxIiE **&)__cuda_0,( _Z3boxIPS_IiEE &)__cuda_1);}}
void __device_stub__ZN33_GLOBAL__N__0123456789ab_module_id_10anon_plainEPf( float *__par0) {  __cudaLaunchPrologue(1); __cudaSetupArgSimple(__par0, 0UL); __cudaLaunch(((char *)((void ( *)(float *))_NV_ANON_NAMESPACE::anon_plain))); }
# 5 "src/kernels.cu"
void _NV_ANON_NAMESPACE::anon_plain( float *__cuda_0)
# 5 "src/kernels.cu"
{__device_stub__ZN33_GLOBAL__N__0123456789ab_module_id_10anon_plainEPf( __cuda_0); }
# 1 "kernels.stub.c"
static void __device_stub__ZN33_GLOBAL__N__0123456789ab_module_id_4anonINS_5localEEEvT_Pf(  _ZN33_GLOBAL__N__0123456789ab_module_id_5localE&__par0,  float *__par1) {  __cudaLaunchPrologue(2); __cudaSetupArg(__par0, 0UL); __cudaSetupArgSimple(__par1, 8UL); __cudaLaunch(((char *)((void ( *)( _ZN33_GLOBAL__N__0123456789ab_module_id_5localE, float *))_NV_ANON_NAMESPACE::anon< ::_NV_ANON_NAMESPACE::local> ))); }namespace _NV_ANON_NAMESPACE{

template<> __specialization_static void __wrapper__device_stub_anon< ::_NV_ANON_NAMESPACE::local>(  _ZN33_GLOBAL__N__0123456789ab_module_id_5localE &__cuda_0,float *&__cuda_1){__device_stub__ZN33_GLOBAL__N__0123456789ab_module_id_4anonINS_5localEEEvT_Pf( ( _ZN33_GLOBAL__N__0123456789ab_module_id_5localE &)__cuda_0,(float *&)__cuda_1);}}
static void __nv_cudaEntityRegisterCallback( void **__T3) {  __nv_dummy_param_ref(__T3); __nv_save_fatbinhandle_for_managed_rt(__T3); __cudaRegisterEntry(__T3, ((void ( *)( _ZN33_GLOBAL__N__0123456789ab_module_id_5localE, float *))_NV_ANON_NAMESPACE::anon< ::_NV_ANON_NAMESPACE::local> ), _ZN33_GLOBAL__N__0123456789ab_module_id_4anonINS_5localEEEvT_Pf, (-1)); __cudaRegisterEntry(__T3, ((void ( *)(float *))_NV_ANON_NAMESPACE::anon_plain), _ZN33_GLOBAL__N__0123456789ab_module_id_10anon_plainEPf, (-1)); __cudaRegisterEntry(__T3, ((void ( *)( _Z3boxIiE **,  _Z3boxIPS_IiEE))ns::k<    ::box<int>  *, (int)0> ), _ZN2ns1kIP3boxIiELi0EEEvPT_S1_IS4_E, (-1)); __cudaRegisterEntry(__T3, ((void ( *)(float *,  _Z3boxIfE))ns::k<float, (int)3> ), _ZN2ns1kIfLi3EEEvPT_3boxIS1_E, (-1)); __cudaRegisterEntry(__T3, ((void ( *)(double *))bounds<double> ), _Z6boundsIdEvPT_, 128); __cudaRegisterEntry(__T3, ((void ( *)(int *))en<( ::ns::color)1> ), _Z2enILN2ns5colorE1EEvPi, (-1)); __cudaRegisterEntry(__T3, ((void ( *)(int, float, char))var<int, float, char > ), _Z3varIJifcEEvDpT_, (-1)); __cudaRegisterEntry(__T3, ((void ( *)(void))var< > ), _Z3varIJEEvDpT_, (-1)); __cudaRegisterEntry(__T3, ((void ( *)(float *))cfun), cfun, (-1)); __cudaRegisterEntry(__T3, ((void ( *)(struct plain, int (*)(int), const char *,  _ZN2ns5colorE, int))p), _Z1p5plainPFiiEPKcN2ns5colorEi, (-1)); __cudaRegisterEntry(__T3, ((void ( *)(void))nothing), _Z7nothingv, (-1)); __cudaRegisterVariable(__T3, __shadow_var(counter,::counter), 0, 4UL, 0, 0); __cudaRegisterManagedVariable(__T3, __shadow_var(managed,::managed), 0, 4UL, 0, 0); __cudaRegisterVariable(__T3, __shadow_var(cp,::cp), 0, 4UL, 1, 0); __cudaRegisterVariable(__T3, __shadow_var(sdev,::sdev), 0, 4UL, 0, 0); __cudaRegisterVariable(__T3, __shadow_var(_Z4tvarIiE,(::tvar<int> )), 0, 4UL, 0, 0); __cudaRegisterVariable(__T3, __shadow_var(_ZN31_INTERNAL_0123456789ab_module_id_33_GLOBAL__N__0123456789ab_module_id_5tableE,::_NV_ANON_NAMESPACE::table), 0, 16UL, 1, 0); }
static void __sti____cudaRegisterAll(void) {  __cudaRegisterBinary(__nv_cudaEntityRegisterCallback);  }

#pragma GCC diagnostic pop
