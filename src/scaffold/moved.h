/* SPDX-License-Identifier: Apache-2.0 */
/* Kernels out of a setup.py: what `init --from` makes of it. */
#ifndef SCAFFOLD_MOVED_H
#define SCAFFOLD_MOVED_H
#include "generate/generate.h"
#include "scaffold/script.h"

/* A call of CUDAExtension, CppExtension or load. */
struct extension {
	const char *name;
	const char *section; /* the last part of its name, as a word of which there is one */
	bool is_cuda;
	size_t at, block; /* the call's token, and where it stands */
	struct strs src, include, cxx_flags, cuda_flags, capabilities;
};
struct moved {
	struct arena *a;
	const char *dir;
	struct script script;
	struct {
		struct extension *v;
		size_t n, cap;
	} extensions;
	const char *name, *license; /* as setup() has them; NULL: it does not say */
	const char *pybind;    /* a note on the first line that includes a header of pybind11 */
	size_t n_pybind;       /* how many there are */
	struct strs notes;     /* "setup.py:3:1: ...", what is left to do */
	struct strs operators; /* comments of the binding: what pybind11 registered, and where */
};

/* extensions.c: reads DIR/setup.py. Fails with ERR_CONFIG when it is not there, or has no such
 * call. */
int moved_read(struct arena *a, const char *dir, struct moved *out, struct err *e);
/* absent.c: fails, and says what to do in a directory without a setup.py. */
int moved_absent(struct arena *a, const char *dir, struct err *e);
/* moved_notes.c */
void moved_note(struct moved *m, size_t at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Notes that what a block adds need not be there, unless it is around the call. */
void moved_note_block(struct moved *m, const struct extension *x, size_t added);
/* An item of a list as text, with a note where it is none, or need not be there; NULL: it is
 * none. */
const char *moved_item(
	struct moved *m, const struct extension *x, const struct value *v, const char *what);
/* What there can be but one of: of a choice the first text, with a note; NULL: it is no text. */
const char *moved_one_text(struct moved *m, const struct value *v, const char *what);
/* setup_call.c: the call of setup(), whose extensions are calls of their own. */
void moved_setup(struct moved *m, const struct python_call *call);
/* extension_flags.c: compiler flags, told apart. */
void moved_flags(struct moved *m, struct extension *x, const struct value *v, bool is_cuda);
/* moved_files.c: appends the headers of the kernel that sources include, and notes what in the
 * files has to be changed. */
int moved_files(struct moved *m, struct err *e);
#endif
