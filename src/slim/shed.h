/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bodies that a device pass need not read: those of functions for the host only, in headers of
 * others. Its compiler parses them, and instantiates what they call, to throw all of it away.
 *
 * Device code is what kernels reach, and a kernel that is a template is there because something for
 * the host names it. So a name is *hot* when naming it may instantiate a kernel, or a template of a
 * device variable: it is one's name, or that of a declaration which names something hot, where it
 * can be read through: not in the body of a function that is no template, for that is compiled
 * whoever calls it. A body that names nothing hot can go. Templates call what their arguments have;
 * where something hot can be called without a name - operators, constructors, destructors, virtual
 * functions, generic lambdas, begin, end and get - bodies of templates stay, all of them.
 *
 * A body also stays where it can have another effect: the function may be a constant expression,
 * virtual or a destructor, its type is deduced from it, it holds an attribute (an extended lambda
 * has one) or a directive, it has C linkage, or it is a specialisation; or another declaration of
 * the function is for the device, for what a function is for comes from all its declarations: of a
 * function in a namespace, any that has its name.
 */
#ifndef SLIM_SHED_H
#define SLIM_SHED_H
#include "cxx/scopes.h"

/* shed(): the declaration goes as a whole, for its function is declared elsewhere. */
#define SHED_WHOLE UINT32_MAX
/* Of each declaration the token at which its body begins, the '{' or the ':' of initialisers, if
 * the body can go; SHED_WHOLE; or 0: all of it stays. stays: by file, those of which all stays.
 * Memory is the arena's. */
uint32_t *shed(struct arena *a, const struct scopes *x, const bool *stays);

/* Private to shed*.c. */
struct heat {
	struct arena *a;
	const struct lexed *l;
	const struct split *s;
	bool *hot;        /* by name */
	bool *is_virtual; /* by name: some member function of it is */
	bool *seen;       /* by declaration: it names something hot */
	bool is_nameless; /* something hot can be called without a name */
	bool has_changed;
};
/* Fills hot and is_nameless. */
void shed_heat(struct heat *h);
/* [begin, end) names something hot, or launches a kernel by whatever name. */
bool shed_names_hot(const struct heat *h, uint32_t begin, uint32_t end);
/* Is it a template, or a member of one? */
bool shed_is_templated(const struct split *s, const struct decl *d);
/* Is its type known only from its body? */
bool shed_has_deduced_type(const struct lexed *l, const struct decl *d);
#endif
