/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timeline: the kept stalls of a recording as slices on tracks, for formats that draw time. A
 * recording knows how long each cause of a stall took and in which order they came first, so a
 * stall's segments lie end to end in it. Private to the exporters.
 */
#ifndef LULL_REPORT_TIMELINE_H
#define LULL_REPORT_TIMELINE_H

#include <stdint.h>

struct rec_segment;
struct rec_stall;
struct recording;

/* A line of the picture: a victim, or one lane of a CPU (stalls of several victims overlap). */
struct timeline_track {
	int thread; /* number in the recording; -1: a CPU */
	int cpu;
	unsigned int lane;
	uint64_t busy_until_ns;
};

struct timeline_slice {
	uint64_t at_ns, ns; /* from the start of the recording */
	unsigned int track;
	const struct rec_stall *stall;
	const struct rec_segment *segment; /* NULL: the stall itself, around its segments */
};

/* Slices are in the order of their beginning, a stall before its segments. */
struct timeline {
	struct timeline_track *tracks;
	struct timeline_slice *slices;
	unsigned int n_tracks, n_slices;
};

/* -ENOMEM. timeline_done frees and zeroes. */
int timeline_init(struct timeline *ret, const struct recording *rec);
void timeline_done(struct timeline *timeline);

#endif
