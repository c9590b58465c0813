/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apply_p: between the files of apply. Nobody else includes it.
 */
#ifndef LULL_ISOLATE_APPLY_P_H
#define LULL_ISOLATE_APPLY_P_H

#include "isolate/apply.h"
#include "isolate/step.h"

/* The layers that shall be in force. The array is owned, the layers are not. */
struct layer_list {
	struct layer **v;
	unsigned int n;
};

/*
 * Plans all knobs for @layers; what the journal has beside that is put back. @is_strict: the first
 * knob that cannot be planned ends it; else its steps stay as they are, and a->bad is set.
 * @is_second: only knobs whose objects come and go.
 */
int apply_plan_all(struct apply *a, const struct layer_list *layers, bool is_strict, bool is_second,
		   struct plan *plan);
/* What the journal has, and how the host was and is. */
int apply_read_state(struct apply *a);
void apply_read_reset(const struct apply *a, struct step_reset *ret);
#endif
