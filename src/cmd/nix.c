/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the derivations of nix/ run, for in a sandbox of Nix there may be nothing but this program.
 *
 *     nix fetch PIN.json OUT         OUT becomes the tree of a pin, or, where no tree is pinned,
 * its file nix link OUT NAME PATH ...     a directory of links nix script OUT NAME TEXT
 * OUT/bin/NAME, a program
 */
#include "base/err.h"
#include "base/path.h"
#include "cmd/cmd.h"
#include <unistd.h>

enum { PIN_LIMIT = 1 << 20 };

static int
fetch_tree(struct ctx *c, struct store *s, struct pin *pin, const char *to, struct err *e)
{
	TRY(cutlass_take_pin(c, s, pin, e));
	TRY(work_fetch(c, s, &(struct pin_list){ &pin, 1 }, false, NULL, e));
	TRY(store_check_tree(s, &pin->tree, false, e));
	return fs_copy_tree(&c->arena, store_tree_path(&c->arena, s, &pin->tree), to, e);
}

static int
fetch_whole(struct ctx *c, struct store *s, const struct pin *pin, const char *to, struct err *e)
{
	const struct settings *set = &c->settings;
	const struct source_settings where = { set->wheel_index, set->debian, set->redist };
	bool need[PIN_KINDS] = { false };
	struct sources sources;
	struct fetch_job job = { .store = s, .sources = &sources };

	need[pin->kind] = true;
	TRY(sources_find(&c->arena, &where, need, &sources, e));
	return fetch_file(&c->arena, &job, pin, to, e);
}

static int
fetch(struct ctx *c, const struct strs *word, struct err *e)
{
	struct store *s;
	struct str text;
	struct pin pin;
	int r;

	TRY(fs_read(&c->arena, word->v[1], PIN_LIMIT, &text, e));
	TRY(lock_parse_pin(&c->arena, text, word->v[1], &pin, e));
	TRY(store_open(c->settings.home, false, &s, e));
	r = pin.has_tree ? fetch_tree(c, s, &pin, word->v[2], e)
			 : fetch_whole(c, s, &pin, word->v[2], e);
	store_close(s);
	return r;
}

static int
make_links(struct ctx *c, const struct strs *word, struct err *e)
{
	TRY(fs_mkdirs(word->v[1], e));
	for (size_t i = 2; i + 1 < word->n; i += 2) {
		const char *at = path_join(&c->arena, word->v[1], word->v[i]);

		if (symlink(word->v[i + 1], at) < 0)
			return err_sys(e, "cannot link %s", at);
	}
	return 0;
}

static int
make_script(struct ctx *c, const struct strs *word, struct err *e)
{
	const char *at = path_join(&c->arena, path_join(&c->arena, word->v[1], "bin"), word->v[2]);

	TRY(fs_mkdirs_for(at, e));
	return fs_write_atomic(at, word->v[3], strlen(word->v[3]), 0755, e);
}

int
cmd_nix(struct ctx *c, struct err *e)
{
	const struct strs *word = &c->opts.operands;

	if (word->n == 3 && streq(word->v[0], "fetch"))
		return fetch(c, word, e);
	if (word->n >= 2 && word->n % 2 == 0 && streq(word->v[0], "link"))
		return make_links(c, word, e);
	if (word->n == 4 && streq(word->v[0], "script"))
		return make_script(c, word, e);
	return err_set(e, ERR_USAGE,
		"nix needs an action: fetch PIN.json OUT, link OUT [NAME PATH ...] or script OUT NAME TEXT");
}
