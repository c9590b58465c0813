/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rec_thread: sums over ledgers, nothing else.
 */
#include "model/rec_thread.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "model/recording.h"
#include "model/rows.h"

uint64_t rec_thread_wanted_ns(const struct rec_thread *thread)
{
	uint64_t asleep =
		rec_thread_row_ns(thread, "halted") + rec_thread_row_ns(thread, "blocked");

	return thread->wall_ns > asleep ? thread->wall_ns - asleep : 0;
}

uint64_t rec_thread_taken_ns(const struct rec_thread *thread)
{
	uint64_t taken = 0;

	for (unsigned int i = 0; i < thread->n_ledger; i++) {
		if (rows_is_theft(thread->ledger[i].kind))
			taken += thread->ledger[i].sum_ns;
	}
	return taken;
}

uint64_t rec_thread_longest_ns(const struct rec_thread *thread)
{
	uint64_t longest = thread->gap.count ? thread->gap.max : 0;

	for (unsigned int i = 0; i < thread->n_ledger; i++) {
		if (rows_is_theft(thread->ledger[i].kind))
			longest = max(longest, thread->ledger[i].max_ns);
	}
	return longest;
}

static uint64_t beyond(uint64_t ns, uint64_t counted)
{
	return ns > counted ? ns - counted : 0;
}

uint64_t rec_thread_open_ns(const struct rec_thread *thread)
{
	return beyond(rec_thread_row_ns(thread, "wake"), thread->wake.sum) +
	       beyond(rec_thread_row_ns(thread, "preempted"), thread->preempted.sum);
}

bool rec_entry_is_idle(const struct rec_entry *entry)
{
	return streq(entry->kind, "task") && entry->id && streq(entry->id, "0") &&
	       str_starts(entry->name, "swapper");
}
