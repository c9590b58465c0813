/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rec_trace: growing, freeing and searching of what the flight recorder kept.
 */
#include "model/rec_trace.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "model/recording.h"

void rec_trace_free(struct rec_trace *trace)
{
	if (!trace)
		return;
	for (unsigned int i = 0; i < trace->n_causes; i++)
		free(trace->causes[i].name);
	for (unsigned int i = 0; i < trace->n_windows; i++)
		free(trace->windows[i].events);
	free(trace->causes);
	free(trace->windows);
	free(trace);
}

int rec_trace_new(struct recording *rec, struct rec_trace **ret)
{
	rec_trace_free(rec->trace);
	rec->trace = calloc(1, sizeof(*rec->trace));
	if (!rec->trace)
		return -ENOMEM;
	*ret = rec->trace;
	return 0;
}

/* Room for one more, where there is a power of two of them. NULL: no memory; the array is as it was. */
static void *room(void *array, unsigned int n, size_t size)
{
	if (n > UINT_MAX / 2)
		return NULL;
	if (n & (n - 1))
		return array;
	return reallocarray(array, n ? 2 * (size_t)n : 1, size);
}

int rec_trace_add_cause(struct rec_trace *trace, struct rec_trace_cause **ret)
{
	struct rec_trace_cause *causes = room(trace->causes, trace->n_causes, sizeof(*causes));

	if (!causes)
		return -ENOMEM;
	trace->causes = causes;
	*ret = &causes[trace->n_causes++];
	**ret = (struct rec_trace_cause){ .name = NULL };
	return 0;
}

int rec_trace_add_window(struct rec_trace *trace, struct rec_trace_window **ret)
{
	struct rec_trace_window *windows = room(trace->windows, trace->n_windows, sizeof(*windows));

	if (!windows)
		return -ENOMEM;
	trace->windows = windows;
	*ret = &windows[trace->n_windows++];
	**ret = (struct rec_trace_window){ .events = NULL };
	return 0;
}

/* The last window that begins at this time or before. NULL: all are behind it. */
static const struct rec_trace_window *find_window(const struct rec_trace *trace, int cpu,
						  uint64_t at_ns)
{
	unsigned int low = 0, high = trace->n_windows;

	while (low < high) {
		unsigned int mid = low + (high - low) / 2;
		const struct rec_trace_window *w = &trace->windows[mid];

		if (w->cpu < cpu || (w->cpu == cpu && w->at_ns <= at_ns))
			low = mid + 1;
		else
			high = mid;
	}
	return low && trace->windows[low - 1].cpu == cpu ? &trace->windows[low - 1] : NULL;
}

const struct rec_trace_event *rec_trace_find(const struct rec_trace *trace, int cpu, uint64_t at_ns,
					     unsigned int *ret_n)
{
	const struct rec_trace_window *w = find_window(trace, cpu, at_ns);
	unsigned int low = 0, high = w ? w->n_events : 0;

	while (low < high) {
		unsigned int mid = low + (high - low) / 2;

		if (w->events[mid].at_ns + w->events[mid].ns <= at_ns)
			low = mid + 1;
		else
			high = mid;
	}
	if (!w || low == w->n_events)
		return NULL;
	*ret_n = w->n_events - low;
	return &w->events[low];
}
