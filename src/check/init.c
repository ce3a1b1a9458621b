/* SPDX-License-Identifier: Apache-2.0 */
/* Whether Python finds the function that it calls when it imports the file: PyInit_ and the
 * module's name; whether tvm-ffi finds any. */
#include "base/path.h"
#include "check/run.h"

const char *
extension_module(struct arena *a, const char *path, bool *is_tagged)
{
	const char *base = path_base(path), *tag = strstr(base, ".cpython-");

	*is_tagged = false;
	if (str_has_suffix(base, ".abi3.so"))
		return arena_strndup(a, base, strlen(base) - strlen(".abi3.so"));
	if (tag && str_has_suffix(base, ".so")) {
		*is_tagged = true;
		return arena_strndup(a, base, (size_t)(tag - base));
	}
	return NULL;
}

const char *
wheel_tag(struct arena *a, const char *name, size_t from_end)
{
	struct str rest = str_of(name), part;
	struct strs parts = { 0 };

	while (str_cut(&rest, '-', &part))
		vec_push(a, &parts, arena_strndup(a, part.p, part.n));
	return parts.n >= 5 ? parts.v[parts.n - from_end] : "";
}

static bool
defines(const struct elf *e, const char *name)
{
	for (size_t i = 0; i < e->n_symbols; i++)
		if (e->symbols[i].is_defined && streq(e->symbols[i].name, name))
			return true;
	return false;
}

/* A function for another name, or NULL. */
static const char *
other_init(const struct elf *e)
{
	for (size_t i = 0; i < e->n_symbols; i++)
		if (e->symbols[i].is_defined && str_has_prefix(e->symbols[i].name, "PyInit_"))
			return e->symbols[i].name;
	return NULL;
}

/* What tvm_ffi.load_module finds: TVM_FFI_DLL_EXPORT_TYPED_FUNC makes them. Functions may also be
 * registered by name when the library is loaded, so this is a warning. */
static void
check_tvm_ffi(struct check_run *r, const struct fact_file *f)
{
	const char *id = r->facts->has_metadata ? r->facts->metadata.id : NULL;

	if (!id || !streq(path_base(f->path), arena_printf(r->a, "%s.so", id)))
		return;
	for (size_t i = 0; i < f->elf.n_symbols; i++)
		if (f->elf.symbols[i].is_defined &&
			str_has_prefix(f->elf.symbols[i].name, "__tvm_ffi_"))
			return;
	found_warning(r, .rule = "tvm-ffi-export", .file = f->path,
		.message =
			"exports no function: the module that tvm_ffi.load_module makes of it is empty",
		.advice = "put TVM_FFI_DLL_EXPORT_TYPED_FUNC(NAME, FUNCTION) into the binding");
}

void
check_init(struct check_run *r, const struct fact_file *f)
{
	bool is_tagged;
	const char *module = extension_module(r->a, f->path, &is_tagged), *want, *other;

	if (!module && r->facts->name.kind == NAME_TVM)
		check_tvm_ffi(r, f);
	if (!module)
		return;
	if (is_tagged && !r->facts->is_wheel)
		found_error(r, .rule = "extension-name", .file = f->path,
			.message = "is for one version of Python only, by its name",
			.advice = arena_printf(r->a,
				"build it for the limited API and call it %s.abi3.so", module));
	want = arena_printf(r->a, "PyInit_%s", module);
	other = other_init(&f->elf);
	/* A wheel may have more than one thing to load, and other ways. */
	if (!defines(&f->elf, want))
		found(r,
			(struct finding){
				.severity = r->facts->is_wheel ? SEVERITY_WARNING : SEVERITY_ERROR,
				.rule = "python-init",
				.file = f->path,
				.symbol = want,
				.message =
					other ? arena_printf(r->a,
							"does not define %s, but %s: it cannot be imported",
							want, other)
					      : arena_printf(r->a,
							"does not define %s: it cannot be imported",
							want),
				.advice =
					"put REGISTER_EXTENSION(TORCH_EXTENSION_NAME) into the binding, and give the file the module's name" });
}
