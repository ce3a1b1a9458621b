/* SPDX-License-Identifier: Apache-2.0 */
/* Values of a setup.py: made, and put together. */
#include "base/arena.h"
#include "base/err.h"
#include "scaffold/script.h"

struct value *
value_new(struct script *s, enum value_kind kind, size_t at)
{
	struct value *v = arena_new(s->a, struct value);

	v->kind = kind;
	v->at = at;
	return v;
}

const struct value *
value_unknown(struct script *s, size_t at, const char *why)
{
	struct value *v = value_new(s, VALUE_UNKNOWN, at);

	v->why = why;
	return v;
}

const struct value *
value_text(struct script *s, size_t at, const char *text)
{
	struct value *v = value_new(s, VALUE_TEXT, at);

	v->text = text;
	return v;
}

const struct value *
value_truth(struct script *s, size_t at, bool is_true)
{
	struct value *v = value_new(s, VALUE_TRUTH, at);

	v->is_true = is_true;
	return v;
}

int
value_is_true(const struct value *v)
{
	switch (v->kind) {
	case VALUE_TEXT:
		return *v->text != '\0';
	case VALUE_LIST:
	case VALUE_DICT:
		return v->items.n > 0;
	case VALUE_TRUTH:
		return v->is_true;
	default:
		return -1;
	}
}

const struct value *
value_none(struct script *s, size_t at)
{
	struct value *v = value_new(s, VALUE_TRUTH, at);

	v->text = "None";
	return v;
}

static bool
has_item(const struct value *list, const struct value *item)
{
	for (size_t i = 0; i < list->items.n; i++)
		if (item->kind == VALUE_TEXT && list->items.v[i]->kind == VALUE_TEXT &&
			streq(item->text, list->items.v[i]->text))
			return true;
	return false;
}

size_t
value_find(const struct value *dict, const struct value *key)
{
	size_t i = 0;

	while (i < dict->items.n &&
		!(key->kind == VALUE_TEXT && dict->items.v[i]->kind == VALUE_TEXT &&
			streq(key->text, dict->items.v[i]->text)))
		i += 2;
	return i;
}

const struct value *
value_unite(struct script *s, const struct value *x, const struct value *y)
{
	struct value *v;

	if (x->kind != y->kind || (x->kind != VALUE_LIST && x->kind != VALUE_DICT))
		return x->kind == VALUE_UNKNOWN ? y : x;
	v = value_new(s, x->kind, x->at);
	for (size_t i = 0; i < x->items.n; i++)
		vec_push(s->a, &v->items, x->items.v[i]);
	for (size_t i = 0; v->kind == VALUE_LIST && i < y->items.n; i++)
		if (!has_item(x, y->items.v[i]))
			vec_push(s->a, &v->items, y->items.v[i]);
	for (size_t i = 0; v->kind == VALUE_DICT && i < y->items.n; i += 2) {
		size_t k = value_find(v, y->items.v[i]);

		if (k < v->items.n) {
			v->items.v[k + 1] = value_unite(s, v->items.v[k + 1], y->items.v[i + 1]);
			continue;
		}
		vec_push(s->a, &v->items, y->items.v[i]);
		vec_push(s->a, &v->items, y->items.v[i + 1]);
	}
	return v;
}

const struct value *
value_add(struct script *s, const struct value *x, const struct value *y)
{
	struct value *v;

	if (x->kind == VALUE_TEXT && y->kind == VALUE_TEXT)
		return value_text(s, x->at, arena_printf(s->a, "%s%s", x->text, y->text));
	if (x->kind == VALUE_DICT && y->kind == VALUE_DICT)
		return value_unite(s, x, y);
	if (x->kind != VALUE_LIST && y->kind != VALUE_LIST)
		return x->kind == VALUE_UNKNOWN ? x : value_unknown(s, y->at, VALUE_RUNS_ONLY);
	v = value_new(s, VALUE_LIST, x->at);
	for (size_t i = 0; i < x->items.n || (i == 0 && x->kind != VALUE_LIST); i++)
		vec_push(s->a, &v->items, x->kind == VALUE_LIST ? x->items.v[i] : x);
	for (size_t i = 0; i < y->items.n || (i == 0 && y->kind != VALUE_LIST); i++)
		vec_push(s->a, &v->items, y->kind == VALUE_LIST ? y->items.v[i] : y);
	return v;
}
