/* SPDX-License-Identifier: Apache-2.0 */
/* Writes metadata.json. */
#include "package/metadata.h"
#include "base/arena.h"
#include <ctype.h>
#include <openssl/evp.h>
#include <stdlib.h>

static json_t *
strings(const struct strs *x, const struct strs *y)
{
	json_t *out = json_array();

	for (size_t i = 0; i < x->n; i++)
		json_array_append_new(out, json_string(x->v[i]));
	for (size_t i = 0; y && i < y->n; i++)
		json_array_append_new(out, json_string(y->v[i]));
	return out;
}

static void
add_kernels(json_t *out, const struct kernel_depends *d)
{
	for (size_t i = 0; i < d->n; i++) {
		json_t *k = json_pack("{s:s}", "repo-id", d->v[i].repo_id);

		if (d->v[i].revision)
			json_object_set_new(k, "revision", json_string(d->v[i].revision));
		else
			json_object_set_new(k, "version", json_integer(d->v[i].version));
		json_array_append_new(out, k);
	}
}

static json_t *
kernel_depends(const struct project *p, enum backend b)
{
	json_t *out = json_array();

	add_kernels(out, &p->kernel_depends);
	add_kernels(out, &p->kernel_depends_of[b]);
	return out;
}

static json_t *
digests(const struct package *files)
{
	json_t *map = json_object();

	for (size_t i = 0; i < files->n; i++) {
		unsigned char text[64];

		EVP_EncodeBlock(text, files->files[i].sha256.b, sizeof(struct digest));
		json_object_set_new(map, files->files[i].path, json_string((const char *)text));
	}
	return json_pack("{s:s, s:o}", "algorithm", "sha256", "files", map);
}

/* Which code was made of the PTX for an older capability: "kernel: 10.0 of 9.0". */
static json_t *
assembled(struct arena *a, const struct variant *v)
{
	json_t *out = json_array();

	for (size_t i = 0; i < v->n_kernels; i++) {
		const struct variant_kernel *k = &v->kernels[i];

		for (size_t c = 0; c < k->capabilities.n; c++) {
			const char *from = capability_assembled_from(
				a, v->cuda, &k->capabilities, k->capabilities.v[c]);

			if (from)
				json_array_append_new(
					out, json_string(arena_printf(a, "%s: %s of %s",
						     k->kernel->name, k->capabilities.v[c], from)));
		}
	}
	return out;
}

/* "cutlass": "3.6.0", or a list where sections have several. */
static void
add_depends(struct arena *a, const struct plan_variant *pv, json_t *out)
{
	for (size_t i = 0; i < pv->depends.n; i++) {
		const struct catalog_depend *d = pv->depends.v[i];
		char *key = arena_strdup(a, d->title);
		json_t *version = json_string(version_text(a, &d->version)), *has;

		for (char *c = key; *c; c++)
			*c = (char)tolower((unsigned char)*c);
		has = json_object_get(out, key);
		if (json_is_array(has))
			json_array_append_new(has, version);
		else if (has)
			json_object_set_new(out, key, json_pack("[O, o]", has, version));
		else
			json_object_set_new(out, key, version);
	}
}

/* What it was built with, and what is special about that. */
static json_t *
toolchain(struct arena *a, const struct plan_variant *pv)
{
	const struct variant *v = pv->variant;
	const struct version *made_for = v->torch ? &v->torch->version : &v->tvm_ffi->version;
	json_t *out = json_pack("{s:s, s:s, s:s}", v->torch ? "torch" : "tvm-ffi",
		version_text(a, made_for), "gcc", version_text(a, &pv->gcc->version), "policy",
		PLAN_POLICY);

	if (pv->unverified)
		json_object_set_new(out, "torch-symbols", json_string("of the other C++ ABI"));
	if (v->cuda) {
		json_t *of_ptx = assembled(a, v);

		if (json_array_size(of_ptx))
			json_object_set(out, "of-ptx", of_ptx);
		json_decref(of_ptx);
		json_object_set_new(out, "cuda", json_string(version_text(a, &v->cuda->version)));
		if (v->cuda->note)
			json_object_set_new(out, "cuda-note", json_string(v->cuda->note));
	}
	add_depends(a, pv, out);
	/* Not all that build.toml asks for is in. */
	if (v->only.n)
		json_object_set_new(out, "only-capabilities", strings(&v->only, NULL));
	return out;
}

/* The oldest client that can load it: dependencies on kernels came with 0.17.0, and more than one
 * upstream with 0.18.0, whose readers take a list. */
static const char *
client_minver(const struct project *pr, enum backend b)
{
	if (pr->upstream.n > 1)
		return "0.18.0";
	return pr->kernel_depends.n + pr->kernel_depends_of[b].n ? "0.17.0" : "0.14.0";
}

/* Who built it, and, if that was asked for, of which commit. */
static json_t *
provenance(const struct project *pr)
{
	json_t *out = json_pack("{s:{s:s}}", "kernel-builder", "version", KB_VERSION);

	if (pr->commit)
		json_object_set_new(out, "kernel",
			json_pack("{s:s, s:b}", "commit", pr->commit, "dirty", pr->is_dirty));
	return out;
}

json_t *
metadata_base(const struct project *pr, enum backend b, const char *id, const struct strs *archs)
{
	json_t *backend = json_pack("{s:s}", "type", backend_name(b));
	json_t *o = json_object();

	if (archs->n)
		json_object_set_new(backend, "archs", strings(archs, NULL));
	json_object_set_new(o, "name", json_string(pr->name));
	json_object_set_new(o, "id", json_string(id));
	json_object_set_new(o, "version", json_integer((json_int_t)pr->version));
	json_object_set_new(o, "license", json_string(pr->license ? pr->license : "unknown"));
	json_object_set_new(o, "kernels-minver", json_string(client_minver(pr, b)));
	json_object_set_new(o, "provenance", provenance(pr));
	if (pr->upstream.n)
		json_object_set_new(o, "upstream",
			pr->upstream.n == 1 ? json_string(pr->upstream.v[0])
					    : strings(&pr->upstream, NULL));
	if (pr->source)
		json_object_set_new(o, "source", json_string(pr->source));
	json_object_set_new(
		o, "python-depends", strings(&pr->python_depends, &pr->python_depends_of[b]));
	json_object_set_new(o, "kernel-depends", kernel_depends(pr, b));
	json_object_set_new(o, "backend", backend);
	return o;
}

struct str
metadata_text(struct arena *a, json_t *o)
{
	char *text = json_dumps(o, JSON_INDENT(2));
	struct str out = { .p = arena_printf(a, "%s\n", text) };

	out.n = strlen(out.p);
	free(text);
	json_decref(o);
	return out;
}

struct str
metadata_format(struct arena *a, const struct plan *p, const struct plan_variant *v, const char *id,
	const struct package *files)
{
	json_t *o = metadata_base(p->project, v->variant->backend, id, &v->variant->archs);

	json_object_set_new(o, "digest", digests(files));
	if (v->variant->kind != VARIANT_NOARCH)
		json_object_set_new(o, "toolchain", toolchain(a, v));
	return metadata_text(a, o);
}
