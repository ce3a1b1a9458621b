/* SPDX-License-Identifier: Apache-2.0 */
/* What a failed step gets in front of its output: the facts that src/explain asks for. */
#include "cmd/hints.h"
#include "base/err.h"
#include "base/path.h"
#include "elf/elf.h"
#include "explain/explain.h"

struct hinter {
	struct arena *a; /* of the run */
	const struct project *project;
	const struct store *store;
	struct explain_facts facts;
	bool looked;
	struct elf *libraries; /* read when a link first asks */
	size_t n_libraries;
	bool read;
};

struct hinter *
hinter_new(struct arena *a, const struct project *p, const struct store *s)
{
	struct hinter *h = arena_new(a, struct hinter);

	*h = (struct hinter){ .a = a, .project = p, .store = s };
	return h;
}

const char *
hinter_dir(const struct hinter *h)
{
	return h->project->dir;
}

/* One of the libraries that stubs are made of; what is not there defines nothing. */
static void
read_library(struct hinter *h, const struct mount_stub *s)
{
	for (size_t i = 0; s->from && i < s->from->n_pins; i++) {
		const struct pin *p = s->from->pins[i];
		const char *path =
			p->has_tree ? path_join(h->a, store_tree_path(h->a, h->store, &p->tree),
					      s->member)
				    : "";
		struct err ignored;
		struct str bytes;

		if (*path && fs_exists(path) &&
			fs_read(h->a, path, SIZE_MAX, &bytes, &ignored) == 0 &&
			elf_read(h->a, bytes, path, &h->libraries[h->n_libraries], &ignored) == 0)
			h->n_libraries++;
	}
}

static void
read_libraries(struct hinter *h, const struct step *link)
{
	size_t most = 0;

	h->read = true;
	for (size_t m = 0; m < link->root->n_mounts; m++)
		for (size_t i = 0; i < link->root->mounts[m]->n_stubs; i++)
			most += link->root->mounts[m]->stubs[i].what == STUB_PORTABLE
					? link->root->mounts[m]->stubs[i].from->n_pins
					: 0;
	h->libraries = arena_array(h->a, struct elf, most + 1);
	for (size_t m = 0; m < link->root->n_mounts; m++)
		for (size_t i = 0; i < link->root->mounts[m]->n_stubs; i++)
			if (link->root->mounts[m]->stubs[i].what == STUB_PORTABLE)
				read_library(h, &link->root->mounts[m]->stubs[i]);
}

static const char *
version_of(void *arg, const struct step *link, const char *symbol)
{
	struct hinter *h = arg;

	if (!h->read && link->root)
		read_libraries(h, link);
	for (size_t i = 0; i < h->n_libraries; i++)
		for (size_t k = 0; k < h->libraries[i].n_symbols; k++) {
			const struct elf_symbol *s = &h->libraries[i].symbols[k];

			if (s->is_defined && s->version && streq(s->name, symbol))
				return s->version;
		}
	return NULL;
}

void
hinter_explain(
	struct hinter *h, const struct step *s, const struct engine_event *ev, struct strs *hints)
{
	const struct explain_failure x = {
		.step = s, .output = ev->output, .status = ev->exit_status
	};
	struct err ignored;

	if (!h->looked && explain_look(h->a, h->project, &h->facts, &ignored) < 0)
		h->facts = (struct explain_facts){ .project = h->project };
	h->looked = true;
	h->facts.version_of = version_of;
	h->facts.arg = h;
	explain_step(h->a, &h->facts, &x, hints);
}
