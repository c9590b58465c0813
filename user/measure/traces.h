/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * traces: the flight recorder's reader. Around each stall it copies what the watched CPUs did out of
 * their rings, before that is overwritten, and keeps as much as there is room for: what surrounds the
 * longest stalls. It knows times and numbers of causes, no names.
 */
#ifndef LULL_MEASURE_TRACES_H
#define LULL_MEASURE_TRACES_H

#include <stddef.h>
#include <stdint.h>

#include "lull_abi.h"

/* The word of a stretch that was overwritten before it was read. */
#define TRACES_LOST LULL_CAUSE(LULL_KIND_UNKNOWN, 0, 0)

/* The kernel's side. */
struct traces_tables {
	const struct lull_cpu *cpus;
	const struct lull_victim *victims;
	const struct lull_event *rings; /* @places for each CPU */
	unsigned int n_cpus, n_victims;
	uint32_t places; /* a power of two */
};

/* A span of a CPU's time, from its beginning to its end without a hole. */
struct trace_window {
	unsigned int slot; /* of the CPU */
	uint64_t from_ns, to_ns;
	uint64_t stall_ns; /* the longest for which it was taken */
	struct lull_event *events;
	unsigned int n;
};

struct trace_span {
	uint64_t from_ns, to_ns, stall_ns;
};

struct traces {
	struct traces_tables tables;
	uint64_t before_ns, after_ns; /* taken around a stall */
	size_t max_events, n_events;  /* in all windows */
	struct trace_window *windows;
	unsigned int n, cap;
	struct trace_span *wanted, *taken; /* the latter in order, apart from each other */
	unsigned int n_wanted, wanted_cap, n_taken, taken_cap;
	struct lull_event *buf; /* of one CPU, while it is read */
	uint64_t floor_ns;	/* there is no room for shorter stalls any more */
	/* Lost: stretches and their time; windows for which there was no room. */
	uint64_t dropped, missing_ns, windows_dropped;
};

/* -ENOMEM. traces_done frees; a zeroed struct is accepted. */
int traces_init(struct traces *t, const struct traces_tables *tables, uint64_t before_ns,
		size_t max_events);
void traces_done(struct traces *t);
/* There was a stall: what surrounds it is wanted. -ENOMEM. */
int traces_want(struct traces *t, uint64_t at_ns, uint64_t duration_ns);
/* Copies what is wanted and has happened by @now. -ENOMEM. */
int traces_take(struct traces *t, uint64_t now);
/* Orders the windows by CPU and time and joins those that touch; nothing can be taken after. -ENOMEM. */
int traces_sort(struct traces *t);

#endif
