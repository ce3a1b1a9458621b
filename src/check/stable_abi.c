/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Symbols of torch against its stable ABI: C functions only, and those no newer than the release
 * that the variant is for. Any C++ symbol of torch's own namespaces breaks the promise, whatever it
 * is (function, template, vtable, typeinfo, guard variable, thunk), so the symbol's owner is taken
 * from its mangled name. That a kernel's own function mentions a type of torch in its arguments is
 * no use of torch.
 */
#include "check/run.h"
#include "formats/mangled.h"

enum origin { ORIGIN_RUNTIME, ORIGIN_STABLE, ORIGIN_TORCH, ORIGIN_OTHER };

static bool
is_one_of(struct str s, const char *const *names)
{
	for (; *names; names++)
		if (str_eq(s, str_of(*names)))
			return true;
	return false;
}

/* A template of std that only torch can have instantiated: std::vector<at::Tensor>::~vector(). */
static bool
mentions_torch(const char *symbol)
{
	return strstr(symbol, "N2at") || strstr(symbol, "N3c10") ||
	       (strstr(symbol, "N5torch") && !strstr(symbol, "N5torch6stable") &&
		       !strstr(symbol, "N5torch10headeronly"));
}

static enum origin
origin_of(const char *symbol)
{
	static const char *const runtime[] = { "std", "__gnu_cxx", "__cxxabiv1", "__cxxabiv",
		NULL };
	static const char *const torch[] = { "at", "c10", "torch", "caffe2", NULL };
	static const char *const stable[] = { "stable", "headeronly", NULL };
	static const char *const memory[] = { "nw", "na", "dl", "da", NULL }; /* new and delete */
	struct mangled m;

	if (!mangled_owner(symbol, &m))
		return ORIGIN_RUNTIME; /* typeinfo of a plain type: libstdc++'s */
	if (m.is_operator)
		return is_one_of(m.first, memory) ? ORIGIN_RUNTIME : ORIGIN_OTHER;
	if (is_one_of(m.first, runtime))
		return mentions_torch(symbol) ? ORIGIN_TORCH : ORIGIN_RUNTIME;
	if (str_eq(m.first, STR("torch")) && is_one_of(m.second, stable))
		return ORIGIN_STABLE;
	if (is_one_of(m.first, torch) || str_starts(m.first, STR("THP")))
		return ORIGIN_TORCH;
	return ORIGIN_OTHER;
}

static void
check_cxx(struct check_run *r, const struct fact_file *f, const struct elf_symbol *s,
	const char *version)
{
	switch (origin_of(s->name)) {
	case ORIGIN_TORCH:
		found_error(r, .rule = "torch-stable-symbol", .file = f->path, .symbol = s->name,
			.message = arena_printf(r->a,
				"%s is from torch's C++ API, not from its stable ABI %s", s->name,
				version),
			.advice =
				"include torch/csrc/stable/... and torch/headeronly/... only, and use torch::stable::Tensor");
		break;
	case ORIGIN_OTHER:
		if (!s->library)
			found_warning(r, .rule = "torch-stable-unknown", .file = f->path,
				.symbol = s->name,
				.message = arena_printf(r->a,
					"%s is not defined in this variant; if torch has it, it is not in its stable ABI",
					s->name),
				.advice = "define it in the kernel");
		break;
	default:
		break;
	}
}

void
check_stable_abi(struct check_run *r, const struct fact_file *f)
{
	const char *version = version_text(r->a, &r->stable);

	if (r->stable.n == 0)
		return;
	for (size_t i = 0; i < f->elf.n_symbols; i++) {
		const struct elf_symbol *s = &f->elf.symbols[i];
		struct version added;

		if (s->is_defined || defined_in_variant(r->facts, s->name))
			continue;
		if (str_has_prefix(s->name, "_Z"))
			check_cxx(r, f, s, version);
		else if (torch_shim_added(s->name, &added) &&
			 version_cmp_minor(&added, &r->stable) > 0)
			found_error(r, .rule = "torch-stable-version", .file = f->path,
				.symbol = s->name,
				.message = arena_printf(r->a,
					"%s came with torch %s, but this is for the stable ABI %s",
					s->name, version_text(r->a, &added), version),
				.advice = arena_printf(r->a,
					"avoid it, or set stable-abi = \"%s\" in build.toml",
					version_text(r->a, &added)));
	}
}
