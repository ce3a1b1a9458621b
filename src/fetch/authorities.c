/* SPDX-License-Identifier: Apache-2.0 */
/* Looks for the certificates of authorities where distributions keep them. */
#include "fetch/authorities.h"
#include "base/arena.h"
#include "base/path.h"
#include <glob.h>
#include <unistd.h>

static const char *const bundles[] = {
	"/etc/ssl/certs/ca-certificates.crt",                /* Debian, Arch, Alpine, NixOS */
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", /* Fedora, RHEL */
	"/etc/pki/tls/certs/ca-bundle.crt",                  /* older ones */
	"/etc/ssl/ca-bundle.pem",                            /* openSUSE */
	"/etc/ssl/cert.pem",
};

/* pip brings its own, in PREFIX/lib/python3.X/site-packages; the program is in PREFIX/bin. */
static const char *
find_of_pip(struct arena *a, const char *program)
{
	const char *prefix = path_dir(a, path_dir(a, program)), *found = NULL;
	glob_t g;

	if (glob(arena_printf(
			 a, "%s/lib/python3*/site-packages/pip/_vendor/certifi/cacert.pem", prefix),
		    0, NULL, &g) == 0) {
		for (size_t i = 0; i < g.gl_pathc && !found; i++)
			if (access(g.gl_pathv[i], R_OK) == 0)
				found = arena_strdup(a, g.gl_pathv[i]);
		globfree(&g);
	}
	return found;
}

const char *
authorities_find(struct arena *a, const char *root, const char *program)
{
	for (size_t i = 0; i < sizeof(bundles) / sizeof(*bundles); i++) {
		const char *file = arena_printf(a, "%s%s", root, bundles[i]);

		if (access(file, R_OK) == 0)
			return file;
	}
	return program ? find_of_pip(a, program) : NULL;
}
