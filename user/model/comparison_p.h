/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * comparison_p: what the parts of comparison share.
 */
#ifndef LULL_MODEL_COMPARISON_P_H
#define LULL_MODEL_COMPARISON_P_H

#ifndef LULL_MODEL_COMPARISON_PRIVATE
#error "private to model/comparison*.c"
#endif

#include "model/comparison.h"

struct rec_entry;

/* Sums over the victims of one round, or over its CPUs when it has none. */
struct round_sums {
	uint64_t duration_ns, wall_ns, wanted_ns, taken_ns, guest_ns;
	uint64_t exits; /* without those of the host's interrupts */
	uint64_t stalls, longest_ns;
	struct hist gap;
};

/* All rounds: first those of A, then those of B. */
struct rounds {
	const struct comparison_round *rounds;
	struct round_sums *sums;
	unsigned int n_a, n_b, n;
	bool of_cpus, is_paired;
};

/* Does this entry take time from a victim, or from a CPU? */
bool comparison_is_theft(const struct rec_entry *entry, bool of_cpus);

/* Appends one reason, like printf. -ENOMEM. */
int comparison_add_reason(struct comparison *comparison, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/*
 * The rounds to be compared into @all, which has room, first those of A; n_a and n_b say how many. A
 * pair with loss is not among them, but is a reason. -ENOMEM.
 */
int comparison_choose(const struct comparison_sides *sides, struct comparison_round *all,
		      struct comparison *comparison);
/* Reasons not to compare at all; sets is_refused. -ENOMEM. */
int comparison_check(const struct rounds *rounds, struct comparison *comparison);

/*
 * Adds a figure of @values, one a round. The effect is computed, the correction is not. @cause:
 * -1 or an index. -ENOMEM.
 */
int comparison_add_figure(const struct rounds *rounds, const char *name, enum figure_unit unit,
			  int cause, const double *values, struct comparison *comparison);
/* The causes, and figures of the largest. -ENOMEM. */
int comparison_add_causes(const struct rounds *rounds, struct comparison *comparison);

#endif
