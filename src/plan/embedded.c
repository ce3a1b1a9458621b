/* SPDX-License-Identifier: Apache-2.0 */
/* registration.h, built in. */
#include "plan/embedded.h"
#include "base/embed.h"

EMBED(registration, "data/registration.h")
