/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of this machine, in bytes; UINT64_MAX when that is not known. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H
#include <stdint.h>

/* What processes can have now, on this machine or in the control group of this one. */
uint64_t memory_free(void);
uint64_t memory_total(void);
#endif
