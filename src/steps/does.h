/* SPDX-License-Identifier: Apache-2.0 */
/* Private to steps/: the function of each kind of step. One row a step; tools/implementation.sh
 * does not follow this header. */
#ifndef STEPS_DOES_H
#define STEPS_DOES_H
struct builtin;
struct err;

int builtin_empty_fatbin(struct builtin *o, struct err *e);
int builtin_trap(struct builtin *o, struct err *e);
int builtin_embed_fatbin(struct builtin *o, struct err *e);
int builtin_slim(struct builtin *o, struct err *e);
int builtin_strip_bodies(struct builtin *o, struct err *e);
int builtin_drop_macros(struct builtin *o, struct err *e);
int builtin_compile_or_decline(struct builtin *o, struct err *e);
int builtin_check_id(struct builtin *o, struct err *e);
int builtin_proof_keys(struct builtin *o, struct err *e);
int builtin_audit(struct builtin *o, struct err *e);
int builtin_prove(struct builtin *o, struct err *e);
int builtin_stub(struct builtin *o, struct err *e);
int builtin_slice(struct builtin *o, struct err *e);
int builtin_device(struct builtin *o, struct err *e);
int builtin_register(struct builtin *o, struct err *e);
#endif
