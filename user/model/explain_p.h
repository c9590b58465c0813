/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain_p: what the files of explain share. Private to user/model/explain*.c.
 */
#ifndef LULL_MODEL_EXPLAIN_P_H
#define LULL_MODEL_EXPLAIN_P_H

#include "model/explain.h"
#include "model/subject.h"

struct rec_entry;

/* A piece of the recording that one subject is to blame for. */
struct explain_piece {
	struct subject subject;
	unsigned int owner;
	uint64_t ns, count, max_ns;
	const char *row;	       /* static text */
	const struct rec_entry *entry; /* NULL: from none */
	bool is_followed;	       /* a softirq, given to the interrupt that raised it */
};

/* Of one recording, while it is explained. */
struct explain_work {
	const struct recording *rec;
	bool of_cpus;
	uint32_t *tids, *pids; /* of victims, sorted; pids of virtual CPUs only */
	unsigned int n_tids, n_pids;
	struct explain_piece *pieces;
	unsigned int n_pieces, room;
	/* One for each subject, in their order. */
	struct subject *subjects;
	struct explain_cause *causes;
	unsigned int n_causes;
};

/* a + b, or as much as there is. */
uint64_t explain_add(uint64_t a, uint64_t b);
/* Everything that somebody is to blame for, hints included. -ENOMEM. */
int explain_collect(struct explain_work *work);
/* Gives softirqs to the interrupts that raised them, where that is clear. */
void explain_follow(struct explain_work *work);
void explain_work_done(struct explain_work *work);
/* The rule that fits; there is always one. */
const struct explain_rule *explain_rule_of(const struct explain_work *work,
					   const struct subject *subject,
					   const struct explain_cause *cause);
/* Finds the worst stall of each cause. */
void explain_stalls(struct explain_work *work);

#endif
