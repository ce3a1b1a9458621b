/* SPDX-License-Identifier: Apache-2.0 */
/* The files that a variant has, by its kind, and what metadata.json says of itself. */
#include "base/path.h"
#include "check/run.h"
#include "config/project.h"

static bool
is_identifier(const char *s)
{
	if (*s >= '0' && *s <= '9')
		return false;
	for (; *s; s++)
		if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
			    (*s >= '0' && *s <= '9') || *s == '_'))
			return false;
	return true;
}

/* "a-b" as a module: "a_b". */
static char *
module_name(struct arena *a, const char *name)
{
	char *s = arena_strdup(a, name);

	for (char *c = s; *c; c++)
		*c = *c == '-' ? '_' : *c;
	return s;
}

static void
check_id(struct check_run *r, const struct metadata *m)
{
	const char *head = arena_printf(r->a, "_%s_", module_name(r->a, m->name));

	if (!is_identifier(m->id))
		found_error(r, .rule = "metadata", .file = "metadata.json",
			.message = arena_printf(r->a,
				"has the id \"%.100s\", which is not a valid module name", m->id),
			.advice = "use letters, digits and _ only");
	else if (!str_has_prefix(m->id, head))
		found_warning(r, .rule = "metadata", .file = "metadata.json",
			.message = arena_printf(
				r->a, "has the id %s, which does not begin with %s", m->id, head),
			.advice = "name it _NAME_BACKEND_ followed by what makes it unique");
}

static void
check_metadata(struct check_run *r)
{
	const struct facts *f = r->facts;
	const struct metadata *m = &f->metadata;
	const char *owner;

	if (!f->has_metadata || f->metadata_fault) {
		found_error(r, .rule = "metadata", .file = "metadata.json",
			.message = f->has_metadata ? f->metadata_fault : "is missing",
			.advice =
				"clients cannot load a variant without it; build the variant again");
		return;
	}
	check_id(r, m);
	owner = python_module_owner(module_name(r->a, m->name));
	if (owner)
		found_error(r, .rule = "metadata", .file = "metadata.json",
			.message = arena_printf(r->a,
				"has the name %s, and would hide the module %s of %s when the variant is on Python's path",
				m->name, module_name(r->a, m->name), owner),
			.advice = arena_printf(
				r->a, "choose another name, such as %s-kernel", m->name));
	/* The original calls Huawei's backend cann in metadata and npu in the directory's name. */
	if (f->name.backend && !streq(f->name.backend, "universal") &&
		!streq(f->name.backend, m->backend) &&
		!(streq(f->name.backend, "npu") && streq(m->backend, "cann")))
		found_error(r, .rule = "metadata", .file = "metadata.json",
			.message = arena_printf(r->a,
				"says backend %.60s, but the variant's name says %s", m->backend,
				f->name.backend),
			.advice = "rename the directory, or build the variant again");
	if (m->is_dirty)
		found_warning(r, .rule = "dirty", .file = "metadata.json",
			.message = "was built from changes that are not committed",
			.advice = "commit first, then build what is to be published");
}

static void
need_file(struct check_run *r, const char *path, const char *advice)
{
	const struct fact_file *f = facts_find(r->facts, path);

	if (!f || f->is_link)
		found_error(r, .rule = "layout", .file = path, .message = "is missing",
			.advice = advice);
}

/* Python's package: at the top, or, until late 2025, in a directory of the kernel's name. */
static void
check_package(struct check_run *r)
{
	const struct facts *f = r->facts;
	const char *old =
		f->has_metadata && !f->metadata_fault
			? arena_printf(r->a, "%s/__init__.py", module_name(r->a, f->metadata.name))
			: NULL;

	if (!facts_find(f, "__init__.py") && old && facts_find(f, old))
		return;
	need_file(r, "__init__.py", "clients import the variant as a package");
	need_file(r, "_ops.py", "the package takes its operators from there");
}

static void
check_extension_file(struct check_run *r)
{
	const struct facts *f = r->facts;
	const char *id = f->has_metadata && !f->metadata_fault ? f->metadata.id : NULL, *want;
	size_t modules = 0;
	bool is_tagged, exact = false;

	want = id ? arena_printf(r->a, "%s%s.so", id, f->name.kind == NAME_TVM ? "" : ".abi3") : "";
	for (size_t i = 0; i < f->n_files; i++) {
		const char *path = f->files[i].path;

		exact = exact || streq(path_base(path), want);
		modules += extension_module(r->a, path, &is_tagged) != NULL;
	}
	if (f->name.kind == NAME_NOARCH) {
		if (modules)
			found_error(r, .rule = "layout",
				.message =
					"has an extension, but its name says that it is Python only",
				.advice = "build it as torchXY-..., or leave the extension out");
	} else if (id && f->name.kind != NAME_UNKNOWN && !exact) {
		found_error(r, .rule = "extension-name", .file = want,
			.message =
				"is missing: the extension must have the id of metadata.json as its name",
			.advice = "build the variant again");
	}
}

static void
check_files(struct check_run *r)
{
	for (size_t i = 0; i < r->facts->n_files; i++) {
		const struct fact_file *f = &r->facts->files[i];
		const char *ext = path_ext(f->path);

		if (f->is_link)
			found_error(r, .rule = "layout", .file = f->path,
				.message =
					"is a symbolic link, or not a file that can be published",
				.advice = "put the file itself there");
		else if (streq(ext, ".pyc"))
			found_warning(r, .rule = "layout", .file = f->path,
				.message = "is what Python compiled on this machine",
				.advice = "remove it before publishing; clients make their own");
		else if (f->path[0] == '.' || strstr(f->path, "/."))
			found_warning(r, .rule = "layout", .file = f->path,
				.message = "is a hidden file, left over from a tool",
				.advice = "remove it before publishing");
		else if (!f->is_elf &&
			 (streq(ext, ".so") || streq(ext, ".pyd") || streq(ext, ".dylib")))
			found(r,
				(struct finding){ .severity = streq(ext, ".so") ? SEVERITY_ERROR
										: SEVERITY_WARNING,
					.rule = "elf-kind",
					.file = f->path,
					.message =
						"is not an ELF file: Linux cannot load it, and nothing in it was checked",
					.advice = "build it for Linux, or leave it out" });
	}
}

void
check_layout(struct check_run *r)
{
	if (r->facts->is_lone)
		return;
	if (r->facts->name.kind == NAME_UNKNOWN)
		found_error(r, .rule = "variant-name",
			.message = arena_printf(r->a,
				"\"%s\" is not the name of a variant: clients ignore it",
				r->facts->variant),
			.advice =
				"name it as list-variants does, such as torch211-cxx11-cu130-x86_64-linux");
	check_metadata(r);
	check_package(r);
	check_extension_file(r);
	check_files(r);
}
