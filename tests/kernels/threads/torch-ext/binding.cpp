// Includes nothing of torch, so that it compiles in a moment.
#include "registration.h"

REGISTER_EXTENSION(TORCH_EXTENSION_NAME)
