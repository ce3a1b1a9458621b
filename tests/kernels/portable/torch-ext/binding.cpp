// Includes nothing of torch: what is tried here is the C++ library.
#include "registration.h"

REGISTER_EXTENSION(TORCH_EXTENSION_NAME)
