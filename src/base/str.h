/* SPDX-License-Identifier: Apache-2.0 */
/* String views: a pointer and a length, never owning, not ended by NUL unless said so. */
#ifndef BASE_STR_H
#define BASE_STR_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct arena;
struct str {
	const char *p;
	size_t n;
};

#define STR(literal) ((struct str){ literal, sizeof(literal) - 1 })

static inline struct str
str_of(const char *s)
{
	return (struct str){ s, strlen(s) };
}

static inline bool
str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool
streq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

bool str_starts(struct str s, struct str head);
bool str_ends(struct str s, struct str tail);
/* For NUL-terminated strings. */
bool str_has_prefix(const char *s, const char *head);
bool str_has_suffix(const char *s, const char *tail);
/* Without white space (space, tab, CR, LF) at both ends. */
struct str str_trim(struct str s);
/* Cuts s at the first c: *head is what precedes it, *rest what follows (empty when there is no c).
 * Returns false when s is empty, so `while (str_cut(&rest, ',', &item))` walks a list. */
bool str_cut(struct str *rest, char c, struct str *head);
/* Parses all of s as a decimal number without a sign; false if it is not one or overflows. */
bool str_to_u64(struct str s, uint64_t *out);
/* "20G", "512M", "0": bytes, in powers of 1024; false when it is no such thing. */
bool str_to_size(struct str s, uint64_t *out);
/* "12.3 MiB": at most 16 bytes with NUL, for people. */
const char *str_size(char out[16], uint64_t bytes);
/* Orders as people do: digits by value, the rest by bytes. */
int str_natural_cmp(const char *a, const char *b);
#endif
