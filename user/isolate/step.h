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

/* What the kernel itself may have done to values since the journal was written. */
struct step_reset {
	bool has_happened;   /* CPUs went or came, or the system slept */
	struct cpuset known; /* CPUs online now or then */
};

/*
 * Makes the object step->next, if it is prev, or what the kernel reset it to. Writes nothing else.
 * prev follows what was read back. -ENOMEM; all else is in the step.
 */
int step_apply(const struct root *root, struct plan_step *step, const struct step_reset *reset);
/* Reads only: held, pending, drifted, gone, or failed when it is prev and not next. */
void step_check(const struct root *root, struct plan_step *step, const struct step_reset *reset);

/* Nothing is, or ever was, written of it: it is only remembered. */
bool step_is_untouched(const struct plan_step *step);

#endif
