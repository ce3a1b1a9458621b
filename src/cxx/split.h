/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Declarations of a lexed text: where each begins and ends, what it is and what it declares. Only
 * what is positively recognised has a kind; the rest is DECL_UNKNOWN, which callers must keep.
 */
#ifndef CXX_SPLIT_H
#define CXX_SPLIT_H
#include "cxx/lex.h"

enum decl_kind {
	DECL_UNKNOWN,
	DECL_CLASS,    /* definition of a class, struct or union; its members are children */
	DECL_FORWARD,  /* class X; enum X : int; */
	DECL_ENUM,     /* its enumerators are names too */
	DECL_FUNCTION, /* declaration or definition */
	DECL_VARIABLE, /* also static data members */
	DECL_ALIAS,    /* typedef, using X = */
	DECL_CONCEPT,
	DECL_USING, /* using a::b; */
	DECL_USING_NAMESPACE,
	DECL_NAMESPACE_ALIAS,
	DECL_ASSERT,               /* static_assert */
	DECL_INSTANTIATION,        /* template class X<int>; */
	DECL_EXTERN_INSTANTIATION, /* extern template ... */
	DECL_GUIDE,                /* deduction guide */
	DECL_FRIEND,
	DECL_ACCESS, /* public: */
	DECL_PRAGMA, /* a directive */
	DECL_ASM,
	DECL_EMPTY,     /* ; */
	DECL_NAMESPACE, /* opens: tokens begin..end are up to and with '{'; is_inline; partner
			   closes */
	DECL_LINKAGE,   /* extern "C" {, likewise */
	DECL_CLOSE,     /* the '}' of one of them */
};
/* __attribute__((device)) and the like, as the CUDA headers define __device__ and the others. */
enum decl_flag {
	DECL_HOST = 1 << 0,
	DECL_DEVICE = 1 << 1,
	DECL_GLOBAL = 1 << 2,    /* a kernel */
	DECL_CONSTEXPR = 1 << 3, /* or consteval, constinit */
	DECL_STATIC = 1 << 4,
	DECL_INLINE = 1 << 5,
	DECL_VIRTUAL = 1 << 6,   /* virtual, override or final */
	DECL_TEMPLATE = 1 << 7,  /* template<...> in front */
	DECL_SPECIAL = 1 << 8,   /* an explicit or partial specialisation: X<int> */
	DECL_OPERATOR = 1 << 9,  /* operators, conversions and literals */
	DECL_EXTERN_C = 1 << 10, /* extern "C" without braces */
	DECL_CONSTANT = 1 << 11, /* __constant__ */
	DECL_SHARED = 1 << 12,
	DECL_MANAGED = 1 << 13,
	DECL_CONSTRUCTOR = 1 << 14,     /* constructors and destructors */
	DECL_OTHER_ATTRIBUTE = 1 << 15, /* any __attribute__ or [[...]] that is not one of these */
	DECL_IN_UNNAMED = 1 << 16,      /* somewhere in an unnamed namespace */
	DECL_EXTERN = 1 << 17,
	DECL_TYPEDEF = 1 << 18,     /* a class or enum in a typedef: typedef struct { } X; */
	DECL_DECLARATORS = 1 << 19, /* a class or enum with declarators behind it */
	DECL_INITIALISER = 1 << 20, /* a variable with an initialiser: = x, (x) or {x} */
};
struct decl {
	enum decl_kind kind;
	uint32_t flags;
	uint32_t begin, end;     /* tokens [begin, end) */
	uint32_t head;           /* behind template<...>; begin when there is none */
	uint32_t body, body_end; /* of a function or class: its '{' and '}'; 0: none. Of a function
				  * with a try block or initialisers, from the ':' or the try on it
				  * is still the last '{' */
	uint32_t parameters;     /* of a function: its '(' ; 0 */
	uint32_t names, n_names; /* what it declares: range of split.names (numbers as in
				  * lexed.name); a class definition with declarators declares those
				  * too. An operator declares none. */
	uint32_t qualifiers, n_qualifiers; /* of A::B::f: A and B, range of split.names */
	uint32_t scope;   /* the DECL_NAMESPACE or DECL_LINKAGE that it stands in, or UINT32_MAX */
	uint32_t parent;  /* the DECL_CLASS that it is a member of, or UINT32_MAX */
	uint32_t partner; /* of DECL_NAMESPACE, DECL_LINKAGE, DECL_CLOSE: the other one */
	bool is_inline;   /* inline namespace */
};
struct split {
	struct decl *decl; /* in the order of the text; members behind their class */
	uint32_t n;
	uint32_t *names;
	uint32_t n_names;
};
/* Never fails on text that was lexed: what it does not understand becomes DECL_UNKNOWN up to the
 * next ';' or '}' of its level. Memory is the arena's. */
void split(struct arena *a, const struct lexed *l, struct split *out);
#endif
