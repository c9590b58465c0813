/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shielding_commands: the plain shell commands that do what lull would do, in its order.
 */
#include <errno.h>

#include "app/shielding.h"
#include "base/cleanup.h"
#include "base/str.h"
#include "isolate/knob.h"
#include "isolate/step.h"

static bool is_done_by_command(const struct plan_step *step)
{
	return !step_is_untouched(step) && step->state == STEP_PLANNED;
}

static int add_command(const struct plan_step *step, const char *value, struct str *to)
{
	bool is_back = streq(step->next, step->orig);
	const char *why = step->why && *step->why && !is_back ? step->why : NULL;
	int err = str_addf(to, "# %s%s%s\n", step->name, why ? ": " : "", why ?: "");

	return err ?: knob_add_command(step, value, to);
}

/* Sets of CPUs within each other, before they are narrowed. */
static int add_wide(const struct plan_step *step, struct str *to)
{
	auto_free char *wide = NULL;
	int err = is_done_by_command(step) ? step_format_wide(step, &wide) : 0;

	return err || !wide ? err : add_command(step, wide, to);
}

static int add_step(const struct plan_step *step, struct str *to)
{
	auto_free char *wide = NULL;
	int err;

	if (!step_is_untouched(step) && step->state == STEP_DRIFTED)
		return str_addf(to, "# %s: somebody else made it %s, so it stays (it was %s)\n",
				step->name, step->now, step->orig);
	if (!is_done_by_command(step))
		return 0;
	err = step_format_wide(step, &wide);
	return err || (wide && streq(wide, step->next)) ? err : add_command(step, step->next, to);
}

int shielding_add_commands(const struct plan *plan, bool is_lifting, struct str *to)
{
	auto_free unsigned int *order = apply_order(plan, is_lifting);
	int err = order ? str_add(to, "") : -ENOMEM;

	for (unsigned int i = 0, n; i < plan->n_steps && !err; i++) {
		/* Those around others first, once for all that lie within each other. */
		for (n = step_count_nested(plan, order, i); n > 0 && !err; n--)
			err = add_wide(&plan->steps[order[i + n - 1]], to);
		err = err ?: add_step(&plan->steps[order[i]], to);
	}
	return err;
}
