/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rec_trace: of a recording, what the flight recorder kept: windows of time around stalls, and what
 * had each watched CPU in them, from one event to the next.
 */
#ifndef LULL_MODEL_REC_TRACE_H
#define LULL_MODEL_REC_TRACE_H

#include <stdint.h>
#include <sys/types.h>

struct recording;

/* What had a CPU. */
struct rec_trace_cause {
	/*
	 * Static text of model/rows.h: a source ("irq", "task"); of a victim what it did ("guest",
	 * "exit", "user", "run", "untraced"); "lost": overwritten before it was read.
	 */
	const char *kind;
	char *name; /* as in a ledger: "131 nvme0q3", "812 kwin", the reason of an exit; or "" */
	pid_t tid;  /* of the task that ran; 0: none, or the idle one */
};

struct rec_trace_event {
	uint64_t at_ns, ns;
	unsigned int cause;
};

/* Events follow each other from the first to the last without a hole. */
struct rec_trace_window {
	int cpu;
	uint64_t at_ns, duration_ns; /* from the start of the recording */
	uint64_t stall_ns;	     /* the longest stall for which it was kept */
	struct rec_trace_event *events;
	unsigned int n_events;
};

struct rec_trace {
	uint64_t before_ns, after_ns; /* what was to be kept around a stall */
	uint64_t dropped, missing_ns; /* stretches that are lost, and their time in all */
	uint64_t windows_dropped;     /* there was no room for, around short stalls */
	struct rec_trace_cause *causes;
	struct rec_trace_window *windows; /* by CPU and time; those of one CPU are apart */
	unsigned int n_causes, n_windows;
};

void rec_trace_free(struct rec_trace *trace);
/* -ENOMEM. The new element is zeroed; the pointer holds until the next one is added. */
int rec_trace_new(struct recording *rec, struct rec_trace **ret);
int rec_trace_add_cause(struct rec_trace *trace, struct rec_trace_cause **ret);
int rec_trace_add_window(struct rec_trace *trace, struct rec_trace_window **ret);

/*
 * The first event of @cpu that ends after @at_ns; those behind it in its window follow. *ret_n: how
 * many there are with it. NULL: there is none in a window that holds this time.
 */
const struct rec_trace_event *rec_trace_find(const struct rec_trace *trace, int cpu, uint64_t at_ns,
					     unsigned int *ret_n);

#endif
