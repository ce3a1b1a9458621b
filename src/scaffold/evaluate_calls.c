/* SPDX-License-Identifier: Apache-2.0 */
/* Calls in a setup.py of functions whose result is known without running them: of paths, files, the
 * environment. */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "scaffold/script.h"
#include <fnmatch.h>

static bool
is_one_of(const char *name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (streq(name, names[i]))
			return true;
	return false;
}
/* Absolute paths below setup.py's directory begin with this, wherever that is. */
#define HERE "/@setup"

static const char *
absolute(struct script *s, const char *path)
{
	return path_clean(s->a, path_join(s->a, HERE, path));
}

const char *
script_inside(struct script *s, const char *path)
{
	const char *clean = path_clean(s->a, path);

	if (streq(clean, HERE))
		return ".";
	if (str_has_prefix(clean, HERE "/"))
		return clean + strlen(HERE "/");
	return streq(clean, ".") || path_is_inside(str_of(clean)) ? clean : NULL;
}

const char *
script_dirname(struct script *s, const char *path)
{
	return streq(path, ".") ? ".." : path_clean(s->a, path_dir(s->a, path));
}

#define IS_ONE_OF(name, list) is_one_of(name, list, sizeof(list) / sizeof((list)[0]))

/* Components of a path against those of a pattern, in which ** is any number of them. */
static bool
matches(const char *pattern, const char *path)
{
	size_t n = strcspn(pattern, "/"), m = strcspn(path, "/");
	char one[256], name[256];

	if (!*pattern || !*path)
		return !*pattern && !*path;
	if (n == 2 && pattern[0] == '*' && pattern[1] == '*')
		return matches(pattern + n + (pattern[n] == '/'), path) ||
		       (path[m] && matches(pattern, path + m + 1));
	if (n >= sizeof(one) || m >= sizeof(name))
		return false;
	memcpy(one, pattern, n);
	memcpy(name, path, m);
	one[n] = name[m] = '\0';
	if (fnmatch(one, name, FNM_PERIOD) != 0 || !pattern[n] != !path[m])
		return false;
	return !pattern[n] || matches(pattern + n + 1, path + m + 1);
}

/* The files that a pattern finds, in the order of their names. */
static const struct value *
find_files(struct script *s, const struct script_call *c, const char *pattern)
{
	struct value *v = arena_new(s->a, struct value);
	const char *clean = script_inside(s, pattern), *base = clean;
	struct fs_entries found = { 0 };
	struct err e = { 0 };

	*v = (struct value){ .kind = VALUE_LIST, .at = c->at };
	while (base && strpbrk(base, "*?["))
		base = path_dir(s->a, base);
	if (!base || fs_walk(s->a, path_join(s->a, s->dir, base), &found, &e) < 0)
		return value_unknown(s, c->at, "names files outside of this directory");
	for (size_t i = 0; i < found.n; i++) {
		const char *path = path_clean(s->a, path_join(s->a, base, found.v[i].path));

		if (found.v[i].kind == FS_FILE && matches(clean, path))
			vec_push(s->a, &v->items,
				value_text(s, c->at, pattern[0] == '/' ? absolute(s, path) : path));
	}
	return v;
}

static bool
are_texts(const struct script_call *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->arg[i]->kind != VALUE_TEXT)
			return false;
	return c->n > 0;
}

static const struct value *
join_paths(struct script *s, const struct script_call *c)
{
	const char *path = "";

	for (size_t i = 0; i < c->n; i++) {
		if (c->arg[i]->kind == VALUE_UNKNOWN)
			return c->arg[i];
		if (c->arg[i]->kind != VALUE_TEXT)
			return value_unknown(s, c->at, "is no path");
		path = i ? path_join(s->a, path, c->arg[i]->text) : c->arg[i]->text;
	}
	return value_text(s, c->at, path_clean(s->a, path));
}

/* Functions by their whole names; NULL: none of these. */
static const struct value *
call_function(struct script *s, const struct script_call *c)
{
	static const char *const joins[] = { "os.path.join", "osp.join", "path.join", "join" };
	static const char *const real[] = { "os.path.abspath", "os.path.realpath", "osp.abspath",
		"osp.realpath" };
	static const char *const same[] = { "os.path.normpath", "os.path.relpath", "str", "Path",
		"pathlib.Path", "os.fspath", "list", "sorted", "set", "tuple" };
	static const char *const dirs[] = { "os.path.dirname", "osp.dirname", "dirname" };
	static const char *const globs[] = { "glob.glob", "glob", "glob.iglob", "iglob" };
	static const char *const env[] = { "os.getenv", "os.environ.get", "getenv", "environ.get" };
	static const char *const exists[] = { "os.path.exists", "osp.exists", "os.path.isfile",
		"os.path.isdir" };
	static const char *const here[] = { "os.getcwd", "Path.cwd", "pathlib.Path.cwd" };

	if (IS_ONE_OF(c->name, joins))
		return join_paths(s, c);
	if (IS_ONE_OF(c->name, here))
		return value_text(s, c->at, HERE);
	if (IS_ONE_OF(c->name, env))
		return s->any_environment ? value_unknown(s, c->at, VALUE_RUNS_ONLY)
		       : c->n > 1         ? c->arg[1]
					  : value_none(s, c->at);
	if (streq(c->name, "torch.cuda.is_available"))
		return value_truth(s, c->at, true);
	if (streq(c->name, "platform.system"))
		return value_text(s, c->at, "Linux");
	if (c->n == 0)
		return NULL;
	if (IS_ONE_OF(c->name, same))
		return c->n > 1 && strstr(c->name, "Path") ? join_paths(s, c) : c->arg[0];
	if (streq(c->name, "bool") && value_is_true(c->arg[0]) >= 0)
		return value_truth(s, c->at, value_is_true(c->arg[0]));
	if (c->arg[0]->kind != VALUE_TEXT)
		return NULL;
	if (IS_ONE_OF(c->name, real))
		return value_text(s, c->at, absolute(s, c->arg[0]->text));
	if (IS_ONE_OF(c->name, dirs))
		return value_text(s, c->at, script_dirname(s, c->arg[0]->text));
	if (IS_ONE_OF(c->name, globs))
		return find_files(s, c, c->arg[0]->text);
	if (IS_ONE_OF(c->name, exists) && script_inside(s, c->arg[0]->text))
		return value_truth(s, c->at,
			fs_exists(path_join(s->a, s->dir, script_inside(s, c->arg[0]->text))));
	return NULL;
}

static const struct value *
split_words(struct script *s, const struct script_call *c, const char *text)
{
	struct value *v = arena_new(s->a, struct value);
	struct str rest = str_of(text), word;

	*v = (struct value){ .kind = VALUE_LIST, .at = c->at };
	while (str_cut(&rest, ' ', &word))
		if (word.n)
			vec_push(s->a, &v->items,
				value_text(s, c->at, arena_strndup(s->a, word.p, word.n)));
	return v;
}

/* Methods of what stands in front of the last dot; NULL: none of these. */
static const struct value *
call_method(struct script *s, const struct script_call *c)
{
	static const char *const real[] = { "resolve", "absolute" };
	static const char *const same[] = { "as_posix", "copy" };
	const char *dot = strrchr(c->name, '.'), *method = dot ? dot + 1 : "";
	const struct value *base = c->base;

	if (IS_ONE_OF(method, same))
		return base;
	if (base->kind != VALUE_TEXT)
		return NULL;
	if (IS_ONE_OF(method, real))
		return value_text(s, c->at, absolute(s, base->text));
	if (streq(method, "split") && c->n == 0)
		return split_words(s, c, base->text);
	if (!are_texts(c))
		return NULL;
	if (streq(method, "startswith"))
		return value_truth(s, c->at, str_has_prefix(base->text, c->arg[0]->text));
	if (streq(method, "split") && streq(c->arg[0]->text, " "))
		return split_words(s, c, base->text);
	if (streq(method, "joinpath"))
		return value_text(s, c->at, path_join(s->a, base->text, c->arg[0]->text));
	if (streq(method, "glob"))
		return find_files(s, c, path_join(s->a, base->text, c->arg[0]->text));
	if (streq(method, "rglob"))
		return find_files(s, c,
			path_join(s->a, base->text, arena_printf(s->a, "**/%s", c->arg[0]->text)));
	return NULL;
}

static const struct value *
call_one(struct script *s, const struct script_call *c)
{
	const struct value *v = call_function(s, c);
	struct value *unknown;

	if (!v && c->base)
		v = call_method(s, c);
	if (v)
		return v;
	unknown = value_new(s, VALUE_UNKNOWN, c->at);
	unknown->why = VALUE_RUNS_ONLY;
	if (c->n == 0 || c->arg[0]->kind != VALUE_LIST)
		return unknown;
	unknown->text = arena_printf(s->a, "what %s() adds to its list is not moved", c->name);
	return value_add(s, c->arg[0], unknown);
}

/* How many calls it may be; 0: no argument is a choice. */
static size_t
choices(const struct script_call *c)
{
	bool is_any = c->base && c->base->is_choice;
	size_t n = c->base ? value_alternatives(c->base) : 1;

	for (size_t i = 0; i < c->n && n <= VALUE_MAX_CHOICES; i++) {
		is_any |= c->arg[i]->is_choice;
		n *= value_alternatives(c->arg[i]);
	}
	return is_any ? n : 0;
}

/* The call with each text of an argument that is a choice. */
static const struct value *
call_each(struct script *s, const struct script_call *c)
{
	struct script_call one = *c;
	const struct value *v = NULL, *choice, **arg = &one.base;

	for (size_t i = 0; i < c->n && !(*arg && (*arg)->is_choice); i++)
		arg = &one.arg[i];
	choice = *arg;
	for (size_t i = 0; i < value_alternatives(choice); i++) {
		const struct value *got;

		*arg = value_alternative(choice, i);
		got = value_mark(s, script_call(s, &one), (*arg)->block);
		v = v ? value_unite(s, v, got) : got;
	}
	return v;
}

const struct value *
script_call(struct script *s, const struct script_call *c)
{
	size_t n = choices(c);

	if (n > VALUE_MAX_CHOICES)
		return value_unknown(s, c->at, VALUE_OPEN);
	return n ? call_each(s, c) : call_one(s, c);
}
