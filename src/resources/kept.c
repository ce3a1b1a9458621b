/* SPDX-License-Identifier: Apache-2.0 */
/* Writes and reads the record of what kernels take. */
#include "base/arena.h"
#include "base/err.h"
#include "base/record.h"
#include "resources/resources.h"
#include <stdio.h>

#define KIND "published"

static struct digest
key_of(const char *dir)
{
	struct sha256 *h = sha256_new();

	sha256_add_field(h, STR("resources"));
	sha256_add_field(h, str_of(dir));
	return sha256_final(h);
}

static bool
take_word(struct str *rest, struct str *out)
{
	return rest->n && str_cut(rest, ' ', out) && out->n;
}

static bool
take_number(struct str *rest, uint64_t *out)
{
	struct str word;

	return take_word(rest, &word) && str_to_u64(word, out);
}

/* STORES LOADS */
static bool
take_spills(struct str *rest, struct cubin_kernel *k)
{
	struct str stores, loads;

	if (!take_word(rest, &stores) || !take_word(rest, &loads))
		return false;
	k->knows_spills = !str_eq(stores, STR("-"));
	return !k->knows_spills ||
	       (str_to_u64(stores, &k->spill_stores) && str_to_u64(loads, &k->spill_loads));
}

/* REGISTERS to SHA256 */
static bool
take_figures(struct str *line, struct cubin_kernel *k)
{
	struct str digest;
	uint64_t registers;

	if (!take_number(line, &registers) || registers > UINT32_MAX ||
		!take_number(line, &k->stack) || !take_number(line, &k->shared) ||
		!take_number(line, &k->constant) || !take_spills(line, k) ||
		!take_number(line, &k->code) || !take_word(line, &digest) ||
		!digest_parse(digest, &k->text))
		return false;
	k->registers = (unsigned)registers;
	return true;
}

static bool
take_kernel(struct arena *a, struct str line, struct resource *r)
{
	struct str arch;

	if (!take_word(&line, &arch) || !take_figures(&line, &r->k) || !line.n)
		return false;
	r->arch = arena_strndup(a, arch.p, arch.n);
	r->k.name = arena_strndup(a, line.p, line.n);
	return true;
}

static bool
take_was(struct arena *a, struct str line, struct resource *r)
{
	struct cubin_kernel *k = arena_new(a, struct cubin_kernel);

	k->name = r->k.name;
	r->was = k;
	return take_figures(&line, k) && !line.n;
}

static bool
take_all(struct arena *a, struct str text, const struct digest *library, struct resources *out)
{
	struct str line;
	struct digest was;

	if (!record_take_head(&text, RECORD_RESOURCES) ||
		!record_take_value(&text, "library", &line) || !digest_parse(line, &was) ||
		!digest_eq(&was, library))
		return false;
	if (record_take_value(&text, "beside", &line))
		out->beside = arena_strndup(a, line.p, line.n);
	while (record_take_value(&text, "kernel", &line)) {
		struct resource r = { 0 };

		if (!take_kernel(a, line, &r))
			return false;
		if (record_take_value(&text, "source", &line))
			r.source = arena_strndup(a, line.p, line.n);
		if (record_take_value(&text, "was", &line) && !take_was(a, line, &r))
			return false;
		vec_push(a, out, r);
	}
	return text.n == 0;
}

int
resources_get(struct arena *a, const struct store *s, const char *dir, const struct digest *library,
	struct resources *out, struct err *e)
{
	const struct digest key = key_of(dir);
	struct resources all = { 0 };
	struct str text;
	int r;

	TRY(r = store_get_text(a, s, KIND, &key, &text, e));
	if (!r || !take_all(a, text, library, &all))
		return 0;
	*out = all;
	return 1;
}

static void
add_figures(const struct cubin_kernel *k, struct buf *out)
{
	char hex[65], spills[48] = "- -";

	if (k->knows_spills)
		snprintf(spills, sizeof(spills), "%llu %llu", (unsigned long long)k->spill_stores,
			(unsigned long long)k->spill_loads);
	buf_addf(out, " %u %llu %llu %llu %s %llu %s", k->registers, (unsigned long long)k->stack,
		(unsigned long long)k->shared, (unsigned long long)k->constant, spills,
		(unsigned long long)k->code, digest_hex(&k->text, hex));
}

static void
add_kernel(const struct resource *r, struct buf *out)
{
	buf_addf(out, "kernel %s", r->arch);
	add_figures(&r->k, out);
	buf_addf(out, " %s\n", r->k.name);
	if (r->source)
		record_add_value(out, "source", str_of(r->source));
	if (r->was) {
		buf_adds(out, "was");
		add_figures(r->was, out);
		buf_addc(out, '\n');
	}
}

int
resources_put(struct store *s, const char *dir, const struct digest *library,
	const struct resources *r, struct err *e)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	const struct digest key = key_of(dir);
	char hex[65];

	record_add_head(&text, RECORD_RESOURCES);
	record_add_value(&text, "library", str_of(digest_hex(library, hex)));
	if (r->beside)
		record_add_value(&text, "beside", str_of(r->beside));
	for (size_t i = 0; i < r->n; i++)
		add_kernel(&r->v[i], &text);
	return store_put_text(s, KIND, &key, buf_str(&text), e);
}
