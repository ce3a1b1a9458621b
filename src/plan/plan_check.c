/* SPDX-License-Identifier: Apache-2.0 */
/* Holds the steps of a plan against the rows of their kinds (plan/kinds.h): functions of steps/
 * find their inputs by these. */
#include "base/err.h"
#include "plan/kinds.h"

/* NULL: the inputs are those of the row. */
static const char *
fault_of_inputs(const struct step *s, const struct step_row *row)
{
	size_t count[INPUT_ROLES] = { 0 }, either = 0;
	bool is_either = false;

	for (size_t i = 0; i < s->n_inputs; i++) {
		const struct step_input *in = &s->inputs[i];
		const struct input_slot *slot = step_input_slot(s->kind, in->role);

		if (!slot && !(in->role == INPUT_FILE && row->takes_files))
			return "an input of a role that its kind has not";
		if (!*in->path || (slot && slot->path && !streq(slot->path, in->path)))
			return "an input under another path";
		if (slot && count[in->role]++)
			return "two inputs of one role";
	}
	for (const struct input_slot *slot = row->inputs; slot->role != INPUT_FILE; slot++) {
		if (slot->need == SLOT_NEEDED && !count[slot->role])
			return "an input missing";
		is_either = is_either || slot->need == SLOT_EITHER;
		either += slot->need == SLOT_EITHER ? count[slot->role] : 0;
	}
	return is_either && either != 1 ? "not one of the inputs of which it has one" : NULL;
}

/* The first ones may tell the result, so they must be those of the row. */
static const char *
fault_of_order(const struct step *s, const struct step_row *row)
{
	for (size_t i = 0; i < row->n_early; i++) {
		if (s->inputs[i].role != row->inputs[i].role)
			return "inputs in another order";
	}
	return s->n_early == row->n_early ? NULL : "another number of early inputs";
}

static const char *
fault_of_outputs(const struct step *s, const struct step_row *row)
{
	size_t least = 1, most = 1;

	for (const struct output_slot *o = row->outputs; o->role != OUTPUT_MAIN; o++) {
		most++;
		least += !o->is_optional;
	}
	return s->outputs.n < least || s->outputs.n > most ? "another number of outputs" : NULL;
}

const char *
step_fault(const struct step *s)
{
	const struct step_row *row = step_row(s->kind);
	const char *why = fault_of_inputs(s, row);

	why = why ? why : fault_of_order(s, row);
	return why ? why : fault_of_outputs(s, row);
}

static const char *
fault_of_mounts(const struct step *s, const struct step_row *row)
{
	size_t n = 0;

	for (unsigned bit = 1; bit <= SEES_LAST; bit <<= 1)
		n += (row->sees & bit) != 0;
	if (!(row->sees & (SEES_COMPILED | SEES_SPECIAL)) && s->root->n_mounts != n)
		return "another number of mounts";
	return NULL;
}

static const char *
fault_of_makers(const struct plan *p, size_t step)
{
	const struct step *s = &p->steps[step];

	for (size_t i = 0; i < s->n_inputs; i++) {
		if (s->inputs[i].step >= step)
			return "an input that is made later";
		if (s->inputs[i].output >= p->steps[s->inputs[i].step].outputs.n)
			return "an input that nothing makes";
	}
	return NULL;
}

int
plan_check(const struct plan *p, struct err *e)
{
	for (size_t i = 0; i < p->n_steps; i++) {
		const struct step *s = &p->steps[i];
		const struct step_row *row = step_row(s->kind);
		const char *why = step_fault(s);

		why = why ? why : fault_of_mounts(s, row);
		why = why ? why : fault_of_makers(p, i);
		if (why)
			return err_set(e, ERR_BUG, "the plan is wrong: step %zu, %s (%s), has %s",
				i, s->label, row->name, why);
	}
	return 0;
}
