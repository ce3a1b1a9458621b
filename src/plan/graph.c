#include "plan/graph.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/path.h"
#include "formats/elf_stub.h"
#include "plan/key.h"
#include "plan/torch.h"
#include <assert.h>
#include <stdlib.h>

struct maker {
	struct arena *a;
	const struct project *p;
	const struct sources_set *src;
	const struct catalog *catalog;
	const struct plan_host *host;
	struct plan *out;
	struct map by_key;    /* key's 32 bytes -> size_t: index of the step */
	struct map mounts;    /* "torch 2.4.1" -> struct mount */
	VEC(struct step) steps;
};

static struct mount *
mount_of(struct maker *m, const char *key, bool *fresh)
{
	void **slot = map_put(m->a, &m->mounts, str_of(key));

	*fresh = !*slot;
	if (!*slot)
		*slot = arena_new(m->a, struct mount);
	return *slot;
}

static const struct mount *
tree_mount(struct maker *m, const char *name, const char *what, struct pin *pin)
{
	bool fresh;
	struct mount *mt = mount_of(m, arena_printf(m->a, "%s %s", name, what), &fresh);

	if (fresh) {
		struct pin **pins = arena_array(m->a, struct pin *, 1);

		pins[0] = pin;
		*mt = (struct mount){ .name = name,
			.kind = MOUNT_TREE,
			.id = pin->tree,
			.pins = pins,
			.n_pins = 1 };
	}
	return mt;
}

static const struct mount *
cuda_mount(struct maker *m, const struct catalog_cuda *c)
{
	bool fresh;
	struct mount *mt =
		mount_of(m, arena_printf(m->a, "cuda %s", version_text(m->a, &c->version)), &fresh);
	struct pin **pins;
	struct digest *trees;
	struct store_file *files;

	if (!fresh)
		return mt;
	pins = arena_array(m->a, struct pin *, c->n_pins);
	trees = arena_array(m->a, struct digest, c->n_pins);
	files = arena_array(m->a, struct store_file, c->n_files);
	for (size_t i = 0; i < c->n_pins; i++) {
		pins[i] = &c->pins[i];
		/* An archive whose tree nobody has seen yet is known by its own digest. */
		trees[i] = c->pins[i].has_tree ? c->pins[i].tree : c->pins[i].sha256;
	}
	for (size_t i = 0; i < c->n_files; i++)
		files[i] = (struct store_file){ c->files[i].path, c->files[i].text,
			c->files[i].is_exec };
	*mt = (struct mount){ .name = "cuda",
		.kind = MOUNT_COMPOSED,
		.pins = pins,
		.n_pins = c->n_pins,
		.composition = { trees, c->n_pins, files, c->n_files } };
	mt->id = store_composition_id(&mt->composition);
	return mt;
}

static const struct mount *
sources_mount(struct maker *m)
{
	bool fresh;
	struct mount *mt = mount_of(m, "src", &fresh);

	if (fresh)
		*mt = (struct mount){ .name = "src", .kind = MOUNT_SOURCES };
	return mt;
}

/* Stubs with nothing but a soname: what an extension needs of torch it finds in the libraries that torch
 * has loaded before. */
static const struct mount *
stubs_mount(struct maker *m, const struct variant *v)
{
	struct strs names = torch_sonames(m->a, v);
	struct sha256 *h;
	struct mount_file *files;
	struct mount *mt;
	bool fresh;
	struct buf key = { 0 };

	for (size_t i = 0; i < names.n; i++)
		buf_addf(&key, " %s", names.v[i]);
	mt = mount_of(m, arena_printf(m->a, "gen%s", key.p), &fresh);
	buf_free(&key);
	if (!fresh)
		return mt;
	files = arena_array(m->a, struct mount_file, names.n);
	h = sha256_new();
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP(buf_free) struct buf b = { 0 };

		elf_stub_write(&b, names.v[i], NULL, 0);
		files[i].path = names.v[i];
		files[i].bytes = (struct str){ arena_strndup(m->a, b.p, b.n), b.n };
		sha256_add_field(h, str_of(names.v[i]));
		sha256_add_field(h, files[i].bytes);
	}
	*mt = (struct mount){ .name = "gen",
		.kind = MOUNT_FILES,
		.id = sha256_final(h),
		.files = files,
		.n_files = names.n };
	return mt;
}

static struct strs
step_env(struct arena *a)
{
	static const char *const env[] = { "PATH=/usr/bin:/bin", "LC_ALL=C", "HOME=/nonexistent",
		"TMPDIR=tmp", "SOURCE_DATE_EPOCH=315619200" };
	struct strs out = { 0 };

	for (size_t i = 0; i < sizeof(env) / sizeof(env[0]); i++)
		vec_push(a, &out, env[i]);
	return out;
}

/* Adds a step, or finds the equal one. A step with inputs is told by them, too. */
static size_t
add_step(struct maker *m, struct step s)
{
	struct sha256 *h;
	struct digest d;
	size_t *index;
	void **slot;

	s.env = step_env(m->a);
	s.key = step_key(&s, m->src);
	h = sha256_new();
	sha256_add(h, s.key.b, sizeof(s.key.b));
	for (size_t i = 0; i < s.n_inputs; i++) {
		sha256_add_field(h, str_of(s.inputs[i].path));
		sha256_add(h, &s.inputs[i].step, sizeof(s.inputs[i].step));
	}
	d = sha256_final(h);
	slot = map_put(m->a, &m->by_key,
		(struct str){ arena_strndup(m->a, (const char *)d.b, sizeof(d.b)), sizeof(d.b) });
	if (!*slot) {
		index = arena_new(m->a, size_t);
		*index = m->steps.n;
		*slot = index;
		vec_push(m->a, &m->steps, s);
	}
	index = *slot;
	m->steps.v[*index].users++;
	return *index;
}

static const struct root *
make_root(struct maker *m, const struct host_tool *host, const struct mount *const *mounts, size_t n)
{
	struct root *r = arena_new(m->a, struct root);
	const struct mount **copy =
		(const struct mount **)arena_array(m->a, void *, n);

	for (size_t i = 0; i < n; i++)
		copy[i] = mounts[i];
	*r = (struct root){ copy, n, host };
	return r;
}

static int
find_host(const struct maker *m, const struct variant *v, const struct host_tool **out,
	struct err *e)
{
	unsigned major = v->cuda ? v->cuda->gcc : 12;

	if (major >= m->host->n || !m->host->gxx[major].path)
		return err_set(e, ERR_RESOLVE,
			"%s needs g++-%u, which is not in /usr/bin; install it (apt-get install g++-%u)",
			v->name, major, major);
	*out = &m->host->gxx[major];
	return 0;
}

static char *
flat_name(struct arena *a, size_t index, const char *path)
{
	return arena_printf(a, "%02zu-%s", index, path_base(path));
}

struct link {
	VEC(struct step_input) inputs;
};

static void
add_compile(struct maker *m, const struct torch_flags *f, const struct root *root,
	const struct variant_kernel *k, const struct strs *include, const struct strs *cxx_flags,
	const char *src, struct link *l)
{
	const char *object = arena_printf(m->a, "out/%s.o", path_base(src));
	const char *source = arena_printf(m->a, "src/%s", src);
	bool cuda = streq(path_ext(src), ".cu");
	struct step s = { .kind = cuda ? STEP_CUDA : STEP_CXX,
		.label = src,
		.variant = f->variant,
		.root = root,
		.source = src,
		.output = object,
		.depfile = arena_printf(m->a, "%s.d", object) };
	struct step_input in;

	if (cuda)
		torch_cuda_argv(m->a, f, k, source, object, &s.argv);
	else
		torch_cxx_argv(m->a, f, include, cxx_flags, source, object, &s.argv);
	in.step = add_step(m, s);
	in.path = arena_printf(m->a, "in/%s.o", flat_name(m->a, l->inputs.n, src));
	vec_push(m->a, &l->inputs, in);
}

static size_t
add_link(struct maker *m, const struct torch_flags *f, const struct host_tool *host,
	struct plan_variant *pv, struct link *l)
{
	const struct mount *stubs = stubs_mount(m, f->variant);
	struct arena *a = m->a;
	struct step s = { .kind = STEP_LINK,
		.label = arena_printf(a, "%s.abi3.so", pv->ops),
		.variant = f->variant,
		.root = make_root(m, host, &stubs, 1),
		.inputs = l->inputs.v,
		.n_inputs = l->inputs.n,
		.output = arena_printf(a, "out/%s.abi3.so", pv->ops),
		.id = m->src->id };
	struct strs *argv = &s.argv;

	vec_push(a, argv, f->gxx);
	vec_push(a, argv, "-shared");
	vec_push(a, argv, "-Wl,-z,relro,-z,now,-z,noexecstack,--build-id=none");
	vec_push(a, argv, "-o");
	vec_push(a, argv, s.output);
	for (size_t i = 0; i < s.n_inputs; i++)
		vec_push(a, argv, s.inputs[i].path);
	vec_push(a, argv, "-Wl,--no-as-needed");
	for (size_t i = 0; i < stubs->n_files; i++)
		vec_push(a, argv, arena_printf(a, "gen/%s", stubs->files[i].path));
	vec_push(a, argv, "-Wl,--as-needed");
	return add_step(m, s);
}

static int
check_depends(const struct maker *m, const struct variant_kernel *k, struct err *e)
{
	for (size_t i = 0; i < k->kernel->depends.n; i++) {
		const char *d = k->kernel->depends.v[i];

		if (!streq(d, "torch"))
			return err_set(e, ERR_CONFIG,
				"%s:%u:1: kernel.%s depends on \"%s\", which this version cannot fetch; put "
				"its headers into the kernel's directory and name them in src and include",
				m->p->file, k->kernel->line, k->kernel->name, d);
	}
	return 0;
}

static int
add_torch_variant(struct maker *m, const struct variant *v, struct plan_variant *pv, struct err *e)
{
	struct arena *a = m->a;
	const struct host_tool *host = NULL;
	const struct mount *mounts[4];
	const struct root *root;
	struct torch_flags f = { .variant = v, .project = m->p };
	struct link l = { 0 };
	size_t n = 0;

	TRY(find_host(m, v, &host, e));
	assert(host);
	if (!m->catalog->python)
		return err_set(e, ERR_RESOLVE, "the catalog pins no Python headers");
	f.gxx = host->name;
	f.ops = arena_printf(
		a, "_%s_%s_%s", m->p->module, backend_name(v->backend), PLAN_ID_PLACEHOLDER);
	pv->ops = arena_printf(
		a, "_%s_%s_%s", m->p->module, backend_name(v->backend), m->src->id);
	mounts[n++] = sources_mount(m);
	mounts[n++] = tree_mount(m, "torch", version_text(a, &v->torch->version),
		(struct pin *)&v->torch->headers);
	mounts[n++] = tree_mount(m, "py", "", m->catalog->python);
	if (v->cuda)
		mounts[n++] = cuda_mount(m, v->cuda);
	root = make_root(m, host, mounts, n);
	for (size_t i = 0; i < m->p->src.n; i++) {
		if (source_is_compiled(m->p->src.v[i]))
			add_compile(m, &f, root, NULL, &m->p->include, &m->p->cxx_flags,
				m->p->src.v[i], &l);
	}
	for (size_t k = 0; k < v->n_kernels; k++) {
		const struct project_kernel *pk = v->kernels[k].kernel;

		TRY(check_depends(m, &v->kernels[k], e));
		for (size_t i = 0; i < pk->src.n; i++) {
			if (source_is_compiled(pk->src.v[i]))
				add_compile(m, &f, root, &v->kernels[k], &pk->include,
					&pk->cxx_flags, pk->src.v[i], &l);
		}
		vec_push(a, &pv->kernels, pk->name);
	}
	if (l.inputs.n == 0)
		return err_set(e, ERR_CONFIG, "%s: no source to compile for %s", m->p->file, v->name);
	pv->link = add_link(m, &f, host, pv, &l);
	return 0;
}

static int
check_cuda_sources(const struct project *p, struct err *e)
{
	for (size_t i = 0; i < p->src.n; i++) {
		if (streq(path_ext(p->src.v[i]), ".cu"))
			return err_set(e, ERR_CONFIG,
				"%s: [torch] src lists %s: CUDA files belong into a [kernel.NAME] section "
				"with backend = \"cuda\"",
				p->file, p->src.v[i]);
	}
	for (size_t k = 0; k < p->n_kernels; k++) {
		for (size_t i = 0; i < p->kernels[k].src.n; i++) {
			if (streq(path_ext(p->kernels[k].src.v[i]), ".cu") &&
				p->kernels[k].backend == BACKEND_CPU)
				return err_set(e, ERR_CONFIG,
					"%s:%u:1: kernel.%s has backend \"cpu\" and lists %s; only sections "
					"of backend \"cuda\" may list .cu files",
					p->file, p->kernels[k].line, p->kernels[k].name,
					p->kernels[k].src.v[i]);
		}
	}
	return 0;
}

int
plan_make(struct arena *a, const struct project *p, const struct sources_set *src,
	const struct resolution *r, const struct catalog *c, const struct plan_host *host,
	struct plan *out, struct err *e)
{
	struct maker m = { .a = a, .p = p, .src = src, .catalog = c, .host = host, .out = out };

	*out = (struct plan){ .project = p, .sources = src, .notes = r->notes };
	TRY(check_cuda_sources(p, e));
	out->variants = arena_array(a, struct plan_variant, r->n);
	out->n_variants = r->n;
	for (size_t i = 0; i < r->n; i++) {
		struct plan_variant *pv = &out->variants[i];

		*pv = (struct plan_variant){ .variant = &r->v[i], .link = SIZE_MAX };
		if (r->v[i].kind != VARIANT_NOARCH)
			TRY(add_torch_variant(&m, &r->v[i], pv, e));
	}
	out->steps = m.steps.v;
	out->n_steps = m.steps.n;
	return 0;
}

void
plan_step_pins(struct arena *a, const struct step *s, struct map *seen)
{
	for (size_t i = 0; i < s->root->n_mounts; i++) {
		const struct mount *m = s->root->mounts[i];

		for (size_t j = 0; j < m->n_pins; j++) {
			struct pin *pin = m->pins[j];
			const char *key = arena_printf(a, "%p", (void *)pin);

			*map_put(a, seen, str_of(key)) = pin;
		}
	}
}
