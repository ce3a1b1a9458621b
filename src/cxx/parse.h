/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of split(): a cursor over the tokens of one declaration. Functions that return bool give
 * false when they do not understand what they see; the declaration is DECL_UNKNOWN then.
 */
#ifndef CXX_PARSE_H
#define CXX_PARSE_H
#include "cxx/split.h"

#define MAX_PARTS 16
#define MAX_DEPTH 100

struct numbers {
	uint32_t *v;
	size_t n, cap;
};
/* What is known of a name, wherever it was declared. */
enum {
	NAME_TEMPLATE = 1, /* a '<' behind it opens a list */
	NAME_TYPE = 2,
};
struct splitter {
	struct arena *a;
	const struct lexed *l;
	struct {
		struct decl *v;
		size_t n, cap;
	} decls;
	struct numbers names;
	uint8_t *known; /* NAME_ of each name */
	struct numbers scopes;
	uint32_t unnamed; /* namespaces around that have no name */
	uint32_t depth;
};
struct parse {
	struct splitter *s;
	const struct lexed *l;
	uint32_t at, end;
	struct decl d;
	uint32_t index;      /* of d in s->decls */
	uint32_t class_name; /* of the class around, or UINT32_MAX */
	struct numbers names, qualifiers;
	bool is_typedef, is_friend, has_type;
	uint32_t key; /* of a class or enum that is named or defined here: its word */
	uint32_t depth;
};
/* a::b<c>::d, its parts as tokens. */
struct qualified_name {
	uint32_t part[MAX_PARTS], n;
	uint32_t end;  /* behind it */
	uint32_t open; /* the '<' of the last part, or 0 */
	bool is_operator, is_destructor;
};

/* The '>' of a '<', or 0 when it does not open a list that ends before `end`. */
uint32_t close_angle(const struct splitter *s, uint32_t open, uint32_t end);
/* Steps over an attribute, alignas or the like and adds its flags. */
bool take_attribute(struct parse *p);
/* Reads a path at a token; false when there is none. */
bool read_qualified_name(
	const struct splitter *s, uint32_t at, uint32_t end, struct qualified_name *out);
/* template<...>, as many as there are, with their requires clauses. */
bool take_template_heads(struct parse *p);
/* requires A<T> && B<T>, from the word on. */
bool take_requires(struct parse *p);
/* static const std::vector<int>; class definitions too. */
bool take_specifiers(struct parse *p);
/* class X : Y { ... }, from the key on. */
bool take_class(struct parse *p);
/* All declarators up to and with the ';' or the body. */
bool take_declarators(struct parse *p);
/* The members of the class whose index this is. */
void split_members(struct splitter *s, uint32_t index, uint32_t class_name);

static inline bool
at_punct(const struct parse *p, uint32_t punct)
{
	return p->at < p->end && token_is(p->l, p->at, punct);
}
static inline bool
at_word(const struct parse *p, uint32_t word)
{
	return p->at < p->end && token_word(p->l, p->at, word);
}
/* Steps over a bracket and all in it. */
static inline bool
take_group(struct parse *p, uint32_t bracket)
{
	if (!at_punct(p, bracket))
		return false;
	p->at = p->l->token[p->at].match + 1;
	return true;
}
#endif
