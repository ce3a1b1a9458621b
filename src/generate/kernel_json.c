/* SPDX-License-Identifier: Apache-2.0 */
/* cmake/kernel.json: what kernel_tool.py and setup.py know of the kernel. */
#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "generate/generate.h"
#include "generate/paths.h"
#include "package/metadata.h"
#include "plan/shipped.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static json_t *
strings(const struct strs *list)
{
	json_t *out = json_array();

	for (size_t i = 0; i < list->n; i++)
		json_array_append_new(out, json_string(list->v[i]));
	return out;
}

/* Major and minor; "" for none. */
static json_t *
version(const struct version *v)
{
	char text[32] = "";

	if (v->n)
		snprintf(text, sizeof(text), "%u.%u", v->v[0], v->v[1]);
	return json_string(text);
}

static json_t *
words(const struct strs *list)
{
	CLEANUP(buf_free) struct buf out = { 0 };

	for (size_t i = 0; i < list->n; i++)
		buf_addf(&out, "%s%s", i ? " " : "", list->v[i]);
	return json_stringn(out.p, out.n);
}

static json_t *
releases(struct arena *a, const struct catalog *c)
{
	json_t *out = json_object();

	for (size_t i = 0; i < c->n_cuda; i++) {
		const struct catalog_cuda *cuda = &c->cuda[i];

		/* The machine has NVIDIA's own compiler. */
		if (cuda->redist)
			cuda = cuda->redist;
		json_object_set_new(out, version_text(a, &cuda->version),
			json_pack("{s:o, s:o}", "capabilities", words(&cuda->capabilities),
				"defaults", words(&cuda->defaults)));
	}
	return out;
}

static int
cmp_bytes(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* What build.toml says of the GPUs that a kernel without compiled code is for, as variants of it
 * say. */
static struct strs
noarch_archs(struct arena *a, const struct project *p, enum backend b)
{
	const struct strs *given = b == BACKEND_CUDA   ? &p->noarch_cuda_capabilities
				   : b == BACKEND_ROCM ? &p->noarch_rocm_archs
						       : NULL;
	struct strs out = { 0 };

	for (size_t i = 0; given && i < given->n; i++) {
		strs_add(a, &out, given->v[i]);
	}
	if (out.n)
		qsort(out.v, out.n, sizeof(*out.v), cmp_bytes);
	return out;
}

/* Of the backends that a project of this kind builds, what metadata.json begins with. */
static json_t *
metadata(struct arena *a, const struct project *p, const char *id)
{
	json_t *out = json_object();

	for (int i = 0; i < BACKEND_COUNT; i++) {
		enum backend b = (enum backend)i;
		bool is_noarch = p->framework == FRAMEWORK_TORCH_NOARCH;
		const char *ops = arena_printf(a, "_%s_%s_%s", p->module, backend_name(b), id);
		struct strs archs = is_noarch ? noarch_archs(a, p, b) : (struct strs){ 0 };

		if (is_noarch ? p->has_backend[b] : generate_is_compiled(p, b))
			json_object_set_new(out, backend_name(b), metadata_base(p, b, ops, &archs));
	}
	return out;
}

static void
add_backends(json_t *o, const struct project *p)
{
	json_t *compiled = json_array(), *stable = json_object();

	for (int i = 0; i < BACKEND_COUNT; i++) {
		enum backend b = (enum backend)i;

		if (!generate_is_compiled(p, b))
			continue;
		json_array_append_new(compiled, json_string(backend_name(b)));
		if (p->stable_abi[b].n)
			json_object_set_new(stable, backend_name(b), version(&p->stable_abi[b]));
	}
	json_object_set_new(o, "compiled", compiled);
	json_object_set_new(o, "stable-abi", stable);
}

struct str
generate_facts(struct arena *a, const struct generate_input *in)
{
	const struct project *p = in->project;
	json_t *o = json_object();
	struct strs endings;

	json_object_set_new(o, "name", json_string(p->name));
	json_object_set_new(o, "module", json_string(p->module));
	json_object_set_new(o, "id", json_string(in->id));
	json_object_set_new(o, "root", json_string(in->root));
	json_object_set_new(o, "pyroot", json_string(p->pyroot));
	shipped_endings(a, p, &endings);
	json_object_set_new(o, "pyext", strings(&endings));
	json_object_set_new(o, "alias", json_boolean(sources_can_alias(in->sources, p)));
	add_backends(o, p);
	json_object_set_new(o, "torch-minver", version(&p->torch_minver));
	json_object_set_new(o, "torch-maxver", version(&p->torch_maxver));
	json_object_set_new(o, "cuda-minver", version(&p->cuda_minver));
	json_object_set_new(o, "cuda-maxver", version(&p->cuda_maxver));
	json_object_set_new(o, "metadata", metadata(a, p, in->id));
	json_object_set_new(o, "cuda", releases(a, in->catalog));
	return metadata_text(a, o);
}

int
generate_read_id(struct arena *a, const char *dir, const char **out, struct err *e)
{
	const char *id;
	struct str text;
	json_t *o;
	bool is_valid;

	if (fs_read(a, path_join(a, dir, GENERATED_FACTS), 1 << 24, &text, e) < 0)
		return e->sys == ENOENT || e->sys == ENOTDIR ? 0 : -1;
	o = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	id = json_string_value(json_object_get(o, "id"));
	is_valid = id && generate_id_is_valid(id);
	if (is_valid)
		*out = arena_strdup(a, id);
	json_decref(o);
	return is_valid;
}
