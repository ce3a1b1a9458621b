/* SPDX-License-Identifier: Apache-2.0 */
/* The files of extensions: which headers belong to them, and where they register functions. */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "formats/include_line.h"
#include "scaffold/moved.h"

/* "x.h" as a file of the kernel sees it; NULL: it is none of the kernel's. */
static const char *
find_header(struct moved *m, const struct extension *x, const char *from, const char *name)
{
	const char *path = path_clean(m->a, path_join(m->a, path_dir(m->a, from), name));

	if (path_is_inside(str_of(path)) && fs_exists(path_join(m->a, m->dir, path)))
		return path;
	for (size_t i = 0; i < x->include.n; i++) {
		path = path_clean(m->a, path_join(m->a, x->include.v[i], name));
		if (path_is_inside(str_of(path)) && fs_exists(path_join(m->a, m->dir, path)))
			return path;
	}
	return NULL;
}

static void
note_line(struct moved *m, const char *path, unsigned line, const char *text)
{
	strs_add(m->a, &m->notes, arena_printf(m->a, "%s:%u: %s", path, line, text));
}

/* m.def("name" of a PYBIND11_MODULE. */
static void
take_operator(struct moved *m, const char *path, unsigned n, struct str line)
{
	const char *def = memmem(line.p, line.n, ".def(\"", 6), *end;

	end = def ? memchr(def + 6, '"', (size_t)(line.p + line.n - def - 6)) : NULL;
	if (end)
		strs_add(m->a, &m->operators,
			arena_printf(m->a, "%.*s (%s:%u)", (int)(end - def - 6), def + 6, path, n));
}

static void
look_at_line(struct moved *m, const char *path, unsigned n, struct str line, bool *in_module)
{
	static const struct {
		const char *word, *say;
	} t[] = {
		{ "PYBIND11_MODULE(",
			"move what PYBIND11_MODULE registers to torch-ext/torch_binding.cpp, as operators, and take it out here" },
		{ "TORCH_LIBRARY(",
			"write TORCH_LIBRARY_EXPAND(TORCH_EXTENSION_NAME, m) in place of TORCH_LIBRARY, and include registration.h" },
		{ "TORCH_LIBRARY_IMPL(",
			"write TORCH_LIBRARY_IMPL_EXPAND(TORCH_EXTENSION_NAME, ...) in place of TORCH_LIBRARY_IMPL, and include registration.h" },
		{ "TORCH_LIBRARY_FRAGMENT(",
			"register in one TORCH_LIBRARY_EXPAND(TORCH_EXTENSION_NAME, m) what fragments register" },
		{ "torch::RegisterOperators(",
			"register with TORCH_LIBRARY_EXPAND in place of torch::RegisterOperators" }
	};
	const char *name = include_line_name(m->a, line);

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (memmem(line.p, line.n, t[i].word, strlen(t[i].word))) {
			note_line(m, path, n, t[i].say);
			*in_module |= i == 0;
		}
	if (*in_module)
		take_operator(m, path, n, line);
	if (name && (streq(name, "torch/extension.h") || streq(name, "torch/python.h"))) {
		if (m->n_pybind++ == 0)
			m->pybind = arena_printf(m->a,
				"%s:%u: %s brings pybind11, which kernels have not; include torch/all.h",
				path, n, name);
	}
	if (name && (str_has_prefix(name, "pybind11/") || streq(name, "Python.h")))
		note_line(m, path, n, arena_printf(m->a, "take out #include of %s", name));
}

/* Each file of the list, with the headers that it appends to it. */
static int
look_at_files(struct moved *m, struct extension *x, struct strs *seen, struct err *e)
{
	for (size_t i = 0; i < x->src.n; i++) {
		const char *path = x->src.v[i];
		struct str rest, line;
		bool in_module = false;

		TRY(fs_read(m->a, path_join(m->a, m->dir, path), 64 << 20, &rest, e));
		for (unsigned n = 1; str_cut(&rest, '\n', &line); n++) {
			const char *name = include_line_name(m->a, line),
				   *header = name ? find_header(m, x, path, name) : NULL;

			if (header)
				strs_add(m->a, &x->src, header);
			if (!strs_has(seen, path))
				look_at_line(m, path, n, line, &in_module);
		}
		strs_add(m->a, seen, path);
	}
	return 0;
}

int
moved_files(struct moved *m, struct err *e)
{
	struct strs seen = { 0 };

	for (size_t i = 0; i < m->extensions.n; i++)
		TRY(look_at_files(m, &m->extensions.v[i], &seen, e));
	if (m->n_pybind > 1)
		m->pybind =
			arena_printf(m->a, "%s; there are %zu such lines", m->pybind, m->n_pybind);
	if (m->pybind)
		vec_push(m->a, &m->notes, m->pybind);
	return 0;
}
