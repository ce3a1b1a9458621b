/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 of bytes, fields and files, by libcrypto. */
/* Most digests are of a few hundred bytes, and there are thousands of them. What replaces these
 * functions (EVP) looks an algorithm up and allocates for each, after it has read a configuration:
 * that takes longer than the digests. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/sha256.h"
#include "base/err.h"
#include "base/fs.h"
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct sha256 {
	SHA256_CTX ctx;
};

static _Noreturn void
broken(void)
{
	fprintf(stderr, "kernel-builder: libcrypto cannot compute SHA-256\n");
	abort();
}

struct sha256 *
sha256_new(void)
{
	struct sha256 *s = malloc(sizeof(*s));

	if (!s || !SHA256_Init(&s->ctx))
		broken();
	return s;
}

void
sha256_add(struct sha256 *s, const void *p, size_t n)
{
	if (!SHA256_Update(&s->ctx, p, n))
		broken();
}

void
sha256_add_field(struct sha256 *s, struct str field)
{
	char head[32], *p = head + sizeof(head);
	size_t n = field.n;

	*--p = ':';
	do {
		*--p = (char)('0' + n % 10);
	} while (n /= 10);
	sha256_add(s, p, (size_t)(head + sizeof(head) - p));
	sha256_add(s, field.p, field.n);
}

void
sha256_free(struct sha256 *s)
{
	free(s);
}

struct digest
sha256_final(struct sha256 *s)
{
	struct digest d;

	if (!SHA256_Final(d.b, &s->ctx))
		broken();
	sha256_free(s);
	return d;
}

struct digest
sha256_of(const void *p, size_t n)
{
	struct sha256 *s = sha256_new();

	sha256_add(s, p, n);
	return sha256_final(s);
}

int
sha256_fd(int fd, struct digest *out, uint64_t *size, struct err *e)
{
	struct sha256 *s = sha256_new();
	uint64_t total = 0;
	char chunk[65536];
	ssize_t n;

	while ((n = read(fd, chunk, sizeof(chunk))) > 0) {
		sha256_add(s, chunk, (size_t)n);
		total += (uint64_t)n;
	}
	if (n < 0) {
		err_sys(e, "cannot read");
		sha256_free(s);
		return -1;
	}
	*out = sha256_final(s);
	if (size)
		*size = total;
	return 0;
}

int
sha256_file(const char *path, struct digest *out, uint64_t *size, struct err *e)
{
	CLEANUP(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(e, "cannot open %s", path);
	if (sha256_fd(fd, out, size, e) < 0)
		return err_wrap(e, "%s", path);
	return 0;
}

const char *
digest_hex(const struct digest *d, char out[65])
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < sizeof(d->b); i++) {
		out[2 * i] = hex[d->b[i] >> 4];
		out[2 * i + 1] = hex[d->b[i] & 15];
	}
	out[64] = '\0';
	return out;
}

static int
nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool
digest_parse(struct str s, struct digest *out)
{
	if (s.n != 64)
		return false;
	for (size_t i = 0; i < 32; i++) {
		int hi = nibble(s.p[2 * i]), lo = nibble(s.p[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		out->b[i] = (unsigned char)(hi << 4 | lo);
	}
	return true;
}
