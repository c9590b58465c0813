/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wants: in which is written what a sequence must give: one line per row of a ledger, cause of a
 * CPU, value of a histogram, segment of a stall. Times are microseconds.
 */
#ifndef LULL_TESTS_REPLAY_WANTS_H
#define LULL_TESTS_REPLAY_WANTS_H

#include <stdint.h>

#include "lull_abi.h"

/* Causes, as expected. */
#define TID(who)   ((who) == IDLE ? 0U : 100U + (who))
#define TASK(who)  LULL_CAUSE(LULL_KIND_TASK, TID(who), 7U * (who))
#define LINE(n)	   LULL_CAUSE(LULL_KIND_IRQ, n, 0)
#define VECT(id)   LULL_CAUSE(LULL_KIND_VECTOR, LULL_VECTOR_##id, 0)
#define SOFTIRQ(n) LULL_CAUSE(LULL_KIND_SOFTIRQ, n, 0)
#define REASON(r)  LULL_CAUSE(LULL_KIND_EXIT, r, 0)
#define QUEUE	   LULL_CAUSE(LULL_KIND_QUEUE, 0, 0)
#define UNSEEN	   LULL_CAUSE(LULL_KIND_UNKNOWN, 0, 0)
#define OTHER	   LULL_CAUSE(LULL_KIND_OTHER, 0, 0)
#define NMIS	   LULL_CAUSE(LULL_KIND_NMI, 0, 0)
#define NO_NAME	   0
#define OTHERS	   1					     /* the label of what finds no place */
#define FROM_BETA  LULL_LABEL(LULL_LABEL_SENDER, 0x61746562) /* "beta", little endian */

/* What a sequence must give. What is not listed must not be there (CPUs: if any line names it). */
enum want_kind {
	WANT_END,
	WANT_ROW,    /* of a victim's ledger: cause, count, sum, max */
	WANT_TOTAL,  /* all of a row: count, sum; its entries are not looked at */
	WANT_LABELS, /* all labels of such a row: count, sum */
	WANT_CAUSE,  /* of a CPU */
	WANT_GAP,    /* one value in the histogram: count, sum of one */
	WANT_WAKE,   /* the same */
	WANT_PREEMPTED,
	WANT_STALL,   /* at, sum; waker in cause */
	WANT_SEGMENT, /* of that stall: row, cause, label, sum */
	WANT_DROPPED, /* segments of that stall: count */
	WANT_LABEL,   /* of a victim's entry: row, cause, label, count, sum */
	WANT_CPU_LABEL,
	WANT_ANOMALY, /* row: which, count */
	WANT_SIBLING, /* sum */
	WANT_HIDDEN,  /* switches on a CPU: count */
	WANT_WALL,    /* of a victim, when it is not all the window: sum */
};

struct want {
	enum want_kind kind;
	uint32_t who, row; /* who: enum who or CPU */
	uint64_t cause, label;
	uint64_t count, at_us, sum_us, max_us;
};

#define WANT(k, ...)                          \
	{                                     \
		.kind = WANT_##k, __VA_ARGS__ \
	}
#define ROW(w, r, cs, n, sum, most)                                                              \
	WANT(ROW, .who = (w), .row = LULL_ROW_##r, .cause = (cs), .count = (n), .sum_us = (sum), \
	     .max_us = (most))
#define TOTAL(w, r, n, sum) \
	WANT(TOTAL, .who = (w), .row = LULL_ROW_##r, .count = (n), .sum_us = (sum))
#define CAUSE(c, cs, n, sum, most) \
	WANT(CAUSE, .who = (c), .cause = (cs), .count = (n), .sum_us = (sum), .max_us = (most))
#define LABELS(w, r, n, sum) \
	WANT(LABELS, .who = (w), .row = LULL_ROW_##r, .count = (n), .sum_us = (sum))
#define GAPS(w, us, n)	     WANT(GAP, .who = (w), .sum_us = (us), .count = (n))
#define GAP(w, us)	     GAPS(w, us, 1)
#define WAKE(w, us)	     WANT(WAKE, .who = (w), .sum_us = (us), .count = 1)
#define PREEMPTEDS(w, us, n) WANT(PREEMPTED, .who = (w), .sum_us = (us), .count = (n))
#define PREEMPTED(w, us)     PREEMPTEDS(w, us, 1)
#define STALL(w, at, us)     WANT(STALL, .who = (w), .at_us = (at), .sum_us = (us))
#define STALL_WOKEN(w, at, us, by) \
	WANT(STALL, .who = (w), .at_us = (at), .sum_us = (us), .cause = (by))
#define SEGMENT(r, cs, us) WANT(SEGMENT, .row = LULL_ROW_##r, .cause = (cs), .sum_us = (us))
#define SEGMENT_OF(r, cs, us, l) \
	WANT(SEGMENT, .row = LULL_ROW_##r, .cause = (cs), .sum_us = (us), .label = (l))
#define DROPPED(n) WANT(DROPPED, .count = (n))
#define LABEL(w, r, cs, l, n, us)                                                               \
	WANT(LABEL, .who = (w), .row = LULL_ROW_##r, .cause = (cs), .label = (l), .count = (n), \
	     .sum_us = (us))
#define CPU_LABEL(c, cs, l, n, us) \
	WANT(CPU_LABEL, .who = (c), .cause = (cs), .label = (l), .count = (n), .sum_us = (us))
#define ANOMALY(id, n)	      WANT(ANOMALY, .row = LULL_ANOMALY_##id, .count = (n))
#define SIBLING(w, us)	      WANT(SIBLING, .who = (w), .sum_us = (us))
#define SWITCHES_HIDDEN(c, n) WANT(HIDDEN, .who = (c), .count = (n))
#define WALL(w, us)	      WANT(WALL, .who = (w), .sum_us = (us))

#endif
