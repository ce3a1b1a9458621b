/* SPDX-License-Identifier: Apache-2.0 */
/* Private to steps/: what the steps that look at device code have in common. */
#ifndef STEPS_DEVICE_ONLY_H
#define STEPS_DEVICE_ONLY_H
#include "device/device.h"
#include "device/proof.h"
#include "steps/internal.h"

/* The preprocessed headers of a level. */
struct prelude {
	bool is_there; /* false: one of them is not */
	struct str text;
};
int builtin_prelude(struct builtin *o, const struct device_text *t, enum device_level level,
	struct prelude *out, struct err *e);
/* The same in two parts: those of several levels may be made at one time. It needs no more of t
 * than its lines. */
struct prelude_start {
	struct proc proc;
	enum device_level level;
};
int builtin_prelude_start(struct builtin *o, const struct device_text *t, enum device_level level,
	struct prelude_start *out, struct err *e);
int builtin_prelude_wait(
	struct builtin *o, struct prelude_start *p, struct prelude *out, struct err *e);
/* Adds to OUTPUT_PRELUDES, where builtin_prelude finds it if that is its step's INPUT_PRELUDES, in
 * place of running the preprocessor. RECORD_PRELUDES, and of each level a line with the digest of
 * its source and command and with the size of the text, and the text. */
void builtin_add_prelude(const struct builtin *o, const struct device_text *t,
	enum device_level level, struct str text, struct buf *out);
/* A text, and what of it device code needs; slice may be NULL. */
struct device_code {
	const struct device_text *text;
	const struct device_slice *slice;
};
/* *hit: the first name that a guard (device/guard.h) finds which could mean something else; NULL:
 * there is none. */
int builtin_guard(struct builtin *o, const struct device_code *code, struct str prelude,
	const char **hit, struct err *e);
/* The kernel's own text, as proof keys gives it for all architectures: RECORD_SHARED, a line with a
 * digit for each level, 1 where the guards found nothing, and the text. */
/* That output becomes the proof that the full way is to be taken, for why. */
int builtin_write_full(struct builtin *o, enum output_role output, const char *why, struct err *e);
/* The architectures that the preprocessor of the step is told of, all that the source is compiled
 * for; how many there are. */
size_t builtin_archs(const struct builtin *o, unsigned *out, size_t max);
/* The option that tells it of them begins with this. */
#define BUILTIN_ARCH_LIST "-D__CUDA_ARCH_LIST__="
#endif
