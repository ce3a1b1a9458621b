#include "plan/embedded.h"
#include "base/embed.h"

EMBED(registration, "data/registration.h")
