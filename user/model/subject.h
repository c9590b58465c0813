/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * subject: who is meant by an entry of a ledger or a segment of a stall, whichever row it is in:
 * "irq 36 virtio1-req.0" of the row preempted is the line that is "36 virtio1-req.0" of the row
 * irq. The names are those of capture, and hostile: a task may be called anything.
 */
#ifndef LULL_MODEL_SUBJECT_H
#define LULL_MODEL_SUBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/explain.h"

struct rec_entry;

/* Points into the name that it was made from. */
struct subject {
	enum explain_class class;
	const char *name; /* a task's comm, a worker's function, else the name without its class */
	size_t len;
	const char *unit; /* a task's; NULL: none, or not known */
	size_t unit_len;
	uint32_t tid;  /* of a task; 0: several, or not known */
	bool is_bound; /* a worker that is bound to a CPU */
	bool is_watched; /* left to the caller: a task that is a victim itself, a subject of its own */
};

/* Of a ledger, or, where @of_cpus, of a CPU. A worker has no function yet: its labels have. */
void subject_of_entry(const struct rec_entry *entry, bool of_cpus, struct subject *ret);
void subject_of_segment(const char *row, const char *name, struct subject *ret);
/* Orders subjects; 0: the same. */
int subject_compare(const struct subject *a, const struct subject *b);
bool subject_is(const struct subject *subject, const char *name);

#endif
