// The same loop without -fopenmp.
#include "parallel_for.h"
#ifdef _OPENMP
#error compiled with another section's options
#endif

extern "C" int serial_parallel_for(int wanted) { return in_loop(wanted); }
