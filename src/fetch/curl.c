/* SPDX-License-Identifier: Apache-2.0 */
/* Loads libcurl when it is first needed, and says whom it trusts. */
#include "fetch/curl.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "fetch/authorities.h"
#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#ifdef KB_PORTABLE
int
curl_load(struct err *e)
{
	(void)e;
	return 0;
}

/* Where the machine that runs this has its authorities, no build can know. */
static const char *
default_ca_file(void)
{
	static struct arena a;
	static const char *file;
	char program[PATH_MAX];
	ssize_t n;

	if (file)
		return file;
	n = readlink("/proc/self/exe", program, sizeof(program) - 1);
	if (n > 0)
		program[n] = '\0';
	file = authorities_find(&a, "", n > 0 ? program : NULL);
	return file;
}
#else
/* The name that the linker would have written down, and where it was when this was built: the
 * loader may not look there. */
#ifndef KB_LIBCURL
#define KB_LIBCURL "libcurl.so.4"
#endif
#ifndef KB_LIBCURL_DIR
#define KB_LIBCURL_DIR "/usr/lib"
#endif

static void *library;

int
curl_load(struct err *e)
{
	CLEANUP(buf_free) struct buf why = { 0 };

	if (library)
		return 0;
	library = dlopen(KB_LIBCURL, RTLD_NOW | RTLD_LOCAL);
	if (library)
		return 0;
	buf_adds(&why, dlerror());
	library = dlopen(KB_LIBCURL_DIR "/" KB_LIBCURL, RTLD_NOW | RTLD_LOCAL);
	return library ? 0
		       : err_set(e, ERR_SYS,
				 "%.*s; what is fetched needs libcurl (Debian's package is libcurl4)",
				 (int)why.n, why.p);
}

curl_any *
curl_function(const char *name)
{
	struct err e;
	curl_any *f;

	if (curl_load(&e) < 0)
		abort();
	*(void **)&f = dlsym(library, name);
	if (!f)
		abort();
	return f;
}

static const char *
default_ca_file(void)
{
	return NULL;
}
#endif

/* Nix passes its variable on into sandboxes that do not hold the file, and sets what nobody has set
 * to nothing. The last variable is for packages of this program that bring certificates along. */
const char *
curl_ca_file(void)
{
	static const char *const names[] = { "SSL_CERT_FILE", "CURL_CA_BUNDLE", "NIX_SSL_CERT_FILE",
		"KERNEL_BUILDER_CA_BUNDLE" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *file = getenv(names[i]);

		if (file && *file && (i < 2 || access(file, R_OK) == 0))
			return file;
	}
	return default_ca_file();
}
