/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of a kernel that was a setup.py. */
#include "scaffold/moved.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/embed.h"
#include "base/err.h"
#include "base/fill.h"
#include "base/path.h"
#include "scaffold/scaffold.h"
#include <ctype.h>

EMBED(moved_binding, "data/init/moved_binding.cpp.in")
EMBED(moved_package, "data/init/moved_init.py.in")

static bool
is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

static void
add_string(struct buf *out, const char *s)
{
	buf_addc(out, '"');
	for (; *s; s++) {
		if (is_control(*s)) {
			buf_addf(out, "\\u%04X", (unsigned)(unsigned char)*s);
			continue;
		}
		if (*s == '"' || *s == '\\')
			buf_addc(out, '\\');
		buf_addc(out, *s);
	}
	buf_addc(out, '"');
}

static void
add_list(struct buf *out, const char *key, const struct strs *list)
{
	if (list->n == 0)
		return;
	buf_addf(out, "%s = [%s", key, list->n > 1 ? "\n" : "");
	for (size_t i = 0; i < list->n; i++) {
		buf_adds(out, list->n > 1 ? "  " : "");
		add_string(out, list->v[i]);
		buf_adds(out, list->n > 1 ? ",\n" : "");
	}
	buf_adds(out, "]\n");
}

static bool
is_taken(const struct moved *m, size_t n, const char *section)
{
	for (size_t k = 0; k < n; k++)
		if (streq(m->extensions.v[k].section, section))
			return true;
	return false;
}

/* The last part of "pkg._C", of letters, digits and _; a number where that is taken. */
static void
name_section(struct moved *m, size_t i)
{
	const char *name = m->extensions.v[i].name, *dot = strrchr(name, '.'), *section;
	char *clean = arena_strdup(m->a, dot && dot[1] ? dot + 1 : *name ? name : "kernel");

	for (char *p = clean; *p; p++)
		if (!isalnum((unsigned char)*p))
			*p = '_';
	section = clean;
	for (size_t n = i + 1; is_taken(m, i, section); n++)
		section = arena_printf(m->a, "%s_%zu", clean, n);
	m->extensions.v[i].section = section;
}

/* Texts of setup.py that become comments stay in their lines. */
static void
to_lines(struct arena *a, struct strs *texts)
{
	for (size_t i = 0; i < texts->n; i++) {
		char *text = arena_strdup(a, texts->v[i]);

		for (char *p = text; *p; p++)
			if (is_control(*p))
				*p = ' ';
		texts->v[i] = text;
	}
}

static void
add_section(struct moved *m, struct buf *out, size_t i, const char *backend)
{
	const struct extension *x = &m->extensions.v[i];
	bool has_cuda = false;

	for (size_t k = 0; k < x->src.n; k++)
		has_cuda |= streq(path_ext(x->src.v[k]), ".cu");
	buf_addf(out, "\n[kernel.%s]\nbackend = \"%s\"\ndepends = [\"torch\"]\n", x->section,
		backend);
	if (x->src.n == 0)
		buf_adds(out, "src = []\n");
	add_list(out, "src", &x->src);
	add_list(out, "include", &x->include);
	add_list(out, "cxx-flags", &x->cxx_flags);
	if (has_cuda) {
		add_list(out, "cuda-flags", &x->cuda_flags);
		add_list(out, "cuda-capabilities", &x->capabilities);
	}
}

static struct str
build_toml(struct moved *m, const char *name, const char *license)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	const char *backend = "cpu";

	for (size_t i = 0; i < m->extensions.n; i++)
		if (m->extensions.v[i].is_cuda)
			backend = "cuda";
	buf_adds(&out, "# Made of setup.py by kernel-builder init --from.\n");
	if (m->notes.n)
		buf_adds(&out, "#\n# Left to do:\n");
	for (size_t i = 0; i < m->notes.n; i++)
		buf_addf(&out, "# - %s\n", m->notes.v[i]);
	buf_addf(&out, "\n[general]\nname = \"%s\"\nversion = 1\nedition = 5\nlicense = ", name);
	add_string(&out, license);
	buf_addf(&out,
		"\nbackends = [\"%s\"]\n\n[torch]\nsrc = [\"torch-ext/torch_binding.cpp\"]\n",
		backend);
	for (size_t i = 0; i < m->extensions.n; i++)
		name_section(m, i);
	for (size_t i = 0; i < m->extensions.n; i++)
		add_section(m, &out, i, backend);
	return (struct str){ arena_strndup(m->a, out.p, out.n), out.n };
}

static void
moved_texts(struct moved *m, const char *name, const char *license, struct generated_set *out)
{
	CLEANUP(buf_free) struct buf lines = { 0 };
	char *module = arena_strdup(m->a, name);
	struct fill_word words[] = { { "NAME", name }, { "OPERATORS", "" } };

	for (char *p = module; (p = strchr(p, '-'));)
		*p = '_';
	buf_adds(&lines, m->operators.n ? "    // pybind11 registered these:\n" : "");
	for (size_t i = 0; i < m->operators.n; i++)
		buf_addf(&lines, "    //     %s\n", m->operators.v[i]);
	words[1].value = arena_strndup(m->a, lines.p, lines.n);
	*out = (struct generated_set){ 0 };
	vec_push(m->a, out, (struct generated){ "build.toml", build_toml(m, name, license) });
	vec_push(m->a, out,
		(struct generated){ "torch-ext/torch_binding.cpp",
			fill(m->a, embedded_moved_binding(), words, 2) });
	vec_push(m->a, out,
		(struct generated){ arena_printf(m->a, "torch-ext/%s/__init__.py", module),
			fill(m->a, embedded_moved_package(), words, 2) });
}

/* "My_Pkg.ops" as a kernel's name. */
static const char *
name_of(struct arena *a, const char *text)
{
	char *name = arena_strdup(a, text);

	for (char *p = name; *p; p++)
		*p = *p == '_' || *p == '.' ? '-' : (char)tolower((unsigned char)*p);
	return name;
}

int
scaffold_from(struct arena *a, const char *dir, const char *name, struct scaffold *s,
	struct generated_set *out, struct strs *notes, struct err *e)
{
	const char *license = s->license, *fault;
	struct moved m;

	TRY(moved_read(a, dir, &m, e));
	if (!name && m.name) {
		name = name_of(a, m.name);
		fault = project_name_fault(a, name);
		if (fault)
			return err_set(e, ERR_USAGE,
				"setup.py names it \"%s\": \"%s\"%s; --name gives another", m.name,
				name, fault);
	}
	TRY(scaffold_place(a, dir, NULL, name, s, e));
	s->license = license ? license : m.license ? m.license : "other";
	if (!license && !m.license)
		vec_push(a, &m.notes,
			"setup.py names no licence: write license in build.toml, such as Apache-2.0");
	to_lines(a, &m.notes);
	to_lines(a, &m.operators);
	moved_texts(&m, s->name, s->license, out);
	*notes = m.notes;
	return 0;
}
