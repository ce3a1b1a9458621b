/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of src/explain; private to it. */
#ifndef EXPLAIN_INSIDE_H
#define EXPLAIN_INSIDE_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "explain/explain.h"

/* What is told together of several symbols: "f(), g() and 3 more: TEXT". */
struct hint {
	struct strs names; /* none: the text alone */
	const char *text;
};
struct explainer {
	struct arena *a;
	const struct explain_facts *f;
	const struct explain_failure *x;
	VEC(struct hint) hints;
	bool is_cpu;      /* the variant's backend */
	bool is_repeated; /* a function is there for several CPUs: no mistake of headers */
};

/* Adds a hint, or the name to the hint with the same text. name NULL: none. */
void explain_tell(struct explainer *x, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* A hint has the name. */
bool hint_has(const struct explainer *x, const char *name);
/* "[kernel.k]" of a listed path, "[torch]"; NULL when no src lists it. */
const char *listing_section(struct explainer *x, const char *path);
/* NULL when there is none. */
const struct project_kernel *listing_kernel(const struct explainer *x, const char *path);
/* The file of the kernel's directory with that path; NULL when there is none. */
const struct explain_file *disk_file(const struct explainer *x, const char *path);
/* The listed source that an object of a link was made of, by the object's name ("in/01-c.cpp.o");
 * NULL: not known. */
const char *source_of_object(struct explainer *x, struct str object);
/* The next line without its end; false at the end. */
bool text_next_line(struct str *rest, struct str *line);
/* Where needle stands in s; NULL: nowhere. */
const char *text_find(struct str s, const char *needle);
/* A letter, a digit or _. */
bool text_is_word(char c);
/* The word stands in s, not as a part of a longer one. */
bool text_has_word(struct str s, const char *word);

/* Where a function or variable is defined. */
struct place {
	const struct explain_file *file;
	unsigned line;
	const char *name; /* with the namespaces around it: "ns::helper" */
	const char *head; /* "helper(float *p, long n)", blanks folded */
	bool is_static;   /* or in a namespace without a name */
	bool is_c;        /* extern "C", or in a C source */
	bool is_template;
	/* line of the #if around it; 0: none, but for a guard of the whole file */
	unsigned condition;
};
struct places {
	struct place *v;
	size_t n, cap;
};
/* Every definition of a function called name (the last component alone) outside of other functions.
 * By tokens, not by the language: macros that make functions are not seen. */
void find_definitions(struct explainer *x, const char *name, struct places *out);
/* The same in one file. */
void find_in_file(
	struct arena *a, const struct explain_file *file, struct str name, struct places *out);

/* A symbol as a linker names it. */
struct symbol {
	const char *text;      /* demangled: "void deep::helper<float>(float*, long)" */
	const char *base;      /* "helper" */
	const char *qualified; /* "deep::helper", without template arguments */
	bool is_function;      /* of C++: it has a parameter list */
	bool is_template;
	bool is_table; /* "vtable for X": base and qualified are the class */
};
void symbol_read(struct arena *a, struct str raw, struct symbol *out);
/* Symbols that are not the kernel's: 1 when a hint was given. */
bool tell_foreign(struct explainer *x, const struct symbol *s);
/* Lines of ld, nvlink and ptxas about symbols. */
void explain_symbols(struct explainer *x);
/* Headers that were not found. */
void explain_headers(struct explainer *x);
/* Names of the C and C++ library whose header is not included. */
void explain_names(struct explainer *x);
/* The header ("<cstdint>") that has a name of the library, looked for in std or without; NULL: none
 * that is known. */
const char *standard_header(struct str name, bool in_std);
/* Code for another kind of CPU. */
void explain_other_cpu(struct explainer *x);
/* What is known by the words of the message alone. */
void explain_messages(struct explainer *x);
#endif
