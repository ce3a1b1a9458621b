/* SPDX-License-Identifier: Apache-2.0 */
/* Digests of the kernel's part of a text: which other texts a proof on it stands for. */
#include "device/device.h"

/* One digest in the making; bytes are gathered, for tokens are short. */
struct hashing {
	struct sha256 *sum;
	struct buf b;
};

static void
flush(struct hashing *h)
{
	sha256_add(h->sum, h->b.p, h->b.n);
	h->b.n = 0;
}

static void
add(struct hashing *h, struct str field)
{
	buf_add(&h->b, field.p, field.n);
	buf_addc(&h->b, '\n');
	if (h->b.n > 1 << 16)
		flush(h);
}

static struct digest
finish(struct hashing *h)
{
	if (h->b.n)
		flush(h);
	buf_free(&h->b);
	return sha256_final(h->sum);
}

/* A body that a caller cannot see: not that of a constant expression, nor one that gives the type.
 */
static bool
is_closed(const struct lexed *l, const struct decl *d)
{
	if (d->kind != DECL_FUNCTION || !d->body || !(d->flags & (DECL_GLOBAL | DECL_DEVICE)) ||
		d->flags & DECL_CONSTEXPR)
		return false;
	for (uint32_t i = d->begin; i < d->body; i++) {
		if (token_word(l, i, W_AUTO) || token_word(l, i, W_DECLTYPE) ||
			token_word(l, i, W_DECLTYPE_GNU))
			return false;
	}
	return true;
}

static void
add_tokens(struct hashing *h, const struct lexed *l, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++)
		add(h, token_text(l, i));
}

/* A declaration without closed bodies, its own or its members'. */
static void
add_frame(struct hashing *h, const struct device_text *t, uint32_t index)
{
	const struct lexed *l = &t->lexed;
	const struct decl *d = &t->split.decl[index];
	uint32_t at = d->begin, end = d->end;

	for (uint32_t i = index; i < t->split.n && t->split.decl[i].begin < end; i++) {
		const struct decl *member = &t->split.decl[i];

		if (member->begin < at || !is_closed(l, member))
			continue;
		add_tokens(h, l, at, member->body + 1);
		at = member->body_end;
	}
	add_tokens(h, l, at, end);
}

void
device_frame(const struct device_text *t, struct device_frame *out)
{
	struct hashing exact = { .sum = sha256_new() }, frame = { .sum = sha256_new() };
	const struct lexed *l = &t->lexed;

	for (size_t i = 0; i < t->n_lines; i++) {
		struct str kind = t->line[i].kind == DEVICE_MACRO ? STR("#") : STR("#include");

		add(&exact, kind);
		add(&exact, t->line[i].text);
		add(&frame, kind);
		add(&frame, t->line[i].text);
	}
	for (uint32_t i = 0; i < t->n_user; i++) {
		const struct decl *d = &t->split.decl[t->user[i]];

		if (device_is_host_only(d) && d->body) {
			add_tokens(&exact, l, d->begin, d->body + 1);
			add_tokens(&frame, l, d->begin, d->body + 1);
			continue;
		}
		add_tokens(&exact, l, d->begin, d->end);
		add_frame(&frame, t, t->user[i]);
	}
	out->exact = finish(&exact);
	out->frame = finish(&frame);
}
