/* SPDX-License-Identifier: Apache-2.0 */
/* What commands share that end as a shell, or as a program, with the variant's Python. */
#ifndef CMD_SHELL_H
#define CMD_SHELL_H
#include "cmd/cmd.h"
#include "local/venv.h"

/* The kernel's directory, absolute. */
int shell_find_dir(struct ctx *c, const char **out, struct err *e);
/* Fails with ERR_RESOLVE when --variant names one that no Python of this machine loads. */
int shell_check_variant(struct ctx *c, struct err *e);
/* The variant's torch; one without compiled code takes the newest of this program. */
int shell_torch(
	struct ctx *c, const struct variant *v, const struct catalog_torch **out, struct err *e);
/* Makes the Python of such an environment the one at hand (venv_find). */
int shell_use_venv(struct ctx *c, const struct venv_wish *w, struct err *e);
/* Where pytest keeps things about the kernel in dir, which is absolute. The store must be there. */
int shell_cache_dir(struct ctx *c, const char *dir, const char **out, struct err *e);
/* Python finds the variant's directory before all else. */
void shell_set_environment(struct ctx *c, const char *variant);
/* Programs of c->host's environment come first, as if it were activated. */
void shell_activate(struct ctx *c);
/* Becomes the command, or the user's shell if that is empty, in dir, with the environment of
 * c->host, and path, where the variant is, in front of what Python searches. The store must be
 * there. */
int shell_become(struct ctx *c, const char *dir, const char *variant, const char *path,
	const struct strs *command, struct err *e);
#endif
