/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rec_thread: what follows from the ledger of a thread. Everybody who says how much a victim lost
 * says it by these, so that no two commands disagree.
 */
#ifndef LULL_MODEL_REC_THREAD_H
#define LULL_MODEL_REC_THREAD_H

#include <stdbool.h>
#include <stdint.h>

struct rec_entry;
struct rec_thread;
struct recording;

/* Time that the victim wanted: all but what it slept. */
uint64_t rec_thread_wanted_ns(const struct rec_thread *thread);
/* Sum of the rows that the host took. */
uint64_t rec_thread_taken_ns(const struct rec_thread *thread);
/* The longest that the host took at a time, as far as it was not open at the ends. */
uint64_t rec_thread_longest_ns(const struct rec_thread *thread);
/* What it waited when the recording began, and when it ended: in no histogram, no stall. */
uint64_t rec_thread_open_ns(const struct rec_thread *thread);
/* Is it the idle task of a CPU? Not so a group of tasks, which has the id 0, too. */
bool rec_entry_is_idle(const struct rec_entry *entry);

/* Leaves the threads that @keep wants, with their stalls, and counts stalls anew. */
void recording_keep_threads(struct recording *rec,
			    bool (*keep)(const struct rec_thread *thread, const void *arg),
			    const void *arg);

#endif
