/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the software bill of materials of a wheel. */
#include "wheel/sbom.h"
#include "base/arena.h"
#include "base/path.h"
#include "config/licence.h"
#include <jansson.h>
#include <stdlib.h>

/* The text in a package URL. */
static const char *
encoded(struct arena *a, const char *text)
{
	const char *out = "";

	for (; *text; text++) {
		bool is_plain = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
				(*text >= '0' && *text <= '9') || strchr(".-_~", *text);

		out = arena_printf(a, is_plain ? "%s%c" : "%s%%%02X", out, *text);
	}
	return out;
}

/* Of a file name like NAME_VERSION_ARCH.deb, or NAME-VERSION..., the part with that number. */
static const char *
part(struct arena *a, const char *file, char between, int number)
{
	struct str rest = str_of(path_base(file)), word = { "", 0 };

	for (int i = 0; i <= number; i++) {
		if (!str_cut(&rest, between, &word))
			return "";
	}
	return arena_strndup(a, word.p, word.n);
}

/* Behind the last '-' of NAME-VERSION.tar.gz. */
static const char *
sdist_version(struct arena *a, const char *file)
{
	const char *base = path_base(file), *dash = strrchr(base, '-');
	size_t n = dash ? strlen(dash + 1) : 0;

	return n > strlen(".tar.gz") ? arena_strndup(a, dash + 1, n - strlen(".tar.gz")) : "";
}

static const char *
pin_version(struct arena *a, const struct pin *pin)
{
	switch (pin->kind) {
	case PIN_WHEEL:
		return part(a, pin->file, '-', 1);
	case PIN_DEB:
		return part(a, pin->file, '_', 1);
	case PIN_ARCHIVE: /* NAME-SYSTEM-CPU-VERSION-archive.tar.xz */
		return part(a, pin->file, '-', 3);
	case PIN_SDIST:
		return sdist_version(a, pin->file);
	default:
		return pin->file;
	}
}

const char *
sbom_purl(struct arena *a, const struct pin *pin)
{
	const char *name = encoded(a, pin->name), *version = encoded(a, pin_version(a, pin)),
		   *arch = part(a, pin->file, '_', 2);

	switch (pin->kind) {
	case PIN_WHEEL:
	case PIN_SDIST:
		return arena_printf(a, "pkg:pypi/%s@%s?file_name=%s", name, version,
			encoded(a, path_base(pin->file)));
	case PIN_DEB:
		return arena_printf(a, "pkg:deb/debian/%s@%s?arch=%.*s", name, version,
			(int)strcspn(arch, "."), arch);
	default:
		return arena_printf(a, "pkg:generic/%s@%s", name, version);
	}
}

/* Whether code of it is in what is compiled: headers, static libraries, CUDA's device library. */
static bool
is_compiled_in(const struct pin *pin)
{
	for (size_t i = 0; i < pin->n_select; i++) {
		const char *to = pin->select[i].to;

		if (to && !pin->select[i].symbols &&
			(str_has_prefix(to, "include/") || strstr(to, "/include/") ||
				strstr(to, "/libdevice/") || str_has_suffix(to, ".a") ||
				str_has_suffix(to, ".o")))
			return true;
	}
	return false;
}

/* One file of a package index, and the pins that took something of it. */
struct part_of {
	const struct pin *first;
	VEC(const struct pin *) pins;
	bool is_compiled_in;
};

static json_t *
hash(const struct digest *d)
{
	char hex[65];

	return json_pack("{s:s, s:s}", "alg", "SHA-256", "content", digest_hex(d, hex));
}

static json_t *
component_of(struct arena *a, const struct part_of *c)
{
	const struct pin *pin = c->first;
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s}", "type", "library", "bom-ref",
		path_base(pin->file), "name", pin->name, "version", pin_version(a, pin), "scope",
		c->is_compiled_in ? "required" : "excluded");
	json_t *trees = json_array();

	if (pin->has_sha256)
		json_object_set_new(o, "hashes", json_pack("[o]", hash(&pin->sha256)));
	json_object_set_new(o, "purl", json_string(sbom_purl(a, pin)));
	for (size_t i = 0; i < c->pins.n; i++) {
		char hex[65];

		if (c->pins.v[i]->has_tree)
			json_array_append_new(
				trees, json_pack("{s:s, s:s}", "name", "kernel-builder:tree",
					       "value", digest_hex(&c->pins.v[i]->tree, hex)));
	}
	if (json_array_size(trees))
		json_object_set(o, "properties", trees);
	json_decref(trees);
	return o;
}

/* Marks the steps that a variant's link waits for, and itself. What a step waits for comes before
 * it. */
static bool *
steps_of(struct arena *a, const struct plan *p, const struct plan_variant *v)
{
	bool *out = arena_array(a, bool, p->n_steps + 1);

	if (v->link == SIZE_MAX)
		return out;
	out[v->link] = true;
	for (size_t i = v->link + 1; i-- > 0;) {
		for (size_t k = 0; out[i] && k < p->steps[i].n_inputs; k++)
			out[p->steps[i].inputs[k].step] = true;
	}
	return out;
}

static void
add_pin(struct arena *a, const struct pin *pin, bool is_foreign, struct map *parts)
{
	void **slot = map_put(a, parts, str_of(pin->file));
	struct part_of *c = *slot ? *slot : arena_new(a, struct part_of);

	*slot = c;
	c->first = c->first ? c->first : pin;
	c->is_compiled_in |= !is_foreign && is_compiled_in(pin);
	for (size_t i = 0; i < c->pins.n; i++) {
		if (c->pins.v[i] == pin)
			return;
	}
	vec_push(a, &c->pins, pin);
}

/* Of a compiler for another target than the variant's, only programs are run. */
static void
add_mount(struct arena *a, const struct mount *m, const struct target *of, struct map *parts)
{
	for (size_t i = 0; i < m->n_pins; i++)
		add_pin(a, m->pins[i], m->target && of && m->target != of, parts);
}

static int
cmp_part(const void *x, const void *y)
{
	return strcmp(((const struct map_entry *)x)->key.p, ((const struct map_entry *)y)->key.p);
}

/* Sorted by file. */
static json_t *
components(struct arena *a, const struct plan *p, const struct plan_variant *v)
{
	const bool *mine = steps_of(a, p, v);
	const struct target *of = v->gcc ? v->gcc->target : NULL;
	struct map parts = { 0 };
	json_t *out = json_array();

	for (size_t i = 0; i < p->n_steps; i++) {
		for (size_t k = 0; mine[i] && k < p->steps[i].root->n_mounts; k++)
			add_mount(a, p->steps[i].root->mounts[k], of, &parts);
	}
	if (parts.n)
		qsort(parts.entry, parts.n, sizeof(*parts.entry), cmp_part);
	for (size_t i = 0; i < parts.n; i++)
		json_array_append_new(out, component_of(a, parts.entry[i].val));
	return out;
}

/* What is compiled; of a kernel without compiled code its Python files. */
static json_t *
sources(const struct sources_set *s, bool is_pure)
{
	const struct source *v = is_pure ? s->package : s->v;
	json_t *out = json_array();

	for (size_t i = 0; i < (is_pure ? s->n_package : s->n); i++)
		json_array_append_new(out, json_pack("{s:s, s:s, s:[o]}", "type", "file", "name",
						   v[i].path, "hashes", hash(&v[i].sha256)));
	return out;
}

static json_t *
licence(struct arena *a, const char *text)
{
	const char *expression = licence_expression(a, text);

	if (expression)
		return json_pack("[{s:s}]", "expression", expression);
	return json_pack("[{s:{s:s}}]", "license", "name", text);
}

static json_t *
subject(struct arena *a, const struct plan *p, const char *ref, const struct wheel_identity *id)
{
	const struct project *pr = p->project;
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s}", "type", "library", "bom-ref", ref,
		"name", id->name, "version", id->version, "description", id->summary);

	if (pr->license)
		json_object_set_new(o, "licenses", licence(a, pr->license));
	json_object_set_new(o, "purl",
		json_string(arena_printf(
			a, "pkg:pypi/%s@%s", encoded(a, id->name), encoded(a, id->version))));
	json_object_set_new(o, "components", sources(p->sources, id->is_pure));
	return o;
}

static json_t *
dependencies(const char *ref, const json_t *parts)
{
	json_t *on = json_array(), *part_json;
	size_t i;

	json_array_foreach(parts, i, part_json)
		json_array_append(on, json_object_get(part_json, "bom-ref"));
	return json_pack("[{s:s, s:o}]", "ref", ref, "dependsOn", on);
}

static struct str
text_of(struct arena *a, const json_t *o)
{
	char *text = json_dumps(o, JSON_INDENT(2));
	struct str out = str_of(arena_printf(a, "%s\n", text));

	free(text);
	return out;
}

/* A UUID of version 8, whose bits are ours to choose: the first of the digest. */
static const char *
serial_of(struct arena *a, struct str text)
{
	struct digest d = sha256_of(text.p, text.n);
	char hex[65];

	d.b[6] = (unsigned char)((d.b[6] & 0x0f) | 0x80);
	d.b[8] = (unsigned char)((d.b[8] & 0x3f) | 0x80);
	digest_hex(&d, hex);
	return arena_printf(a, "urn:uuid:%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
		hex + 16, hex + 20);
}

struct str
sbom_text(struct arena *a, const struct plan *p, const struct plan_variant *v,
	const struct wheel_identity *id)
{
	const char *ref = arena_printf(a, "%s@%s", id->name, id->version);
	json_t *parts = components(a, p, v);
	json_t *o = json_pack("{s:s, s:s, s:s, s:i}", "bomFormat", "CycloneDX", "specVersion",
		"1.6", "serialNumber", "", "version", 1);
	struct str out;

	json_object_set_new(o, "metadata",
		json_pack("{s:{s:[{s:s, s:s, s:s}]}, s:o}", "tools", "components", "type",
			"application", "name", "kernel-builder", "version", KB_VERSION, "component",
			subject(a, p, ref, id)));
	json_object_set(o, "components", parts);
	json_object_set_new(o, "dependencies", dependencies(ref, parts));
	json_decref(parts);
	json_object_set_new(o, "serialNumber", json_string(serial_of(a, text_of(a, o))));
	out = text_of(a, o);
	json_decref(o);
	return out;
}
