/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * step: one object compared, written, read back. Its state and error say what came of it.
 */
#ifndef LULL_ISOLATE_STEP_H
#define LULL_ISOLATE_STEP_H

#include <stdbool.h>

#include "base/cpuset.h"
#include "base/fs.h"
#include "isolate/plan.h"

/* Who made a value what it is, when that is known. */
#define STEP_BY_KERNEL "the kernel, as CPUs went or the machine slept"
#define STEP_LOST      "the kernel"

/* What the kernel, or a helper of ours, may have done to values since the journal was written. */
struct step_reset {
	bool has_happened;   /* CPUs went or came, or the system slept */
	struct cpuset known; /* CPUs online now or then */
	bool has_balancer;   /* irqbalance was told by us: it chooses among the CPUs of a line */
};

/*
 * Makes the object step->next, if it is prev, or what the kernel reset it to. Writes nothing else.
 * prev follows what was read back. -ENOMEM; all else is in the step.
 */
int step_apply(const struct root *root, struct plan_step *step, const struct step_reset *reset);
/* Reads only: held, pending, drifted, gone, or failed when it is prev and not next. */
void step_check(const struct root *root, struct plan_step *step, const struct step_reset *reset);
/* Reads only: what step_apply() would do. Planned: it would write. */
void step_foresee(const struct root *root, struct plan_step *step, const struct step_reset *reset);

/*
 * Sets of CPUs that lie within each other cannot all become others at once: each is widened to what
 * it was and will be together, those that are around others first, and narrowed by step_apply().
 */
int step_widen(const struct root *root, struct plan_step *step, const struct step_reset *reset);
/* The value in between, allocated; NULL: there is none, the next one is within the one before. */
int step_format_wide(const struct plan_step *step, char **ret);
/* One of several that lie within each other: the inner ones are planned first. */
bool step_is_nested(const struct plan_step *step);

/*
 * How many such steps begin at the @at-th of the plan in this order, an array of n_steps indices; 0
 * as well when it is not the first of them.
 */
unsigned int step_count_nested(const struct plan *plan, const unsigned int *order, unsigned int at);

/* Nothing is, or ever was, written of it: it is only remembered. */
bool step_is_untouched(const struct plan_step *step);

#endif
