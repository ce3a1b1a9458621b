/* SPDX-License-Identifier: Apache-2.0 */
/* What sections depend on besides torch: headers of other people, such as CUTLASS, in a mount of
 * their own. */
#include "base/arena.h"
#include "base/err.h"
#include "plan/maker.h"

int
depend_find(struct maker *m, const struct project_kernel *k, const struct catalog_depend **out,
	struct err *e)
{
	*out = NULL;
	for (size_t i = 0; i < k->depends.n; i++) {
		const char *name = k->depends.v[i];
		const struct catalog_depend *d;

		if (streq(name, "torch"))
			continue;
		d = catalog_find_depend(m->catalog, name);
		if (!d)
			return err_set(e, ERR_CONFIG,
				"%s:%u:1: kernel.%s depends on %s, which the lock lacks; update it with `kernel-builder lock`",
				m->p->file, k->line, k->name, name);
		if (*out)
			return err_set(e, ERR_CONFIG,
				"%s:%u:1: kernel.%s depends on both %s and %s; drop one of them",
				m->p->file, k->line, k->name, (*out)->name, name);
		*out = d;
	}
	return 0;
}

int
depend_of_all(
	struct maker *m, const struct variant *v, const struct catalog_depend **out, struct err *e)
{
	bool same = true;

	*out = NULL;
	for (size_t i = 0; i < v->n_kernels; i++) {
		const struct catalog_depend *d;

		TRY(depend_find(m, v->kernels[i].kernel, &d, e));
		same = same && (!d || !*out || d == *out);
		*out = d ? d : *out;
	}
	if (!same)
		*out = NULL;
	return 0;
}

const struct root *
depend_root(struct maker *m, const struct root *of, const struct catalog_depend *d)
{
	const struct mount **mounts =
		(const struct mount **)arena_array(m->a, void *, of->n_mounts + 1);

	if (!d)
		return of;
	for (size_t i = 0; i < of->n_mounts; i++)
		mounts[i] = of->mounts[i];
	mounts[of->n_mounts] = mount_depend(m, d);
	return root_make(m, mounts, of->n_mounts + 1);
}
