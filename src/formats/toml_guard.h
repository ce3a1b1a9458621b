/* SPDX-License-Identifier: Apache-2.0 */
/* What toml.cc needs besides the parser; private to the two TOML files. */
#ifndef FORMATS_TOML_GUARD_H
#define FORMATS_TOML_GUARD_H
#include "formats/toml.h"

#ifdef __cplusplus
extern "C" {
#endif
enum { TOML_MAX_DEPTH = 64, TOML_MAX_BYTES = 1 << 20 };

/* Refuses what would cost the parser too much stack or time: text of more than TOML_MAX_BYTES, and
 * tables or arrays nested more than about TOML_MAX_DEPTH deep, be it by brackets or dotted keys. */
int toml_guard(struct str text, const char *name, struct err *e);
#ifdef __cplusplus
}
#endif
#endif
