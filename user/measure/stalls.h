/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stalls: keeps the longest of all stalls that came through the ring buffer. When it is full, a
 * longer one takes the place of the shortest, and the kernel need not send shorter ones any more.
 */
#ifndef LULL_MEASURE_STALLS_H
#define LULL_MEASURE_STALLS_H

#include <stddef.h>
#include <stdint.h>

#include "lull_abi.h"

/* A stall, with only as many segments and frames as it has. */
struct stall {
	uint64_t at_ns, duration_ns;
	uint64_t waker;
	__u64 waker_comm[2];
	uint32_t victim, cpu, mode;
	uint32_t n_segments, segments_dropped;
	uint32_t n_kstack, n_ustack; /* frames */
	struct lull_segment *segments;
	uint64_t *kstack, *ustack;
};

struct stalls {
	struct stall **heap; /* the shortest first */
	unsigned int n, max;
	uint64_t longest_ns;
};

/* -ENOMEM. stalls_done frees; a zeroed struct is accepted. */
int stalls_init(struct stalls *stalls, unsigned int max_kept);
void stalls_done(struct stalls *stalls);
/* One record of the ring buffer, @len bytes. -EINVAL: cut; -ENOMEM. */
int stalls_add(struct stalls *stalls, const struct lull_stall *raw, size_t len);
/* What a stall must exceed to be kept; 0 while there is room. */
uint64_t stalls_floor_ns(const struct stalls *stalls);
/* Sorts, the longest first; nothing can be added after. */
void stalls_sort(struct stalls *stalls);

#endif
