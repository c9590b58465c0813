/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verification: what one `lull verify` found, for those who show it. It owns nothing.
 */
#ifndef LULL_MODEL_VERIFICATION_H
#define LULL_MODEL_VERIFICATION_H

#include <stdbool.h>
#include <stdint.h>

struct comparison;
struct gate;
struct recording;

/* How often an interrupt fired on one CPU, by the kernel's own count: in rounds of A, and of B. */
struct fired {
	int cpu;
	uint64_t a, b;
};

/* An interrupt that the shield moved, or had to move. */
struct moved_irq {
	char line[16];	     /* of /proc/interrupts */
	char *name;	     /* "24 nvme0q3 (0000:01:00.0 nvme)" */
	char *wanted;	     /* the CPUs that it was moved to, a kernel list */
	struct fired *fired; /* where it fired at all */
	unsigned int n_fired;
	uint64_t strayed; /* in rounds of B, on CPUs that it was moved away from */
};

struct verification {
	const struct recording *rec;	     /* one that tells what was watched, and where */
	const struct gate *gate;	     /* no results: no limits were given */
	const struct comparison *comparison; /* NULL: the host was judged as it stands */
	const char *order;		     /* of the rounds: "abba..." */
	uint64_t round_ns, seed;
	unsigned int n_steps,
		n_held; /* of the shield: all, and those that held in the last round */
	const struct moved_irq *irqs;
	unsigned int n_irqs;
	char *const *notes; /* sentences: what did not hold, what could not be put back */
	unsigned int n_notes;
	const char
		*restored; /* how the first state was put back, a sentence; NULL: nothing had to */
};

#endif
