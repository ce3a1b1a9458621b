/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which generation a build.toml is of, by the keys that only some have:
 *
 *	editions   general.edition: 5 or 6
 *	v3, v4     general.backends; v4 has version, license and a framework section, or a key that
 *	           v3 lacks (source, stable-abi, cxx-flags of a framework, [torch-noarch])
 *	v2         universal, cuda-minver or cuda-maxver in [general]; also, without
 *	           general.backends: hub, python-depends, torch.minver, torch.maxver, kernel.backend
 *	v1         universal in [torch], language in [kernel.*], or no mark at all with kernels
 *	g0a, g0b   a version in [general] that is a string, name, pysrc or pyroot in [torch],
 *	           capabilities in [kernel.*], an [extension] section
 */
#include "base/arena.h"
#include "base/err.h"
#include "config/reading.h"

enum era { ERA_0, ERA_1, ERA_2, ERA_2_OR_LATER, ERA_3_OR_LATER, ERA_COUNT };

/* The first key seen of each era. */
struct marks {
	struct mark {
		const char *key; /* NULL: none seen */
		unsigned line, col;
	} of[ERA_COUNT];
};

static void
mark(struct arena *a, struct marks *m, enum era era, const struct section *s, const char *key)
{
	const struct toml_pair *p = field_find(s, key);
	bool top = s->where[0] != '[';

	if (!p || m->of[era].key)
		return;
	m->of[era] = (struct mark){ arena_printf(a, top ? "[%s]" : "%s in %s", key, s->where),
		p->line, p->col };
}

static const struct {
	const char *section, *key;
	enum era era;
} table[] = {
	{ NULL, "extension", ERA_0 },
	{ "torch", "name", ERA_0 },
	{ "torch", "pysrc", ERA_0 },
	{ "torch", "pyroot", ERA_0 },
	{ "torch", "universal", ERA_1 },
	{ "general", "universal", ERA_2 },
	{ "general", "cuda-minver", ERA_2 },
	{ "general", "cuda-maxver", ERA_2 },
	{ "general", "hub", ERA_2_OR_LATER },
	{ "general", "python-depends", ERA_2_OR_LATER },
	{ "torch", "minver", ERA_2_OR_LATER },
	{ "torch", "maxver", ERA_2_OR_LATER },
	{ "general", "license", ERA_3_OR_LATER },
	{ "general", "upstream", ERA_3_OR_LATER },
	{ "general", "source", ERA_3_OR_LATER },
	{ "general", "cuda", ERA_3_OR_LATER },
	{ "general", "xpu", ERA_3_OR_LATER },
	{ "general", "neuron", ERA_3_OR_LATER },
	{ "general", "tpu", ERA_3_OR_LATER },
	{ "general", "kernel-depends", ERA_3_OR_LATER },
	{ "torch", "stable-abi", ERA_3_OR_LATER },
	{ NULL, "torch-noarch", ERA_3_OR_LATER },
	{ NULL, "tvm-ffi", ERA_3_OR_LATER },
};

static void
mark_kernels(struct arena *a, struct marks *m, const struct section *root)
{
	struct section kernels = section_of(a, root, "kernel");

	for (size_t i = 0; kernels.table && i < kernels.table->n; i++) {
		struct section k = { .where = "[kernel.*]", .table = &kernels.table->pair[i].val };

		mark(a, m, ERA_0, &k, "capabilities");
		mark(a, m, ERA_1, &k, "language");
		mark(a, m, ERA_2_OR_LATER, &k, "backend");
	}
}

static void
find_marks(struct arena *a, const struct section *root, struct marks *m)
{
	struct section general = section_of(a, root, "general");
	const struct toml_pair *version = field_find(&general, "version");

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct section s = *root;

		if (table[i].section)
			s = section_of(a, root, table[i].section);
		mark(a, m, table[i].era, &s, table[i].key);
	}
	if (version)
		mark(a, m, version->val.kind == TOML_STRING ? ERA_0 : ERA_3_OR_LATER, &general,
			"version");
	mark_kernels(a, m, root);
}

static const char *const era_name[ERA_COUNT] = { "the first format (up to February 2025)",
	"format v1 (February to May 2025)", "format v2 (May to December 2025)",
	"format v2 or later (since May 2025)", "the formats since December 2025" };

/* A file without edition and backends. */
static int
find_early(const struct reading *r, const struct section *general, const struct section *root,
	struct err *e)
{
	static const enum generation gen[] = { GEN_0B, GEN_1, GEN_2, GEN_2 };
	struct marks m = { 0 };
	int found = -1;

	find_marks(r->a, root, &m);
	for (int era = 0; era < ERA_COUNT; era++) {
		const struct mark *this = &m.of[era], *that = &m.of[found < 0 ? 0 : found];

		if (!this->key)
			continue;
		if (found >= 0 && !(found == ERA_2 && era == ERA_2_OR_LATER) &&
			!(found == ERA_2_OR_LATER && era == ERA_3_OR_LATER))
			return fail_at(r, this->line, this->col, e,
				"two formats are mixed: %s is from %s, but %s (line %u) is from %s; keep to one, best the current one with edition = 5 in [general]",
				this->key, era_name[era], that->key, that->line, era_name[found]);
		/* v2 stays v2 when it has keys that later formats share with it. */
		if (found != ERA_2)
			found = era;
	}
	if (found == ERA_3_OR_LATER)
		return fail_at(r, general->line, general->col, e,
			"[general] has no \"backends\", which a file with %s (line %u) needs; add backends = [\"cuda\"] or others",
			m.of[found].key, m.of[found].line);
	if (found >= 0) {
		struct section torch = section_of(r->a, root, "torch");
		struct section extension = section_of(r->a, root, "extension");

		r->p->gen = gen[found];
		if (found == ERA_0 &&
			(field_find(&torch, "pysrc") || field_find(&extension, "pysrc")))
			r->p->gen = GEN_0A;
		return 0;
	}
	/* v1 and v2 mean the same by a file without marks; only v1 has kernels without backend. */
	r->p->gen = field_find(root, "kernel") ? GEN_1 : GEN_2;
	return 0;
}

static enum generation
v3_or_v4(struct arena *a, const struct section *general, const struct section *root)
{
	struct section torch = section_of(a, root, "torch"), tvm = section_of(a, root, "tvm-ffi");
	bool noarch = field_find(root, "torch-noarch");

	if (noarch || field_find(general, "source") || field_find(&torch, "stable-abi") ||
		field_find(&torch, "cxx-flags") || field_find(&tvm, "cxx-flags"))
		return GEN_4;
	if (field_find(general, "version") && field_find(general, "license") &&
		(torch.table || tvm.table))
		return GEN_4;
	return GEN_3;
}

static int
check_edition(const struct reading *r, const struct toml *edition, struct err *e)
{
	if (edition->kind != TOML_INT)
		return fail_at(r, edition->line, edition->col, e,
			"edition in [general] must be a whole number without quotes; write edition = 5");
	if (edition->i > 6)
		return fail_at(r, edition->line, edition->col, e,
			"edition %lld is newer than this program knows; upgrade kernel-builder",
			(long long)edition->i);
	if (edition->i < 5)
		return fail_at(r, edition->line, edition->col, e,
			"there is no edition %lld; write edition = 5, the first that has a number",
			(long long)edition->i);
	r->p->gen = edition->i == 5 ? GEN_5 : GEN_6;
	return 0;
}

static void
warn_old(const struct reading *r, const struct section *general)
{
	static const char *const what[] = {
		[GEN_0A] = "g0a, December 2024 to January 2025",
		[GEN_0B] = "g0b, January to February 2025",
		[GEN_1] = "v1, February to May 2025",
		[GEN_2] = "v2, May to December 2025",
		[GEN_3] = "v3, December 2025 to April 2026",
		[GEN_4] = "v4, April to July 2026",
	};
	static const char *const todo[] = {
		[GEN_0A] = "edition, name, version, license and backends to [general]",
		[GEN_0B] = "edition, name, version, license and backends to [general]",
		[GEN_1] = "edition, version, license, backends to [general], backend to kernels",
		[GEN_2] = "edition, version, license and backends to [general]",
		[GEN_3] = "edition, version and license to [general] and a framework section",
		[GEN_4] = "edition = 5 to [general]",
	};

	if (r->p->gen < GEN_5)
		warn_at(r, general->line, general->col,
			"old format (%s) is read as edition 5; add %s", what[r->p->gen],
			todo[r->p->gen]);
}

int
find_generation(const struct reading *r, const struct section *root, struct err *e)
{
	struct section general = section_of(r->a, root, "general");
	const struct toml_pair *edition;

	if (!general.table)
		return fail_at(r, 1, 1, e,
			"there is no [general] section; add one with name, version, edition, license and backends");
	TRY(value_is(r, general.table, TOML_TABLE, "[general]", e));
	edition = field_find(&general, "edition");
	if (edition)
		return check_edition(r, &edition->val, e);
	if (field_find(&general, "backends"))
		r->p->gen = v3_or_v4(r->a, &general, root);
	else
		TRY(find_early(r, &general, root, e));
	warn_old(r, &general);
	return 0;
}
