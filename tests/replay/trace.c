/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace: what was open when the window closed is in the settled tables alone, so one cause of a CPU
 * may have more there, by just the time that its windows lack.
 */
#include "trace.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "measure/traces.h"

static uint64_t time_of(const struct traces *t, unsigned int slot, uint64_t key, uint64_t *ret_all)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < t->n; i++) {
		const struct trace_window *w = &t->windows[i];

		for (unsigned int k = 0; w->slot == slot && k < w->n; k++) {
			*ret_all += w->events[k].ns;
			if ((w->events[k].word & LULL_CAUSE_MASK) == key)
				sum += w->events[k].ns;
		}
	}
	return sum;
}

/*
 * Softirqs of ksoftirqd are its own here, and causes of their own there; a switch that was rebuilt is
 * not undone here; what has no place there is under another name.
 */
static bool is_comparable(const struct lull_cpu *c)
{
	if (c->hidden || c->grouped || c->cause[LULL_CAUSES].sum_ns)
		return false;
	for (unsigned int i = 0; i < LULL_CAUSES; i++)
		if (c->cause[i].comm[0] == 0x71726974666f736bULL) /* "ksoftirq" */
			return false;
	return true;
}

static unsigned int check_causes(const struct traces *t, const struct lull_cpu *c,
				 unsigned int slot, uint64_t missing_ns)
{
	unsigned int bad = 0;

	for (unsigned int i = 0; i < LULL_CAUSES; i++) {
		const struct lull_cause *cause = &c->cause[i];
		uint64_t all = 0, ns = time_of(t, slot, cause->key, &all);

		if (!cause->key || LULL_CAUSE_KIND(cause->key) == LULL_KIND_UNKNOWN ||
		    ns == cause->sum_ns)
			continue;
		if (missing_ns && ns + missing_ns == cause->sum_ns) {
			missing_ns = 0;
			continue;
		}
		(void)printf("#   trace: CPU %u cause %016llx: %" PRIu64 " ns, settled %llu\n",
			     c->cpu, cause->key, ns, cause->sum_ns);
		bad++;
	}
	return bad;
}

static unsigned int check_cpu(const struct traces *t, const struct lull_cpu *c, unsigned int slot)
{
	uint64_t all = 0;

	if (!c->opened_ns || c->fresh == 2)
		return 0;
	(void)time_of(t, slot, 0, &all);
	if (all > c->last_ns - c->opened_ns) {
		(void)printf("#   trace: CPU %u has %" PRIu64 " of %llu ns\n", c->cpu, all,
			     c->last_ns - c->opened_ns);
		return 1;
	}
	return is_comparable(c) ? check_causes(t, c, slot, c->last_ns - c->opened_ns - all) : 0;
}

unsigned int check_trace(const struct traces *traces, const struct lull_cpu *settled,
			 unsigned int n_cpus)
{
	unsigned int bad = 0;

	if (traces->dropped) {
		(void)printf("#   trace: %" PRIu64 " holes, of %" PRIu64 " ns\n", traces->dropped,
			     traces->missing_ns);
		bad++;
	}
	for (unsigned int i = 0; i < n_cpus; i++)
		bad += check_cpu(traces, &settled[i], i);
	return bad;
}
