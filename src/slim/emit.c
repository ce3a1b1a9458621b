/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the text that is kept, with its line markers. */
#include "formats/root.h"
#include "slim/reach.h"

#define MAX_BLANK 8 /* lines that are made by line feeds, not by a marker */

/* Files that include one another, the user's only: for those a compiler says "In file included
 * from". */
struct node {
	uint32_t file, parent; /* index of a node; NO_NUMBER */
	uint32_t line;         /* of the parent, where it is included */
};
struct emitter {
	struct lex_place line_place; /* how far lines are counted */
	const struct reach *r;
	struct arena *a;
	struct buf *out;
	struct {
		struct node *v;
		size_t n, cap;
	} nodes;
	uint32_t *node_of; /* by marker */
	uint32_t at;       /* the node that the output stands in */
	uint32_t last;     /* token; NO_NUMBER */
	bool *seen;        /* scopes that were opened */
	bool *opened;      /* declarations: namespaces and linkages that are written */
};

static uint32_t
lines_between(const struct lexed *l, uint32_t begin, uint32_t end)
{
	uint32_t n = 0;

	for (uint32_t i = begin; i < end; i++)
		n += l->text.p[i] == '\n';
	return n;
}

/* The line on which a marker itself stands, in the file before it. */
static uint32_t
line_of_marker(const struct lexed *l, uint32_t i)
{
	const struct marker *before = &l->marker[i - 1];
	uint32_t begin = before->end + (before->offset < before->end);

	return before->line + lines_between(l, begin, l->marker[i].offset);
}

/* Follows the markers once: which of the user's files each stands in. */
static void
find_nodes(struct emitter *m)
{
	const struct lexed *l = m->r->l;
	struct number_list stack = { 0 }, files = { 0 };

	m->node_of = arena_array(m->a, uint32_t, l->n_markers);
	vec_push(m->a, &m->nodes,
		(struct node){
			.file = l->n_markers > 1 ? l->marker[1].file : 0, .parent = NO_NUMBER });
	vec_push(m->a, &stack, 0);
	vec_push(m->a, &files, m->nodes.v[0].file);
	for (uint32_t i = 1; i < l->n_markers; i++) {
		const struct marker *k = &l->marker[i];
		uint32_t below = stack.v[stack.n - 1];

		if (k->flags & 1 << 1) {
			if (m->r->is_user[k->file]) {
				vec_push(m->a, &m->nodes,
					(struct node){ k->file, below, line_of_marker(l, i) });
				below = (uint32_t)m->nodes.n - 1;
			}
			vec_push(m->a, &stack, below);
			vec_push(m->a, &files, k->file);
		} else if (k->flags & 1 << 2) {
			while (stack.n > 1 && files.v[files.n - 1] != k->file) {
				stack.n--;
				files.n--;
			}
		}
		m->node_of[i] = stack.v[stack.n - 1];
	}
}

static void
add_line_feed(struct emitter *m)
{
	if (m->out->n && m->out->p[m->out->n - 1] != '\n')
		buf_addc(m->out, '\n');
}

static void
add_marker(struct emitter *m, uint32_t line, uint32_t file, const char *flags)
{
	add_line_feed(m);
	buf_addf(m->out, "# %u \"%s\"%s\n", line, m->r->l->file[file], flags);
}

static uint32_t
depth_of(const struct emitter *m, uint32_t node)
{
	uint32_t depth = 0;

	for (; m->nodes.v[node].parent != NO_NUMBER; node = m->nodes.v[node].parent)
		depth++;
	return depth;
}

/* From the user's file that the output stands in to another one, as including and returning would
 * lead there. */
static void
go_to(struct emitter *m, uint32_t node)
{
	const struct node *n = &m->nodes.v[node];

	while (depth_of(m, m->at) > depth_of(m, node)) {
		m->at = m->nodes.v[m->at].parent;
		add_marker(m, 1, m->nodes.v[m->at].file, " 2");
	}
	if (m->at == node)
		return;
	if (depth_of(m, m->at) == depth_of(m, node)) {
		m->at = m->nodes.v[m->at].parent;
		add_marker(m, 1, m->nodes.v[m->at].file, " 2");
	}
	go_to(m, n->parent);
	add_marker(m, n->line, m->nodes.v[n->parent].file, "");
	add_marker(m, 1, n->file, " 1");
	m->at = node;
}

static bool
has_no_lines(const struct emitter *m, uint32_t file)
{
	return m->r->o->pass == SLIM_SLICE && str_has_prefix(m->r->l->file[file], ROOT_TORCH "/");
}

/* A marker for a token; only its kind of file is told, not how it was included. */
static void
place(struct emitter *m, uint32_t token)
{
	const struct lexed *l = m->r->l;
	uint32_t number = lex_marker(l, token);
	const struct marker *k = &l->marker[number];
	char flags[8] = "";

	if (m->r->is_user[k->file] && m->node_of[number] != m->at)
		go_to(m, m->node_of[number]);
	if (k->flags & 1 << 3)
		strcat(flags, " 3");
	if (k->flags & 1 << 4)
		strcat(flags, " 4");
	if (number == 0)
		add_line_feed(m);
	else
		add_marker(m,
			has_no_lines(m, k->file) ? 1 : lex_line_after(l, token, &m->line_place),
			k->file, flags);
}

/* The white space in front of the first token of a line. */
static void
indent(struct emitter *m, uint32_t token)
{
	const struct lexed *l = m->r->l;
	uint32_t end = l->token[token].offset, begin = end;

	while (l->token[token].is_first && begin > 0 && l->text.p[begin - 1] != '\n')
		begin--;
	buf_add(m->out, l->text.p + begin, end - begin);
}

/* Tokens of one marker. */
static void
emit_run(struct emitter *m, uint32_t begin, uint32_t end)
{
	const struct lexed *l = m->r->l;
	const struct token *t = &l->token[begin], *last = &l->token[end - 1],
			   *before = &l->token[m->last];
	uint32_t from = t->offset;

	if (m->last == NO_NUMBER || lex_marker(l, m->last) != lex_marker(l, begin)) {
		place(m, begin);
		indent(m, begin);
	} else if (m->last + 1 == begin) {
		from = before->offset + before->length;
	} else {
		uint32_t lines = lines_between(l, before->offset + before->length, t->offset);

		if (lines > MAX_BLANK) {
			place(m, begin);
		} else {
			for (uint32_t i = 0; i < lines; i++)
				buf_addc(m->out, '\n');
			if (lines == 0)
				buf_addc(m->out, ' ');
		}
		indent(m, begin);
	}
	buf_add(m->out, l->text.p + from, last->offset + last->length - from);
	m->last = end - 1;
}

static void
emit_tokens(struct emitter *m, uint32_t begin, uint32_t end)
{
	const struct lexed *l = m->r->l;

	while (begin < end) {
		uint32_t i = begin + 1, next = lex_marker(l, begin) + 1;
		uint32_t limit = next < l->n_markers ? l->marker[next].offset : UINT32_MAX;

		while (i < end && l->token[i].offset < limit)
			i++;
		emit_run(m, begin, i);
		begin = i;
	}
}

/* #pragma nv_exec_check_disable is for the next declaration. */
static bool
belongs_to_next(const struct reach *r, uint32_t decl)
{
	struct str text = token_text(r->l, r->s->decl[decl].begin);

	return r->s->decl[decl].kind == DECL_PRAGMA &&
	       (memmem(text.p, text.n, "exec_check_disable", 18) ||
		       memmem(text.p, text.n, "hd_warning_disable", 18));
}

/* The declaration behind one and all its members. */
static uint32_t
next_of(const struct reach *r, uint32_t decl)
{
	uint32_t end = r->s->decl[decl].end;

	for (decl++; decl < r->s->n && r->s->decl[decl].begin < end; decl++)
		;
	return decl;
}

static bool
is_written(const struct emitter *m, uint32_t decl)
{
	const struct reach *r = m->r;
	uint32_t next = decl;

	while (next < r->s->n && belongs_to_next(r, next))
		next++;
	if (next < r->s->n && next != decl)
		return r->kept[decl] && r->kept[next] &&
		       r->s->decl[next].parent == r->s->decl[decl].parent;
	return r->kept[decl];
}

static void
emit_decl(struct emitter *m, uint32_t decl)
{
	const struct decl *d = &m->r->s->decl[decl];

	if (m->r->shed && m->r->shed[decl]) {
		emit_tokens(m, d->begin, m->r->shed[decl]);
		buf_addc(m->out, ';');
		return;
	}
	if (d->kind != DECL_CLASS) {
		emit_tokens(m, d->begin, d->end);
		return;
	}
	emit_tokens(m, d->begin, d->body + 1);
	for (uint32_t i = decl + 1; i < m->r->s->n && m->r->s->decl[i].begin < d->end;
		i = next_of(m->r, i)) {
		if (is_written(m, i))
			emit_decl(m, i);
	}
	emit_tokens(m, d->body_end, d->end);
}

static void
open_around(struct emitter *m, uint32_t scope)
{
	for (; scope != NO_NUMBER && !m->opened[scope]; scope = m->r->s->decl[scope].scope)
		m->opened[scope] = true;
}

/* Namespaces are written where something in them is kept, and where they first open: other text may
 * name them. */
static void
find_opened(struct emitter *m)
{
	const struct reach *r = m->r;

	for (uint32_t i = 0; i < r->s->n; i++) {
		const struct decl *d = &r->s->decl[i];
		bool is_new = false;

		if (d->kind == DECL_NAMESPACE) {
			is_new = !m->seen[r->x.own[i]];
			m->seen[r->x.own[i]] = true;
			if (is_new)
				open_around(m, i);
		} else if (d->parent == NO_NUMBER && d->kind != DECL_LINKAGE && is_written(m, i)) {
			open_around(m, d->scope);
		}
	}
}

void
emit(const struct reach *r, struct buf *out)
{
	struct emitter m = { .r = r, .a = r->a, .out = out, .last = NO_NUMBER };
	const struct split *s = r->s;

	m.seen = arena_array(r->a, bool, r->x.scope.n);
	m.opened = arena_array(r->a, bool, s->n);
	find_nodes(&m);
	find_opened(&m);
	/* The first one names the file that is compiled. */
	if (r->l->n_markers > 1)
		buf_add(out, r->l->text.p + r->l->marker[1].offset,
			r->l->marker[1].end - r->l->marker[1].offset);
	for (uint32_t i = 0; i < s->n; i = next_of(r, i)) {
		const struct decl *d = &s->decl[i];

		if (d->kind == DECL_NAMESPACE || d->kind == DECL_LINKAGE) {
			if (m.opened[i])
				emit_tokens(&m, d->begin, d->end);
		} else if (d->kind == DECL_CLOSE) {
			if (m.opened[d->partner])
				emit_tokens(&m, d->begin, d->end);
		} else if (is_written(&m, i)) {
			emit_decl(&m, i);
		}
	}
	add_line_feed(&m);
}
