/* SPDX-License-Identifier: Apache-2.0 */
/* Merges flags, environment, configuration file and defaults. */
#include "config/settings.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "formats/toml_read.h"
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

static const char *
env_or_null(const char *name)
{
	const char *v = getenv(name);

	return v && *v ? v : NULL;
}

/* $XDG_NAME, else ~/dir; NULL without HOME. */
static const char *
user_dir(struct arena *a, const char *xdg, const char *dir)
{
	const char *home = env_or_null("HOME"), *x = env_or_null(xdg);

	if (x)
		return x;
	return home ? path_join(a, home, dir) : NULL;
}

/* What the file says as a text and the program takes as something else. */
struct texts {
	const char *cache_size, *header, *property, *upload, *exec, *jobs;
};

static int
read_file(struct arena *a, struct settings *s, struct texts *t, struct err *e)
{
	static const char *const names[] = { "store", "wheel-index", "debian-mirror", "redist",
		"cutlass", "sandbox", "target", "cache", "cache-size", "remote", "remote-instance",
		"remote-header", "remote-ca", "remote-cert", "remote-key", "remote-token-file",
		"remote-token-command", "remote-property", "remote-upload", "remote-exec",
		"remote-jobs", NULL };
	struct remote_settings *r = &s->remote;
	const char **const values[] = { &s->home, &s->wheel_index, &s->debian, &s->redist,
		&s->cutlass, &s->sandbox, &s->target, &s->cache, &t->cache_size, &r->url,
		&r->instance, &t->header, &r->ca, &r->cert, &r->key, &r->token_file,
		&r->token_command, &t->property, &t->upload, &t->exec, &t->jobs };
	const char *dir = user_dir(a, "XDG_CONFIG_HOME", ".config"), *path;
	struct toml_reader in = { .a = a, .e = e };
	struct toml all;
	struct str text;

	if (!dir)
		return 0;
	path = path_join(a, dir, "kernel-builder/config.toml");
	if (!fs_exists(path))
		return 0;
	in.file = path;
	TRY(fs_read(a, path, 1 << 20, &text, e));
	TRY(toml_parse(a, text, path, &all, e));
	TRY(toml_keys(&in, &all, "the settings", names));
	for (size_t i = 0; names[i]; i++) {
		const struct toml *v = NULL;

		TRY(toml_value(&in, &all, names[i], TOML_STRING, TOML_OPTIONAL, &v));
		if (v)
			*values[i] = v->s.p;
	}
	return 0;
}

/* A flag wins over a variable, which wins over what is there. */
static void
pick(const struct opts *o, const char *flag, const char *var, const char **value)
{
	const char *v = opt_get(o, flag);

	if (!v)
		v = env_or_null(var);
	if (v)
		*value = v;
}

/* How the user names what was picked. */
static const char *
origin(struct arena *a, const struct opts *o, const char *flag, const char *var)
{
	if (opt_get(o, flag))
		return arena_printf(a, "--%s", flag);
	return env_or_null(var) ? var : arena_printf(a, "%s in config.toml", flag);
}

static int
pick_count(const struct opts *o, const char *flag, const char *var, unsigned *out, struct err *e)
{
	const char *v = opt_get(o, flag), *name = v ? flag : var;
	uint64_t n;

	if (!v)
		v = env_or_null(var);
	if (!v)
		return 0;
	if (!str_to_u64(str_of(v), &n) || n == 0 || n > 4096)
		return err_set(e, ERR_USAGE, "%s%s must be a number from 1 to 4096, not \"%s\"",
			name == flag ? "--" : "", name, v);
	*out = (unsigned)n;
	return 0;
}

static unsigned
usable_cores(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) < 0 || CPU_COUNT(&set) < 1)
		return 1;
	return (unsigned)CPU_COUNT(&set);
}

static int
pick_yes(struct arena *a, const struct opts *o, const char *flag, const char *text, bool *out,
	struct err *e)
{
	const char *v = opt_get(o, flag);

	if (!v)
		v = text;
	if (!v)
		return 0;
	if (*v && !streq(v, "yes") && !streq(v, "no"))
		return err_set(e, ERR_USAGE, "%s must be yes or no, not \"%s\"",
			origin(a, o, flag, ""), v);
	*out = !streq(v, "no");
	return 0;
}

/* Every value of an option, else the file's. */
static struct strs
pick_all(struct arena *a, const struct opts *o, const char *flag, const char *text)
{
	struct strs all = opt_all(a, o, flag);

	if (!all.n && text && *text)
		vec_push(a, &all, text);
	return all;
}

/* Without a server, the rest means nothing. */
static int
check_remote(const struct opts *o, const struct remote_settings *r, struct err *e)
{
	static const char *const of_server[] = { "remote-exec", "remote-jobs", "remote-upload",
		"remote-instance", "remote-header", "remote-ca", "remote-cert", "remote-key",
		"remote-token-file", "remote-token-command", "remote-property" };

	for (size_t i = 0; !r->url && i < sizeof(of_server) / sizeof(of_server[0]); i++) {
		if (opt_has(o, of_server[i]))
			return err_set(e, ERR_USAGE,
				"--%s is about a server: name it with --remote, KERNEL_BUILDER_REMOTE, or remote in config.toml",
				of_server[i]);
	}
	if (!r->cert != !r->key)
		return err_set(e, ERR_USAGE,
			"--remote-cert and --remote-key belong together: %s is missing",
			r->cert ? "--remote-key" : "--remote-cert");
	if (r->token_file && r->token_command)
		return err_set(e, ERR_USAGE,
			"give --remote-token-file or --remote-token-command, not both");
	return 0;
}

static int
pick_remote(struct arena *a, const struct opts *o, const struct texts *t, struct remote_settings *r,
	struct err *e)
{
	uint64_t jobs = 16;
	const char *n = opt_get(o, "remote-jobs");

	pick(o, "remote", "KERNEL_BUILDER_REMOTE", &r->url);
	if (r->url && !*r->url)
		r->url = NULL;
	pick(o, "remote-instance", "", &r->instance);
	pick(o, "remote-ca", "", &r->ca);
	pick(o, "remote-cert", "", &r->cert);
	pick(o, "remote-key", "", &r->key);
	pick(o, "remote-token-file", "", &r->token_file);
	pick(o, "remote-token-command", "", &r->token_command);
	r->headers = pick_all(a, o, "remote-header", t->header);
	r->properties = pick_all(a, o, "remote-property", t->property);
	r->uploads = true;
	TRY(pick_yes(a, o, "remote-upload", t->upload, &r->uploads, e));
	TRY(pick_yes(a, o, "remote-exec", t->exec, &r->runs, e));
	n = n ? n : t->jobs;
	if (n && (!str_to_u64(str_of(n), &jobs) || jobs == 0 || jobs > 4096))
		return err_set(e, ERR_USAGE, "%s must be a number from 1 to 4096, not \"%s\"",
			origin(a, o, "remote-jobs", ""), n);
	r->jobs = (unsigned)jobs;
	return check_remote(o, r, e);
}

int
settings_load(struct arena *a, const struct opts *o, struct settings *out, struct err *e)
{
	struct settings s = { .sandbox = "auto", .cache = "rw" };
	const char *cache = user_dir(a, "XDG_CACHE_HOME", ".cache");
	struct texts t = { .cache_size = "20G" };

	TRY(read_file(a, &s, &t, e));
	pick(o, "store", "KERNEL_BUILDER_HOME", &s.home);
	pick(o, "wheel-index", "KERNEL_BUILDER_WHEEL_INDEX", &s.wheel_index);
	pick(o, "debian-mirror", "KERNEL_BUILDER_DEBIAN_MIRROR", &s.debian);
	pick(o, "redist", "KERNEL_BUILDER_REDIST", &s.redist);
	pick(o, "sandbox", "KERNEL_BUILDER_SANDBOX", &s.sandbox);
	if (!streq(s.sandbox, "auto") && !streq(s.sandbox, "on") && !streq(s.sandbox, "off"))
		return err_set(e, ERR_USAGE, "%s must be auto, on or off, not \"%s\"",
			origin(a, o, "sandbox", "KERNEL_BUILDER_SANDBOX"), s.sandbox);
	pick(o, "target", "KERNEL_BUILDER_TARGET", &s.target);
	s.target_from = origin(a, o, "target", "KERNEL_BUILDER_TARGET");
	pick(o, "cutlass", "KERNEL_BUILDER_CUTLASS", &s.cutlass);
	pick(o, "cache", "KERNEL_BUILDER_CACHE", &s.cache);
	if (!streq(s.cache, "rw") && !streq(s.cache, "ro") && !streq(s.cache, "off"))
		return err_set(e, ERR_USAGE, "%s must be rw, ro or off, not \"%s\"",
			origin(a, o, "cache", "KERNEL_BUILDER_CACHE"), s.cache);
	pick(o, "cache-size", "KERNEL_BUILDER_CACHE_SIZE", &t.cache_size);
	if (!str_to_size(str_of(t.cache_size), &s.cache_size))
		return err_set(e, ERR_USAGE, "%s must be a size such as 20G, or 0, not \"%s\"",
			origin(a, o, "cache-size", "KERNEL_BUILDER_CACHE_SIZE"), t.cache_size);
	TRY(pick_remote(a, o, &t, &s.remote, e));
	pick(o, "catalog", "KERNEL_BUILDER_CATALOG", &s.catalog);
	if (!s.home && cache)
		s.home = path_join(a, cache, "kernel-builder");
	if (!s.home)
		return err_set(e, ERR_USAGE,
			"HOME is not set; name the store's directory with --store or KERNEL_BUILDER_HOME");
	if (s.home[0] != '/') {
		/* Steps run in other directories. */
		char cwd[4096];

		if (!getcwd(cwd, sizeof(cwd)))
			return err_sys(e, "cannot find the current directory");
		s.home = path_join(a, cwd, s.home);
	}
	s.cores = usable_cores();
	/* What Nix tells a builder to use; 0: all. */
	if (env_or_null("NIX_BUILD_CORES") && !streq(getenv("NIX_BUILD_CORES"), "0"))
		TRY(pick_count(&(struct opts){ 0 }, "cores", "NIX_BUILD_CORES", &s.cores, e));
	TRY(pick_count(o, "cores", "CORES", &s.cores, e));
	s.max_jobs = s.cores;
	TRY(pick_count(o, "max-jobs", "MAX_JOBS", &s.max_jobs, e));
	*out = s;
	return 0;
}
