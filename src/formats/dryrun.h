/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `nvcc --dryrun` prints: the commands that it would run, as lines for a shell.
 *
 *     #$ NAME=value                         a variable for the commands behind it
 *     #$ -- Filter Dependencies -- > FILE   nvcc's own work
 *     #$ "gcc/bin"/g++ -D "X=\"a b\"" ...   a command
 *
 * Lines that do not begin with "#$" are warnings of nvcc. Recorded transcripts of CUDA 11.8 to 13.2
 * are test cases.
 */
#ifndef FORMATS_DRYRUN_H
#define FORMATS_DRYRUN_H
#include "base/str.h"
#include "base/vec.h"

struct arena;
struct dryrun {
	struct strs *commands; /* words, without quotes; the first is the program */
	size_t n;
	struct strs warnings; /* whole lines */
};
/* Reads a transcript strictly: 1, or 0 when it holds anything that is not positively understood
 * (redirections, substitutions, quotes of another kind); *why then says what, in one line. The
 * words are in the arena. */
int dryrun_parse(struct arena *a, struct str text, struct dryrun *out, const char **why);
#endif
