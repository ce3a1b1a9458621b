/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text of the catalog's files, for those who maintain it. Nothing here reads or writes files: the
 * edits are made on the text, so that comments and order stay.
 */
#ifndef RESOLVE_CATALOG_WRITE_H
#define RESOLVE_CATALOG_WRITE_H
#include "base/buf.h"
#include "resolve/catalog.h"

struct err;

/* A pin as the catalog writes it, headed by head ("[torch.headers]", "[[cuda.pin]]"). */
void catalog_format_pin(struct buf *out, const char *head, const struct pin *p);
/* One [[torch]] entry, as torch.toml has it; with cxx_std 0, as another target's file does. */
void catalog_format_torch(struct arena *a, struct buf *out, const struct catalog_torch *t);
/* The text of a file with such an entry behind the last one; at the end if there is none. */
struct str catalog_insert_torch(struct arena *a, struct str text, struct str entry);

/* A pin of a text with `tree = ""`, and where those quotes are. */
struct catalog_gap {
	struct pin pin;
	size_t at; /* offset of the first quote */
};
struct catalog_gaps {
	struct catalog_gap *v;
	size_t n, cap;
};
/* The gaps of torch.toml or cuda.toml in the order of the text. Errors are those of catalog_load.
 */
int catalog_find_gaps(struct arena *a, struct str text, const char *name, struct catalog_gaps *out,
	struct err *e);
/* The text with the trees of the gaps' pins filled in, where they have one. */
struct str catalog_fill_gaps(struct arena *a, struct str text, const struct catalog_gaps *gaps);
#endif
