/* SPDX-License-Identifier: Apache-2.0 */
/* What a step leaves behind: checked, hashed, kept. */
#include "base/arena.h"
#include "base/err.h"
#include "base/path.h"
#include "elf/elf_edit.h"
#include "engine/domain.h"
#include "engine/machine.h"
#include "formats/depfile.h"
#include "formats/root.h"
#include <stdio.h>
#include <stdlib.h>

/* Takes out of a link's result what only the linker needed. */
static int
drop_needed(const struct step *s, const char *path, struct err *e)
{
	CLEANUP(arena_freep) struct arena scratch = { 0 };
	struct str bytes;
	bool changed = false;

	if (!s->drop_needed.n)
		return 0;
	TRY(fs_read(&scratch, path, SIZE_MAX, &bytes, e));
	for (size_t i = 0; i < s->drop_needed.n; i++) {
		bool found;

		TRY(elf_drop_needed(
			(char *)bytes.p, bytes.n, path, s->drop_needed.v[i], &found, e));
		changed = changed || found;
	}
	return changed ? fs_write_atomic(path, bytes.p, bytes.n, 0755, e) : 0;
}

/* Takes an output for an object. The run holds it for as long as it lasts; those of transient steps
 * are nowhere else. */
static int
put_output(struct machine *m, const struct step *s, const char *path, struct digest *out,
	struct err *e)
{
	const char *to;
	char hex[65];

	if (s->is_transient || m->cache.mode != CACHE_RW)
		TRY(sha256_file(path, out, NULL, e));
	else
		TRY(store_put_object(m->store, path, out, e));
	to = arena_printf(&m->arena, "%s/objects/%s", m->dir, digest_hex(out, hex));
	return rename(path, to) < 0 ? err_sys(e, "cannot move %s to %s", path, to) : 0;
}

/* Names of the step's directory become those that they have in a sandbox. */
static void
hide_dir(const char *dir, struct str text, struct buf *out)
{
	char *real = realpath(dir, NULL);
	size_t n = real ? strlen(real) : 0;

	for (const char *at; n && (at = memmem(text.p, text.n, real, n));) {
		buf_add(out, text.p, (size_t)(at - text.p));
		buf_adds(out, ROOT_DIR);
		text.n -= (size_t)(at - text.p) + n;
		text.p = at + n;
	}
	if (text.n)
		buf_add(out, text.p, text.n);
	free(real);
}

static bool
is_told(const struct strs *heads, struct str line)
{
	for (size_t i = 0; i < heads->n; i++) {
		if (str_starts(line, str_of(heads->v[i])))
			return true;
	}
	return false;
}

void
result_take_told(const struct strs *heads, struct buf *printed, struct buf *told)
{
	CLEANUP(buf_free) struct buf messages = { 0 };
	struct str rest = buf_str(printed);

	while (rest.n) {
		const char *end = memchr(rest.p, '\n', rest.n);
		struct str line = { rest.p, end ? (size_t)(end - rest.p) + 1 : rest.n };

		buf_add(is_told(heads, line) ? told : &messages, line.p, line.n);
		rest.p += line.n;
		rest.n -= line.n;
	}
	printed->n = 0;
	if (messages.n)
		buf_add(printed, messages.p, messages.n);
}

/* What a step told beside its messages. */
static int
write_told(struct machine *m, struct job *j, struct err *e)
{
	CLEANUP(buf_free) struct buf told = { 0 };
	const struct step *s = &m->plan->steps[j->step];

	result_take_told(&s->told, &j->proc.text, &told);
	return fs_write_atomic(path_join(&m->arena, j->dir, s->outputs.v[s->outputs.n - 1]),
		told.n ? told.p : "", told.n, 0644, e);
}

/* The output of a step whose output is what it prints. */
static int
write_captured(struct machine *m, struct job *j, struct err *e)
{
	CLEANUP(buf_free) struct buf text = { 0 };

	hide_dir(j->dir, buf_str(&j->proc.text), &text);
	TRY(fs_write_atomic(path_join(&m->arena, j->dir, m->plan->steps[j->step].outputs.v[0]),
		text.n ? text.p : "", text.n, 0644, e));
	j->proc.text.n = 0;
	return 0;
}

int
result_hide_dir(const char *dir, const char *path, struct err *e)
{
	CLEANUP(arena_freep) struct arena scratch = { 0 };
	CLEANUP(buf_free) struct buf text = { 0 };
	struct str was;

	TRY(fs_read(&scratch, path, SIZE_MAX, &was, e));
	hide_dir(dir, was, &text);
	return text.n == was.n ? 0 : fs_write_atomic(path, text.p, text.n, 0644, e);
}

int
machine_keep(struct machine *m, struct job *j, struct digest *objects, struct err *e)
{
	const struct step *s = &m->plan->steps[j->step];

	for (size_t i = 0; i < s->outputs.n; i++) {
		const char *path = path_join(&m->arena, j->dir, s->outputs.v[i]);

		if (s->names_dir && !m->sandbox)
			TRY(result_hide_dir(j->dir, path, e));
		TRY(drop_needed(s, path, e));
		TRY(put_output(m, s, path, &objects[i], e));
	}
	return 0;
}

int
machine_keep_told(struct machine *m, struct job *j, struct digest *out, struct err *e)
{
	CLEANUP(buf_free) struct buf told = { 0 };
	const struct step *s = &m->plan->steps[j->step];
	const char *path = arena_printf(&m->arena, "%s/told-%zu", m->dir, j->step);

	result_take_told(&s->told, &j->proc.text, &told);
	TRY(fs_write_atomic(path, told.n ? told.p : "", told.n, 0644, e));
	return put_output(m, s, path, out, e);
}

int
machine_note_missing(struct job *j, const char *output)
{
	buf_addf(&j->proc.text, "the command succeeded but did not write %s\n", output);
	return 1;
}

int
machine_look_at_result(struct machine *m, struct job *j, int *status, struct err *e)
{
	const struct step *s = &m->plan->steps[j->step];

	if (s->captures)
		TRY(write_captured(m, j, e));
	if (s->told.n)
		TRY(write_told(m, j, e));
	for (size_t i = 0; i < s->outputs.n; i++) {
		if (fs_exists(path_join(&m->arena, j->dir, s->outputs.v[i])))
			continue;
		*status = machine_note_missing(j, s->outputs.v[i]);
		return 0;
	}
	return s->depfile ? machine_look_at_deps(m, j, status, e) : 0;
}

int
machine_look_at_deps(struct machine *m, struct job *j, int *status, struct err *e)
{
	const struct step *s = &m->plan->steps[j->step];
	const char *stray = NULL;
	struct strs paths = { 0 };
	struct str text;

	TRY(fs_read(&m->arena, path_join(&m->arena, j->dir, s->depfile), SIZE_MAX, &text, e));
	TRY(depfile_parse(&m->arena, text, &paths, e));
	j->deps = cache_deps(&m->cache, s, &paths, &stray);
	if (stray) {
		buf_addf(&j->proc.text,
			"%s reads %s, which is neither in the kernel's directory nor pinned, so the result would differ between machines; copy it into the kernel's directory\n",
			s->label, stray);
		*status = 1;
	}
	return 0;
}
