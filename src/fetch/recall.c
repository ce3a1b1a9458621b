/* SPDX-License-Identifier: Apache-2.0 */
/* Trees of pins that the catalog knows by the hash of the whole file only: remembered in the
 * store's roots/, as for a composition, under H("pin 1", SHA-256 of the file, each selection). */
#include "base/arena.h"
#include "base/err.h"
#include "base/record.h"
#include "fetch/fetch.h"
#include <stdio.h>

static struct digest
pin_key(const struct pin *p)
{
	struct sha256 *h = sha256_new();

	sha256_add_field(h, STR("pin 1"));
	sha256_add(h, p->sha256.b, sizeof(p->sha256.b));
	for (size_t i = 0; i < p->n_select; i++) {
		sha256_add_field(h, str_of(p->select[i].from));
		sha256_add_field(h, p->select[i].to ? str_of(p->select[i].to) : STR("\n"));
		sha256_add_field(h, p->select[i].symbols ? STR("symbols") : STR("0"));
	}
	return sha256_final(h);
}

int
fetch_recall(struct store *s, struct pin *p, struct err *e)
{
	CLEANUP(arena_freep) struct arena mem = { 0 };
	struct digest key;
	struct str text, tree;
	int r;

	if (p->has_tree || !p->has_sha256)
		return 0;
	key = pin_key(p);
	r = store_get_text(&mem, s, "roots", &key, &text, e);
	if (r <= 0)
		return r;
	if (!record_take_value(&text, "tree", &tree) || !digest_parse(tree, &p->tree) ||
		!store_has_tree(s, &p->tree))
		return 0;
	p->has_tree = true;
	return 0;
}

int
fetch_remember(struct store *s, const struct pin *p, struct err *e)
{
	char text[80], hex[65];
	struct digest key;

	if (!p->has_tree || !p->has_sha256)
		return 0;
	key = pin_key(p);
	snprintf(text, sizeof(text), "tree %s\n", digest_hex(&p->tree, hex));
	return store_put_text(s, "roots", &key, str_of(text), e);
}
