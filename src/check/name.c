/* SPDX-License-Identifier: Apache-2.0 */
/* Takes names of variants apart. */
#include "check/name.h"
#include "base/arena.h"

/* "24", "211": the first digit is the major version. */
static bool
digits(struct str s, struct version *out)
{
	uint64_t n;

	if (s.n < 2 || s.n > 5 || !str_to_u64(s, &n))
		return false;
	*out = (struct version){ .v = { (unsigned)(s.p[0] - '0') }, .n = 2 };
	str_to_u64((struct str){ s.p + 1, s.n - 1 }, &n);
	out->v[1] = (unsigned)n;
	return true;
}

/* "cu130": CUDA's major version has two digits, those of the others one, but for XPU's years. */
static bool
compute_digits(struct str s, size_t major, struct version *out)
{
	uint64_t x, y;

	if (s.n <= major || s.n > major + 2 || !str_to_u64((struct str){ s.p, major }, &x) ||
		!str_to_u64((struct str){ s.p + major, s.n - major }, &y))
		return false;
	*out = (struct version){ .v = { (unsigned)x, (unsigned)y }, .n = 2 };
	return true;
}

static bool
compute(struct arena *a, struct str s, struct variant_name *out)
{
	static const struct {
		const char *head, *backend;
		size_t major;
	} known[] = { { "cpu", "cpu", 0 }, { "metal", "metal", 0 }, { "cu", "cuda", 2 },
		{ "rocm", "rocm", 1 }, { "xpu", "xpu", 4 } };

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		struct str head = str_of(known[i].head);

		if (!str_starts(s, head))
			continue;
		out->backend = arena_strdup(a, known[i].backend);
		s = (struct str){ s.p + head.n, s.n - head.n };
		return known[i].major ? compute_digits(s, known[i].major, &out->compute) : s.n == 0;
	}
	return false;
}

/* What follows the framework: [ABI-]COMPUTE-CPU-OS. */
static bool
tail(struct arena *a, struct str rest, bool with_abi, struct variant_name *out)
{
	struct str part;

	if (!str_cut(&rest, '-', &part))
		return false;
	if (with_abi && (str_eq(part, STR("cxx11")) || str_eq(part, STR("cxx98")))) {
		out->abi = arena_strndup(a, part.p, part.n);
		if (!str_cut(&rest, '-', &part))
			return false;
	}
	if (!compute(a, part, out) || !str_cut(&rest, '-', &part) || part.n == 0 || rest.n == 0 ||
		memchr(rest.p, '-', rest.n))
		return false;
	out->cpu = arena_strndup(a, part.p, part.n);
	out->os = arena_strndup(a, rest.p, rest.n);
	return true;
}

static bool
is_word(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 'a' || s.p[i] > 'z')
			return false;
	return s.n > 0;
}

void
variant_name_parse(struct arena *a, const char *name, struct variant_name *out)
{
	static const struct {
		const char *head;
		enum variant_name_kind kind;
	} known[] = { { "torch-stable-abi", NAME_STABLE }, { "tvm-ffi", NAME_TVM },
		{ "torch-", NAME_NOARCH }, { "torch", NAME_TORCH } };
	struct str rest = str_of(name), version;
	size_t i = 0;

	*out = (struct variant_name){ 0 };
	while (i < 4 && !str_starts(rest, str_of(known[i].head)))
		i++;
	if (i == 4)
		return;
	rest.p += strlen(known[i].head);
	rest.n -= strlen(known[i].head);
	if (known[i].kind == NAME_NOARCH) {
		if (!is_word(rest))
			return;
		out->backend = arena_strndup(a, rest.p, rest.n);
	} else if (!str_cut(&rest, '-', &version) ||
		   !(known[i].kind == NAME_TVM ? compute_digits(version, 1, &out->version)
					       : digits(version, &out->version)) ||
		   !tail(a, rest, known[i].kind == NAME_TORCH, out)) {
		*out = (struct variant_name){ 0 };
		return;
	}
	out->kind = known[i].kind;
}
