// Includes nothing of torch, so that it compiles in a moment.
#include "registration.h"

extern "C" const char *rdc_name() { return KERNEL_BUILDER_TEXT(TORCH_EXTENSION_NAME); }

REGISTER_EXTENSION(TORCH_EXTENSION_NAME)
