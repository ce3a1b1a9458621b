/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What cxx-flags and cuda-flags may not ask for, and what they ask for in vain.
 *
 * Compilers are called once per source, with -c; the builder says what they make and where, and
 * calls the linker itself. So words for the linker do nothing. Words that take something of the
 * machine that builds would give other bytes on another one.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "config/flags.h"
#include "config/reading.h"
#include "formats/root.h"
#include <ctype.h>

enum match { WHOLE, PREFIX };
enum weight { WARNING, ERROR };

static const struct rule {
	const char *word;
	enum match match;
	enum weight weight;
	const char *say; /* after the word */
} rules[] = {
#define NATIVE \
	"compiles for the CPU of this machine, and others may not run the result; name the " \
	"instructions, such as -mavx2, in a section of its own, and choose between sections at " \
	"run time"
	{ "-march=native", WHOLE, ERROR, NATIVE },
	{ "-mtune=native", WHOLE, ERROR, NATIVE },
	{ "-mcpu=native", WHOLE, ERROR, NATIVE },
#define ARCH_NATIVE \
	"compiles for the GPU of this machine; write cuda-capabilities, or, for a quick try, " \
	"build --capability host"
#define ARCH_ALL \
	"compiles for whatever this nvcc knows; write cuda-capabilities, or leave them out for " \
	"the usual ones"
	{ "-arch=native", WHOLE, ERROR, ARCH_NATIVE },
	{ "-arch=all", PREFIX, ERROR, ARCH_ALL },
#define LTO "leaves no machine code in the object, so it cannot be linked here; drop it"
	{ "-flto", WHOLE, ERROR, LTO },
	{ "-flto=", PREFIX, ERROR, LTO },
#define SANITIZER \
	"needs a library that is loaded before Python, which users of a kernel do not do; drop " \
	"it, and debug in a project of create-pyproject"
	{ "-fsanitize=", PREFIX, ERROR, SANITIZER },
#define PROFILE \
	"needs a library that writes a profile, which users of a kernel do not have; drop it, " \
	"and measure in a project of create-pyproject"
	{ "-pg", WHOLE, ERROR, PROFILE },
	{ "-profile", WHOLE, ERROR, PROFILE },
	{ "-coverage", WHOLE, ERROR, PROFILE },
	{ "-fprofile-arcs", WHOLE, ERROR, PROFILE },
	{ "-ftest-coverage", WHOLE, ERROR, PROFILE },
	{ "-fprofile-generate", PREFIX, ERROR, PROFILE },
#define LINK \
	"is for the linker, which these flags do not reach; drop it: what the objects need is " \
	"linked anyway"
	{ "-Wl,", PREFIX, WARNING, LINK },
	{ "-Xlinker", PREFIX, WARNING, LINK },
	{ "-linker-options", PREFIX, WARNING, LINK },
	{ "-shared", WHOLE, WARNING, LINK },
	{ "-static", WHOLE, WARNING, LINK },
	{ "-static-libgcc", WHOLE, WARNING, LINK },
	{ "-static-libstdc++", WHOLE, WARNING, LINK },
	{ "-rdynamic", WHOLE, WARNING, LINK },
	{ "-fuse-ld=", PREFIX, WARNING, LINK },
	{ "-cudart", PREFIX, WARNING, LINK },
#define MAKES "says what the compiler writes, and where, which kernel-builder decides; drop it"
	{ "-c", WHOLE, WARNING, MAKES },
	{ "-S", WHOLE, ERROR, MAKES },
	{ "-E", WHOLE, ERROR, MAKES },
	{ "-M", WHOLE, ERROR, MAKES },
	{ "-MM", WHOLE, ERROR, MAKES },
	{ "-MD", WHOLE, ERROR, MAKES },
	{ "-MMD", WHOLE, ERROR, MAKES },
	{ "-MF", PREFIX, ERROR, MAKES },
	{ "-MT", PREFIX, ERROR, MAKES },
	{ "-o", PREFIX, ERROR, MAKES },
	{ "-fsyntax-only", WHOLE, ERROR, MAKES },
	{ "-save-temps", PREFIX, ERROR, MAKES },
	{ "-ptx", WHOLE, ERROR, MAKES },
	{ "-cubin", WHOLE, ERROR, MAKES },
	{ "-fatbin", WHOLE, ERROR, MAKES },
	{ "-dryrun", WHOLE, ERROR, MAKES },
	{ "-run", WHOLE, ERROR, MAKES },
#define COMPILER \
	"names a compiler of this machine, which others lack; drop it: kernel-builder brings " \
	"its own"
	{ "-ccbin", PREFIX, ERROR, COMPILER },
	{ "-compiler-bindir", PREFIX, ERROR, COMPILER },
#define RESPONSE "is a file of flags, which is not read here; write the flags themselves"
	{ "@", PREFIX, ERROR, RESPONSE },
	{ "-optf", PREFIX, ERROR, RESPONSE },
	{ "-options-file", PREFIX, ERROR, RESPONSE },
};

/* Of nvcc, in cuda-flags only: ways to link device code. */
static const struct rule device_rules[] = {
#define DEVICE_LTO \
	"optimises device code at link time, which is not supported; drop it: -rdc=true is " \
	"enough"
	{ "-dlto", WHOLE, ERROR, DEVICE_LTO },
	{ "-dlink-time-opt", WHOLE, ERROR, DEVICE_LTO },
	{ "-lto", WHOLE, ERROR, DEVICE_LTO },
	{ "-gen-opt-lto", WHOLE, ERROR, DEVICE_LTO },
#define DEVICE_LINK "is a way to link device code that is not supported; write -rdc=true"
	{ "-ewp", WHOLE, ERROR, DEVICE_LINK },
	{ "-extensible-whole-program", WHOLE, ERROR, DEVICE_LINK },
	{ "-dlink", WHOLE, ERROR, DEVICE_LINK },
	{ "-device-link", WHOLE, ERROR, DEVICE_LINK },
};

/* Options that begin like one above, and are others: nvcc's. */
static const char *const other_words[] = { "-optimize", "-opt-info", "-objtemp", "-lineinfo",
	"-lib", "-ltoir" };

struct flag_place {
	const struct reading *r;
	const struct toml *v; /* the string that is judged */
	const char *what;     /* "cxx-flags in [kernel.k]" */
	const char *shown;    /* the option, as it is written */
	bool is_nvcc;         /* it is nvcc's, not one that g++ gets */
};

static int
tell(const struct flag_place *at, enum weight weight, const char *say, struct err *e)
{
	const char *shown = quoted(at->r->a, str_of(at->shown));

	if (weight == ERROR)
		return fail_at(
			at->r, at->v->line, at->v->col, e, "%s: %s %s", at->what, shown, say);
	warn_at(at->r, at->v->line, at->v->col, "%s: %s %s", at->what, shown, say);
	return 0;
}

/* nvcc's long names of options that have a rule. */
static const char *
short_name(struct arena *a, const char *word)
{
	static const char *const names[][2] = { { "--gpu-architecture", "-arch" },
		{ "--gpu-code", "-code" }, { "--generate-code", "-gencode" },
		{ "--compiler-bindir", "-ccbin" }, { "--library-path", "-L" },
		{ "--library", "-l" } };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (str_has_prefix(word, names[i][0]) && strchr("=", word[strlen(names[i][0])]))
			return arena_printf(a, "%s%s", names[i][1], word + strlen(names[i][0]));
	return str_has_prefix(word, "--") ? word + 1 : word;
}

static bool
is_library(const char *word)
{
	return (word[0] == '-' && (word[1] == 'l' || word[1] == 'L'));
}

static const struct rule *
find_rule(const struct rule *list, size_t n, const char *w)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].match == WHOLE ? streq(w, list[i].word)
					   : str_has_prefix(w, list[i].word))
			return &list[i];
	return NULL;
}

/* One word of g++ or nvcc, options of two words joined by '='. */
static int
check_word(const struct flag_place *at, const char *word, struct err *e)
{
	const char *w = short_name(at->r->a, word);
	const struct rule *rule = NULL;

	if (at->is_nvcc)
		rule = find_rule(device_rules, sizeof(device_rules) / sizeof(*device_rules), w);
	for (size_t i = 0; !rule && i < sizeof(other_words) / sizeof(*other_words); i++)
		if (str_has_prefix(w, other_words[i]))
			return 0;
	if (!rule && is_library(w))
		return tell(at, WARNING, LINK, e);
	if (!rule)
		rule = find_rule(rules, sizeof(rules) / sizeof(*rules), w);
	return rule ? tell(at, rule->weight, rule->say, e) : 0;
}

/* "sm_90a" or "compute_90a" -> "9.0a"; NULL: no such text. */
static const char *
capability_of(struct arena *a, const char *text)
{
	const char *at = strstr(text, "sm_"), *digits;
	size_t n;

	if (!at)
		at = strstr(text, "compute_");
	if (!at)
		return NULL;
	digits = strchr(at, '_') + 1;
	n = strspn(digits, "0123456789");
	if (n < 2 || n > 3)
		return NULL;
	return arena_printf(a, "%.*s.%c%.*s", (int)n - 1, digits, digits[n - 1],
		digits[n] == 'a' || digits[n] == 'f', digits + n);
}

/* Architectures are cuda-capabilities' matter: what is compiled by hand, metadata.json does not
 * list, and clients refuse the kernel on such GPUs. */
static int
check_gencode(const struct flag_place *at, const char *word, struct err *e)
{
	const char *w = short_name(at->r->a, word), *capability;

	if (str_has_prefix(w, "-arch=native") || str_has_prefix(w, "-arch=all"))
		return 0; /* has a rule */
	if (!str_has_prefix(w, "-gencode") && !str_has_prefix(w, "-arch=") &&
		!str_has_prefix(w, "-code="))
		return 0;
	capability = capability_of(at->r->a, w);
	return tell(at, WARNING,
		arena_printf(at->r->a,
			"is not in metadata.json, so clients refuse the kernel on such GPUs; drop it and write \"%s\" into cuda-capabilities",
			capability ? capability : "9.0"),
		e);
}

/* The words that nvcc gives to g++: parts of a list with commas, or with blanks. */
static int
check_passed(const struct flag_place *at, const char *list, struct err *e)
{
	struct flag_place one = *at;
	size_t n;

	one.is_nvcc = false;
	for (; *list; list += n) {
		list += strspn(list, ", \t'\"");
		n = strcspn(list, ", \t'\"");
		one.shown = arena_strndup(at->r->a, list, n);
		if (streq(one.shown, "-include"))
			TRY(tell(&one, WARNING,
				"behind -Xcompiler includes the header a second time, after the preprocessor; give it to nvcc: \"-include\", \"FILE\"",
				e));
		else if (n)
			TRY(check_word(&one, one.shown, e));
	}
	return 0;
}

/* The first blank that is followed by another option, or that stands between an option and its
 * value; NULL: one word. Texts in quotes may hold anything, macros have any text, and what nvcc
 * passes on may be several words. */
static const char *
splitting_blank(const char *s)
{
	bool passes = str_has_prefix(s, "-X") || str_has_prefix(s, "--compiler-options=");
	bool value = s[0] == '-' && s[1] != 'D';
	char quote = 0;

	for (; *s; s++) {
		if (quote ? *s == quote : (*s == '"' || *s == '\''))
			quote = quote ? 0 : *s;
		if (passes && *s == '=')
			return NULL;
		value = value && *s != '=';
		if (quote || !isspace((unsigned char)*s))
			continue;
		if (value || (s[1] == '-' && (isalpha((unsigned char)s[2]) || s[2] == '-')))
			return s;
	}
	return NULL;
}

/* "-O3 -g" -> "\"-O3\", \"-g\"" */
static const char *
split(struct arena *a, const char *s)
{
	const char *out = "", *begin = s;
	char quote = 0;

	for (;; s++) {
		if (*s && (quote ? *s == quote : (*s == '"' || *s == '\'')))
			quote = quote ? 0 : *s;
		if (*s && (quote || !isspace((unsigned char)*s)))
			continue;
		if (s > begin)
			out = arena_printf(a, "%s%s%s", out, *out ? ", " : "",
				quoted(a, (struct str){ begin, (size_t)(s - begin) }));
		if (!*s)
			return out;
		begin = s + 1;
	}
}

/* One string is one word for the compiler: nothing splits it. */
static int
check_one(const struct flag_place *at, struct err *e)
{
	const char *s = at->v->s.p, *shown = quoted(at->r->a, at->v->s);

	if (isspace((unsigned char)s[0]))
		return fail_at(at->r, at->v->line, at->v->col, e,
			"%s: %s begins with a space, so compilers take it for a file; remove the space",
			at->what, shown);
	if (!splitting_blank(s))
		return 0;
	return fail_at(at->r, at->v->line, at->v->col, e,
		"%s: %s is one string, so compilers see one option; write %s", at->what, shown,
		split(at->r->a, s));
}

/* -I: what is not in the kernel is not there. */
static int
check_include(const struct flag_place *at, const char *dir, struct err *e)
{
	if (!*dir || str_has_prefix(dir, ROOT_SOURCES "/") || str_has_prefix(dir, ROOT_TORCH "/") ||
		str_has_prefix(dir, ROOT_CUDA "/"))
		return 0;
	return tell(at, WARNING,
		dir[0] == '/'
			? "is a directory of this machine, which compilers do not see; copy the headers into the kernel, and list their directory in include"
			: "is a relative path, and compilers run elsewhere; list the directory in include",
		e);
}

/* The n words of one option. */
static int
check_option(const struct flag_place *at, const char *first, const char *value, struct err *e)
{
	static const char *const passes[] = { "-Xcompiler", "--compiler-options" };
	static const char *const dirs[] = { "-isystem", "-iquote", "-idirafter", "-I" };
	const char *word = value ? arena_printf(at->r->a, "%s=%s", first, value) : first;

	for (size_t i = 0; i < sizeof(passes) / sizeof(*passes); i++) {
		size_t n = strlen(passes[i]);

		if (str_has_prefix(word, passes[i]) && word[n] == '=')
			return check_passed(at, word + n + 1, e);
	}
	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++)
		if (str_has_prefix(first, dirs[i]))
			return check_include(at, value ? value : first + strlen(dirs[i]), e);
	TRY(check_gencode(at, word, e));
	return check_word(at, word, e);
}

int
check_flags(const struct reading *r, const struct section *s, const char *key, struct err *e)
{
	const struct toml_pair *p = field_find(s, key);
	struct flag_place at = { .r = r,
		.what = arena_printf(r->a, "%s in %s", key, s->where),
		.is_nvcc = streq(key, "cuda-flags") };
	struct strs words = { 0 };

	for (size_t i = 0; p && i < p->val.n; i++)
		vec_push(r->a, &words, p->val.item[i].s.p);
	for (size_t i = 0, n; i < words.n; i += n) {
		at.v = &p->val.item[i];
		n = flag_words(&words, i);
		at.shown = n > 1 ? arena_printf(r->a, "%s %s", words.v[i], words.v[i + 1])
				 : words.v[i];
		TRY(check_one(&at, e));
		TRY(check_option(&at, words.v[i], n > 1 ? words.v[i + 1] : NULL, e));
	}
	return 0;
}
