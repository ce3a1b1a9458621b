/* SPDX-License-Identifier: Apache-2.0 */
/* What steps leave behind: dependency files of compilers, lists of nvlink, and records that the
 * store keeps; and steps as files. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "device/proof.h"
#include "formats/depfile.h"
#include "fuzz.h"
#include "plan/graph.h"
#include "steps/register.h"
#include "steps/step_file.h"

static void
check_depfile(struct arena *a, struct str text)
{
	struct strs files;
	struct err e = { 0 };

	if (depfile_parse(a, text, &files, &e) < 0) {
		check_that(e.code == ERR_BUG && files.n == 0);
		return;
	}
	check_that(files.n <= text.n / 2);
	for (size_t i = 0; i < files.n; i++)
		check_that(!strchr(files.v[i], '\n') && strlen(files.v[i]) < text.n);
}

/* What is read is written as it was. */
static void
check_proof(struct str text)
{
	CLEANUP(buf_free) struct buf once = { 0 }, twice = { 0 };
	struct proof v, again;

	if (!proof_read(text, &v))
		return;
	proof_write(&v, &once);
	check_that(proof_read(buf_str(&once), &again));
	proof_write(&again, &twice);
	check_that(str_eq(buf_str(&once), buf_str(&twice)) && once.n <= text.n);
}

/* Two lists of one object are one; what is in a list is in the result, once. */
static void
check_lists(struct arena *a, struct str text)
{
	CLEANUP(buf_free) struct buf one = { 0 }, two = { 0 };
	const struct str lists[] = { text, text };
	struct err e = { 0 };

	if (builtin_merge_registered(a, lists, 1, &one, &e) < 0) {
		check_that(
			e.code == ERR_STEP && builtin_merge_registered(a, lists, 2, &two, &e) < 0);
		return;
	}
	check_that(builtin_merge_registered(a, lists, 2, &two, &e) == 0);
	check_that(str_eq(buf_str(&one), buf_str(&two)));
}

/* What is read would be written so, and names nothing outside of the step's directory. */
static void
check_step(struct arena *a, struct str text)
{
	CLEANUP(buf_free) struct buf again = { 0 };
	struct err e = { 0 };
	struct step s;

	if (step_file_read(a, text, &s, &e) < 0) {
		check_that(e.code == ERR_STORE);
		return;
	}
	step_file_write(&s, &again);
	check_that(str_eq(buf_str(&again), text) && s.label && s.root->n_mounts == 0);
	for (size_t i = 0; i < s.n_inputs; i++)
		check_that(*s.inputs[i].path != '/' && !strstr(s.inputs[i].path, "../"));
	for (size_t i = 0; i < s.outputs.n; i++)
		check_that(*s.outputs.v[i] != '/' && !strstr(s.outputs.v[i], "../"));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct str text = { (const char *)data, size }, names[PROOF_KEYS];

	check_depfile(&a, text);
	check_proof(text);
	check_lists(&a, text);
	check_step(&a, text);
	if (proof_read_keys(text, names))
		for (size_t i = 0; i < PROOF_KEYS; i++)
			check_that(!memchr(names[i].p, '\n', names[i].n));
	return 0;
}
