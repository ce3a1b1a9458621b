/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proofs on device code (device/proof.h), remembered by what they are good for. Proof keys name up
 * to three such things; a proof that was come to is recorded under each name that it covers, in the
 * store's actions/, under H("proof", name):
 *
 *     kernel-builder remembered 1
 *     SHA256                    of the proof, an object
 *
 * and, when the whole text proved it, under its loose key and that of its headers, too. Variants of
 * one build that ask for the same proof wait for the first of them, and so do those, and other
 * files, that only need to know that the whole text proved one on code like it, or with these
 * headers.
 *
 * A third record, under H("guess", name of the loose key, key of the step that made the proof
 * keys), has the proof that the slimmed text of this source came to last in this variant:
 * STEP_GUESS gives it. It proves nothing; the stub in it is most often that of the next proof. That
 * of the whole text has other numbers in the names that cicc makes up.
 */
#include "steps/memo.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/record.h"
#include "device/proof.h"
#include "steps/declined.h"
#include <stdlib.h>

static struct digest
name_of(struct str line)
{
	struct sha256 *h = sha256_new();

	sha256_add_field(h, STR("proof"));
	sha256_add_field(h, line);
	return sha256_final(h);
}

static struct digest
guess_name(struct str loose, const struct step *keys)
{
	struct sha256 *h = sha256_new();

	sha256_add_field(h, STR("guess"));
	sha256_add_field(h, loose);
	sha256_add(h, keys->key.b, sizeof(keys->key.b));
	return sha256_final(h);
}

/* The names under which it is only remembered that the whole text proved something like it. */
static const size_t wide_keys[] = { PROOF_LOOSE_KEY, PROOF_HEADERS_KEY };

#define WIDE_KEYS (sizeof(wide_keys) / sizeof(wide_keys[0]))

struct wide {
	struct digest name[WIDE_KEYS]; /* zero: there is none */
	bool failed;                   /* the whole text proved nothing */
};

struct memo {
	const struct plan *plan;
	struct arena arena;
	size_t *provers, n_provers; /* steps that are a STEP_PROVE */
	/* of each STEP_PROVE, and of each STEP_PROOF_KEYS: what memo_waits compares; zero: nobody
	 * else has it */
	struct digest *key;
	struct wide *wide;
};

void *
memo_open(const struct plan *p)
{
	struct memo *m = calloc(1, sizeof(*m));

	if (!m)
		abort();
	m->plan = p;
	m->key = arena_array(&m->arena, struct digest, p->n_steps + 1);
	m->wide = arena_array(&m->arena, struct wide, p->n_steps + 1);
	m->provers = arena_array(&m->arena, size_t, p->n_steps + 1);
	for (size_t i = 0; i < p->n_steps; i++) {
		if (p->steps[i].kind == STEP_PROVE)
			m->provers[m->n_provers++] = i;
	}
	return m;
}

void
memo_close(void *memo)
{
	struct memo *m = memo;

	arena_free(&m->arena);
	free(m);
}

/* The early inputs of a STEP_PROVE (plan/kinds.c). */
static const struct step_input *
input_of(const struct step *s, enum input_role role)
{
	size_t i = 0;

	while (s->inputs[i].role != role)
		i++;
	return &s->inputs[i];
}

/* What it is known by. */
static const struct digest *
digest_of(const struct engine *x, const struct step_input *in)
{
	return &engine_outcomes(x)[in->step].objects[in->output];
}

static size_t
keys_of(const struct step *s)
{
	return input_of(s, INPUT_PROOF_KEYS)->step;
}

/* 1: there is a record under that key. */
static int
recall_at(struct engine *x, const struct digest *key, struct digest *out, struct err *e)
{
	struct str text, line;
	int r = engine_get_record(x, key, &text, e);

	if (r <= 0 || !record_take_head(&text, RECORD_REMEMBERED))
		return r < 0 ? -1 : 0;
	return str_cut(&text, '\n', &line) && digest_parse(line, out);
}

/* 1: there is a record of it. */
static int
recall(struct engine *x, struct str name, struct digest *out, struct err *e)
{
	struct digest key = name_of(name);

	return name.n <= 1 ? 0 : recall_at(x, &key, out, e);
}

static int
record_at(struct engine *x, const struct digest *key, const struct digest *proof, struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	char hex[65];

	return engine_put_record(x, key,
		str_of(arena_printf(&a, RECORD_REMEMBERED "\n%s\n", digest_hex(proof, hex))), proof,
		e);
}

static int
record(struct engine *x, struct str name, const struct digest *proof, struct err *e)
{
	struct digest key = name_of(name);

	return record_at(x, &key, proof, e);
}

static int
read_proof_keys(
	struct memo *m, struct engine *x, size_t step, struct str names[PROOF_KEYS], struct err *e)
{
	const struct digest *keys = digest_of(x, input_of(&m->plan->steps[step], INPUT_PROOF_KEYS));
	const char *path = engine_object_path(&m->arena, x, keys);
	struct str text;

	if (!fs_exists(path))
		return 0;
	TRY(fs_read(&m->arena, path, SIZE_MAX, &text, e));
	return proof_read_keys(text, names);
}

/* The prover that goes by the slimmed text: it has nothing to say when nothing like this was
 * proved. */
static bool
goes_by_slim(const struct step *s)
{
	return s->options.prove == PROVE_IF_PROVED_BEFORE;
}

/* Those that ask for the same proof have this in common; zero: nobody else does. */
static struct digest
common_name(const struct str names[PROOF_KEYS])
{
	for (size_t i = 0; i < DEVICE_LEVELS; i++) {
		if (names[i].n > 1)
			return name_of(names[i]);
	}
	return (struct digest){ 0 };
}

static void
take_wide_keys(struct wide *w, const struct str names[PROOF_KEYS])
{
	for (size_t i = 0; i < WIDE_KEYS; i++) {
		if (names[wide_keys[i]].n > 1)
			w->name[i] = name_of(names[wide_keys[i]]);
	}
}

/* 1: the whole text proved something like it. */
static int
recall_wide(struct engine *x, const struct str names[PROOF_KEYS], struct err *e)
{
	struct digest ignored;
	int r = 0;

	for (size_t i = 0; r == 0 && i < WIDE_KEYS; i++)
		TRY(r = recall(x, names[wide_keys[i]], &ignored, e));
	return r;
}

/* Of a STEP_GUESS; always known. */
static int
find_guess(struct memo *m, struct engine *x, size_t step, struct digest *object, struct err *e)
{
	struct str names[PROOF_KEYS];
	struct digest key;
	int r;

	TRY(r = read_proof_keys(m, x, step, names, e));
	if (r && names[PROOF_LOOSE_KEY].n > 1) {
		key = guess_name(
			names[PROOF_LOOSE_KEY], &m->plan->steps[keys_of(&m->plan->steps[step])]);
		TRY(r = recall_at(x, &key, object, e));
		if (r)
			TRY(r = engine_has_object(x, object, e));
	} else {
		r = 0;
	}
	if (!r)
		*object = builtin_declined_id();
	return 1;
}

/* Of a STEP_PROVE. */
static int
find_proof(struct memo *m, struct engine *x, size_t step, struct digest *object, struct err *e)
{
	const struct digest declined = builtin_declined_id();
	const struct step *s = &m->plan->steps[step];
	const struct digest *known = digest_of(x, input_of(s, INPUT_EARLY_PROOF));
	struct str names[PROOF_KEYS];
	int r = 0;

	/* That step itself may have come to a proof. */
	if (!digest_eq(known, &declined)) {
		*object = *known;
		return 1;
	}
	TRY(r = read_proof_keys(m, x, step, names, e));
	if (r == 0)
		return 0;
	m->key[step] = common_name(names);
	take_wide_keys(&m->wide[keys_of(s)], names);
	r = 0;
	for (size_t i = 0; r == 0 && i < DEVICE_LEVELS; i++) {
		TRY(r = recall(x, names[i], object, e));
		if (r)
			TRY(r = engine_has_object(x, object, e));
	}
	if (r || !goes_by_slim(s))
		return r;
	TRY(r = recall_wide(x, names, e));
	if (r || memo_waits(m, x, step))
		return 0;
	/* An output of the proof keys, so it is there. */
	*object = declined;
	return 1;
}

int
memo_find(void *memo, struct engine *x, size_t step, struct digest *object, struct err *e)
{
	struct memo *m = memo;

	return m->plan->steps[step].kind == STEP_GUESS ? find_guess(m, x, step, object, e)
						       : find_proof(m, x, step, object, e);
}

static bool
is_pending(const struct engine *x, size_t step)
{
	return engine_is_late(x, step) &&
	       (engine_outcomes(x)[step].state == STEP_RUNNING || engine_is_demanded(x, step));
}

static const struct digest nobody = { 0 };

/* Code like this, or with these headers. */
static bool
is_alike(const struct wide *w, const struct wide *other)
{
	for (size_t i = 0; i < WIDE_KEYS; i++) {
		if (!digest_eq(&w->name[i], &nobody) && digest_eq(&w->name[i], &other->name[i]))
			return true;
	}
	return false;
}

/* It was not proved for another. One that waits for the next, and so on, would take as long as all
 * of them. */
static bool
is_hopeless(const struct memo *m, const struct wide *w)
{
	for (size_t i = 0; i < m->n_provers; i++) {
		const struct wide *other = &m->wide[keys_of(&m->plan->steps[m->provers[i]])];

		if (other->failed && is_alike(w, other))
			return true;
	}
	return false;
}

/* The whole text is about to prove something like this, for another variant or file. */
static bool
waits_for_the_whole(const struct memo *m, const struct engine *x, size_t step)
{
	const struct step *s = &m->plan->steps[step];
	size_t own = keys_of(s);

	if (!goes_by_slim(s) || engine_is_late(x, step) || is_hopeless(m, &m->wide[own]))
		return false;
	for (size_t i = 0; i < m->n_provers; i++) {
		const struct step *other = &m->plan->steps[m->provers[i]];

		if (!goes_by_slim(other) && keys_of(other) != own &&
			is_alike(&m->wide[own], &m->wide[keys_of(other)]) &&
			is_pending(x, m->provers[i]))
			return true;
	}
	return false;
}

bool
memo_waits(const void *memo, const struct engine *x, size_t step)
{
	const struct memo *m = memo;

	if (engine_is_again(x))
		return false;
	if (waits_for_the_whole(m, x, step))
		return true;
	if (!engine_is_late(x, step) || digest_eq(&m->key[step], &nobody))
		return false;
	for (size_t i = 0; i < m->n_provers && m->provers[i] < step; i++) {
		if (digest_eq(&m->key[m->provers[i]], &m->key[step]) &&
			is_pending(x, m->provers[i]))
			return true;
	}
	return false;
}

static int
record_wide(struct engine *x, const struct str names[PROOF_KEYS], const struct digest *proof,
	struct err *e)
{
	for (size_t i = 0; i < WIDE_KEYS; i++) {
		if (names[wide_keys[i]].n > 1)
			TRY(record(x, names[wide_keys[i]], proof, e));
	}
	return 0;
}

int
memo_remember(void *memo, struct engine *x, size_t step, struct err *e)
{
	struct memo *m = memo;
	const struct step *s = &m->plan->steps[step];
	const struct digest *proof = &engine_outcomes(x)[step].objects[0];
	struct str names[PROOF_KEYS], text;
	struct digest guess;
	struct proof v;

	TRY(fs_read(&m->arena, engine_object_path(&m->arena, x, proof), SIZE_MAX, &text, e));
	if (!proof_read(text, &v) || read_proof_keys(m, x, step, names, e) <= 0 ||
		(!v.why.n && names[v.level].n <= 1))
		return 0;
	if (v.why.n) {
		m->wide[keys_of(s)].failed = !goes_by_slim(s);
		return 0;
	}
	/* Those that wait stay late until they have looked: others wait for them. */
	engine_look_again(x);
	TRY(record(x, names[v.level], proof, e));
	if (s->options.prove == PROVE_IF_IT_PAYS)
		return record_wide(x, names, proof, e);
	if (names[PROOF_LOOSE_KEY].n > 1) {
		guess = guess_name(names[PROOF_LOOSE_KEY], &m->plan->steps[keys_of(s)]);
		TRY(record_at(x, &guess, proof, e));
	}
	return goes_by_slim(s) ? 0 : record_wide(x, names, proof, e);
}
