/* SPDX-License-Identifier: Apache-2.0 */
/* The extensions that a setup.py builds. */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "scaffold/moved.h"

static void
take_source(struct moved *m, struct extension *x, const struct value *v)
{
	const char *text = moved_item(m, x, v, "sources"), *path;

	if (!text)
		return;
	path = script_inside(&m->script, text);
	if (!path || path_is_inside(str_of(path)) == false)
		moved_note(m, v->at, "%s is outside of this directory; copy it here", text);
	else if (!fs_exists(path_join(m->a, m->dir, path)))
		moved_note(m, v->at, "there is no file %s; it is not moved", path);
	else
		strs_add(m->a, &x->src, path);
}

static void
take_include(struct moved *m, struct extension *x, const struct value *v)
{
	const char *text = moved_item(m, x, v, "include_dirs"), *path;

	if (!text)
		return;
	path = script_inside(&m->script, text);
	if (strstr(text, "cutlass"))
		moved_note(m, v->at,
			"%s: CUTLASS comes by depends, such as depends = [\"torch\", \"cutlass_4_0\"]",
			path ? path : text);
	else if (!path)
		moved_note(m, v->at,
			"include_dirs of %s: %s is outside of this directory; it is not moved",
			x->name, text);
	else if (!fs_is_dir(path_join(m->a, m->dir, path)))
		moved_note(m, v->at, "there is no directory %s; it is not moved", path);
	else
		strs_add(m->a, &x->include, path);
}

static void
add_macro(struct moved *m, struct extension *x, const char *name, const char *value)
{
	const char *flag = value ? arena_printf(m->a, "-D%s=%s", name, value)
				 : arena_printf(m->a, "-D%s", name);

	strs_add(m->a, &x->cxx_flags, flag);
	strs_add(m->a, &x->cuda_flags, flag);
}

/* How many items of a macro are its own: a condition may have united it with another. */
static size_t
macro_items(struct moved *m, const struct extension *x, const struct value *v)
{
	if (v->kind != VALUE_LIST)
		return 1;
	if (v->items.n < 3 || v->items.v[1]->block != v->items.v[0]->block)
		return v->items.n;
	moved_note(m, v->at,
		"define_macros of %s: which macro this is " VALUE_OPEN "; the first is moved",
		x->name);
	return 2;
}

/* define_macros: [("A", None), ("B", "1")]; of a value that is a choice, each. */
static void
take_macro(struct moved *m, struct extension *x, const struct value *v)
{
	const struct value *name = v->kind == VALUE_LIST && v->items.n ? v->items.v[0] : v;
	const char *text = moved_item(m, x, name, "define_macros"), *value;
	size_t n;

	if (!text)
		return;
	if (v->kind == VALUE_LIST && v->block)
		moved_note_block(m, x, v->block);
	n = macro_items(m, x, v);
	if (n < 2 || v->items.v[1]->kind == VALUE_TRUTH)
		add_macro(m, x, text, NULL);
	for (size_t i = 1; i < n; i++)
		if (v->items.v[i]->kind != VALUE_TRUTH &&
			(value = moved_item(m, x, v->items.v[i], "define_macros")))
			add_macro(m, x, text, value);
}

static void
take_undefined(struct moved *m, struct extension *x, const struct value *v)
{
	const char *text = moved_item(m, x, v, "undef_macros");

	if (text)
		strs_add(m->a, &x->cxx_flags, arena_printf(m->a, "-U%s", text));
	if (text)
		strs_add(m->a, &x->cuda_flags, arena_printf(m->a, "-U%s", text));
}

static void
take_library(struct moved *m, struct extension *x, const struct value *v)
{
	static const char *const ours[] = { "cublas", "cublasLt", "cusparse", "cusolver", "curand",
		"cufft", "cudart", "nvrtc", "c10", "torch", "torch_cpu", "torch_cuda",
		"torch_python", "c10_cuda", "gomp", "m", "stdc++" };
	const char *text = moved_item(m, x, v, "libraries");

	for (size_t i = 0; text && i < sizeof(ours) / sizeof(ours[0]); i++)
		if (streq(text, ours[i]))
			return; /* linked where it is called */
	if (text)
		moved_note(m, v->at,
			"library %s of %s is not moved: kernels are linked with torch and CUDA only",
			text, x->name);
}

static void
each(struct moved *m, struct extension *x, const struct value *v, const char *what,
	void (*take)(struct moved *, struct extension *, const struct value *))
{
	if (v->kind != VALUE_LIST)
		moved_item(m, x, v->kind == VALUE_TEXT ? value_unknown(&m->script, v->at, NULL) : v,
			what);
	for (size_t i = 0; v->kind == VALUE_LIST && i < v->items.n; i++)
		take(m, x, v->items.v[i]);
}

/* extra_compile_args: a list for all, or {"cxx": [...], "nvcc": [...]}. */
static void
take_args(struct moved *m, struct extension *x, const struct value *v)
{
	if (v->kind == VALUE_LIST) {
		moved_flags(m, x, v, false);
		moved_flags(m, x, v, true);
		return;
	}
	if (v->kind != VALUE_DICT)
		moved_item(m, x, v, "extra_compile_args");
	for (size_t i = 0; v->kind == VALUE_DICT && i < v->items.n; i += 2) {
		const struct value *key = v->items.v[i];

		if (key->kind == VALUE_TEXT && streq(key->text, "cxx"))
			moved_flags(m, x, v->items.v[i + 1], false);
		else if (key->kind == VALUE_TEXT && streq(key->text, "nvcc"))
			moved_flags(m, x, v->items.v[i + 1], true);
		else if (key->kind != VALUE_TEXT)
			moved_item(m, x, key, "extra_compile_args");
	}
}

static void
take_argument(struct moved *m, struct extension *x, struct str key, size_t from, size_t to)
{
	static const char *const ignored[] = { "language", "py_limited_api", "optional", "depends",
		"verbose", "with_cuda", "is_python_module", "build_directory", "extra_objects_dir",
		"is_standalone", "keep_intermediates", "swig_opts" };
	const struct value *v = script_value(&m->script, from, to);
	const char *name = arena_strndup(m->a, key.p, key.n), *text;

	if (streq(name, "name"))
		x->name = (text = moved_one_text(m, v, "an extension's name")) ? text : x->name;
	else if (streq(name, "sources"))
		each(m, x, v, "sources", take_source);
	else if (streq(name, "include_dirs") || streq(name, "extra_include_paths"))
		each(m, x, v, name, take_include);
	else if (streq(name, "define_macros"))
		each(m, x, v, name, take_macro);
	else if (streq(name, "undef_macros"))
		each(m, x, v, name, take_undefined);
	else if (streq(name, "libraries"))
		each(m, x, v, name, take_library);
	else if (streq(name, "extra_compile_args"))
		take_args(m, x, v);
	else if (streq(name, "extra_cflags"))
		moved_flags(m, x, v, false);
	else if (streq(name, "extra_cuda_cflags"))
		moved_flags(m, x, v, true);
	else if (v->kind != VALUE_LIST || v->items.n) {
		for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
			if (streq(name, ignored[i]))
				return;
		moved_note(m, from, "%s of %s is not moved", name, x->name);
	}
}

static void
take_arguments(struct moved *m, struct extension *x, const struct python_call *call)
{
	static const struct str positions[] = { { "name", 4 }, { "sources", 7 } };
	const struct script *s = &m->script;
	size_t n = 0;

	for (size_t i = call->open + 1, end; i < call->close; i = end + 1) {
		end = script_item(s, i, call->close);
		if (script_is_keyword(s, i, end))
			take_argument(m, x, s->file.tokens[i].s, i + 2, end);
		else if (str_starts(s->file.tokens[i].s, STR("*")))
			moved_note(m, i, "%s: what it has is not moved", script_text(s, i, end));
		else if (n < 2)
			take_argument(m, x, positions[n++], i, end);
	}
}

/* The last name of the function that is called; of a name that stands for an extension, that. */
static bool
calls(struct moved *m, const struct python_call *call, const char *function)
{
	const struct script *s = &m->script;
	struct str last = s->file.tokens[call->open - 1].s;

	if (str_eq(last, str_of(function)))
		return true;
	for (size_t i = 0; call->open == call->callee + 1 && i < s->bindings.n; i++)
		if (str_eq(s->bindings.v[i].name, last))
			for (size_t k = s->bindings.v[i].from; k < s->bindings.v[i].to; k++)
				if (str_eq(s->file.tokens[k].s, str_of(function)) &&
					!str_eq(s->file.tokens[k + 1].s, STR("(")))
					return true;
	return false;
}

static void
take_call(struct moved *m, const struct python_call *call)
{
	bool is_load =
		calls(m, call, "load") &&
		!strchr(script_text(&m->script, call->callee, call->callee + 1), '"') &&
		(call->open == call->callee + 1 ||
			strstr(script_text(&m->script, call->callee, call->open), "cpp_extension"));
	struct extension x = { .name = arena_printf(m->a, "extension%zu", m->extensions.n + 1),
		.at = call->callee,
		.block = m->script.block_of[call->callee] };

	x.is_cuda = calls(m, call, "CUDAExtension");
	if (calls(m, call, "setup"))
		moved_setup(m, call);
	if (calls(m, call, "load_inline"))
		moved_note(m, call->callee,
			"load_inline has its sources in strings; put them into files");
	if (!x.is_cuda && !is_load && !calls(m, call, "CppExtension"))
		return;
	if (script_runs(&m->script, x.block) == 0)
		return;
	if (script_runs(&m->script, x.block) < 0)
		moved_note_block(m, &(struct extension){ 0 }, x.block);
	take_arguments(m, &x, call);
	for (size_t i = 0; i < x.src.n; i++)
		x.is_cuda |= streq(path_ext(x.src.v[i]), ".cu");
	if (x.src.n == 0)
		moved_note(m, call->callee,
			"no source of %s could be told; list them in build.toml", x.name);
	vec_push(m->a, &m->extensions, x);
}

static int
read_calls(struct moved *m, struct arena *a, const char *dir, struct str text, bool any_environment,
	struct err *e)
{
	*m = (struct moved){ .a = a, .dir = dir };
	if (script_read(a, dir, text, &m->script, e) < 0)
		return err_wrap(e, "%s", dir);
	m->script.any_environment = any_environment;
	for (size_t i = 0; i < m->script.file.n_calls; i++)
		take_call(m, &m->script.file.calls[i]);
	return 0;
}

int
moved_read(struct arena *a, const char *dir, struct moved *out, struct err *e)
{
	const char *path = path_join(a, dir, "setup.py");
	struct moved *m = out;
	struct str text;

	if (!fs_exists(path))
		return moved_absent(a, dir, e);
	TRY(fs_read(a, path, 1 << 20, &text, e));
	TRY(read_calls(m, a, dir, text, false, e));
	if (m->extensions.n == 0)
		TRY(read_calls(m, a, dir, text, true, e));
	if (m->extensions.n == 0)
		return err_set(e, ERR_CONFIG,
			"%s: there is no call of CUDAExtension, CppExtension or cpp_extension.load that runs on Linux with CUDA; write build.toml by hand, or begin with init NAME",
			path);
	if (m->extensions.n > 1)
		moved_note(m, m->extensions.v[0].at,
			"%zu extensions become sections of one kernel, whose operators share one name space; take out of build.toml what you do not want",
			m->extensions.n);
	return moved_files(m, e);
}
