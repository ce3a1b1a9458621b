/* SPDX-License-Identifier: Apache-2.0 */
/* Private to steps/: the function of each kind of step. One row a step; tools/implementation.sh does not follow this header. */
#ifndef STEPS_DOES_H
#define STEPS_DOES_H
struct builtin;
struct err;

int builtin_stand_in(struct builtin *o, struct err *e);
int builtin_mark(struct builtin *o, struct err *e);
int builtin_graft(struct builtin *o, struct err *e);
int builtin_slim(struct builtin *o, struct err *e);
int builtin_hollow(struct builtin *o, struct err *e);
int builtin_strip(struct builtin *o, struct err *e);
int builtin_try(struct builtin *o, struct err *e);
int builtin_name(struct builtin *o, struct err *e);
int builtin_survey(struct builtin *o, struct err *e);
int builtin_audit(struct builtin *o, struct err *e);
int builtin_judge(struct builtin *o, struct err *e);
int builtin_stub(struct builtin *o, struct err *e);
int builtin_slice(struct builtin *o, struct err *e);
int builtin_device(struct builtin *o, struct err *e);
int builtin_register(struct builtin *o, struct err *e);
#endif
