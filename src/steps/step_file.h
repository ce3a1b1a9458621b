/* SPDX-License-Identifier: Apache-2.0 */
/* A step that the program does itself as a file, for a machine that has neither plan nor store. */
#ifndef STEPS_STEP_FILE_H
#define STEPS_STEP_FILE_H
#include "base/buf.h"

struct err;
struct step;

/* Appends all that doing s depends on, beside the files of its directory. */
void step_file_write(const struct step *s, struct buf *out);
/* The step that was written so: kind, command, options, tools, environment, inputs (but for who
 * makes them), outputs, names_dir and label; the rest is nothing. It lives in the arena. Fails with
 * ERR_STORE on a text that step_file_write did not write, for a step that this program does. */
int step_file_read(struct arena *a, struct str text, struct step *out, struct err *e);
#endif
