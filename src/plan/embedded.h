#ifndef PLAN_EMBEDDED_H
#define PLAN_EMBEDDED_H
#include "base/str.h"

/* data/registration.h: macros with which a kernel registers its operators. */
struct str embedded_registration(void);
#endif
