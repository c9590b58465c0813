/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * recording: growing and freeing the plain data of one measurement. It judges nothing: who
 * fills a recording keeps its promises (sorted stalls, ledgers that sum to the wall time).
 */
#include "model/recording.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/rec_host.h"
#include "model/rec_place.h"
#include "model/rec_thread.h"
#include "model/rec_trace.h"
#include "model/rec_tsc.h"

/*
 * Makes room for one more element and zeroes it. Arrays keep no capacity of their own: they grow
 * when the number of elements is a power of two, to twice that.
 */
static int grow(void **array, unsigned int *n, size_t size, void **ret)
{
	char *bigger = *array;

	if (*n > UINT_MAX / 2)
		return -ENOMEM;
	if ((*n & (*n - 1)) == 0) {
		bigger = reallocarray(*array, *n ? 2 * (size_t)*n : 1, size);
		if (!bigger)
			return -ENOMEM;
		*array = bigger;
	}
	*ret = memset(bigger + *n * size, 0, size);
	*n += 1;
	return 0;
}

/* Each array has its own pointer type: the copy in and out keeps to what C allows. */
#define GROW(array, n, ret)                                                            \
	({                                                                             \
		void *grow_array_ = (array), *grow_new_ = NULL;                        \
		int grow_err_ = grow(&grow_array_, (n), sizeof(*(array)), &grow_new_); \
		(array) = grow_array_;                                                 \
		if (!grow_err_)                                                        \
			(ret) = grow_new_;                                             \
		grow_err_;                                                             \
	})

static void labels_done(struct rec_label *labels, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		free(labels[i].name);
	free(labels);
}

static void entries_done(struct rec_entry *entries, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		free(entries[i].name);
		free(entries[i].id);
		hist_done(&entries[i].hist);
		labels_done(entries[i].labels, entries[i].n_labels);
	}
	free(entries);
}

static void thread_done(struct rec_thread *thread)
{
	free(thread->comm);
	free(thread->vm);
	entries_done(thread->ledger, thread->n_ledger);
	hist_done(&thread->gap);
	hist_done(&thread->wake);
	hist_done(&thread->preempted);
}

static void threads_done(struct rec_thread *threads, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		thread_done(&threads[i]);
	free(threads);
}

static void texts_done(char **texts, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		free(texts[i]);
	free(texts);
}

static void stall_done(struct rec_stall *stall)
{
	for (unsigned int i = 0; i < stall->n_segments; i++)
		free(stall->segments[i].name);
	free(stall->segments);
	free(stall->waker);
	texts_done(stall->stack, stall->n_stack);
}

static void stalls_done(struct rec_stall *stalls, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		stall_done(&stalls[i]);
	free(stalls);
}

static void counters_done(struct rec_counter *counters, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		free(counters[i].name);
	free(counters);
}

void recording_done(struct recording *rec)
{
	free(rec->hostname);
	free(rec->kernel);
	free(rec->boot_id);
	free(rec->cpus_online);
	free(rec->cmdline);
	free(rec->lull_version);
	free(rec->command);
	free(rec->watch_cpus);
	free(rec->ended_by);

	for (unsigned int i = 0; i < rec->n_cpus; i++)
		entries_done(rec->cpus[i].sources, rec->cpus[i].n_sources);
	free(rec->places);
	rec_host_done(rec);
	free(rec->cpus);
	threads_done(rec->threads, rec->n_threads);
	stalls_done(rec->stalls, rec->n_stalls);
	rec_trace_free(rec->trace);
	rec_tsc_free(rec->tsc);

	for (unsigned int i = 0; i < rec->n_audit; i++)
		free(rec->audit[i].what);
	free(rec->audit);
	counters_done(rec->anomalies, rec->n_anomalies);
	counters_done(rec->incomplete, rec->n_incomplete);
	for (unsigned int i = 0; i < rec->n_programs; i++)
		free(rec->programs[i].name);
	free(rec->programs);
	texts_done(rec->missing, rec->n_missing);
	texts_done(rec->notes, rec->n_notes);
	memset(rec, 0, sizeof(*rec));
}

int recording_add_place(struct recording *rec, const struct rec_place *place)
{
	struct rec_place *added;
	int err = GROW(rec->places, &rec->n_places, added);

	if (!err)
		*added = *place;
	return err;
}

int recording_add_cpu(struct recording *rec, struct rec_cpu **ret)
{
	return GROW(rec->cpus, &rec->n_cpus, *ret);
}

int recording_add_thread(struct recording *rec, struct rec_thread **ret)
{
	int err = GROW(rec->threads, &rec->n_threads, *ret);

	if (!err)
		(*ret)->vcpu = -1;
	return err;
}

int recording_add_stall(struct recording *rec, struct rec_stall **ret)
{
	return GROW(rec->stalls, &rec->n_stalls, *ret);
}

int recording_add_audit(struct recording *rec, struct rec_audit **ret)
{
	return GROW(rec->audit, &rec->n_audit, *ret);
}

int recording_add_program(struct recording *rec, struct rec_program **ret)
{
	return GROW(rec->programs, &rec->n_programs, *ret);
}

int recording_add_anomaly(struct recording *rec, const char *name, uint64_t count)
{
	auto_free char *copy = strdup(name);
	struct rec_counter *counter = NULL;
	int err;

	if (!copy)
		return -ENOMEM;
	err = GROW(rec->anomalies, &rec->n_anomalies, counter);
	if (err)
		return err;
	counter->name = take_ptr(copy);
	counter->count = count;
	return 0;
}

int recording_add_incomplete(struct recording *rec, const char *name)
{
	auto_free char *copy = strdup(name);
	struct rec_counter *counter = NULL;
	int err;

	if (!copy)
		return -ENOMEM;
	err = GROW(rec->incomplete, &rec->n_incomplete, counter);
	if (err)
		return err;
	counter->name = take_ptr(copy);
	counter->count = 1;
	return 0;
}

static int add_text(char ***texts, unsigned int *n, const char *text)
{
	auto_free char *copy = strdup(text);
	char **slot = NULL;
	int err;

	if (!copy)
		return -ENOMEM;
	err = GROW(*texts, n, slot);
	if (err)
		return err;
	*slot = take_ptr(copy);
	return 0;
}

int recording_add_missing(struct recording *rec, const char *text)
{
	return add_text(&rec->missing, &rec->n_missing, text);
}

int recording_add_note(struct recording *rec, const char *text)
{
	return add_text(&rec->notes, &rec->n_notes, text);
}

int rec_entry_add(struct rec_entry **entries, unsigned int *n, struct rec_entry **ret)
{
	return GROW(*entries, n, *ret);
}

int rec_label_add(struct rec_entry *entry, const char *name, uint64_t count, uint64_t sum_ns)
{
	auto_free char *copy = strdup(name);
	struct rec_label *label = NULL;
	int err;

	if (!copy)
		return -ENOMEM;
	err = GROW(entry->labels, &entry->n_labels, label);
	if (err)
		return err;
	label->name = take_ptr(copy);
	label->count = count;
	label->sum_ns = sum_ns;
	return 0;
}

int rec_segment_add(struct rec_stall *stall, const char *row, const char *name, uint64_t ns)
{
	auto_free char *copy = strdup(name);
	struct rec_segment *segment = NULL;
	int err;

	if (!copy)
		return -ENOMEM;
	err = GROW(stall->segments, &stall->n_segments, segment);
	if (err)
		return err;
	segment->row = row;
	segment->name = take_ptr(copy);
	segment->ns = ns;
	return 0;
}

int rec_frame_add(struct rec_stall *stall, const char *frame)
{
	return add_text(&stall->stack, &stall->n_stack, frame);
}

uint64_t rec_thread_row_ns(const struct rec_thread *thread, const char *row)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < thread->n_ledger; i++) {
		if (!row || streq(thread->ledger[i].kind, row))
			sum += thread->ledger[i].sum_ns;
	}
	return sum;
}

static bool has_thread(const struct recording *rec, pid_t tid)
{
	for (unsigned int i = 0; i < rec->n_threads; i++) {
		if (rec->threads[i].tid == tid)
			return true;
	}
	return false;
}

void recording_keep_threads(struct recording *rec,
			    bool (*keep)(const struct rec_thread *thread, const void *arg),
			    const void *arg)
{
	unsigned int n = 0;

	rec->stalls_total = 0;
	rec->stalls_total_ns = 0;
	for (unsigned int i = 0; i < rec->n_threads; i++) {
		if (!keep(&rec->threads[i], arg)) {
			thread_done(&rec->threads[i]);
			continue;
		}
		rec->stalls_total += rec->threads[i].stalls;
		rec->stalls_total_ns += rec->threads[i].stalls_ns;
		rec->threads[n++] = rec->threads[i];
	}
	rec->n_threads = n;
	n = 0;
	for (unsigned int i = 0; i < rec->n_stalls; i++) {
		if (has_thread(rec, rec->stalls[i].tid))
			rec->stalls[n++] = rec->stalls[i];
		else
			stall_done(&rec->stalls[i]);
	}
	rec->n_stalls = n;
}
