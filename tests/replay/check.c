/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>

#include "base/cleanup.h"
#include "measure/settle.h"

static const char *const row_names[] = {
#define ROW(id, name, theft, help) [LULL_ROW_##id] = name,
#include "rows.def"
#undef ROW
};

static const char *const anomaly_names[] = {
#define ANOMALY(id, words) [LULL_ANOMALY_##id] = #id,
#include "anomalies.def"
#undef ANOMALY
};

#include "words.h"

#define MAX_WANTS 128U

/* What was counted, in the shape of what is wanted, but in ns. */
struct got {
	enum want_kind kind;
	uint32_t who, row;
	uint64_t cause, label, count, at_ns, sum_ns, max_ns;
};

/* The comparison of one sequence. */
struct check {
	const struct check_tables *tables;
	const struct sequence *seq;
	unsigned int n_failed;
	unsigned int last; /* the line of a stall that matched last: their order counts */
	bool seen[MAX_WANTS];
};

static void complain(struct check *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void complain(struct check *c, const char *fmt, ...)
{
	va_list args;

	c->n_failed++;
	va_start(args, fmt);
	(void)printf("#   ");
	(void)vprintf(fmt, args);
	(void)printf("\n");
	va_end(args);
}

static const char *describe(const struct got *g, char *buf, size_t cap)
{
	static const char *const kinds[] = {
		[WANT_ROW] = "row",
		[WANT_TOTAL] = "total",
		[WANT_LABELS] = "labels",
		[WANT_CAUSE] = "cause",
		[WANT_GAP] = "gap",
		[WANT_WAKE] = "wake",
		[WANT_PREEMPTED] = "preempted",
		[WANT_STALL] = "stall",
		[WANT_SEGMENT] = "segment",
		[WANT_DROPPED] = "dropped",
		[WANT_LABEL] = "label",
		[WANT_CPU_LABEL] = "label of CPU",
		[WANT_ANOMALY] = "anomaly",
		[WANT_SIBLING] = "sibling",
		[WANT_HIDDEN] = "hidden",
	};
	const char *name = g->row < LULL_N_ROWS ? row_names[g->row] : "";

	if (g->kind == WANT_ANOMALY)
		name = anomaly_names[g->row];
	(void)snprintf(buf, cap,
		       "%s %u %s[%u:%u] label %" PRIx64 ": count %" PRIu64 " at %" PRIu64
		       " sum %" PRIu64 " max %" PRIu64,
		       kinds[g->kind], g->who, name, LULL_CAUSE_KIND(g->cause),
		       LULL_CAUSE_ID(g->cause), g->label, g->count, g->at_ns, g->sum_ns, g->max_ns);
	return buf;
}

static bool same_thing(const struct want *w, const struct got *g)
{
	if (w->kind != g->kind || w->who != g->who || w->row != g->row || w->label != g->label)
		return false;
	if (g->kind == WANT_GAP || g->kind == WANT_WAKE || g->kind == WANT_PREEMPTED)
		return lull_slot(w->sum_us * 1000, LULL_SUB_BITS2) == g->sum_ns; /* of its bin */
	return w->cause == g->cause || g->kind == WANT_STALL;
}

static bool same_amount(const struct want *w, const struct got *g)
{
	if (g->kind == WANT_GAP || g->kind == WANT_WAKE || g->kind == WANT_PREEMPTED)
		return w->count == g->count;
	return w->count == g->count && w->at_us * 1000 == g->at_ns &&
	       w->sum_us * 1000 == g->sum_ns && w->max_us * 1000 == g->max_ns &&
	       w->cause == g->cause;
}

static bool in_stall(enum want_kind kind)
{
	return kind == WANT_STALL || kind == WANT_SEGMENT || kind == WANT_DROPPED;
}

/* Holds what was counted against the lines of the sequence. */
static void take(struct check *c, const struct got *g)
{
	char text[256];

	for (unsigned int i = in_stall(g->kind) ? c->last : 0; c->seq->wants[i].kind; i++) {
		const struct want *w = &c->seq->wants[i];

		if (c->seen[i] || !same_thing(w, g))
			continue;
		c->seen[i] = true;
		if (in_stall(g->kind))
			c->last = i;
		if (!same_amount(w, g))
			complain(c,
				 "%s; want count %" PRIu64 " at %" PRIu64 " sum %" PRIu64
				 " max %" PRIu64,
				 describe(g, text, sizeof(text)), w->count, w->at_us * 1000,
				 w->sum_us * 1000, w->max_us * 1000);
		return;
	}
	complain(c, "not expected: %s", describe(g, text, sizeof(text)));
}

static const struct want *find_want(const struct check *c, enum want_kind kind, uint32_t who,
				    uint32_t row)
{
	for (const struct want *w = c->seq->wants; w->kind; w++)
		if (w->kind == kind && w->who == who && w->row == row)
			return w;
	return NULL;
}

static void check_sum(struct check *c, const char *what, uint32_t who, uint64_t got, uint64_t want)
{
	if (got != want)
		complain(c, "%s of %u: got %" PRIu64 ", want %" PRIu64, what, who, got, want);
}

static uint64_t hist_count(const uint32_t *hist)
{
	uint64_t n = 0;

	for (unsigned int i = 0; i <= LULL_SLOTS1; i++)
		n += hist[i];
	return n;
}

static uint32_t entry_row(const struct lull_victim *v, unsigned int at)
{
	return at < LULL_ENTRY_ROWS ? at : (uint32_t)(v->entry[at].key >> LULL_ROW_SHIFT);
}

static void check_entries(struct check *c, enum who who, const struct lull_victim *v)
{
	struct got totals[LULL_N_ROWS] = { 0 };
	uint64_t sum = 0;

	for (unsigned int i = 0; i <= LULL_ENTRIES; i++) {
		const struct lull_entry *e = &v->entry[i];
		uint32_t row = entry_row(v, i);

		if (!e->count && !e->sum_ns)
			continue;
		sum += e->sum_ns;
		if (e->hist)
			check_sum(c, "histogram", who, hist_count(v->hist[e->hist - 1]), e->count);
		totals[row] = (struct got){ .kind = WANT_TOTAL,
					    .who = who,
					    .row = row,
					    .count = totals[row].count + e->count,
					    .sum_ns = totals[row].sum_ns + e->sum_ns };
		if (!find_want(c, WANT_TOTAL, who, row))
			take(c, &(struct got){ WANT_ROW, who, row, e->key & LULL_CAUSE_MASK,
					       .count = e->count, .sum_ns = e->sum_ns,
					       .max_ns = e->max_ns });
	}
	for (unsigned int i = 0; i < LULL_N_ROWS; i++)
		if (totals[i].kind && find_want(c, WANT_TOTAL, who, i))
			take(c, &totals[i]);
	check_sum(c, "sum of rows", who, sum, settle_victim_wall_ns(v));
}

static void check_hist(struct check *c, enum want_kind kind, enum who who, const uint32_t *hist,
		       uint64_t sum_ns, uint64_t max_ns)
{
	uint64_t want_sum = 0, want_max = 0;

	for (unsigned int i = 0; i <= LULL_SLOTS2; i++)
		if (hist[i])
			take(c, &(struct got){
					.kind = kind, .who = who, .count = hist[i], .sum_ns = i });
	for (const struct want *w = c->seq->wants; w->kind; w++) {
		if (w->kind != kind || w->who != who)
			continue;
		want_sum += w->sum_us * w->count * 1000;
		want_max = max(want_max, w->sum_us * 1000);
	}
	check_sum(c, "sum of a histogram", who, sum_ns, want_sum);
	check_sum(c, "max of a histogram", who, max_ns, want_max);
}

static uint64_t function(const struct check *c, unsigned int fn)
{
	uint64_t label = c->tables->fns[fn % LULL_FNS];

	if (fn == LULL_FN_OTHERS)
		return OTHERS;
	if (LULL_LABEL_KIND(label) != LULL_LABEL_SENDER)
		return label;
	/* By comm, because the number of a sender is a matter of hashing. */
	return LULL_LABEL(LULL_LABEL_SENDER,
			  c->tables->senders[LULL_LABEL_VALUE(label) - 1].comm[0]);
}

static void check_labels(struct check *c, enum who who, const struct lull_victim *v)
{
	struct got totals[LULL_N_ROWS] = { 0 };

	for (unsigned int i = 0; i < LULL_VICTIM_LABELS; i++) {
		const struct lull_label *l = &v->label[i];
		uint32_t row = entry_row(v, l->owner);

		totals[row].count += l->count;
		totals[row].sum_ns += l->sum_ns;
		if (l->fn && !find_want(c, WANT_TOTAL, who, row))
			take(c, &(struct got){ WANT_LABEL, who, row,
					       v->entry[l->owner].key & LULL_CAUSE_MASK,
					       function(c, l->fn), l->count, .sum_ns = l->sum_ns });
	}
	for (unsigned int i = 0; i < LULL_N_ROWS; i++)
		if (find_want(c, WANT_LABELS, who, i))
			take(c, &(struct got){ WANT_LABELS, who, i, .count = totals[i].count,
					       .sum_ns = totals[i].sum_ns });
}

static void check_victim(struct check *c, const struct lull_victim *v)
{
	enum who who = (enum who)(v->tid - TID(0));
	const struct want *wall = find_want(c, WANT_WALL, who, 0);
	uint64_t close_us = c->seq->close_us ? c->seq->close_us : 1000;

	check_sum(c, "wall", who, settle_victim_wall_ns(v),
		  1000 * (wall ? wall->sum_us : close_us));
	if (wall)
		c->seen[wall - c->seq->wants] = true;
	check_entries(c, who, v);
	check_labels(c, who, v);
	check_hist(c, WANT_GAP, who, v->gap, v->gap_sum, v->gap_max);
	check_hist(c, WANT_WAKE, who, v->wake, v->wake_sum, v->wake_max);
	check_hist(c, WANT_PREEMPTED, who, v->preempted, v->preempted_sum, v->preempted_max);
	if (v->sibling_ns)
		take(c, &(struct got){ .kind = WANT_SIBLING, .who = who, .sum_ns = v->sibling_ns });
}

static void check_cpu(struct check *c, const struct lull_cpu *cpu)
{
	bool listed = false, labels = false;
	uint64_t sum = 0;

	for (const struct want *w = c->seq->wants; w->kind; w++) {
		listed |= w->kind == WANT_CAUSE && w->who == cpu->cpu;
		labels |= w->kind == WANT_CPU_LABEL && w->who == cpu->cpu;
	}
	for (unsigned int i = 0; i <= LULL_CAUSES; i++) {
		const struct lull_cause *e = &cpu->cause[i];

		sum += e->sum_ns;
		if (e->hist)
			check_sum(c, "histogram of CPU", cpu->cpu,
				  hist_count(cpu->hist[e->hist - 1]), e->count);
		if (listed && (e->count || e->sum_ns))
			take(c, &(struct got){ WANT_CAUSE, cpu->cpu, 0, e->key, .count = e->count,
					       .sum_ns = e->sum_ns, .max_ns = e->max_ns });
	}
	check_sum(c, "sum of causes", cpu->cpu, sum, settle_cpu_wall_ns(cpu));
	for (unsigned int i = 0; labels && i < LULL_CPU_LABELS; i++) {
		const struct lull_label *l = &cpu->label[i];

		if (l->fn)
			take(c,
			     &(struct got){ WANT_CPU_LABEL, cpu->cpu, 0, cpu->cause[l->owner].key,
					    function(c, l->fn), l->count, .sum_ns = l->sum_ns });
	}
	if (cpu->hidden)
		take(c,
		     &(struct got){ .kind = WANT_HIDDEN, .who = cpu->cpu, .count = cpu->hidden });
}

static const struct lull_victim *victim_of(const struct check *c, const struct lull_stall *s)
{
	return &c->tables->victims[s->victim < c->tables->n_victims ? s->victim : 0];
}

static void check_stalls(struct check *c)
{
	for (unsigned int i = 0; i < c->tables->n_stalls; i++) {
		const struct lull_stall *s = &c->tables->stalls[i];
		enum who who = (enum who)(victim_of(c, s)->tid - TID(0));

		take(c, &(struct got){ .kind = WANT_STALL,
				       .who = who,
				       .cause = s->waker,
				       .at_ns = s->at_ns - T0,
				       .sum_ns = s->duration_ns });
		for (unsigned int k = s->first_segment; k < s->n_segments; k++)
			take(c,
			     &(struct got){
				     .kind = WANT_SEGMENT,
				     .row = (uint32_t)(s->segment[k].word >> LULL_ROW_SHIFT),
				     .cause = s->segment[k].word & LULL_CAUSE_MASK,
				     .label = s->segment[k].label
						      ? function(c,
								 (unsigned int)s->segment[k].label)
						      : 0,
				     .sum_ns = s->segment[k].ns });
		if (s->segments_dropped)
			take(c,
			     &(struct got){ .kind = WANT_DROPPED, .count = s->segments_dropped });
	}
}

unsigned int check_sequence(const struct sequence *seq, const struct check_tables *tables)
{
	struct check c = { .tables = tables, .seq = seq };

	for (unsigned int i = 0; i < tables->n_victims; i++)
		if (tables->victims[i].state)
			check_victim(&c, &tables->victims[i]);
	for (unsigned int i = 0; i < tables->n_cpus; i++)
		if (tables->cpus[i].opened_ns)
			check_cpu(&c, &tables->cpus[i]);
	check_stalls(&c);
	for (unsigned int i = 0; i < LULL_N_ANOMALIES; i++)
		if (tables->anomalies[i])
			take(&c, &(struct got){ .kind = WANT_ANOMALY,
						.row = i,
						.count = tables->anomalies[i] });
	check_sum(&c, "dropped stalls", 0, tables->dropped, 0);
	for (unsigned int i = 0; seq->wants[i].kind; i++)
		if (!c.seen[i])
			complain(&c, "line %u of what it gives did not come", i + 1);
	return c.n_failed;
}
