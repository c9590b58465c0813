/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain_stalls: the stall in which a cause had the most, as the evidence that people can look up.
 */
#include <stdlib.h>

#include "base/cleanup.h"
#include "model/explain_p.h"
#include "model/recording.h"
#include "model/rows.h"

#define KNOWN_SEGMENTS 64 /* of one stall; the kernel side keeps fewer */

static int by_subject(const void *a, const void *b)
{
	return subject_compare(a, b);
}

static struct explain_cause *cause_of(struct explain_work *work, const struct rec_segment *segment)
{
	struct subject subject, *found;

	subject_of_segment(segment->row, segment->name, &subject);
	found = bsearch(&subject, work->subjects, work->n_causes, sizeof(subject), by_subject);
	if (!found && subject.class == EXPLAIN_TASK) {
		subject.is_watched = true;
		found = bsearch(&subject, work->subjects, work->n_causes, sizeof(subject),
				by_subject);
	}
	return found ? &work->causes[found - work->subjects] : NULL;
}

static void take_stall(struct explain_work *work, const struct rec_stall *stall)
{
	struct explain_cause *causes[KNOWN_SEGMENTS];
	uint64_t ns[KNOWN_SEGMENTS];
	unsigned int n = 0;

	for (unsigned int i = 0; i < stall->n_segments && n < KNOWN_SEGMENTS; i++) {
		const struct rec_segment *segment = &stall->segments[i];
		struct explain_cause *cause =
			rows_is_theft(segment->row) ? cause_of(work, segment) : NULL;
		unsigned int at = 0;

		if (!cause)
			continue;
		while (at < n && causes[at] != cause)
			at++;
		if (at == n) {
			causes[n] = cause;
			ns[n++] = 0;
		}
		ns[at] = explain_add(ns[at], segment->ns);
	}
	for (unsigned int i = 0; i < n; i++) {
		if (ns[i] <= causes[i]->worst_ns)
			continue;
		causes[i]->worst = stall;
		causes[i]->worst_ns = ns[i];
	}
}

void explain_stalls(struct explain_work *work)
{
	for (unsigned int i = 0; i < work->rec->n_stalls && work->n_causes; i++)
		take_stall(work, &work->rec->stalls[i]);
}
