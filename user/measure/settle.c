/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "measure/settle.h"

#include <stdbool.h>

#include "base/cleanup.h"

static void cause_add(struct lull_cpu *c, uint64_t key, uint64_t ns)
{
	unsigned int free_at = LULL_CAUSES;

	for (unsigned int i = 0; ns && i < LULL_CAUSES; i++) {
		if (c->cause[i].key == key) {
			c->cause[i].sum_ns += ns;
			return;
		}
		if (!c->cause[i].key && i >= LULL_CAUSE_HASHED && free_at == LULL_CAUSES)
			free_at = i;
	}
	if (!ns)
		return;
	if (free_at < LULL_CAUSES)
		c->cause[free_at].key = key;
	c->cause[free_at].sum_ns += ns;
}

static void entry_add(struct lull_victim *v, enum lull_row row, uint64_t cause, uint64_t ns)
{
	uint64_t key = (uint64_t)row << LULL_ROW_SHIFT | cause;
	unsigned int at = lull_entry_place(row, cause), i;

	if (!ns)
		return;
	for (i = LULL_ENTRY_HASHED; at == LULL_ENTRIES && i < LULL_ENTRIES; i++)
		if (v->entry[i].key == key)
			at = i;
	for (i = LULL_ENTRY_HASHED; at == LULL_ENTRIES && i < LULL_ENTRIES; i++)
		if (!v->entry[i].key)
			at = i;
	if (at == LULL_ENTRIES) /* no place: the row's unnamed entry */
		at = row;
	else if (cause)
		v->entry[at].key = key;
	v->entry[at].sum_ns += ns;
}

static enum lull_row interrupt_row(uint64_t cause)
{
	switch (LULL_CAUSE_KIND(cause)) {
	case LULL_KIND_VECTOR:
		return LULL_ROW_VECTOR;
	case LULL_KIND_SOFTIRQ:
		return LULL_ROW_SOFTIRQ;
	default:
		return LULL_ROW_IRQ;
	}
}

static void mode_flush(struct lull_victim *v)
{
	static const enum lull_row rows[] = {
		[LULL_MODE_RUN] = LULL_ROW_RUN,
		[LULL_MODE_GUEST] = LULL_ROW_GUEST,
		[LULL_MODE_EXIT] = LULL_ROW_EXIT,
		[LULL_MODE_USER] = LULL_ROW_USER,
	};
	enum lull_row row = rows[v->mode & 3];
	uint64_t cause = 0;

	if (row == LULL_ROW_EXIT &&
	    (v->reason == LULL_EXIT_EXTINT_VMX || v->reason == LULL_EXIT_EXTINT_SVM))
		row = LULL_ROW_UNTRACED;
	else if (row == LULL_ROW_EXIT && v->reason)
		cause = LULL_CAUSE(LULL_KIND_EXIT, v->reason, 0);
	entry_add(v, row, cause, v->mode_ns);
	v->mode_ns = 0;
}

/* What has the CPU gets the time up to the end, less NMIs that were not subtracted yet. */
static void cpu_charge(struct lull_cpu *c, struct lull_victim *v, uint64_t end)
{
	uint64_t d = end > c->last_ns ? end - c->last_ns : 0, nmi = min(c->nmi_ns, d);

	d -= nmi;
	c->nmi_ns -= nmi;
	if (v)
		entry_add(v, LULL_ROW_NMI, 0, nmi);
	c->last_ns = max(c->last_ns, end);
	if (c->depth) {
		c->frame[(c->depth - 1) % LULL_DEPTH].acc_ns += d;
	} else if (c->softirq) {
		c->soft_ns += d;
	} else {
		c->task_ns += d;
		if (v)
			v->mode_ns += d;
	}
}

static void cpu_flush(struct lull_cpu *c, struct lull_victim *v)
{
	for (unsigned int i = 0; i < min(c->depth, (__u32)LULL_DEPTH); i++) {
		struct lull_frame *f = &c->frame[i];

		cause_add(c, f->cause, f->acc_ns);
		if (v)
			entry_add(v, interrupt_row(f->cause), f->cause, f->acc_ns);
	}
	if (c->softirq) {
		uint64_t cause = LULL_CAUSE(LULL_KIND_SOFTIRQ, c->softirq - 1, 0);

		cause_add(c, cause, c->soft_ns);
		if (v)
			entry_add(v, LULL_ROW_SOFTIRQ, cause, c->soft_ns);
	}
	if (c->carry_irq) {
		cause_add(c, c->carry_irq, c->carry_ns);
		if (v)
			entry_add(v, LULL_ROW_IRQ, c->carry_irq, c->carry_ns);
		c->carry_irq = 0;
	}
	cause_add(c, c->task, c->task_ns);
	c->task_ns = 0;
	c->depth = c->softirq = 0;
	if (v)
		mode_flush(v);
}

static const struct lull_cpu *cpu_find(const struct settle_tables *t, uint32_t cpu)
{
	for (unsigned int i = 0; i < t->n_cpus; i++)
		if (t->cpus[i].opened_ns && t->cpus[i].cpu == cpu)
			return &t->cpus[i];
	return NULL;
}

static uint64_t siblings_busy(const struct settle_tables *t, uint32_t cpu)
{
	uint64_t busy = 0;

	for (uint32_t at = t->siblings[cpu], i = 0; at && at - 1 != cpu && i < 7; i++) {
		const struct lull_cpu *c = cpu_find(t, at - 1);

		if (c)
			busy += c->busy_ns + (c->busy_since && t->closed_ns > c->busy_since
						      ? t->closed_ns - c->busy_since
						      : 0);
		at = t->siblings[at - 1];
	}
	return busy;
}

static void cpu_settle(const struct settle_tables *t, struct lull_cpu *c)
{
	struct lull_victim *v = NULL;

	if (!c->opened_ns)
		return;
	if (c->fresh == 2) { /* not one event */
		c->task = LULL_CAUSE(LULL_KIND_UNKNOWN, 0, 0);
		c->victim = 0;
	}
	if (c->victim && c->victim <= t->n_victims)
		v = &t->victims[c->victim - 1];
	cpu_charge(c, v, t->closed_ns);
	if (v && t->siblings)
		v->sibling_ns += siblings_busy(t, c->cpu) - v->sibling_base;
	cpu_flush(c, v);
	if (v)
		v->since_ns = c->last_ns;
}

static void segment_add(struct lull_victim *v, enum lull_row row, uint64_t cause, uint64_t ns)
{
	uint64_t word = (uint64_t)row << LULL_ROW_SHIFT | cause;

	if (!v->gap_ns)
		return;
	for (uint32_t i = 0; i < LULL_SEGMENTS; i++) {
		struct lull_segment *s = &v->segment[i];

		if (i == v->n_segments) {
			*s = (struct lull_segment){ .word = word };
			v->n_segments++;
		}
		if (s->word == word) {
			s->ns += ns;
			return;
		}
	}
	v->segments_dropped++;
}

static void wait_add(struct lull_victim *v, enum lull_row row, uint64_t cause, uint64_t ns)
{
	entry_add(v, row, cause, ns);
	segment_add(v, row, cause, ns);
}

/* A wait that did not end: as the kernel side charges one that does, by the timeline. */
static void wait_settle(const struct settle_tables *t, struct lull_victim *v)
{
	enum lull_row row = v->state == LULL_STATE_WOKEN ? LULL_ROW_WAKE : LULL_ROW_PREEMPTED;
	const struct lull_cpu *c = cpu_find(t, v->cpu);
	uint32_t n = c ? min(c->head, (__u32)LULL_TIMELINE) : 0;
	uint64_t lo = v->since_ns;

	for (uint32_t i = 0; i < min(v->n_occupants, (__u32)LULL_OCCUPANTS); i++)
		wait_add(v, row, v->occupant[i].word & LULL_CAUSE_MASK, v->occupant[i].ns);
	v->n_occupants = 0;
	for (uint32_t i = 0; i < n; i++) {
		const struct lull_moment *m = &c->moment[(c->head - n + i) % LULL_TIMELINE];
		uint64_t end = min(m->end_ns, t->closed_ns);

		if (end <= lo)
			continue;
		/* Of the oldest one nothing tells when it began, if others came before. */
		wait_add(v, row,
			 i || c->head == n ? m->word & LULL_CAUSE_MASK
					   : LULL_CAUSE(LULL_KIND_UNKNOWN, 0, 0),
			 end - lo);
		lo = end;
	}
	if (lo < t->closed_ns)
		wait_add(v, row, c && c->task ? c->task : LULL_CAUSE(LULL_KIND_UNKNOWN, 0, 0),
			 t->closed_ns - lo);
	v->since_ns = max(v->since_ns, t->closed_ns);
}

static enum lull_row sleep_row(const struct lull_victim *v)
{
	return lull_is_halt(v) ? LULL_ROW_HALTED : LULL_ROW_BLOCKED;
}

static void sleep_settle(struct lull_victim *v, uint64_t cause, uint64_t end)
{
	if (end > v->since_ns) {
		entry_add(v, sleep_row(v), cause, end - v->since_ns);
		v->since_ns = end;
	}
}

/* One that was over, and only not counted yet, is a whole piece, as the programs count it. */
static void sleep_count(struct lull_victim *v, enum lull_row row, uint64_t ns)
{
	struct lull_entry *e = &v->entry[row];

	entry_add(v, row, 0, ns);
	e->count++;
	e->max_ns = max(e->max_ns, ns);
	if (e->hist && e->hist <= LULL_VICTIM_HISTS)
		v->hist[e->hist - 1][lull_slot(ns, LULL_SUB_BITS1)]++;
}

static void gap_count(const struct settle_tables *t, struct lull_victim *v, uint64_t end)
{
	uint64_t ns = end - v->gap_ns;

	v->gap[lull_slot(ns, LULL_SUB_BITS2)]++;
	v->gap_sum += ns;
	v->gap_max = max(v->gap_max, ns);
	if (ns < t->stall_ns)
		return;
	v->stalls++;
	v->stalls_ns += ns;
	if (t->stall)
		t->stall(v, end, t->stall_arg);
}

/*
 * A gap that had ended, only waiting for one to follow at once, counts. So does one that goes on:
 * the victim wants to run and does not, and has lost at least that much.
 */
static void gap_settle(const struct settle_tables *t, struct lull_victim *v)
{
	bool waits = v->state == LULL_STATE_PREEMPTED || v->state == LULL_STATE_WOKEN;

	if (!v->gap_ns)
		return;
	if (waits && t->closed_ns > v->gap_ns)
		gap_count(t, v, t->closed_ns);
	else if (v->mode == LULL_MODE_RUN && v->gap_end_ns > v->gap_ns)
		gap_count(t, v, v->gap_end_ns);
}

static bool is_current(const struct settle_tables *t, unsigned int slot)
{
	for (unsigned int i = 0; i < t->n_cpus; i++)
		if (t->cpus[i].opened_ns && t->cpus[i].victim == slot + 1)
			return true;
	return false;
}

static void victim_settle(const struct settle_tables *t, unsigned int slot)
{
	struct lull_victim *v = &t->victims[slot];

	if (v->block_ns) {
		enum lull_row row = sleep_row(v);

		/* As vcpu_halted: what the guest lost begins at the wake-up. */
		if (v->gap_ns && v->mode == LULL_MODE_EXIT &&
		    (row == LULL_ROW_HALTED || !v->reason)) {
			v->gap_ns = v->halt_wake_ns;
			v->first_segment = v->sleep_segment;
		}
		sleep_count(v, row, v->block_ns);
		v->block_ns = 0;
	}
	switch (v->state) {
	case LULL_STATE_ON:
		if (is_current(t, slot) || v->since_ns >= t->closed_ns)
			break;
		entry_add(v, LULL_ROW_LOST, 0, t->closed_ns - v->since_ns);
		v->since_ns = t->closed_ns;
		break;
	case LULL_STATE_PREEMPTED:
	case LULL_STATE_WOKEN:
		wait_settle(t, v);
		break;
	case LULL_STATE_BLOCKED:
		sleep_settle(v, 0, t->closed_ns);
		break;
	case LULL_STATE_UNKNOWN: /* not one event: asleep all the time */
		sleep_settle(v, LULL_CAUSE(LULL_KIND_UNKNOWN, 0, 0), t->closed_ns);
		break;
	default:
		break;
	}
	gap_settle(t, v);
	/* An exit, say, that was open while its thread slept. */
	mode_flush(v);
}

void settle_tables(const struct settle_tables *t)
{
	for (unsigned int i = 0; i < t->n_cpus; i++)
		cpu_settle(t, &t->cpus[i]);
	for (unsigned int i = 0; i < t->n_victims; i++)
		if (t->victims[i].state != LULL_STATE_FREE && t->victims[i].state != LULL_STATE_NEW)
			victim_settle(t, i);
}

uint64_t settle_cpu_wall_ns(const struct lull_cpu *c)
{
	return c->opened_ns ? c->last_ns - c->opened_ns : 0;
}

uint64_t settle_victim_wall_ns(const struct lull_victim *v)
{
	if (v->state == LULL_STATE_FREE || v->state == LULL_STATE_NEW)
		return 0;
	return v->since_ns - v->start_ns;
}
