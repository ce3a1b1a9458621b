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
	if (v->is_open)
		return -1;
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
value_mark(struct script *s, const struct value *v, size_t block)
{
	struct value *copy;

	if (!block || v->block)
		return v;
	copy = value_new(s, v->kind, v->at);
	*copy = *v;
	copy->block = block;
	copy->items = (struct values){ 0 };
	for (size_t i = 0; i < v->items.n; i++)
		vec_push(s->a, &copy->items, value_mark(s, v->items.v[i], block));
	return copy;
}

size_t
value_alternatives(const struct value *v)
{
	return v->is_choice ? v->items.n : 1;
}

const struct value *
value_alternative(const struct value *v, size_t i)
{
	return v->is_choice ? v->items.v[i] : v;
}

void
value_push(struct script *s, struct value *list, const struct value *v)
{
	for (size_t i = 0; i < value_alternatives(v); i++)
		vec_push(s->a, &list->items, value_alternative(v, i));
}

static const struct value *
unite_dicts(struct script *s, const struct value *x, const struct value *y)
{
	struct value *v = value_new(s, VALUE_DICT, x->at);

	v->is_open = x->is_open || y->is_open;
	for (size_t i = 0; i < x->items.n; i++)
		vec_push(s->a, &v->items, x->items.v[i]);
	for (size_t i = 0; i < y->items.n; i += 2) {
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

/* A dictionary, and what is none. */
static const struct value *
unite_dict(struct script *s, const struct value *dict, const struct value *other)
{
	struct value *v = value_new(s, VALUE_DICT, dict->at), *lost;

	v->is_open = true;
	for (size_t i = 0; i < dict->items.n; i++)
		vec_push(s->a, &v->items, dict->items.v[i]);
	if (other->kind == VALUE_TRUTH)
		return v;
	lost = value_new(s, VALUE_UNKNOWN, other->at);
	*lost = *other;
	if (other->kind != VALUE_UNKNOWN)
		*lost = (struct value){
			.kind = VALUE_UNKNOWN,
			.at = other->at,
			.text = "a condition makes it a dictionary or a list; only the dictionary is moved"
		};
	vec_push(s->a, &v->items, lost);
	vec_push(s->a, &v->items, lost);
	return v;
}

static bool
is_plain_list(const struct value *v)
{
	return v->kind == VALUE_LIST && !v->is_choice;
}

static void
push_new(struct script *s, struct value *list, size_t n, const struct value *v)
{
	const struct value before = { .items = { list->items.v, n, n } };

	if (!has_item(&before, v))
		vec_push(s->a, &list->items, v);
}

/* Lists, or texts, or one of them and an unknown or None. */
static const struct value *
unite_items(struct script *s, const struct value *x, const struct value *y)
{
	const struct value *both[] = { x, y };
	bool is_list = is_plain_list(x) || is_plain_list(y);
	struct value *v = value_new(
		s, VALUE_LIST, x->kind == VALUE_TRUTH || x->kind == VALUE_UNKNOWN ? y->at : x->at);

	v->is_choice = !is_list;
	v->is_open = !is_plain_list(x) || !is_plain_list(y) || x->is_open || y->is_open;
	for (size_t k = 0; k < 2; k++) {
		size_t n = k ? v->items.n : 0;

		for (size_t i = 0; both[k]->kind == VALUE_LIST && i < both[k]->items.n; i++)
			push_new(s, v, n, both[k]->items.v[i]);
		if (both[k]->kind != VALUE_LIST && both[k]->kind != VALUE_TRUTH)
			push_new(s, v, n, both[k]);
	}
	return v;
}

const struct value *
value_unite(struct script *s, const struct value *x, const struct value *y)
{
	if (x->kind == VALUE_DICT || y->kind == VALUE_DICT)
		return x->kind == y->kind      ? unite_dicts(s, x, y)
		       : x->kind == VALUE_DICT ? unite_dict(s, x, y)
					       : unite_dict(s, y, x);
	if (x->kind == VALUE_TRUTH && y->kind == VALUE_TRUTH)
		return x->is_true == y->is_true && !x->text == !y->text
			       ? x
			       : value_unknown(s, y->at, VALUE_OPEN);
	if (x->kind == VALUE_UNKNOWN && (y->kind == VALUE_UNKNOWN || y->kind == VALUE_TRUTH))
		return x;
	if (x->kind == VALUE_TRUTH && y->kind == VALUE_UNKNOWN)
		return y;
	if (x->kind == VALUE_TEXT && y->kind == VALUE_TEXT && streq(x->text, y->text))
		return x;
	return unite_items(s, x, y);
}

/* x + y, where one of them is a choice and the other no list. */
static const struct value *
add_choices(struct script *s, const struct value *x, const struct value *y)
{
	size_t n = value_alternatives(x), m = value_alternatives(y);
	const struct value *v = NULL;

	if (n * m > VALUE_MAX_CHOICES)
		return value_unknown(s, y->at, VALUE_OPEN);
	for (size_t i = 0; i < n * m; i++) {
		const struct value *one =
			value_add(s, value_alternative(x, i / m), value_alternative(y, i % m));

		v = v ? value_unite(s, v, one) : one;
	}
	return v;
}

static const struct value *
add_texts(struct script *s, const struct value *x, const struct value *y)
{
	struct value *v = value_new(s, VALUE_TEXT, x->at);

	v->text = arena_printf(s->a, "%s%s", x->text, y->text);
	v->block = x->block ? x->block : y->block;
	return v;
}

const struct value *
value_add(struct script *s, const struct value *x, const struct value *y)
{
	struct value *v;

	if (x->kind == VALUE_TEXT && y->kind == VALUE_TEXT)
		return add_texts(s, x, y);
	if ((x->is_choice || y->is_choice) && !is_plain_list(x) && !is_plain_list(y))
		return add_choices(s, x, y);
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
