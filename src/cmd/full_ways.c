/* SPDX-License-Identifier: Apache-2.0 */
/* Says with -v which files' device code was compiled with the host's. */
#include "cmd/full_ways.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "device/proof.h"
#include "steps/declined.h"

static void
tell_full_way(const struct step *s, struct str why)
{
	log_debug("note: device code of %s for %s is compiled with the host's: %.*s", s->source,
		s->variant->name, (int)why.n, why.p);
}

void
full_ways_tell(struct engine *engine, const struct plan *plan)
{
	const struct digest declined = builtin_declined_id();
	const struct outcome *out = engine_outcomes(engine);

	for (size_t i = 0; i < plan->n_steps; i++) {
		CLEANUP(arena_freep) struct arena a = { 0 };
		const struct step *s = &plan->steps[i];
		bool is_proof = s->kind == STEP_PROVE && s->options.prove != PROVE_IF_PROVED_BEFORE;
		struct proof v;
		struct err ignored;
		struct str text;

		if (!outcome_has_objects(&out[i]))
			continue;
		if (s->kind == STEP_EMBED_FATBIN && digest_eq(&out[i].objects[0], &declined))
			tell_full_way(
				s, STR("its host launches kernels that the proof did not find"));
		if (is_proof &&
			fs_read(&a, engine_object_path(&a, engine, &out[i].objects[0]), SIZE_MAX,
				&text, &ignored) == 0 &&
			proof_read(text, &v) && v.why.n)
			tell_full_way(s, v.why);
	}
}
