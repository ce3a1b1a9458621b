/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 (FIPS 180-4), by libcrypto. The only kind of digest of this program: everything it gets
 * (package indexes, archives) is pinned with it, and `sha256sum` checks it. */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H
#include "base/str.h"

struct err;
struct digest {
	unsigned char b[32];
};
struct sha256; /* a running computation; owns memory: end it with sha256_final or sha256_free */

struct sha256 *sha256_new(void);
void sha256_add(struct sha256 *s, const void *p, size_t n);
/* Adds a number or a string with its length, so that no two sequences of calls collide. */
void sha256_add_field(struct sha256 *s, struct str field);
/* Frees s. */
struct digest sha256_final(struct sha256 *s);
void sha256_free(struct sha256 *s);

struct digest sha256_of(const void *p, size_t n);
/* Digest of what is left to read at fd; *size, if not NULL, becomes the count of bytes. */
int sha256_fd(int fd, struct digest *out, uint64_t *size, struct err *e);
int sha256_file(const char *path, struct digest *out, uint64_t *size, struct err *e);

/* 64 lower-case hexadecimal digits and NUL. Returns out. */
const char *digest_hex(const struct digest *d, char out[65]);
/* False unless s is exactly 64 hexadecimal digits. */
bool digest_parse(struct str s, struct digest *out);

static inline bool
digest_eq(const struct digest *a, const struct digest *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}
#endif
