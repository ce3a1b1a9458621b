/* SPDX-License-Identifier: Apache-2.0 */
/* build.toml of v3, v4 and editions 5 and 6, and the way in for all generations. */
#include "config/project.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "config/licence.h"
#include "config/reading.h"
#include <errno.h>
#include <stdlib.h>

static int
read_backends(const struct reading *r, const struct section *general, struct err *e)
{
	const struct toml *items = NULL;
	struct strs given = { 0 };

	TRY(field_need(r, general, "backends", "backends = [\"cuda\"]", e));
	TRY(field_strings(r, general, "backends", &given, &items, e));
	if (items->n == 0)
		return fail_at(r, items->line, items->col, e,
			"backends in [general] is empty; list at least one, such as \"cuda\"");
	for (size_t i = 0; i < items->n; i++) {
		const struct toml *v = &items->item[i];
		enum backend b;

		TRY(value_backend(r, v, "backends in [general]", &b, e));
		if (r->p->has_backend[b])
			return fail_at(r, v->line, v->col, e,
				"backends in [general] lists \"%s\" twice; drop one of them",
				backend_name(b));
		r->p->has_backend[b] = true;
	}
	return 0;
}

/* [general.cuda], [general.xpu], [general.neuron], [general.tpu] */
static int
read_backend_table(const struct reading *r, const struct section *general, enum backend b,
	const struct key *keys, size_t n, struct err *e)
{
	struct section s = section_of(r->a, general, backend_name(b));
	struct project *p = r->p;

	TRY(section_check(r, &s, keys, n, e));
	TRY(field_python_depends(r, &s, b, &p->python_depends_of[b], e));
	TRY(field_kernel_depends(r, &s, &p->kernel_depends_of[b], e));
	if (b != BACKEND_CUDA)
		return 0;
	TRY(field_version(r, &s, "minver", &p->cuda_minver, e));
	TRY(field_version(r, &s, "maxver", &p->cuda_maxver, e));
	return check_bounds(
		r, &s, &(struct bounds){ "minver", "maxver", &p->cuda_minver, &p->cuda_maxver }, e);
}

static int
read_backend_tables(const struct reading *r, const struct section *general, struct err *e)
{
	static const struct key cuda[] = { { "kernel-depends", GEN_5 }, { "maxver", GEN_3 },
		{ "minver", GEN_3 }, { "python-depends", GEN_3 } };
	static const struct key other[] = { { "kernel-depends", GEN_5 },
		{ "python-depends", GEN_3 } };
	static const struct key tpu[] = { { "python-depends", GEN_5 } };

	TRY(read_backend_table(r, general, BACKEND_CUDA, KEYS(cuda), e));
	TRY(read_backend_table(r, general, BACKEND_XPU, KEYS(other), e));
	TRY(read_backend_table(r, general, BACKEND_NEURON, KEYS(other), e));
	return read_backend_table(r, general, BACKEND_TPU, KEYS(tpu), e);
}

/* Clients, the hub and wheels go by SPDX's names; any other text is taken as it is. */
static void
warn_of_license(const struct reading *r, const struct section *s)
{
	const char *meant = r->p->license ? licence_meant(r->a, r->p->license) : NULL;
	const struct toml_pair *p = field_find(s, "license");

	if (meant)
		warn_at(r, p->val.line, p->val.col,
			"license in [general]: SPDX has no %s; did you mean \"%s\"?",
			quoted(r->a, p->val.s), meant);
}

static int
read_general(const struct reading *r, const struct section *s, struct err *e)
{
	static const struct key keys[] = { { "name", GEN_3 }, { "version", GEN_3 },
		{ "edition", GEN_5 }, { "license", GEN_3 }, { "backends", GEN_3 },
		{ "upstream", GEN_3 }, { "source", GEN_4 }, { "hub", GEN_3 },
		{ "python-depends", GEN_3 }, { "kernel-depends", GEN_5 }, { "cuda", GEN_3 },
		{ "neuron", GEN_3 }, { "tpu", GEN_5 }, { "xpu", GEN_3 } };
	struct project *p = r->p;

	TRY(section_check(r, s, KEYS(keys), e));
	TRY(field_name(r, s, e));
	if (p->gen >= GEN_4) {
		TRY(field_need(r, s, "version", "version = 1", e));
		TRY(field_need(r, s, "license", "license = \"Apache-2.0\" or the one you use", e));
	}
	p->version = 1;
	TRY(field_count(r, s, "version", &p->version, e));
	TRY(field_string(r, s, "license", &p->license, e));
	warn_of_license(r, s);
	TRY(read_backends(r, s, e));
	TRY(field_upstream(r, s, &p->upstream, e));
	TRY(field_git_url(r, s, "source", &p->source, e));
	TRY(field_hub(r, s, e));
	TRY(field_python_depends(r, s, BACKEND_COUNT, &p->python_depends, e));
	TRY(field_kernel_depends(r, s, &p->kernel_depends, e));
	return read_backend_tables(r, s, e);
}

/* torch has had a stable ABI since 2.9. */
static int
check_stable_abi(const struct reading *r, const struct section *s, const char *key,
	const struct version *v, struct err *e)
{
	static const struct version first = { .v = { 2, 9 }, .n = 2 };
	const struct toml_pair *p = field_find(s, key);

	if (!v->n || version_cmp_minor(v, &first) >= 0)
		return 0;
	return fail_at(r, p->val.line, p->val.col, e,
		"%s in %s is %s, but torch has a stable ABI since 2.9; write \"2.9\" or later, or drop the key",
		key, s->where, quoted(r->a, p->val.s));
}

/* One version for every backend, or from edition 5 on a table of backends. */
static int
read_stable_abi(const struct reading *r, const struct section *torch, struct err *e)
{
	const struct toml_pair *p = field_find(torch, "stable-abi");
	struct version all = { 0 };
	struct section s;

	if (!p)
		return 0;
	if (p->val.kind != TOML_TABLE || r->p->gen < GEN_5) {
		TRY(field_version(r, torch, "stable-abi", &all, e));
		TRY(check_stable_abi(r, torch, "stable-abi", &all, e));
		for (int b = 0; b < BACKEND_COUNT; b++)
			r->p->stable_abi[b] = all;
		return 0;
	}
	s = section_of(r->a, torch, "stable-abi");
	for (size_t i = 0; i < s.table->n; i++) {
		const struct toml_pair *entry = &s.table->pair[i];
		struct toml key = {
			.kind = TOML_STRING, .line = entry->line, .col = entry->col, .s = entry->key
		};
		enum backend b;

		TRY(value_backend(r, &key, "stable-abi in [torch]", &b, e));
		TRY(field_version(r, &s, entry->key.p, &r->p->stable_abi[b], e));
		TRY(check_stable_abi(r, &s, entry->key.p, &r->p->stable_abi[b], e));
	}
	return 0;
}

static int
read_torch(const struct reading *r, const struct section *s, struct err *e)
{
	static const struct key keys[] = { { "src", GEN_3 }, { "include", GEN_3 },
		{ "cxx-flags", GEN_4 }, { "minver", GEN_3 }, { "maxver", GEN_3 },
		{ "pyext", GEN_3 }, { "stable-abi", GEN_4 } };
	struct project *p = r->p;

	TRY(section_check(r, s, KEYS(keys), e));
	TRY(field_version(r, s, "minver", &p->torch_minver, e));
	TRY(field_version(r, s, "maxver", &p->torch_maxver, e));
	TRY(check_bounds(r, s,
		&(struct bounds){ "minver", "maxver", &p->torch_minver, &p->torch_maxver }, e));
	return read_stable_abi(r, s, e);
}

/* Documentation and parser of the original disagree on - and _ in these keys; both are read. */
static int
noarch_key(const struct reading *r, const struct section *s, const char *kebab, const char *snake,
	const char **out, struct err *e)
{
	const struct toml_pair *p = field_find(s, snake);

	*out = p ? snake : kebab;
	if (p && field_find(s, kebab))
		return fail_at(r, p->line, p->col, e, "%s has both %s and %s; drop one of them",
			s->where, kebab, snake);
	return 0;
}

static int
read_noarch(const struct reading *r, const struct section *s, struct err *e)
{
	static const struct key keys[] = { { "pyext", GEN_3 }, { "cuda-capabilities", GEN_3 },
		{ "cuda_capabilities", GEN_3 }, { "rocm-archs", GEN_3 }, { "rocm_archs", GEN_3 } };
	struct project *p = r->p;
	const char *key;

	TRY(section_check(r, s, KEYS(keys), e));
	TRY(noarch_key(r, s, "cuda-capabilities", "cuda_capabilities", &key, e));
	TRY(field_capabilities(r, s, key, &p->noarch_cuda_capabilities, e));
	TRY(noarch_key(r, s, "rocm-archs", "rocm_archs", &key, e));
	TRY(field_strings(r, s, key, &p->noarch_rocm_archs, NULL, e));
	return 0;
}

static int
read_tvm_ffi(const struct reading *r, const struct section *s, struct err *e)
{
	static const struct key keys[] = { { "src", GEN_3 }, { "include", GEN_3 },
		{ "cxx-flags", GEN_4 }, { "pyext", GEN_3 } };

	TRY(section_check(r, s, KEYS(keys), e));
	if (r->p->gen < GEN_6) /* since then, code may be in a section alone */
		TRY(field_need(r, s, "src", "src = [\"FILE\"], the binding", e));
	r->p->pyroot = "tvm-ffi-ext";
	return 0;
}

static const struct {
	const char *key;
	enum framework framework;
	int (*read)(const struct reading *r, const struct section *s, struct err *e);
} frameworks[] = {
	{ "torch", FRAMEWORK_TORCH, read_torch },
	{ "torch-noarch", FRAMEWORK_TORCH_NOARCH, read_noarch },
	{ "tvm-ffi", FRAMEWORK_TVM_FFI, read_tvm_ffi },
};

/* Fills the model from the one framework section; *out becomes it, if there is one. */
static int
read_framework(const struct reading *r, const struct section *root, const struct section *general,
	struct section *out, struct err *e)
{
	struct project *p = r->p;
	int found = -1, have;

	for (int i = 0; i < (int)(sizeof(frameworks) / sizeof(*frameworks)); i++) {
		struct section s = section_of(r->a, root, frameworks[i].key);

		if (!s.table)
			continue;
		if (found >= 0)
			return fail_at(r, s.line, s.col, e,
				"there are both [%s] and [%s]; a kernel has one of them, drop the other",
				frameworks[found].key, frameworks[i].key);
		found = i;
		*out = s;
	}
	p->pyroot = "torch-ext";
	if (found < 0 && p->gen >= GEN_4)
		return fail_at(r, general->line, general->col, e,
			"there is no framework section; add [torch] for C++ and CUDA, [torch-noarch] for Python only, or [tvm-ffi]");
	if (found < 0) {
		p->framework = FRAMEWORK_TORCH_NOARCH;
		return 0;
	}
	p->framework = frameworks[found].framework;
	TRY(frameworks[found].read(r, out, e));
	TRY(have = field_strings(r, out, "pyext", &p->pyext, NULL, e));
	p->has_pyext = have > 0;
	TRY(field_sources(r, out, &p->src, e));
	if (p->framework == FRAMEWORK_TORCH)
		TRY(check_sources(r, out, BACKEND_COUNT, e));
	TRY(field_includes(r, out, &p->include, e));
	TRY(field_strings(r, out, "cxx-flags", &p->cxx_flags, NULL, e));
	if (p->framework == FRAMEWORK_TORCH &&
		(p->has_backend[BACKEND_CPU] || p->has_backend[BACKEND_CUDA]))
		return check_flags(r, out, "cxx-flags", e);
	return 0;
}

/* Python alone serves such a backend: rarely what is meant where other backends have compiled code.
 * Of backends that no section can be for, it is all that there can be. */
static int
warn_of_empty_backends(const struct reading *r, const struct section *general, struct err *e)
{
	const struct toml *items = &field_find(general, "backends")->val;
	const char *key = r->p->gen >= GEN_6 ? "language = \"cpp-" : "backend = \"";

	for (size_t i = 0; r->p->framework == FRAMEWORK_TORCH && i < items->n; i++) {
		const struct toml *v = &items->item[i];
		enum backend b;

		TRY(value_backend(r, v, "backends in [general]", &b, e));
		if (b > BACKEND_XPU || project_has_kernels(r->p, b))
			continue;
		warn_at(r, v->line, v->col,
			"backends in [general] lists \"%s\", but no section is for it: its variant torch-%s has the Python files and no compiled operator; add a [kernel.NAME] section with %s%s\", or drop \"%s\"",
			backend_name(b), backend_name(b), key, backend_name(b), backend_name(b));
	}
	return 0;
}

static int
read_current(const struct reading *r, const struct section *root, struct err *e)
{
	static const struct key keys[] = { { "general", GEN_3 }, { "torch", GEN_3 },
		{ "torch-noarch", GEN_3 }, { "tvm-ffi", GEN_3 }, { "kernel", GEN_3 } };
	struct section general = section_of(r->a, root, "general"), framework = general;
	struct project *p = r->p;

	TRY(section_check(r, root, KEYS(keys), e));
	TRY(read_general(r, &general, e));
	TRY(read_framework(r, root, &general, &framework, e));
	TRY(kernels_read(r, root, e));
	TRY(warn_of_empty_backends(r, &general, e));
	if (p->framework == FRAMEWORK_TORCH_NOARCH && p->n_kernels)
		return fail_compiled(r, root,
			framework.table == general.table
				? "there is no [torch] section; add one, or drop the section"
				: "[torch-noarch] is for Python only; drop the section, or write [torch] in place of [torch-noarch]",
			e);
	return project_check_layout(r, &framework, e);
}

int
project_parse(struct arena *a, struct str text, const char *dir, bool check_files,
	struct project *out, struct err *e)
{
	struct reading r = { .a = a, .p = out };
	struct section root;
	struct toml *doc = arena_new(a, struct toml);

	*out = (struct project){ .dir = arena_strdup(a, dir) };
	out->file = path_join(a, streq(dir, ".") ? "" : dir, "build.toml");
	if (check_files) {
		char *real = realpath(dir, NULL);

		if (!real)
			return err_set(e, ERR_CONFIG, "%s: %s; name the directory of a kernel", dir,
				strerror(errno));
		r.root = arena_strdup(a, real);
		free(real);
	}
	TRY(toml_parse(a, text, out->file, doc, e));
	root = section_root(doc);
	TRY(find_generation(&r, &root, e));
	return out->gen >= GEN_3 ? read_current(&r, &root, e) : read_legacy(&r, &root, e);
}

/* The directory of a kernel below dir, as others keep it in kernel/ or examples/kernels/NAME/;
 * NULL: none, three levels down. */
static const char *
kernel_below(struct arena *a, const char *dir, unsigned levels)
{
	struct strs names = { 0 };
	struct err ignored;
	const char *found = NULL;

	if (levels == 0 || fs_list(a, dir, &names, &ignored) < 0)
		return NULL;
	for (size_t i = 0; i < names.n; i++)
		if (names.v[i][0] != '.' &&
			fs_exists(path_join(a, path_join(a, dir, names.v[i]), "build.toml")))
			return path_join(a, dir, names.v[i]);
	for (size_t i = 0; !found && i < names.n; i++)
		if (names.v[i][0] != '.' && fs_is_dir(path_join(a, dir, names.v[i])))
			found = kernel_below(a, path_join(a, dir, names.v[i]), levels - 1);
	return found;
}

static int
fail_missing(struct arena *a, const char *dir, const char *file, struct err *e)
{
	const char *below = kernel_below(a, dir, 3);

	return err_set(e, ERR_CONFIG, "%s: no such file; name the directory of a kernel%s%s", file,
		below ? ", such as " : ", or change to it", below ? path_clean(a, below) : "");
}

int
project_load(struct arena *a, const char *dir, struct project *out, struct err *e)
{
	const char *file = path_join(a, streq(dir, ".") ? "" : dir, "build.toml");
	struct str text;

	if (!fs_exists(file))
		return fail_missing(a, dir, file, e);
	if (fs_read(a, file, 1 << 20, &text, e) < 0) {
		e->code = ERR_CONFIG;
		return -1;
	}
	return project_parse(a, text, dir, true, out, e);
}
