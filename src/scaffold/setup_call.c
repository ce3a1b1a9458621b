/* SPDX-License-Identifier: Apache-2.0 */
/* What setup() says of a package beside its extensions: the name and the licence are taken, of the
 * rest it is said what becomes of it. */
#include "base/arena.h"
#include "base/err.h"
#include "config/project.h"
#include "scaffold/moved.h"
#include <ctype.h>

/* Arguments that say something of a kernel, too, but not by what they hold. */
static const struct {
	const char *name, *say;
} by_hand[] = {
	{ "packages",
		"is not moved: put the Python files that the kernel needs into its package below torch-ext/" },
	{ "py_modules",
		"is not moved: put the Python files that the kernel needs into its package below torch-ext/" },
	{ "package_data",
		"is not moved: put these files into the package below torch-ext/, and name their endings, as in pyext = [\"py\", \"json\"] in [torch]" },
	{ "data_files",
		"is not moved: a kernel has files only in its package below torch-ext/, with endings that pyext in [torch] names" },
	{ "extras_require", "is not moved: a kernel has no extras" },
	{ "entry_points", "is not moved: a kernel has no commands" },
	{ "scripts", "is not moved: a kernel has no commands" },
};

/* "My_Pkg[x]>=1.0; python_version < '3.9'" as pip compares names: "my-pkg". */
static const char *
package_of(struct arena *a, const char *requirement)
{
	size_t n = strcspn(requirement, " \t<>=!~;[(@");
	char *name = arena_strndup(a, requirement, n);

	for (char *p = name; *p; p++)
		*p = *p == '_' || *p == '.' ? '-' : (char)tolower((unsigned char)*p);
	return name;
}

/* torch is there, and what only builds is not needed any more. */
static bool
is_ours(const char *package)
{
	static const char *const names[] = { "torch", "setuptools", "wheel", "ninja", "pybind11",
		"cmake", "" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (streq(package, names[i]))
			return true;
	return false;
}

static void
note_known(struct moved *m, size_t at, const struct python_package *p)
{
	bool is_general = p->backend == BACKEND_COUNT;

	moved_note(m, at,
		"install_requires: if the kernel imports %s, write python-depends = [\"%s\"] into [general%s%s]",
		p->module ? p->module : p->pip, p->name, is_general ? "" : ".",
		is_general ? "" : backend_name(p->backend));
}

/* What can be asked for goes into python-depends; the rest a kernel must do without. */
static void
take_requirements(struct moved *m, const struct value *v)
{
	struct strs cannot = { 0 };
	bool is_known = v->kind == VALUE_LIST;

	for (size_t i = 0; v->kind == VALUE_LIST && i < v->items.n; i++) {
		const struct value *item = v->items.v[i];
		const char *package = item->kind == VALUE_TEXT ? package_of(m->a, item->text) : "";
		const struct python_package *known = python_package_by_pip(package);

		is_known &= item->kind == VALUE_TEXT;
		if (known)
			note_known(m, item->at, known);
		else if (!is_ours(package))
			vec_push(m->a, &cannot, package);
	}
	if (cannot.n)
		moved_note(m, v->at,
			"install_requires: a kernel cannot depend on %s; its Python files must do without",
			strs_join(m->a, &cannot, ", "));
	if (!is_known)
		moved_note(m, v->at,
			"install_requires: %s is not moved; what the kernel imports goes into python-depends in [general]",
			script_source(&m->script, v->at, v->to ? v->to : v->at + 1));
}

static void
take_argument(struct moved *m, size_t at, size_t end)
{
	const struct script *s = &m->script;
	const struct value *v = script_value(&m->script, at + 2, end);
	const char *text;

	if (script_is(s, at, "name") && (text = moved_one_text(m, v, "the name of setup()")))
		m->name = text;
	if (script_is(s, at, "license") && (text = moved_one_text(m, v, "the licence of setup()")))
		m->license = text;
	if (script_is(s, at, "version"))
		moved_note(m, at,
			"version is not moved: that of a kernel is a whole number, 1 in build.toml");
	if (script_is(s, at, "install_requires"))
		take_requirements(m, v);
	for (size_t i = 0; i < sizeof(by_hand) / sizeof(by_hand[0]); i++)
		if (script_is(s, at, by_hand[i].name) && value_is_true(v) != 0)
			moved_note(m, at, "%s %s", by_hand[i].name, by_hand[i].say);
}

void
moved_setup(struct moved *m, const struct python_call *call)
{
	const struct script *s = &m->script;

	if (script_runs(&m->script, s->block_of[call->callee]) == 0)
		return;
	for (size_t i = call->open + 1, end; i < call->close; i = end + 1) {
		end = script_item(s, i, call->close);
		if (script_is_keyword(s, i, end))
			take_argument(m, i, end);
		else if (script_is(s, i, "**"))
			moved_note(m, i, "%s of setup(): what it has is not moved",
				script_text(s, i, end));
	}
}
