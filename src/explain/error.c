/* SPDX-License-Identifier: Apache-2.0 */
/* Errors that are nobody's mistake in build.toml: the network, the disk, the machine. */
#include "base/err.h"
#include "base/str.h"
#include "explain/explain.h"

static const char no_answer[] =
	"check the network, and https_proxy if it needs a proxy; --wheel-index, --debian-mirror and --redist name other sources, which may be directories";
static const char full[] =
	"make room (kernel-builder store gc --keep SIZE), or put the store on another disk with --store or KERNEL_BUILDER_HOME";
static const char denied[] =
	"use a directory that you may write to; --store names the store's, and --output, where a command has it, the one of what is written";
static const char moved[] =
	"the source no longer has this file, or never had it; name another source with --wheel-index, --debian-mirror or --redist";

/* A part of the message, of errors with that code; ERR_NONE: with any. */
static const struct {
	enum err_code code;
	const char *part, *hint;
} errors[] = {
	{ ERR_NET, "HF_ENDPOINT", NULL }, /* it says what to do */
	{ ERR_NET, "Could not resolve", no_answer },
	{ ERR_NET, "Failed to connect", no_answer },
	{ ERR_NET, "Couldn't connect", no_answer },
	{ ERR_NET, "timed out", no_answer },
	{ ERR_NET, "Timeout was reached", no_answer },
	{ ERR_NET, "Connection refused", no_answer },
	{ ERR_NET, "Network is unreachable", no_answer },
	{ ERR_NET, "404", moved },
	{ ERR_NET, "410", moved },
	{ ERR_NET, " is not in ", moved },
	{ ERR_NET, "407",
		"the proxy needs a name and a password: https_proxy=http://NAME:PASSWORD@HOST:PORT" },
	{ ERR_NET, "certificate",
		"this machine does not trust the server's certificate; install ca-certificates, or, behind a proxy that opens TLS, name its certificates with SSL_CERT_FILE" },
	{ ERR_NONE, "No space left on device", full },
	{ ERR_NONE, "Disk quota exceeded", full },
	{ ERR_NONE, "Read-only file system", denied },
	{ ERR_NONE, "Permission denied", denied },
	{ ERR_NONE, "Too many open files",
		"raise the limit with ulimit -n, or build with fewer jobs (-j)" },
	{ ERR_NONE, "Cannot allocate memory", "build with fewer jobs (-j1)" },
	{ ERR_NONE, "Resource temporarily unavailable",
		"this user may start no more processes (ulimit -u); build with fewer jobs (-j1)" },
};

const char *
explain_error(const struct err *e)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if ((errors[i].code == ERR_NONE || errors[i].code == e->code) &&
			strstr(e->msg, errors[i].part))
			return errors[i].hint;
	return NULL;
}
