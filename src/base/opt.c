/* SPDX-License-Identifier: Apache-2.0 */
/* Parses command lines by a table of options. */
#include "base/opt.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/near.h"
#include "base/str.h"

static const struct opt *
find(const struct opt *own, const struct opt *global, const char *name, size_t n, char letter)
{
	const struct opt *const table[] = { own, global };

	for (size_t t = 0; t < 2; t++) {
		for (const struct opt *o = table[t]; o && o->name; o++) {
			if (letter ? o->letter == letter
				   : strlen(o->name) == n && memcmp(o->name, name, n) == 0)
				return o;
		}
	}
	return NULL;
}

struct parse {
	struct arena *a;
	const struct opt *own, *global;
	char *const *argv;
	int at;
	struct opts *out;
};

/* "; did you mean --x?", or where all are listed. */
static const char *
meant(struct parse *p, struct str name)
{
	const struct opt *const table[] = { p->own, p->global };
	struct strs all = { 0 };
	const char *near;

	for (size_t t = 0; t < 2; t++)
		for (const struct opt *o = table[t]; o && o->name; o++)
			vec_push(p->a, &all, o->name);
	near = near_word(name, all.v, all.n);
	return near ? arena_printf(p->a, "did you mean --%s?", near) : "--help lists the options";
}

static int
parse_long(struct parse *p, const char *arg, struct err *e)
{
	const char *eq = strchr(arg, '=');
	size_t n = eq ? (size_t)(eq - arg) : strlen(arg);
	const struct opt *o = find(p->own, p->global, arg, n, 0);
	const char *value = "";

	if (!o)
		return err_set(e, ERR_USAGE, "unknown option --%.*s; %s", (int)n, arg,
			meant(p, (struct str){ arg, n }));
	if (!o->arg && eq)
		return err_set(e, ERR_USAGE, "--%s takes no value", o->name);
	if (o->arg && eq)
		value = eq + 1;
	else if (o->arg && p->argv[p->at + 1])
		value = p->argv[++p->at];
	else if (o->arg)
		return err_set(
			e, ERR_USAGE, "--%s needs a value: --%s %s", o->name, o->name, o->arg);
	vec_push(p->a, p->out, (struct opt_value){ o->name, value });
	return 0;
}

static int
parse_short(struct parse *p, const char *arg, struct err *e)
{
	for (; *arg; arg++) {
		const struct opt *o = find(p->own, p->global, NULL, 0, *arg);
		const char *value = "";

		if (!o)
			return err_set(
				e, ERR_USAGE, "unknown option -%c; --help lists the options", *arg);
		if (o->arg && arg[1])
			value = arg + 1;
		else if (o->arg && p->argv[p->at + 1])
			value = p->argv[++p->at];
		else if (o->arg)
			return err_set(
				e, ERR_USAGE, "-%c needs a value: -%c %s", *arg, *arg, o->arg);
		vec_push(p->a, p->out, (struct opt_value){ o->name, value });
		if (o->arg)
			break;
	}
	return 0;
}

int
opt_parse(struct arena *a, const struct opt *own, const struct opt *global, char *const *argv,
	struct opts *out, struct err *e)
{
	struct parse p = { a, own, global, argv, 0, out };
	bool only_operands = false;

	*out = (struct opts){ 0 };
	for (; argv[p.at]; p.at++) {
		const char *arg = argv[p.at];

		if (only_operands || arg[0] != '-' || !arg[1])
			vec_push(a, &out->operands, arg);
		else if (streq(arg, "--"))
			only_operands = true;
		else if (arg[1] == '-')
			TRY(parse_long(&p, arg + 2, e));
		else
			TRY(parse_short(&p, arg + 1, e));
		if (!only_operands)
			out->n_before = out->operands.n;
	}
	return 0;
}

struct strs
opt_take_rest(struct opts *o)
{
	struct strs rest = { 0 };

	if (o->operands.n > o->n_before) {
		rest.v = o->operands.v + o->n_before;
		rest.n = rest.cap = o->operands.n - o->n_before;
	}
	o->operands.n = o->n_before;
	return rest;
}

const char *
opt_get(const struct opts *o, const char *name)
{
	for (size_t i = o->n; i-- > 0;) {
		if (streq(o->v[i].name, name))
			return o->v[i].value;
	}
	return NULL;
}

bool
opt_has(const struct opts *o, const char *name)
{
	return opt_get(o, name) != NULL;
}

struct strs
opt_all(struct arena *a, const struct opts *o, const char *name)
{
	struct strs out = { 0 };

	for (size_t i = 0; i < o->n; i++) {
		if (streq(o->v[i].name, name))
			vec_push(a, &out, o->v[i].value);
	}
	return out;
}
