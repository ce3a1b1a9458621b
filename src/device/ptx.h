/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PTX, as cicc writes it: is one text the same program as another? The text is read as a head
 * (.version, .target, .address_size) and chunks: entries, functions, and variables of module scope.
 *
 * Two texts are equal when their heads are, and when they have the same entries, functions and
 * variables, in any order, each with the same linkage, parameters, directives (.maxntid and the
 * like) and body. These do not count: comments, white space, the number in the labels
 * $L__BB<n>_<m>, and the numbers of string literals ($str, $str$<n>, __unnamed_<n>), which are
 * compared by what they hold.
 */
#ifndef DEVICE_PTX_H
#define DEVICE_PTX_H
#include "base/buf.h"
#include "base/vec.h"

struct arena;
/*
 * 1: equal, but for variables of the reference that nothing mentions, neither a chunk of the
 * reference nor one of ours, and that ours lacks: *missing gets their definitions, in the
 * reference's order (empty: none). A variable that ours has more, or has otherwise, is a
 * difference. 0: not equal, or not understood; *why says what, in one line. Memory is the arena's.
 */
int ptx_compare(struct arena *a, struct str reference, struct str ours, struct str *missing,
	const char **why);
/* Adds ours with the definitions of `missing` put behind the head, where any PTX text may have
 * them. 0, and nothing added, when ours defines or mentions one of them, or is not understood. */
int ptx_append(
	struct arena *a, struct str ours, struct str missing, struct buf *out, const char **why);
/* Adds a line for each chunk, in order: a digest of its name, of a literal of what it holds. 1, or
 * 0 and *why. */
int ptx_order(struct arena *a, struct str ptx, struct buf *out, const char **why);
/* Adds ours with its chunks in that order, those that the order lacks last: cicc writes them in the
 * order in which it meets them, and ptxas lays its sections out accordingly. What is in order
 * already stays as it is, byte for byte. 1, or 0 and *why. */
int ptx_arrange(
	struct arena *a, struct str ours, struct str order, struct buf *out, const char **why);
/* Names of the entries, sorted by bytes. 1, or 0 and *why. */
int ptx_entries(struct arena *a, struct str ptx, struct strs *out, const char **why);
/* Names of the .global and .const variables that are no string literals, sorted by bytes. 1, or 0
 * and *why. */
int ptx_variables(struct arena *a, struct str ptx, struct strs *out, const char **why);
#endif
