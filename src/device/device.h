/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device-only: what cicc needs of a .cu file. A device pass parses all that the file includes, most
 * of which (torch) declares host functions. Here a text is made that has the user's declarations
 * which kernels reach, behind a prelude that includes the same headers but torch's; of these only a
 * few are included, the more the higher the level.
 *
 * The text that comes of it may compile to other code than the full one: a name may find another
 * declaration. So it is used only if the PTX of one architecture is equal to that of the full text
 * (device/ptx.h), and for anything but that very text only if the guards (device/guard.h) find
 * nothing.
 *
 * What to do: preprocess one architecture with nvcc's own command and -dD -dI, so that #define,
 * #undef and #include stand in the text, and read it (device_read). Write device_prelude() to a
 * file, preprocess that with the same command, and give cicc that text and behind it
 * device_body()'s, with no flag changed. Where the source includes a header beside it that is not
 * its own, the prelude needs that directory as -iquote. The first level whose PTX is equal
 * serves.
 */
#ifndef DEVICE_DEVICE_H
#define DEVICE_DEVICE_H
#include "base/buf.h"
#include "base/sha256.h"
#include "cxx/split.h"
#include "device/registered.h"

/* How many headers stand in front of a slice: the first level that serves is taken. */
enum device_level {
	LEVEL_CUDA,    /* CUDA's and the standard library's */
	LEVEL_SCALARS, /* and the types of torch that kernels compute with */
	LEVEL_DEVICE,  /* and what ATen has for device code */
	DEVICE_LEVELS
};

enum device_line_kind {
	DEVICE_MACRO,   /* #define, #undef */
	DEVICE_INCLUDE, /* of a header that is neither the user's nor torch's */
	DEVICE_TORCH,   /* of one that torch, ATen, c10, pybind11 or Python has */
};
struct device_line {
	enum device_line_kind kind;
	struct str text; /* DEVICE_MACRO: the line; else what is included, with its <> or "" */
};
/* A preprocessed text and the user's part of it. */
struct device_text {
	struct lexed lexed; /* without #define, #undef and #include */
	struct split split;
	uint32_t *
		user; /* indices of the user's declarations, no members, in the order of the text */
	uint32_t n_user;
	struct device_line *line; /* of the user's files, in order */
	size_t n_lines;
};
/* Reads the text of one architecture, which must stay where it is. 1, or 0 for whatever is not
 * positively understood, and for what a slice cannot serve: extended lambdas, `requires`,
 * function-try-blocks, an include inside a namespace, pragmas that push macros; *why says what, in
 * one line: the file takes the full way. Memory is the arena's; takes about 0.3 s. */
int device_read(struct arena *a, struct str full, struct device_text *out, const char **why);
/* The same in two parts: the lines, which are all that a prelude needs, and the rest, which takes
 * most of the time. */
int device_read_lines(struct arena *a, struct str full, struct device_text *out, const char **why);
int device_read_rest(struct arena *a, struct device_text *out, const char **why);
/* Adds the lines of the user's files, and those markers of other files by which device_read() knows
 * what the user's includes are: it reads the same in these lines as in the whole text. What other
 * files include does not show, so the lines are equal more often than the texts. l: of the text, or
 * of one in which nothing but directives was blanked, as device_read() makes it. */
void device_own_lines(struct arena *a, const struct lexed *l, struct str full, struct buf *out);
/* The digest of all other lines, with their markers: what headers of others say. l: likewise. */
struct digest device_headers_digest(struct arena *a, const struct lexed *l, struct str full);
/* A function of the user's for the host only: no slice has it. */
bool device_is_host_only(const struct decl *d);
/* The name in "static a::b<c> name(...);", which may be a variable or a function, and is neither
 * for the device; 0 when the declaration is something else. Only of these a DECL_UNKNOWN is
 * accepted. */
uint32_t device_static_name(const struct lexed *l, const struct decl *d);

/* How many levels differ: 1 when nothing of torch's is included. */
unsigned device_levels(const struct device_text *t);
/* Adds the source of the prelude: the user's #define, #undef and #include in their order, with the
 * headers of the level where the first of torch's stood. */
void device_prelude(const struct device_text *t, enum device_level level, struct buf *out);

/* The declarations that the kernels need: those that a name reaches which is spelled in a kernel, a
 * device variable, an operator, an assertion or the registered casts; never a function for the host
 * only. */
struct device_slice {
	bool *keep; /* of each of device_text.user */
	const struct registered *kernels;
};
/* 1, or 0 and *why. */
int device_slice(struct arena *a, const struct device_text *t, const struct registered *kernels,
	struct device_slice *out, const char **why);
/* Adds the kept declarations, with line markers, and a function that instantiates the templated
 * kernels. */
void device_body(const struct device_text *t, const struct device_slice *s, struct buf *out);

/* The parts of that function: typedefs, and an expression for each templated kernel. */
void device_instances(const struct device_text *t, const struct registered *k, struct buf *typedefs,
	struct buf *expressions);

/* What of the user's part a text that was compared stands for. Two texts with the same `exact` have
 * the same slice for the same kernels, with the same macros and includes in front. With the same
 * `frame` that holds but for the bodies of __global__ and __device__ functions that are not
 * constexpr and whose type is not deduced. File names, lines and white space do not count, nor do
 * the bodies of functions for the host only. */
struct device_frame {
	struct digest exact, frame;
};
void device_frame(const struct device_text *t, struct device_frame *out);
#endif
