/* SPDX-License-Identifier: Apache-2.0 */
/* Compiler flags of a setup.py: capabilities and directories among them, and what a builder that
 * brings its own compiler needs no more. */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "config/capability.h"
#include "scaffold/moved.h"
#include <ctype.h>

/* "sm_90a" or "compute_90" as "9.0a" or "9.0+PTX". */
static const char *
capability_of(struct arena *a, struct str word)
{
	bool is_ptx = str_starts(word, STR("compute_"));
	size_t skip = is_ptx ? 8 : 3, n = skip;
	const char *text;

	if (!is_ptx && !str_starts(word, STR("sm_")))
		return NULL;
	while (n < word.n && isdigit((unsigned char)word.p[n]))
		n++;
	if (n < skip + 2)
		return NULL;
	text = arena_printf(a, "%.*s.%c%.*s%s", (int)(n - skip - 1), word.p + skip, word.p[n - 1],
		(int)(word.n - n), word.p + n, is_ptx ? "+PTX" : "");
	return capability_is_valid(str_of(text)) ? text : NULL;
}

/* "arch=compute_90,code=sm_90", "arch=compute_90,code=[sm_90,compute_90]", "sm_90" */
static void
take_gencode(struct moved *m, struct extension *x, const char *text, size_t at)
{
	const char *code = strstr(text, "code=");
	struct str rest = str_of(code ? code + 5 : text), word;

	while (str_cut(&rest, ',', &word)) {
		const char *capability;

		while (word.n && (word.p[0] == '[' || word.p[0] == '"' || word.p[0] == '\''))
			word = (struct str){ word.p + 1, word.n - 1 };
		while (word.n && strchr("]\"'", word.p[word.n - 1]))
			word.n--;
		capability = capability_of(m->a, word);
		if (capability)
			strs_add(m->a, &x->capabilities, capability);
		else
			moved_note(m, at, "%s says no capability that is known; it is not moved",
				text);
	}
}

/* Flags that go, with the number of words that go with them; 0: it stays. */
static size_t
dropped(const char *flag)
{
	static const struct {
		const char *flag;
		size_t words;
	} t[] = { { "--threads", 2 }, { "-t", 2 }, { "-ccbin", 2 }, { "--ptxas-options=-v", 1 },
		{ "-fPIC", 1 }, { "-c", 1 }, { "-w", 1 }, { "-D_GLIBCXX_USE_CXX11_ABI=0", 1 },
		{ "-D_GLIBCXX_USE_CXX11_ABI=1", 1 }, { "-std=c++11", 1 }, { "-std=c++14", 1 },
		{ "-std=c++17", 1 }, { "--std=c++14", 1 }, { "--std=c++17", 1 },
		{ "--compiler-options=-fPIC", 1 }, { "-ferror-limit=20", 1 } };
	static const char *const prefixes[] = { "--threads=", "-t=", "-ccbin=", "-L", "-l", "-j" };

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (streq(flag, t[i].flag))
			return t[i].words;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (str_has_prefix(flag, prefixes[i]) && !streq(flag, "-lineinfo"))
			return 1;
	return 0;
}

static void
take_directory(struct moved *m, struct extension *x, const char *text, size_t at)
{
	const char *path = script_inside(&m->script, text);

	if (path && fs_is_dir(path_join(m->a, m->dir, path)))
		strs_add(m->a, &x->include, path);
	else
		moved_note(m, at, "-I%s is no directory of the kernel; it is not moved", text);
}

/* One option; how many words it has. */
static size_t
take_flag(struct moved *m, struct extension *x, const struct strs *words, size_t i, size_t at,
	struct strs *out)
{
	const char *flag = words->v[i], *next = i + 1 < words->n ? words->v[i + 1] : "",
		   *equals = strchr(flag, '=');
	bool is_code = str_has_prefix(flag, "-gencode") || str_has_prefix(flag, "--generate-code"),
	     is_arch = str_has_prefix(flag, "-arch") || str_has_prefix(flag, "--gpu-architecture");
	size_t n = dropped(flag);

	if (n)
		return n;
	if ((is_code || is_arch) && !(is_arch && strstr(flag, "compute_"))) {
		take_gencode(m, x, equals && (is_code || is_arch) ? equals + 1 : next, at);
		return equals ? 1 : 2;
	}
	if (str_has_prefix(flag, "-I")) {
		take_directory(m, x, flag[2] ? flag + 2 : next, at);
		return flag[2] ? 1 : 2;
	}
	if (flag[0] == '/')
		moved_note(m, at, "%s is no flag of gcc; it is not moved", flag);
	else
		strs_add(m->a, out, flag);
	return 1;
}

void
moved_flags(struct moved *m, struct extension *x, const struct value *v, bool is_cuda)
{
	struct strs words = { 0 };
	size_t at = v->at;

	if (v->kind != VALUE_LIST)
		moved_item(m, x, v, "extra_compile_args");
	for (size_t i = 0; v->kind == VALUE_LIST && i < v->items.n; i++) {
		const char *text = moved_item(m, x, v->items.v[i], "extra_compile_args");

		if (text)
			vec_push(m->a, &words, text);
	}
	for (size_t i = 0; i < words.n;)
		i += take_flag(m, x, &words, i, at, is_cuda ? &x->cuda_flags : &x->cxx_flags);
}
