/* SPDX-License-Identifier: Apache-2.0 */
/* Whether symbols of torch are of the C++ ABI in the variant's name. In the old ABI std::string is
 * mangled as Ss; in the new one it is std::__cxx11::basic_string. Only a torch of the same kind
 * defines them. */
#include "check/run.h"
#include "formats/mangled.h"

/* What the arguments of this symbol show: "cxx11", "cxx98", or NULL when nothing. */
static const char *
abi_of(const char *symbol)
{
	struct mangled m;

	if (!mangled_owner(symbol, &m) ||
		(!str_eq(m.first, STR("at")) && !str_eq(m.first, STR("c10")) &&
			!str_eq(m.first, STR("torch"))))
		return NULL;
	if (strstr(symbol, "NSt7__cxx11") || strstr(symbol, "B5cxx11"))
		return "cxx11";
	return strstr(symbol, "RKSs") ? "cxx98" : NULL;
}

void
check_cxx_abi(struct check_run *r, const struct fact_file *f)
{
	const char *want = r->facts->name.abi;

	for (size_t i = 0; want && i < f->elf.n_symbols; i++) {
		const struct elf_symbol *s = &f->elf.symbols[i];
		const char *is = s->is_defined ? NULL : abi_of(s->name);

		if (is && !streq(is, want))
			found_error(r, .rule = "cxx-abi", .file = f->path, .symbol = s->name,
				.message = arena_printf(r->a,
					"%s is of the C++ ABI %s, but the variant is %s", s->name,
					is, want),
				.advice = arena_printf(r->a,
					"compile with -D_GLIBCXX_USE_CXX11_ABI=%d",
					streq(want, "cxx11")));
	}
}
