/* SPDX-License-Identifier: Apache-2.0 */
/* init: writes a new kernel. */
#include "base/err.h"
#include "base/log.h"
#include "base/path.h"
#include "cmd/cmd.h"
#include "publish/outside.h"
#include "scaffold/scaffold.h"

static int
read_kind(const struct ctx *c, enum scaffold_kind *out, struct err *e)
{
	static const struct {
		const char *option;
		enum scaffold_kind kind;
	} t[] = { { "stable-abi", SCAFFOLD_STABLE_ABI }, { "tvm-ffi", SCAFFOLD_TVM_FFI },
		{ "noarch", SCAFFOLD_NOARCH }, { "triton", SCAFFOLD_TRITON } };
	const char *given = NULL;

	*out = SCAFFOLD_TORCH;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		if (!opt_has(&c->opts, t[i].option))
			continue;
		if (given)
			return err_set(e, ERR_USAGE, "--%s and --%s: a kernel is one of both",
				given, t[i].option);
		given = t[i].option;
		*out = t[i].kind;
	}
	return 0;
}

/* Names, separated by commas or blanks. */
static void
add_list(struct arena *a, const char *text, struct strs *out)
{
	struct str rest = str_of(text), item;

	while (str_cut(&rest, ',', &item))
		vec_push(a, out, arena_strndup(a, item.p, item.n));
}

/* The original takes `--backends cpu cuda`: what stands behind the first is an operand to us. */
static void
read_backends(struct ctx *c, struct strs *operands, struct strs *out)
{
	struct strs lists = opt_all(&c->arena, &c->opts, "backends");
	size_t kept = 0;

	*out = opt_all(&c->arena, &c->opts, "backend");
	for (size_t i = 0; i < lists.n; i++)
		add_list(&c->arena, lists.v[i], out);
	for (size_t i = 0; i < operands->n; i++) {
		bool is_backend = streq(operands->v[i], "all");

		for (int b = 0; b < BACKEND_COUNT; b++)
			is_backend |= streq(operands->v[i], backend_name((enum backend)b));
		if (lists.n && is_backend)
			vec_push(&c->arena, out, operands->v[i]);
		else
			operands->v[kept++] = operands->v[i];
	}
	operands->n = kept;
}

static void
print_notes(const struct strs *notes)
{
	for (size_t i = 0; i < notes->n; i++)
		log_info("%s", notes->v[i]);
}

/* --from takes what there is, and nothing that says what to write. */
static int
check_from(const struct ctx *c, struct err *e)
{
	static const char *const others[] = { "backend", "backends", "stable-abi", "tvm-ffi",
		"noarch", "triton" };
	const char *what = "beside it, only --name, --license and --overwrite have a meaning";

	if (c->opts.operands.n)
		return err_set(e, ERR_USAGE, "\"%s\" and --from: --from takes what there is; %s",
			c->opts.operands.v[0], what);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (opt_has(&c->opts, others[i]))
			return err_set(e, ERR_USAGE,
				"--%s and --from: --from takes what there is; %s", others[i], what);
	return 0;
}

/* A kernel of what setup.py in dir builds. */
static int
init_from(struct ctx *c, const char *dir, struct err *e)
{
	const char *name = opt_get(&c->opts, "name"), *license = opt_get(&c->opts, "license");
	struct scaffold s = { .license = license };
	struct generated_set set;
	struct project p;
	struct err first = { 0 };
	struct strs notes;

	TRY(check_from(c, e));
	/* Who names the file means the directory. */
	if (streq(path_base(dir), "setup.py"))
		dir = path_dir(&c->arena, dir);
	TRY(cmd_need_dir(dir, e));
	TRY(scaffold_from(&c->arena, dir, name, &s, &set, &notes, e));
	TRY(cmd_check_license(s.license, e));
	TRY(scaffold_add(&c->arena, dir, &set, opt_has(&c->opts, "overwrite"), e));
	log_info("%s: build.toml and %zu other files written to %s", s.name, set.n - 1, dir);
	if (notes.n)
		log_info("left to do, as build.toml says at its top:");
	print_notes(&notes);
	if (project_load(&c->arena, dir, &p, &first) < 0)
		log_info("first, %s", first.msg);
	return 0;
}

int
cmd_init(struct ctx *c, struct err *e)
{
	const char *flag = opt_get(&c->opts, "directory"), *license = opt_get(&c->opts, "license");
	struct scaffold s = { .license = license ? license : "Apache-2.0" };
	struct strs operands = c->opts.operands, backends;
	struct generated_set set;

	if (opt_has(&c->opts, "from"))
		return init_from(c, opt_get(&c->opts, "from"), e);
	TRY(read_kind(c, &s.kind, e));
	read_backends(c, &operands, &backends);
	TRY(scaffold_backends(&backends, &s, e));
	TRY(cmd_check_license(s.license, e));
	if (operands.n > 1)
		return err_set(e, ERR_USAGE, "one kernel at a time; \"%s\" is a second name",
			operands.v[1]);
	if (flag)
		TRY(cmd_need_dir(flag, e));
	TRY(scaffold_place(&c->arena, flag ? flag : ".", operands.n ? operands.v[0] : NULL,
		opt_get(&c->opts, "name"), &s, e));
	TRY(outside_variants(&c->arena, "init", s.dir, e));
	scaffold_files(&c->arena, &s, &set);
	TRY(scaffold_write(&c->arena, s.dir, &set, opt_has(&c->opts, "overwrite"), e));
	log_info("%s: %zu files written to %s", s.name, set.n, s.dir);
	return 0;
}
