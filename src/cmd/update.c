/* SPDX-License-Identifier: Apache-2.0 */
/* update-build: build.toml of any generation becomes edition 5 or 6, in place. */
#include "config/update.h"
#include "base/err.h"
#include "base/log.h"
#include "base/path.h"
#include "cmd/cmd.h"
#include <sys/stat.h>

int
cmd_check_license(const char *name, struct err *e)
{
	for (const char *l = name; *l; l++)
		if (*l < ' ' || *l > '~' || *l == '"' || *l == '\\')
			return err_set(e, ERR_USAGE,
				"--license must be the name of a licence, such as Apache-2.0");
	return *name ? 0 : err_set(e, ERR_USAGE, "--license is empty");
}

static int
read_options(const struct ctx *c, struct update *out, struct err *e)
{
	const char *edition = opt_get(&c->opts, "edition");

	*out = (struct update){ .license = opt_get(&c->opts, "license") };
	if (edition && !streq(edition, "5") && !streq(edition, "6"))
		return err_set(e, ERR_USAGE, "--edition must be 5 or 6, not \"%s\"", edition);
	if (edition)
		out->edition = edition[0] - '0';
	return out->license ? cmd_check_license(out->license, e) : 0;
}

int
cmd_update_build(struct ctx *c, struct err *e)
{
	static const char *const name[] = { "format g0a", "format g0b", "format v1", "format v2",
		"format v3", "format v4", "edition 5", "edition 6" };
	struct arena *a = &c->arena;
	const char *dir, *file;
	struct update how;
	struct updated new;
	struct project now;
	struct stat st;
	struct str text;

	TRY(read_options(c, &how, e));
	TRY(work_dir(c, &dir, e));
	/* A link stays one. */
	TRY(fs_real_path(a, path_join(a, dir, "build.toml"), &file, e));
	TRY(fs_read(a, file, 1 << 20, &text, e));
	TRY(project_update(a, text, dir, &how, &new, e));
	if (str_eq(text, new.text)) {
		log_info("%s is already %s", path_join(a, dir, "build.toml"), name[new.was]);
		return 0;
	}
	if (stat(file, &st) < 0)
		return err_sys(e, "%s", file);
	TRY(fs_write_atomic(file, new.text.p, new.text.n, st.st_mode & 07777, e));
	TRY(project_parse(a, new.text, dir, false, &now, e));
	log_info("%s was %s and is now %s", path_join(a, dir, "build.toml"), name[new.was],
		name[now.gen]);
	return 0;
}
