/* SPDX-License-Identifier: Apache-2.0 */
/* Compares what steps are made of with what they were made of. */
#include "explain/why.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "formats/root.h"
#include "plan/kinds.h"
#include <stdio.h>

#define HEAD "kernel-builder why 1"
enum { DIGITS = 16, LISTS = 5, NAMED = 3 /* changes that a line names */ };
enum list { WORDS, HEADERS, MOUNTS, FILES, INPUTS };

struct entry {
	const char *id, *how; /* how: the implementation of a step of this program's own */
	bool has_result;
	struct strs list[LISTS];
	struct entry *next; /* the next one whose id differs in the variant only; NULL: none */
};
struct entries {
	struct entry *v;
	size_t n;
	struct map by_id;    /* struct entry * */
	struct map by_rest;  /* by what id_without_variant gives: the first of these */
	struct map variants; /* names */
};
struct why {
	struct arena *a;
	const struct why_build *build;
	const struct plan *plan; /* of build, and so is step */
	const struct why_step *step;
	struct entries now, then;
	const char **reason; /* of each step; NULL: not known yet */
	bool *is_asked;      /* whose reason is being looked for */
	/* who takes what step i gives: users[first_user[i]] to users[first_user[i + 1] - 1], in
	 * order */
	size_t *first_user, *users;
};

/* ---- what steps are made of ---- */

static const char *
short_digest(struct arena *a, const struct digest *d, const char *name)
{
	char hex[65];

	return arena_printf(a, "%.*s%s%s", DIGITS, digest_hex(d, hex), *name ? " " : "", name);
}

/* A word without the kernel's id, which every edit changes. *has_id becomes true if there was
 * one. */
static const char *
without_id(struct arena *a, const char *word, const char *id, bool *has_id)
{
	const char *at = id ? strstr(word, id) : NULL;

	if (!at)
		return word;
	*has_id = true;
	return arena_printf(a, "%.*sID%s", (int)(at - word), word, at + strlen(id));
}

static void
add_words(struct arena *a, const struct strs *from, const char *id, struct strs *out, bool *has_id)
{
	for (size_t i = 0; i < from->n; i++)
		vec_push(a, out, without_id(a, from->v[i], id, has_id));
}

static void
add_file(struct arena *a, const struct source *s, const char *prefix, struct strs *out)
{
	vec_push(a, out, short_digest(a, &s->sha256, arena_printf(a, "%s%s", prefix, s->path)));
}

/* What it read; of a step that has the kernel's id, all files, for the id is a digest of them. */
static void
add_files(struct why *w, const struct strs *files, bool has_id, struct strs *out)
{
	const struct sources_set *set = w->plan->sources;
	const struct project *p = w->plan->project;
	struct arena *a = w->a;

	for (size_t i = 0; files && i < files->n; i++) {
		const struct source *s =
			sources_find_file(set, files->v[i] + strlen(ROOT_SOURCES "/"));

		if (s)
			add_file(a, s, "", out);
	}
	for (size_t i = 0; has_id && i < set->n; i++)
		add_file(a, &set->v[i], "", out);
	for (size_t i = 0; has_id && i < set->n_package; i++)
		add_file(a, &set->package[i], arena_printf(a, "%s/%s/", p->pyroot, p->module), out);
	if (has_id)
		vec_push(a, out, short_digest(a, &w->build->toml, "build.toml"));
}

static void
add_inputs(struct why *w, const struct step *s, struct strs *out)
{
	for (size_t i = 0; i < s->n_inputs; i++) {
		const struct digest *objects = w->step[s->inputs[i].step].objects;

		vec_push(w->a, out,
			objects ? short_digest(w->a, &objects[s->inputs[i].output], "") : "-");
	}
}

static void
describe(struct why *w, size_t i, struct entry *out)
{
	const struct step *s = &w->plan->steps[i];
	const struct sources_set *set = w->plan->sources;
	struct arena *a = w->a;
	const struct strs words = step_words(a, s);
	bool has_id = s->id != NULL;

	out->id = arena_printf(a, "%s\t%s\t%s\t%s", step_kind_name(s->kind), s->variant->name,
		without_id(a, s->label, set->id, &has_id), s->source ? s->source : "");
	out->how = step_implementation(s->kind);
	out->has_result = w->step[i].objects != NULL;
	add_words(a, &words, set->id, &out->list[WORDS], &has_id);
	for (size_t k = 0; k < STEP_TOOLS; k++)
		add_words(a, &s->tool[k], set->id, &out->list[WORDS], &has_id);
	add_words(a, &s->env, set->id, &out->list[WORDS], &has_id);
	for (size_t k = 0; s->depfile && k < set->n; k++) {
		if (set->v[k].is_header)
			vec_push(a, &out->list[HEADERS], set->v[k].path);
	}
	for (size_t k = 0; k < s->root->n_mounts; k++) {
		if (s->root->mounts[k]->kind != MOUNT_SOURCES)
			vec_push(a, &out->list[MOUNTS],
				short_digest(a, &s->root->mounts[k]->id, s->root->mounts[k]->name));
	}
	add_files(w, w->step[i].files, has_id, &out->list[FILES]);
	add_inputs(w, s, &out->list[INPUTS]);
}

/* Behind the variant's name: that of the first variant that wants a step may be another one each
 * time. */
static const char *
id_without_variant(const char *id)
{
	const char *at = strchr(id, '\t');

	at = at ? strchr(at + 1, '\t') : NULL;
	return at ? at : id;
}

static void
index_rest(struct arena *a, struct entries *e)
{
	for (size_t i = e->n; i-- > 0;) {
		void **slot = map_put(a, &e->by_rest, str_of(id_without_variant(e->v[i].id)));

		e->v[i].next = *slot;
		*slot = &e->v[i];
	}
}

/* Of steps with one name, the first. */
static void
index_entries(struct arena *a, struct entries *e)
{
	index_rest(a, e);
	for (size_t i = 0; i < e->n; i++) {
		struct str rest = str_of(e->v[i].id), kind, variant;
		void **slot = map_put(a, &e->by_id, rest);

		if (!*slot)
			*slot = &e->v[i];
		if (str_cut(&rest, '\t', &kind) && str_cut(&rest, '\t', &variant))
			*map_put(a, &e->variants, variant) = e;
	}
}

static void
describe_all(struct why *w)
{
	w->now.n = w->plan->n_steps;
	w->now.v = arena_array(w->a, struct entry, w->now.n + 1);
	for (size_t i = 0; i < w->now.n; i++)
		describe(w, i, &w->now.v[i]);
}

/* ---- the record ---- */

struct writer {
	struct arena *a;
	struct map strings, lists; /* text -> its number, and one */
	struct buf *strings_text, *lists_text;
};

static size_t
number_of(struct arena *a, struct map *m, struct str text, const char *letter, struct buf *out)
{
	void **slot = map_put(a, m, text);

	if (!*slot) {
		*slot = (void *)(uintptr_t)m->n;
		buf_addf(out, "%s %.*s\n", letter, (int)text.n, text.p);
	}
	return (size_t)(uintptr_t)*slot - 1;
}

static size_t
put_string(struct writer *w, const char *text)
{
	char *line = arena_strdup(w->a, text);

	for (char *p = line; (p = strchr(p, '\n'));)
		*p = ' ';
	return number_of(w->a, &w->strings, str_of(line), "s", w->strings_text);
}

static size_t
put_list(struct writer *w, const struct strs *list)
{
	CLEANUP(buf_free) struct buf text = { 0 };

	for (size_t i = 0; i < list->n; i++)
		buf_addf(&text, "%s%zu", i ? " " : "", put_string(w, list->v[i]));
	return number_of(w->a, &w->lists,
		(struct str){ arena_strndup(w->a, text.n ? text.p : "", text.n), text.n }, "l",
		w->lists_text);
}

struct str
why_record(struct arena *a, const struct why_build *b)
{
	CLEANUP(buf_free) struct buf strings = { 0 }, lists = { 0 }, steps = { 0 };
	struct why w = { .a = a, .build = b, .plan = b->plan, .step = b->step };
	struct writer out = { .a = a, .strings_text = &strings, .lists_text = &lists };

	describe_all(&w);
	for (size_t i = 0; i < w.now.n; i++) {
		const struct entry *e = &w.now.v[i];

		buf_addf(&steps, "e %zu", put_string(&out, e->how));
		for (size_t k = 0; k < LISTS; k++)
			buf_addf(&steps, " %zu", put_list(&out, &e->list[k]));
		buf_addf(&steps, " %zu %zu\n", put_string(&out, e->has_result ? "+" : "-"),
			put_string(&out, e->id));
	}
	return str_of(arena_printf(a, HEAD "\n%.*s%.*s%.*s", (int)strings.n,
		strings.n ? strings.p : "", (int)lists.n, lists.n ? lists.p : "", (int)steps.n,
		steps.n ? steps.p : ""));
}

struct reader {
	struct arena *a;
	struct strs strings;
	VEC(struct strs) lists;
	VEC(struct entry) entries;
};

static bool
take_number(struct str *rest, size_t limit, size_t *out)
{
	struct str word;
	uint64_t n;

	if (!str_cut(rest, ' ', &word) || !str_to_u64(word, &n) || n >= limit)
		return false;
	*out = (size_t)n;
	return true;
}

static bool
read_list(struct reader *r, struct str text)
{
	struct strs list = { 0 };
	size_t n;

	while (text.n) {
		if (!take_number(&text, r->strings.n, &n))
			return false;
		vec_push(r->a, &list, r->strings.v[n]);
	}
	vec_push(r->a, &r->lists, list);
	return true;
}

static bool
read_entry(struct reader *r, struct str text)
{
	struct entry e = { 0 };
	size_t n;

	if (!take_number(&text, r->strings.n, &n))
		return false;
	e.how = r->strings.v[n];
	for (size_t i = 0; i < LISTS; i++) {
		if (!take_number(&text, r->lists.n, &n))
			return false;
		e.list[i] = r->lists.v[n];
	}
	if (!take_number(&text, r->strings.n, &n))
		return false;
	e.has_result = streq(r->strings.v[n], "+");
	if (!take_number(&text, r->strings.n, &n))
		return false;
	e.id = r->strings.v[n];
	vec_push(r->a, &r->entries, e);
	return text.n == 0;
}

/* Nothing when the text is none, or damaged. */
static void
read_record(struct arena *a, struct str text, struct entries *out)
{
	struct reader r = { .a = a };
	struct str line;

	if (!str_cut(&text, '\n', &line) || !str_eq(line, STR(HEAD)))
		return;
	while (str_cut(&text, '\n', &line)) {
		struct str what = { line.p + 2, line.n - 2 };
		bool ok = line.n >= 2 && line.p[1] == ' ';

		if (ok && line.p[0] == 's')
			vec_push(a, &r.strings, arena_strndup(a, what.p, what.n));
		else if (!ok || !(line.p[0] == 'l' ? read_list(&r, what)
						   : line.p[0] == 'e' && read_entry(&r, what)))
			return;
	}
	*out = (struct entries){ .v = r.entries.v, .n = r.entries.n };
	index_entries(a, out);
}

/* ---- reasons ---- */

static const char *
name_of(const char *text)
{
	const char *blank = strchr(text, ' ');

	return blank ? blank + 1 : text;
}

static bool
has_name(const struct strs *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++) {
		if (streq(name_of(list->v[i]), name))
			return true;
	}
	return false;
}

/* Changes, a few of them by name. */
struct told {
	struct buf *out;
	size_t n;
	const char *before, *between; /* in front of the first; between others */
};

static void
tell_change(struct told *t, const char *name, const char *what)
{
	if (t->n < NAMED)
		buf_addf(t->out, "%s%s%s", t->n ? t->between : t->before, name, what);
	else if (t->n == NAMED)
		buf_addf(t->out, "%s...", t->between);
	t->n++;
}

/* "src/a.h changed, src/b.h is new": of lists of "DIGEST NAME". */
static void
tell_named(struct told *t, const struct strs *then, const struct strs *now, const char *changed)
{
	for (size_t i = 0; i < now->n; i++) {
		if (strs_has(then, now->v[i]))
			continue;
		tell_change(t, name_of(now->v[i]),
			has_name(then, name_of(now->v[i])) ? changed : " is new");
	}
	for (size_t i = 0; i < then->n; i++) {
		if (!has_name(now, name_of(then->v[i])))
			tell_change(t, name_of(then->v[i]), " is gone");
	}
}

static bool
same_list(const struct strs *x, const struct strs *y)
{
	for (size_t i = 0; i < x->n && i < y->n; i++) {
		if (!streq(x->v[i], y->v[i]))
			return false;
	}
	return x->n == y->n;
}

static void
tell_words(const struct strs *then, const struct strs *now, struct buf *out)
{
	struct told added = { .out = out, .before = out->n ? "; " : "", .between = ", " },
		    gone = { .out = out, .between = ", " };

	added.before = out->n ? "; its command has now " : "its command has now ";
	for (size_t i = 0; i < now->n; i++) {
		if (!strs_has(then, now->v[i]))
			tell_change(&added, now->v[i], "");
	}
	gone.before = added.n  ? ", no longer "
		      : out->n ? "; its command has no longer "
			       : "its command has no longer ";
	for (size_t i = 0; i < then->n; i++) {
		if (!strs_has(now, then->v[i]))
			tell_change(&gone, then->v[i], "");
	}
	if (!added.n && !gone.n && !same_list(then, now))
		buf_addf(out, "%sits command has another order", out->n ? "; " : "");
}

/* What differs in the step itself; nothing, if that is in its inputs. */
static void
tell_own(const struct entry *then, const struct entry *now, struct buf *out)
{
	struct told files = { .out = out, .before = "", .between = ", " };

	tell_named(&files, &then->list[FILES], &now->list[FILES], " changed");
	files.before = out->n ? ", " : "";
	if (!files.n)
		tell_named(&files, &then->list[HEADERS], &now->list[HEADERS], " changed");
	tell_words(&then->list[WORDS], &now->list[WORDS], out);
	files = (struct told){ .out = out,
		.before = out->n ? "; what it sees as " : "what it sees as ",
		.between = ", " };
	tell_named(&files, &then->list[MOUNTS], &now->list[MOUNTS], "/ is another");
	if (!streq(then->how, now->how))
		buf_addf(out, "%sthis kernel-builder does it in another way", out->n ? "; " : "");
}

static const char *reason_of(struct why *w, size_t i);

/* Why inputs are others than they were: the reason of the step that made the first of them. */
static const char *
reason_of_inputs(struct why *w, size_t i, const struct entry *then)
{
	const struct step *s = &w->plan->steps[i];
	const struct strs *was = &then->list[INPUTS], *is = &w->now.v[i].list[INPUTS];
	const char *unknown = NULL;

	for (size_t k = 0; k < s->n_inputs && k < was->n; k++) {
		const char *r;

		if (streq(was->v[k], is->v[k]) || streq(is->v[k], "-"))
			continue;
		r = reason_of(w, s->inputs[k].step);
		if (r && *r)
			return r;
		unknown = arena_printf(
			w->a, "%s gave something else", w->plan->steps[s->inputs[k].step].label);
	}
	return unknown;
}

/* A step that would give what it gave runs for one that needs its bytes, when these are not kept or
 * were not needed before. */
static const char *
reason_of_users(struct why *w, size_t i)
{
	for (size_t n = w->first_user[i]; n < w->first_user[i + 1]; n++) {
		const size_t k = w->users[n];
		const char *r;

		if (!w->step[k].ran && !step_is_choice(&w->plan->steps[k]))
			continue;
		r = reason_of(w, k);
		if (r && *r)
			return r;
	}
	return NULL;
}

/* The step as it was; NULL: it is new. Of several with its name, the one with its command. */
static const struct entry *
find_entry(const struct why *w, const struct entry *now)
{
	const struct entry *named = map_get(&w->then.by_id, str_of(now->id)),
			   *first = map_get(&w->then.by_rest, str_of(id_without_variant(now->id)));

	for (const struct entry *e = first; named && e; e = e->next) {
		if (streq(e->id, now->id) && same_list(&e->list[WORDS], &now->list[WORDS]))
			return e;
	}
	for (const struct entry *e = first; !named && e; e = e->next) {
		if (same_list(&e->list[WORDS], &now->list[WORDS]) &&
			same_list(&e->list[MOUNTS], &now->list[MOUNTS]))
			return e;
	}
	return named;
}

/* A step that failed did not say what it read: taken for what it was. */
static void
guess_files(struct why *w, size_t i, const struct entry *then)
{
	const struct strs *was = &then->list[FILES];

	for (size_t k = 0; !w->step[i].files && w->plan->steps[i].depfile && k < was->n; k++) {
		const struct source *s = sources_find_file(w->plan->sources, name_of(was->v[k]));

		if (s)
			add_file(w->a, s, "", &w->now.v[i].list[FILES]);
	}
}

static const char *
find_reason(struct why *w, size_t i)
{
	const struct step *s = &w->plan->steps[i];
	const struct entry *then = find_entry(w, &w->now.v[i]);
	CLEANUP(buf_free) struct buf text = { 0 };
	const char *r;

	if (!then && !map_get(&w->then.variants, str_of(s->variant->name)))
		return arena_printf(w->a, "%s is built for the first time", s->variant->name);
	if (!then)
		return "there was no such step last time";
	guess_files(w, i, then);
	tell_own(then, &w->now.v[i], &text);
	if (text.n)
		return arena_strndup(w->a, text.p, text.n);
	r = reason_of_inputs(w, i, then);
	if (!r && (s->is_transient || step_is_choice(s) || !then->has_result))
		r = reason_of_users(w, i);
	if (!r && w->step[i].ran)
		r = "no result is in the store any more: evicted, damaged or removed";
	return r ? r : "";
}

/* NULL while it is being looked for. */
static const char *
reason_of(struct why *w, size_t i)
{
	if (w->reason[i] || w->is_asked[i])
		return w->reason[i];
	w->is_asked[i] = true;
	w->reason[i] = find_reason(w, i);
	w->is_asked[i] = false;
	return w->reason[i];
}

static void
tell_step(const struct step *s, struct buf *out)
{
	buf_addf(out, "%s for %s", s->label, s->variant->name);
}

/* Of all steps with that reason, of which this is the first. */
static void
tell_group(const struct why *w, size_t first, bool lists_all, struct buf *out)
{
	const char *reason = w->reason[first];
	size_t n = 0;

	for (size_t i = first; i < w->plan->n_steps; i++)
		n += w->step[i].ran && streq(w->reason[i], reason);
	buf_adds(out, "explain: ");
	if (n == 1)
		tell_step(&w->plan->steps[first], out);
	else
		buf_addf(out, "%zu steps", n);
	buf_addf(out, ": %s\n", reason);
	for (size_t i = first; lists_all && n > 1 && i < w->plan->n_steps; i++) {
		if (!w->step[i].ran || !streq(w->reason[i], reason))
			continue;
		buf_adds(out, "explain:     ");
		tell_step(&w->plan->steps[i], out);
		buf_addc(out, '\n');
	}
}

static void
tell_reasons(struct why *w, bool lists_all, struct buf *out)
{
	struct map seen = { 0 };

	for (size_t i = 0; i < w->plan->n_steps; i++) {
		void **slot = w->step[i].ran ? map_put(w->a, &seen, str_of(w->reason[i])) : NULL;

		if (!slot || *slot)
			continue;
		*slot = w;
		tell_group(w, i, lists_all, out);
	}
}

static void
index_users(struct why *w)
{
	const struct plan *p = w->plan;
	size_t *first = arena_array(w->a, size_t, p->n_steps + 2);

	/* Of the step before, the count; then, how far it is filled: so it ends where the next
	 * begins. */
	for (size_t i = 0; i < p->n_steps; i++) {
		for (size_t k = 0; k < p->steps[i].n_inputs; k++)
			first[p->steps[i].inputs[k].step + 2]++;
	}
	for (size_t i = 2; i < p->n_steps + 2; i++)
		first[i] += first[i - 1];
	w->users = arena_array(w->a, size_t, first[p->n_steps + 1] + 1);
	for (size_t i = 0; i < p->n_steps; i++) {
		for (size_t k = 0; k < p->steps[i].n_inputs; k++)
			w->users[first[p->steps[i].inputs[k].step + 1]++] = i;
	}
	w->first_user = first;
}

/* Of each step that ran, the reason. False when there is no earlier build to compare with. */
static bool
find_reasons(struct why *w, struct arena *a, const struct why_build *b, struct str before)
{
	*w = (struct why){ .a = a, .build = b, .plan = b->plan, .step = b->step };
	read_record(a, before, &w->then);
	if (!w->then.n)
		return false;
	w->reason = arena_array(a, const char *, b->plan->n_steps + 1);
	w->is_asked = arena_array(a, bool, b->plan->n_steps + 1);
	index_users(w);
	describe_all(w);
	for (size_t i = 0; i < b->plan->n_steps; i++) {
		if (b->step[i].ran)
			(void)reason_of(w, i);
	}
	return true;
}

const char **
why_reasons(struct arena *a, const struct why_build *b, struct str before)
{
	struct why w;

	return find_reasons(&w, a, b, before) ? w.reason : NULL;
}

void
why_tell(const struct why_build *b, struct str before, bool lists_all, struct buf *out)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct why w;
	size_t ran = 0;

	for (size_t i = 0; i < b->plan->n_steps; i++)
		ran += b->step[i].ran;
	if (!ran)
		buf_adds(out, "explain: no step ran: every result is there\n");
	else if (find_reasons(&w, &a, b, before))
		tell_reasons(&w, lists_all, out);
	else
		buf_addf(out,
			"explain: %zu step%s ran: no earlier build of this kernel is recorded\n",
			ran, ran == 1 ? "" : "s");
}
