/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where packages come from, when no setting says so: pip and apt are asked. No host of a registry
 * stands in this program.
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/path.h"
#include "base/signal.h"
#include "fetch/fetch.h"
#include "fetch/internal.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define REDIST_DEFAULT "https://developer.download.nvidia.com/compute/cuda/redist"

/* Public mirrors of third parties, tried after the one that apt uses, which may not have the file
 * (another distribution's, or a partial one). */
static const char *const debian_mirrors[] = {
	"https://mirrors.edge.kernel.org/debian",
	"https://ftp.fau.de/debian",
	"https://mirrors.ocf.berkeley.edu/debian",
};

enum { ASK_LIMIT = 4 << 20, ASK_SECONDS = 60 };

/* ---- asking a program ---- */

static _Noreturn void
child(char *const *argv, int out)
{
	int null = open("/dev/null", O_RDWR);

	signals_default();
	/* Wide, so that help texts do not break a long address. */
	setenv("COLUMNS", "1000", 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0 ||
		dup2(out, STDOUT_FILENO) < 0)
		_exit(127);
	execvp(argv[0], argv);
	_exit(127);
}

static int
read_output(int fd, struct buf *b, struct err *e)
{
	for (int waited = 0; waited < ASK_SECONDS * 2;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t n;

		TRY(signals_check(e));
		if (poll(&p, 1, 500) <= 0) {
			waited++;
			continue;
		}
		n = read(fd, buf_room(b, 65536), 65536);
		if (n <= 0 || b->n > ASK_LIMIT)
			return 0;
		b->n += (size_t)n;
	}
	return 0;
}

/* 1: *out is what the program printed. 0: it is not there or failed. */
static int
ask(struct arena *a, char *const *argv, struct str *out, struct err *e)
{
	CLEANUP(buf_free) struct buf b = { 0 };
	int ends[2], status = 0, r;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, "cannot make a pipe");
	pid = fork();
	if (pid < 0) {
		close(ends[0]);
		close(ends[1]);
		return err_sys(e, "cannot start %s", argv[0]);
	}
	if (pid == 0)
		child(argv, ends[1]);
	close(ends[1]);
	r = read_output(ends[0], &b, e);
	close(ends[0]);
	if (r < 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	TRY(r);
	*out = (struct str){ arena_strndup(a, b.p ? b.p : "", b.n), b.n };
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* ---- the wheel index ---- */

/* The Python of the environment that this program is installed in, which need not be in PATH. */
static const char *
own_python(struct arena *a)
{
	char program[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);

	if (n <= 0)
		return "python3";
	program[n] = '\0';
	return path_join(a, path_dir(a, program), "python3");
}

/* The ways to call pip that there are. */
static int
ask_pip(struct arena *a, const char *const *args, struct str *out, struct err *e)
{
	const char *const pip[][4] = { { "python3", "-m", "pip", NULL }, { "pip3", NULL },
		{ "pip", NULL }, { own_python(a), "-m", "pip", NULL } };

	for (size_t i = 0; i < sizeof(pip) / sizeof(*pip); i++) {
		const char *argv[16];
		size_t n = 0;
		int r;

		for (size_t k = 0; k < 4 && pip[i][k]; k++)
			argv[n++] = pip[i][k];
		for (size_t k = 0; args[k]; k++)
			argv[n++] = args[k];
		argv[n] = NULL;
		r = ask(a, (char *const *)(uintptr_t)argv, out, e);
		if (r != 0)
			return r;
	}
	return 0;
}

/* The value of `key='value'` in what `pip config list` prints, or an empty string. */
static struct str
config_value(struct str text, struct str key)
{
	struct str line;

	while (str_cut(&text, '\n', &line)) {
		line = str_trim(line);
		if (line.n < key.n + 3 || !str_starts(line, key) || line.p[key.n] != '=')
			continue;
		line.p += key.n + 1;
		line.n -= key.n + 1;
		if (line.p[0] == line.p[line.n - 1] && (line.p[0] == '\'' || line.p[0] == '"'))
			return (struct str){ line.p + 1, line.n - 2 };
	}
	return (struct str){ 0 };
}

const char *
sources_index_of_config(struct arena *a, struct str text)
{
	static const char *const key[] = { ":env:.index-url", "install.index-url",
		"global.index-url" };

	for (size_t i = 0; i < sizeof(key) / sizeof(*key); i++) {
		struct str v = config_value(text, str_of(key[i]));

		if (v.n)
			return arena_strndup(a, v.p, v.n);
	}
	return NULL;
}

/* In the help of pip: "-i, --index-url <url>  Base URL of ... (default URL). ...". pip puts the
 * configured address there, with a password made unreadable. */
const char *
sources_index_of_help(struct arena *a, struct str text)
{
	const char *p = memmem(text.p, text.n, "--index-url", 11), *end = text.p + text.n, *close;
	char *out, *to;

	if (p)
		p = memmem(p, (size_t)(end - p), "(default", 8);
	if (!p)
		return NULL;
	p += 8;
	if (p < end && *p == ':')
		p++;
	close = memchr(p, ')', (size_t)(end - p));
	if (!close)
		return NULL;
	out = to = arena_alloc(a, (size_t)(close - p) + 1, 1);
	for (; p < close; p++) {
		if (!isspace((unsigned char)*p))
			*to++ = *p;
	}
	if (strstr(out, "****"))
		return NULL;
	return strstr(out, "://") || out[0] == '/' || str_has_prefix(out, "file:") ? out : NULL;
}

/* The help needs one start of pip for the configured address and for the default alike; the list of
 * settings is asked for only when the help does not show it all. */
static int
find_wheel_index(struct arena *a, const char *set, const char **out, struct err *e)
{
	static const char *const help[] = { "install", "--help", NULL };
	static const char *const config[] = { "config", "list", NULL };
	const char *env = getenv("PIP_INDEX_URL");
	struct str text;
	int r;

	*out = set && *set ? set : env && *env ? env : NULL;
	if (*out)
		return 0;
	r = ask_pip(a, help, &text, e);
	TRY(r);
	*out = r ? sources_index_of_help(a, text) : NULL;
	if (*out)
		return 0;
	r = ask_pip(a, config, &text, e);
	TRY(r);
	*out = r ? sources_index_of_config(a, text) : NULL;
	if (*out)
		return 0;
	return err_set(e, ERR_CONFIG,
		"no wheel index found: pip is missing or names none; name a URL or a directory of wheels with --wheel-index or KERNEL_BUILDER_WHEEL_INDEX");
}

/* ---- the Debian mirror ---- */

/* Lines "SITE|RELEASE|COMPONENT|ORIGIN". A security archive has no pool but its own, and another
 * distribution's has not Debian's. apt leaves $(ORIGIN) as it stands when it has no lists. */
void
sources_mirrors_of_apt(struct arena *a, struct str text, struct strs *out)
{
	struct str line, site, release, component;

	while (str_cut(&text, '\n', &line)) {
		const char *url;
		bool known;

		if (!str_cut(&line, '|', &site) || !str_cut(&line, '|', &release) ||
			!str_cut(&line, '|', &component) || !str_eq(component, STR("main")))
			continue;
		known = line.n && !str_eq(line, STR("$(ORIGIN)"));
		while (site.n && site.p[site.n - 1] == '/')
			site.n--;
		url = arena_strndup(a, site.p, site.n);
		if (str_ends(release, STR("-security")) || str_ends(site, STR("-security")) ||
			(known && !str_eq(line, STR("Debian"))) ||
			(!known && !str_ends(site, STR("/debian"))))
			continue;
		if ((str_has_prefix(url, "http://") || str_has_prefix(url, "https://") ||
			    str_has_prefix(url, "file:")) &&
			!strs_has(out, url))
			vec_push(a, out, url);
	}
}

/* Of sources whose lists were never fetched, or were removed as images of containers do, apt tells
 * only when it is told not to look for them. */
static int
ask_apt(struct arena *a, struct strs *out, struct err *e)
{
	const char *argv[] = { "apt-get", "indextargets", "--format",
		"$(SITE)|$(RELEASE)|$(COMPONENT)|$(ORIGIN)", NULL, NULL };

	for (int i = 0; i < 2 && out->n == 0; i++) {
		struct str text;
		int r = ask(a, (char *const *)(uintptr_t)argv, &text, e);

		TRY(r);
		if (r)
			sources_mirrors_of_apt(a, text, out);
		argv[4] = "--no-release-info";
	}
	return 0;
}

static int
find_debian(struct arena *a, const char *set, struct strs *out, struct err *e)
{
	if (set && *set) {
		vec_push(a, out, set);
		return 0;
	}
	TRY(ask_apt(a, out, e));
	for (size_t i = 0; i < sizeof(debian_mirrors) / sizeof(*debian_mirrors); i++)
		vec_push(a, out, debian_mirrors[i]);
	return 0;
}

int
sources_find(struct arena *a, const struct source_settings *set, const bool need[PIN_KINDS],
	struct sources *out, struct err *e)
{
	*out = (struct sources){ 0 };
	if (need[PIN_WHEEL] || need[PIN_SDIST])
		TRY(find_wheel_index(a, set->wheel_index, &out->wheel_index, e));
	if (need[PIN_DEB])
		TRY(find_debian(a, set->debian, &out->debian, e));
	out->redist = set->redist && *set->redist && !streq(set->redist, "nvidia") ? set->redist
										   : REDIST_DEFAULT;
	return 0;
}

const char *
source_as_dir(struct arena *a, const char *source)
{
	if (str_has_prefix(source, "file://localhost/"))
		source += strlen("file://localhost");
	else if (str_has_prefix(source, "file:///"))
		source += strlen("file://");
	else if (str_has_prefix(source, "file:/"))
		source += strlen("file:");
	else if (strstr(source, "://"))
		return NULL;
	return arena_strdup(a, source);
}
