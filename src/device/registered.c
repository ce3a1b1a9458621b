/* SPDX-License-Identifier: Apache-2.0 */
/* Parses the stub file of cudafe++. */
#include "device/registered.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include <stdlib.h>

#define ANON "_NV_ANON_NAMESPACE::"

struct reading {
	struct arena *a;
	struct registered *out;
	const char **why;
	struct map launched; /* casts of the launchers */
	bool is_registered;  /* the function that registers was there */
};

static int
cannot(struct reading *r, const char *what, struct str at)
{
	at = str_trim(at);
	*r->why = arena_printf(r->a, "%s: %.*s", what, at.n < 100 ? (int)at.n : 100, at.p);
	for (char *p = strchr(*r->why, '\n'); p; p = strchr(p, '\n'))
		*p = ' ';
	return 0;
}

static bool
is_marker(struct str line)
{
	return (str_starts(line, STR("# ")) && line.n > 2 && line.p[2] >= '0' &&
		       line.p[2] <= '9') ||
	       str_starts(line, STR("#line "));
}

void
registered_strip(struct str stub, struct buf *out)
{
	struct str line;

	while (stub.n) {
		const char *at = stub.p;

		str_cut(&stub, '\n', &line);
		if (!is_marker(line))
			buf_add(out, at, (size_t)(stub.p - at));
	}
}

/* Takes the lines of the preprocessor out. */
static int
take_directives(struct reading *r, struct str stub, struct buf *out)
{
	static const char *const known[] = { "#pragma GCC diagnostic ",
		"#define __NV_CUBIN_HANDLE_STORAGE__ ",
		"#if !defined(__CUDA_INCLUDE_COMPILER_INTERNAL_HEADERS__)",
		"#define __CUDA_INCLUDE_COMPILER_INTERNAL_HEADERS__", "#endif", "#include \"" };
	struct str line;

	while (str_cut(&stub, '\n', &line)) {
		bool ok = is_marker(line) || line.n == 0 || line.p[0] != '#';

		for (size_t i = 0; !ok && i < sizeof(known) / sizeof(*known); i++)
			ok = str_starts(line, str_of(known[i]));
		if (!ok)
			return cannot(r, "a directive of another kind", line);
		if (line.n && line.p[0] != '#') {
			buf_add(out, line.p, line.n);
			buf_addc(out, '\n');
		}
	}
	return 1;
}

/* The offset of the bracket that closes the one at i; t.n when there is none. */
static size_t
closing(struct str t, size_t i)
{
	size_t depth = 0;

	for (; i < t.n; i++) {
		if (strchr("([{", t.p[i]) && t.p[i])
			depth++;
		else if (strchr(")]}", t.p[i]) && t.p[i] && --depth == 0)
			return i;
	}
	return t.n;
}

/* Cuts *rest at the first c that stands in no bracket. */
static bool
cut(struct str *rest, char c, struct str *head)
{
	size_t i = 0;

	if (rest->n == 0)
		return false;
	while (i < rest->n && rest->p[i] != c)
		i = strchr("([{", rest->p[i]) && rest->p[i] ? closing(*rest, i) + 1 : i + 1;
	if (i > rest->n)
		i = rest->n;
	*head = str_trim((struct str){ rest->p, i });
	i += i < rest->n;
	*rest = (struct str){ rest->p + i, rest->n - i };
	return true;
}

/* Without one pair of brackets around all of it. */
static struct str
bare(struct str t)
{
	t = str_trim(t);
	while (t.n > 1 && t.p[0] == '(' && closing(t, 0) == t.n - 1)
		t = str_trim((struct str){ t.p + 1, t.n - 2 });
	return t;
}

/* A copy without the name that stands for unnamed namespaces. */
static const char *
spelled(struct arena *a, struct str t)
{
	CLEANUP(buf_free) struct buf b = { 0 };
	static const struct str anon = { ANON, sizeof(ANON) - 1 };

	for (size_t i = 0; i < t.n;) {
		if (str_starts((struct str){ t.p + i, t.n - i }, anon))
			i += anon.n;
		else
			buf_addc(&b, t.p[i++]);
	}
	return arena_strndup(a, b.n ? b.p : "", b.n);
}

/* "__cudaLaunch(((char *)(CAST)))" or with ", 0U", once. */
static int
take_launch(struct reading *r, struct str body)
{
	static const struct str call = { "__cudaLaunch(", 13 }, to_char = { "(char *)", 8 };
	struct str rest, cast;
	const char *at = memmem(body.p, body.n, call.p, call.n);

	if (!at)
		return cannot(r, "a launcher without a launch", body);
	rest = (struct str){ at + call.n, body.n - (size_t)(at - body.p) - call.n };
	rest.n = closing((struct str){ rest.p - 1, rest.n + 1 }, 0) - 1;
	if (memmem(rest.p + rest.n, body.n - (size_t)(rest.p + rest.n - body.p), call.p, call.n))
		return cannot(r, "a launcher with two launches", body);
	if (!cut(&rest, ',', &cast))
		return cannot(r, "a launch of another kind", body);
	cast = bare(cast);
	if (!str_starts(cast, to_char) || !(rest.n == 0 || str_eq(str_trim(rest), STR("0U"))))
		return cannot(r, "a launch of another kind", body);
	cast = bare((struct str){ cast.p + to_char.n, cast.n - to_char.n });
	if (!str_starts(cast, STR("(void ( *)(")))
		return cannot(r, "a launch of another kind", cast);
	*map_put(r->a, &r->launched, cast) = r;
	cast = str_of(spelled(r->a, cast));
	if (str_ends(cast, STR(">")))
		vec_push(r->a, &r->out->casts, cast.p);
	else
		vec_push(r->a, &r->out->plain, cast.p);
	return 1;
}

static bool
is_name(struct str t)
{
	for (size_t i = 0; i < t.n; i++) {
		char c = t.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			    c == '_' || c == '$'))
			return false;
	}
	return t.n > 0;
}

/* HANDLE, CAST, NAME, THREADS */
static int
take_entry(struct reading *r, struct str arguments)
{
	struct str handle, cast, name, threads, call = arguments;

	if (!cut(&arguments, ',', &handle) || !cut(&arguments, ',', &cast) ||
		!cut(&arguments, ',', &name) || !cut(&arguments, ',', &threads) || arguments.n ||
		!is_name(name) || !map_get(&r->launched, bare(cast)))
		return cannot(r, "an entry of another kind", call);
	vec_push(r->a, &r->out->entries, arena_strndup(r->a, name.p, name.n));
	return 1;
}

/* HANDLE, __shadow_var(NAME,EXPRESSION), ... */
static int
take_variable(struct reading *r, struct str arguments)
{
	static const struct str shadow = { "__shadow_var(", 13 };
	struct str handle, both, name, call = arguments;

	if (!cut(&arguments, ',', &handle) || !cut(&arguments, ',', &both) ||
		!str_starts(both, shadow))
		return cannot(r, "a variable of another kind", call);
	both = (struct str){ both.p + shadow.n, both.n - shadow.n };
	if (!cut(&both, ',', &name) || !is_name(name))
		return cannot(r, "a variable of another kind", call);
	vec_push(r->a, &r->out->variables, arena_strndup(r->a, name.p, name.n));
	return 1;
}

/* The body of the function that registers: calls. */
static int
take_registration(struct reading *r, struct str body)
{
	struct str statement;

	if (r->is_registered)
		return cannot(r, "registered twice", body);
	r->is_registered = true;
	while (cut(&body, ';', &statement)) {
		struct str name = { statement.p, 0 }, arguments;

		if (statement.n == 0)
			continue;
		while (name.n < statement.n && statement.p[name.n] != '(')
			name.n++;
		if (name.n == statement.n || closing(statement, name.n) != statement.n - 1)
			return cannot(r, "registration of another kind", statement);
		arguments = (struct str){ statement.p + name.n + 1, statement.n - name.n - 2 };
		if (str_eq(name, STR("__cudaRegisterEntry"))) {
			if (!take_entry(r, arguments))
				return 0;
		} else if (str_eq(name, STR("__cudaRegisterVariable")) ||
			   str_eq(name, STR("__cudaRegisterManagedVariable"))) {
			if (!take_variable(r, arguments))
				return 0;
		} else if (!str_eq(name, STR("__nv_dummy_param_ref")) &&
			   !str_eq(name, STR("__nv_save_fatbinhandle_for_managed_rt"))) {
			return cannot(r, "registration of another kind", statement);
		}
	}
	return 1;
}

/* head ends in front of '{' or is a declaration; body is between the braces. */
static int
take_declaration(struct reading *r, struct str head, struct str body, bool has_body)
{
	static const char *const linkage[] = { "extern ", "static ",
		"__attribute__((visibility(\"hidden\"))) " };
	struct str h = head;

	if (str_starts(h, STR("typedef ")) && !has_body) {
		vec_push(r->a, &r->out->typedefs, arena_printf(r->a, "%s;", spelled(r->a, h)));
		return 1;
	}
	if (str_starts(h, STR("template<> __specialization_static void __wrapper__device_stub_")) &&
		has_body)
		return 1;
	for (size_t i = 0; i < sizeof(linkage) / sizeof(*linkage); i++) {
		if (str_starts(h, str_of(linkage[i])))
			h = (struct str){ h.p + strlen(linkage[i]), h.n - strlen(linkage[i]) };
	}
	if (str_starts(h, STR("void __device_stub_")))
		return has_body ? take_launch(r, body) : 1;
	if (str_starts(h, STR("void __nv_cudaEntityRegisterCallback(")))
		return has_body ? take_registration(r, body) : 1;
	if (str_starts(h, STR("void __sti____cudaRegisterAll(void)")))
		return 1;
	/* The kernel itself, which calls its launcher. */
	if (has_body && str_starts(str_trim(body), STR("__device_stub_")))
		return 1;
	return cannot(r, "a declaration of another kind", head);
}

static int
take_declarations(struct reading *r, struct str t)
{
	for (size_t i = 0; i < t.n;) {
		size_t from = i, end;
		struct str head, body;
		bool has_body;

		while (i < t.n && t.p[i] != ';' && t.p[i] != '{')
			i = t.p[i] == '(' || t.p[i] == '[' ? closing(t, i) + 1 : i + 1;
		head = str_trim((struct str){ t.p + from, (i < t.n ? i : t.n) - from });
		if (head.n == 0 && i >= t.n)
			return 1;
		if (i >= t.n)
			return cannot(r, "a declaration without an end", head);
		has_body = t.p[i] == '{';
		end = has_body ? closing(t, i) : i;
		if (end == t.n)
			return cannot(r, "a body without an end", head);
		body = (struct str){ t.p + i + 1, has_body ? end - i - 1 : 0 };
		if (has_body && (str_starts(head, STR("namespace ")) ||
					str_starts(head, STR("inline namespace ")))) {
			if (!take_declarations(r, body))
				return 0;
		} else if (!take_declaration(r, head, body, has_body)) {
			return 0;
		}
		i = end + 1;
	}
	return 1;
}

static int
by_bytes(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* Sorts, and drops what is there twice. */
static void
make_set(struct strs *s)
{
	size_t n = 0;

	if (s->n)
		qsort(s->v, s->n, sizeof(*s->v), by_bytes);
	for (size_t i = 0; i < s->n; i++) {
		if (n == 0 || !streq(s->v[n - 1], s->v[i]))
			s->v[n++] = s->v[i];
	}
	s->n = n;
}

int
registered_parse(struct arena *a, struct str stub, struct registered *out, const char **why)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct reading r = { .a = a, .out = out, .why = why };

	*out = (struct registered){ 0 };
	if (memchr(stub.p, '\0', stub.n))
		return cannot(&r, "a NUL byte", STR(""));
	if (!take_directives(&r, stub, &text) || !take_declarations(&r, buf_str(&text)))
		return 0;
	if (!r.is_registered)
		return cannot(&r, "nothing is registered", STR(""));
	make_set(&out->entries);
	make_set(&out->variables);
	if (out->entries.n != r.launched.n || out->entries.n != out->casts.n + out->plain.n)
		return cannot(&r, "launchers and entries differ in number", STR(""));
	return 1;
}
