/* SPDX-License-Identifier: Apache-2.0 */
/* The GPUs of this machine. */
#ifndef LOCAL_GPUS_H
#define LOCAL_GPUS_H
#include "base/vec.h"
#include "formats/version.h"

struct err;
/* Appends the capability of each kind of GPU here, such as "9.0", unless out has it: as the driver
 * says, which heeds CUDA_VISIBLE_DEVICES, else nvidia-smi. Returns how many kinds there are; 0: no
 * GPU, or no driver. Fails when a child cannot be started, or the user interrupts. */
int gpus_find(struct arena *a, struct strs *out, struct err *e);
/* The newest CUDA that the driver runs, such as 12.8. n = 0: there is no driver. */
int gpus_driver(struct arena *a, struct version *out, struct err *e);
#endif
