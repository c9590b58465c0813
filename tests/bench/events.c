/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * events: counts how often one operation of a workload runs the hooks that its figures are about,
 * by the kernel's statistics of the empty programs, which are off while times are taken. A hook
 * that does not run costs nothing; that is no figure.
 */
#include "bench/bench.h"

#include <errno.h>

#include <bpf/bpf.h>

#include "base/cleanup.h"

#define TRIES	  5
#define TOLERANCE 0.1 /* of the expected number: slices begin and end */
#define NO_STALLS UINT32_MAX

static const struct event wanted[] = {
	{ WORK_YIELD, "sched__switch", 2, 0 },	  { WORK_PING, "sched__switch", 2, 0 },
	{ WORK_PING, "sched__waking", 2, 0 },	  { WORK_PING, "sched__wakeup", 2, 0 },
	{ WORK_SOFTIRQ, "softirq__entry", 1, 0 }, { WORK_SOFTIRQ, "softirq__exit", 1, 0 },
	{ WORK_VECTOR, "vector__entry", 1, 0 },	  { WORK_VECTOR, "vector__exit", 1, 0 },
	{ WORK_EXIT, "kvm__entry", 1, 0 },	  { WORK_EXIT, "kvm__exit", 1, 0 },
};
_Static_assert(ARRAY_SIZE(wanted) <= EVENTS_MAX, "all of them");

/* The median of some tries: what else runs on the machine adds to one or the other. */
static int count_event(struct bench *b, struct event *e)
{
	double tries[TRIES], ns;

	for (unsigned int i = 0; i < TRIES; i++) {
		uint64_t before = arms_count(b->arms, e->hook), done = work_done(b->work);
		int err = work_slice(b->work, e->kind, &ns);

		if (err)
			return err;
		tries[i] = (double)(arms_count(b->arms, e->hook) - before) /
			   (double)(work_done(b->work) - done);
	}
	e->counted = stats_median(tries, TRIES);
	return 0;
}

int events_collect(struct bench *b)
{
	auto_close int stats = bpf_enable_stats(BPF_STATS_RUN_TIME);
	auto_str struct str why = { 0 };
	int err, detached;

	if (stats < 0)
		return -errno;
	err = arms_attach(b->arms, ARM_EMPTY, NO_STALLS, &why);
	for (size_t i = 0; i < ARRAY_SIZE(wanted) && !err; i++) {
		if (!work_has(b->work, wanted[i].kind))
			continue;
		b->events[b->n_events] = wanted[i];
		err = count_event(b, &b->events[b->n_events++]);
	}
	detached = arms_detach(b->arms);
	return err ?: detached;
}

unsigned int events_of(const struct bench *b, enum work_kind kind)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < b->n_events; i++) {
		const struct event *e = &b->events[i];
		double off = e->counted / e->expected - 1;

		if (e->kind != kind)
			continue;
		if (off > TOLERANCE || off < -TOLERANCE)
			return 0;
		n = e->expected;
	}
	return n;
}
