/* CUDA capabilities as build.toml and nvcc write them. */
#ifndef CONFIG_CAPABILITY_H
#define CONFIG_CAPABILITY_H
#include "base/str.h"

/* True for "8.0", "9.0a", "10.0f", "12.0+PTX", "9.0a+PTX": a major version of one to three digits
 * without leading zeros, one minor digit, then perhaps a or f, then perhaps +PTX. */
bool capability_is_valid(struct str s);
#endif
