/* SPDX-License-Identifier: Apache-2.0 */
/* store: info, verify and gc. */
#include "base/err.h"
#include "base/log.h"
#include "cmd/cmd.h"
#include "store/gc.h"
#include <stdio.h>

static int
info(struct ctx *c, struct store *s, struct err *e)
{
	struct store_info i;
	char size[16];

	TRY(store_info(s, &i, e));
	printf("%s\n", c->settings.home);
	for (int k = 0; k < STORE_KINDS; k++)
		printf("  %-10s %8llu  %s\n", store_kind_name((enum store_kind)k),
			(unsigned long long)i.kind[k].count, str_size(size, i.kind[k].bytes));
	printf("  %-10s %8s  %s\n", "in all", "", str_size(size, i.bytes));
	return 0;
}

static void
on_damage(void *arg, enum store_kind kind, const char *what)
{
	(void)arg;
	printf("damaged %s: %s\n", store_kind_name(kind), what);
}

static int
verify(struct ctx *c, struct store *s, struct err *e)
{
	struct store_verify v = { .drop = opt_has(&c->opts, "drop"), .on_damage = on_damage };

	TRY(store_verify(s, &v, e));
	printf("%llu checked, %llu damaged%s\n", (unsigned long long)v.checked,
		(unsigned long long)v.damaged, v.damaged && v.drop ? " and removed" : "");
	if (v.damaged && !v.drop)
		return err_set(e, ERR_STORE,
			"the store is damaged; `kernel-builder store verify --drop` removes the damaged parts, and the next build makes them again");
	return 0;
}

static int
gc(struct ctx *c, struct store *s, uint64_t keep, struct err *e)
{
	struct store_info i;
	char size[16];

	(void)c;
	TRY(store_gc(s, keep, &i, e));
	printf("removed %s\n", str_size(size, i.bytes));
	return 0;
}

int
cmd_store(struct ctx *c, struct err *e)
{
	const char *what = c->opts.operands.n == 1 ? c->opts.operands.v[0] : "";
	bool is_gc = streq(what, "gc");
	struct store *s;
	uint64_t keep = 0;
	int r;

	if (!is_gc && !streq(what, "info") && !streq(what, "verify"))
		return err_set(e, ERR_USAGE, "store needs an action: info, verify or gc");
	if (is_gc) {
		const char *text = opt_get(&c->opts, "keep");

		if (!text)
			return err_set(e, ERR_USAGE,
				"store gc needs the size to shrink the store to, such as --keep 20G");
		TRY(cmd_parse_size("--keep", text, &keep, e));
	}
	TRY(store_open(c->settings.home, is_gc, &s, e));
	r = is_gc ? gc(c, s, keep, e) : streq(what, "info") ? info(c, s, e) : verify(c, s, e);
	store_close(s);
	return r;
}
