/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * figures: what the numbers of all rounds come to, beside the budget, and what is counted or
 * measured once. Times are medians over the rounds of what an arm adds.
 */
#include "bench/bench.h"

#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "bench/footprint.h"
#include "lull_abi.h"
#include "sys/irqs.h"

#define NO_BUDGET	(-1)
#define WAKEUP_SLICES	20
#define WAKEUP_TRIES	3
#define WAKEUP_STALL_NS 1000 /* so short that the workload stalls all the time */
#define HISTS_IN_BUDGET 18

/* The figures that are times: added by an arm, over what the empty programs add. */
static const struct timing {
	const char *what;
	enum work_kind kind;
	enum arm arm;
	double budget;
} timings[] = {
	{ "not watched: sched_switch", WORK_YIELD, ARM_IDLE, 1.15 },
	{ "not watched: switch + waking + wakeup", WORK_PING, ARM_IDLE, 1.15 },
	{ "not watched: softirq pair", WORK_SOFTIRQ, ARM_IDLE, 1.15 },
	{ "not watched: vector pair", WORK_VECTOR, ARM_IDLE, 1.15 },
	{ "not watched: VM exit and entry", WORK_EXIT, ARM_IDLE, 1.15 },
	{ "clock reads alone: sched_switch", WORK_YIELD, ARM_CLOCK, NO_BUDGET },
	{ "clock reads alone: switch + waking + wakeup", WORK_PING, ARM_CLOCK, NO_BUDGET },
	{ "clock reads alone: softirq pair", WORK_SOFTIRQ, ARM_CLOCK, NO_BUDGET },
	{ "clock reads alone: vector pair", WORK_VECTOR, ARM_CLOCK, NO_BUDGET },
	{ "clock reads alone: VM exit and entry", WORK_EXIT, ARM_CLOCK, NO_BUDGET },
	{ "watched CPU: sched_switch", WORK_YIELD, ARM_CPU, 2.6 },
	{ "watched CPU: switch + waking + wakeup", WORK_PING, ARM_CPU, NO_BUDGET },
	{ "watched CPU: softirq pair", WORK_SOFTIRQ, ARM_CPU, 1.75 },
	{ "watched CPU: vector pair", WORK_VECTOR, ARM_CPU, 1.75 },
	{ "watched CPU and threads: sched_switch", WORK_YIELD, ARM_ALL, 2.6 },
	{ "watched CPU and threads: switch+waking+wakeup", WORK_PING, ARM_ALL, NO_BUDGET },
	{ "watched CPU and threads: softirq pair", WORK_SOFTIRQ, ARM_ALL, 1.75 },
	{ "watched CPU and threads: vector pair", WORK_VECTOR, ARM_ALL, 1.75 },
	{ "watched CPU and threads: VM exit and entry", WORK_EXIT, ARM_ALL, NO_BUDGET },
	{ "the same with --trace: sched_switch", WORK_YIELD, ARM_TRACE, NO_BUDGET },
	{ "the same with --trace: vector pair", WORK_VECTOR, ARM_TRACE, NO_BUDGET },
};

void figures_add(struct bench *b, const struct figure *figure)
{
	if (b->n_figures < FIGURES_MAX)
		b->figures[b->n_figures++] = *figure;
}

static void add_value(struct bench *b, const char *what, enum unit unit, double value,
		      double budget, int err)
{
	struct figure f = {
		.what = what,
		.unit = unit,
		.measured = { value, value, value },
		.budget = budget,
		.missing = err ? strerror(-err) : NULL,
	};

	figures_add(b, &f);
}

static void add_interval(struct bench *b, const char *what, enum unit unit,
			 const struct interval *measured, double budget, int err)
{
	struct figure f = {
		.what = what, .unit = unit, .budget = budget, .missing = err ? strerror(-err) : NULL
	};

	if (!err)
		f.measured = *measured;
	figures_add(b, &f);
}

static void add_timings(struct bench *b)
{
	for (size_t i = 0; i < ARRAY_SIZE(timings); i++) {
		const struct timing *t = &timings[i];
		const double *ours = b->added[t->kind][t->arm];
		const double *empty = b->added[t->kind][ARM_EMPTY];
		unsigned int n = b->options.rounds, events = events_of(b, t->kind);
		struct figure f = {
			.what = t->what,
			.unit = UNIT_RATIO,
			.budget = t->budget,
			.measured = stats_ratio(ours, empty, n),
			.floor_ns = stats_median(empty, n) / max(events, 1),
			.ours_ns = stats_median(ours, n) / max(events, 1),
		};

		if (!work_has(b->work, t->kind))
			f.missing = "no such workload here";
		else if (!events)
			f.missing = "its hooks do not run here";
		else if (f.measured.value >= RATIO_MAX)
			f.missing = "lost in noise";
		figures_add(b, &f);
	}
}

/* What @arm adds in the rounds in which @beside is measured; their number. */
static unsigned int pick_rounds(const struct bench *b, enum work_kind kind, enum arm arm,
				enum arm beside, double *ret)
{
	unsigned int n = 0;

	for (unsigned int round = 0; round < b->options.rounds; round += arms_every(beside))
		ret[n++] = b->added[kind][arm][round];
	return n;
}

/* All of lull, everything watched, beside other programs: the same operations, the same rounds. */
static void add_peers(struct bench *b)
{
	static const struct {
		const char *what;
		enum work_kind kind;
		enum arm arm, peer;
		double budget;
	} peers[] = {
		{ "all watched, over four libbpf-tools: ping-pong", WORK_PING, ARM_ALL, ARM_FOUR,
		  0.25 },
		{ "all watched, over perf sched record: ping-pong", WORK_PING, ARM_ALL,
		  ARM_PERF_SCHED, 0.125 },
		{ "clock reads, over four libbpf-tools: ping-pong", WORK_PING, ARM_CLOCK, ARM_FOUR,
		  NO_BUDGET },
		{ "clock reads, over perf sched record: ping-pong", WORK_PING, ARM_CLOCK,
		  ARM_PERF_SCHED, NO_BUDGET },
		{ "all watched, over four libbpf-tools: yield", WORK_YIELD, ARM_ALL, ARM_FOUR,
		  0.25 },
		{ "all watched, over perf sched record: yield", WORK_YIELD, ARM_ALL, ARM_PERF_SCHED,
		  0.125 },
		{ "all watched, over four libbpf-tools: softirq", WORK_SOFTIRQ, ARM_ALL, ARM_FOUR,
		  NO_BUDGET },
		{ "all watched, over softirqs: softirq", WORK_SOFTIRQ, ARM_ALL, ARM_SOFTIRQS,
		  NO_BUDGET },
		{ "all watched, over runqlat: ping-pong", WORK_PING, ARM_ALL, ARM_RUNQLAT,
		  NO_BUDGET },
		{ "all watched, over bpftrace runqlat: ping-pong", WORK_PING, ARM_ALL, ARM_BPFTRACE,
		  NO_BUDGET },
	};

	for (size_t i = 0; i < ARRAY_SIZE(peers); i++) {
		double ours[ROUNDS_MAX], theirs[ROUNDS_MAX];
		unsigned int n = pick_rounds(b, peers[i].kind, peers[i].arm, peers[i].peer, ours);

		struct figure f = {
			.what = peers[i].what,
			.unit = UNIT_RATIO,
			.budget = peers[i].budget,
		};

		(void)arms_has(b->arms, peers[i].peer, &f.missing);
		(void)pick_rounds(b, peers[i].kind, peers[i].peer, peers[i].peer, theirs);
		if (!f.missing) {
			f.measured = stats_ratio(ours, theirs, n);
			f.floor_ns = stats_median(theirs, n);
			f.ours_ns = stats_median(ours, n);
		}
		if (f.measured.value >= RATIO_MAX)
			f.missing = "lost in noise";
		figures_add(b, &f);
	}
}

static int read_irq_work(const struct bench *b, uint64_t *ret)
{
	struct irq_table table;
	int err = irqs_read(&b->root, &table, NULL);

	if (err)
		return err;
	*ret = irqs_count(&table, "IWI", b->cpu);
	irqs_done(&table);
	return 0;
}

/* irq_work interrupts on the measured CPU while the workload runs under @arm. */
static int count_irq_work(struct bench *b, enum arm arm, uint64_t *ret, uint64_t *ret_stalls)
{
	auto_str struct str why = { 0 };
	uint64_t before, after;
	double ns;
	int err = arms_attach(b->arms, arm, WAKEUP_STALL_NS, &why), detached;

	err = err ?: read_irq_work(b, &before);
	for (unsigned int i = 0; i < WAKEUP_SLICES && !err; i++)
		err = work_slice(b->work, WORK_PING, &ns) ?: arms_poll(b->arms, ret_stalls);
	err = err ?: read_irq_work(b, &after);
	detached = arms_detach(b->arms);
	if (!err)
		*ret = after - before;
	return err ?: detached;
}

/* More of them with lull than without. A stray one comes once, lull's own would come each time. */
static int count_wakeups(struct bench *b, uint64_t *ret)
{
	uint64_t least = UINT64_MAX;

	for (unsigned int i = 0; i < WAKEUP_TRIES; i++) {
		uint64_t quiet, loud, stalls = 0;
		int err = count_irq_work(b, ARM_NONE, &quiet, NULL);

		err = err ?: count_irq_work(b, ARM_ALL, &loud, &stalls);
		if (err)
			return err;
		if (!stalls)
			return -ENODATA;
		least = min(least, loud > quiet ? loud - quiet : 0);
	}
	*ret = least;
	return 0;
}

static void add_counts(struct bench *b)
{
	uint64_t wakeups = 0;
	int err = b->insns.programs ? 0 : -ENODATA;

	add_value(b, "clock reads per event, on any path", UNIT_COUNT, b->insns.clock_reads, 1,
		  err);
	add_value(b, "hash or task-storage lookups, in any hook", UNIT_COUNT, b->insns.hash_lookups,
		  0, err);
	add_value(b, "programs on one tracepoint", UNIT_COUNT, b->insns.on_hook, 1, err);
	err = count_wakeups(b, &wakeups);
	add_value(b, "wake-ups from the measured CPU, by stalls", UNIT_COUNT, (double)wakeups, 0,
		  err);
}

static void add_footprint(struct bench *b)
{
	const struct options *o = &b->options;
	const double hist = sizeof(((struct lull_cpu *)NULL)->hist[0]);
	const double allowed = 64 + 2.5 * (LULL_CPU_HISTS - HISTS_IN_BUDGET);
	double rss = 0, peak = 0;
	unsigned int calls = 0;
	struct interval ms, cpu_ms;
	int err;

	add_value(b, "kernel memory per watched CPU, 60 histograms", UNIT_KB,
		  sizeof(struct lull_cpu) / 1024.0, allowed, 0);
	add_value(b, "kernel memory per cause beyond 18", UNIT_KB,
		  (hist + sizeof(struct lull_cause)) / 1024, 2.5, 0);
	add_value(b, "kernel memory per watched thread", UNIT_KB,
		  sizeof(struct lull_victim) / 1024.0, 96, 0);
	err = footprint_memory(&b->root, o->lull, b->cpu, &rss, &peak);
	add_value(b, "resident set while recording", UNIT_MB, rss, 16, err);
	add_value(b, "resident set at its peak", UNIT_MB, peak, NO_BUDGET, err);
	err = footprint_start(o->lull, o->self, o->quick, &ms, &cpu_ms);
	add_interval(b, "start to first event, settling not counted", UNIT_MS, &ms, 100, err);
	add_interval(b, "  its CPU time, which other load leaves alone", UNIT_MS, &cpu_ms, 100,
		     err);
	err = footprint_snapshot(&ms, &calls);
	add_interval(b, "copying a snapshot of 1024 CPUs, 10 % changed", UNIT_MS, &ms, 5, err);
	add_value(b, "  its system calls", UNIT_COUNT, calls, 0, err);
}

void figures_collect(struct bench *b)
{
	add_timings(b);
	add_peers(b);
	add_counts(b);
	add_footprint(b);
}

static struct interval added(const struct bench *b, enum work_kind kind, enum arm arm)
{
	double ns[ROUNDS_MAX];
	unsigned int n = pick_rounds(b, kind, arm, arm, ns);

	return stats_median_of(ns, n);
}

static void print_added_text(const struct bench *b)
{
	(void)printf("\nadded ns per operation, median [95 %%]; %u rounds\n", b->options.rounds);
	(void)printf("%-12s %10s", "", "takes");
	for (unsigned int arm = ARM_NONE; arm < N_ARMS; arm++)
		if (arm != ARM_NONE2 && arms_has(b->arms, (enum arm)arm, NULL))
			(void)printf("  %-20s",
				     arm == ARM_NONE ? "none" : arms_name((enum arm)arm));
	(void)printf("\n");
	for (unsigned int kind = 0; kind < N_WORKS; kind++) {
		if (!work_has(b->work, (enum work_kind)kind))
			continue;
		(void)printf("%-12s %10.0f", work_name((enum work_kind)kind),
			     stats_median(b->ns[kind][ARM_NONE], b->options.rounds));
		for (unsigned int arm = ARM_NONE; arm < N_ARMS; arm++) {
			struct interval i;
			char text[64];

			if (arm == ARM_NONE2 || !arms_has(b->arms, (enum arm)arm, NULL))
				continue;
			i = added(b, (enum work_kind)kind, (enum arm)arm);
			(void)snprintf(text, sizeof(text), "%.0f [%.0f, %.0f]", i.value, i.low,
				       i.high);
			(void)printf("  %-20s", text);
		}
		(void)printf("\n");
	}
}

static void print_added_json(const struct bench *b)
{
	const char *comma = "";

	for (unsigned int kind = 0; kind < N_WORKS; kind++) {
		for (unsigned int arm = 0; arm < N_ARMS; arm++) {
			struct interval i;

			if (!arms_has(b->arms, (enum arm)arm, NULL) ||
			    !work_has(b->work, (enum work_kind)kind))
				continue;
			i = added(b, (enum work_kind)kind, (enum arm)arm);
			(void)printf(
				"%s\n    { \"work\": \"%s\", \"arm\": \"%s\", \"takes_ns\": "
				"%.1f, \"added_ns\": %.1f, \"low\": %.1f, \"high\": %.1f }",
				comma, work_name((enum work_kind)kind), arms_name((enum arm)arm),
				stats_median(b->ns[kind][ARM_NONE], b->options.rounds) + i.value,
				i.value, i.low, i.high);
			comma = ",";
		}
	}
}

/* Beyond doubt: all of the interval is. */
static unsigned int count_broken(const struct bench *b)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < b->n_figures; i++) {
		const struct figure *f = &b->figures[i];

		n += !f->missing && f->budget >= 0 && f->measured.value > f->budget &&
		     f->measured.low > f->budget;
	}
	return n;
}

static void print_events(const struct bench *b, bool json)
{
	if (!json)
		(void)printf("\nevents per operation, counted");
	for (unsigned int i = 0; i < b->n_events; i++) {
		const struct event *e = &b->events[i];

		if (json)
			(void)printf("%s\n    { \"work\": \"%s\", \"hook\": \"%s\", "
				     "\"expected\": %u, \"counted\": %.3f }",
				     i ? "," : "", work_name(e->kind), e->hook, e->expected,
				     e->counted);
		else
			(void)printf("\n%-12s %-16s %.2f of %u", work_name(e->kind), e->hook,
				     e->counted, e->expected);
	}
	if (!json)
		(void)printf("\n");
}

static void print_one_left_out(const char *what, const char *why, bool json, unsigned int *n)
{
	if (json)
		(void)printf("%s\n    { \"what\": \"%s\", \"why\": \"%s\" }", *n ? "," : "", what,
			     why);
	else
		(void)printf("\nleft out: %s: %s", what, why);
	++*n;
}

static void print_left_out(const struct bench *b, bool json)
{
	unsigned int n = 0;

	for (unsigned int arm = 0; arm < N_ARMS; arm++) {
		const char *why;

		if (!arms_has(b->arms, (enum arm)arm, &why))
			print_one_left_out(arms_name((enum arm)arm), why, json, &n);
	}
	for (unsigned int kind = 0; kind < N_WORKS; kind++)
		if (!work_has(b->work, (enum work_kind)kind))
			print_one_left_out(work_name((enum work_kind)kind), "not here", json, &n);
	if (!json)
		(void)printf("\n");
}

unsigned int figures_print(const struct bench *b)
{
	unsigned int broken = count_broken(b);

	if (b->options.json) {
		(void)printf(
			"{\n  \"schema\": \"lull.bench/1\",\n  \"quick\": %s,\n  \"rounds\": %u,\n  \"cpu\": %d,\n"
			"  \"broken\": %u,\n  \"figures\": [",
			b->options.quick ? "true" : "false", b->options.rounds, b->cpu, broken);
		table_print(b->figures, b->n_figures, true);
		(void)printf("\n  ],\n  \"added\": [");
		print_added_json(b);
		(void)printf("\n  ],\n  \"events\": [");
		print_events(b, true);
		(void)printf("\n  ],\n  \"left_out\": [");
		print_left_out(b, true);
		(void)printf("\n  ]\n}\n");
		return broken;
	}
	if (b->options.quick)
		(void)printf("A quick run: times mean nothing.\n");
	table_print(b->figures, b->n_figures, false);
	print_added_text(b);
	print_events(b, false);
	print_left_out(b, false);
	if (b->insns.clock_reads > 1)
		(void)printf("\nmost clock reads: %s\n", b->insns.worst);
	(void)printf("\n%u of the budgets above %s broken beyond doubt.\n", broken,
		     broken == 1 ? "is" : "are");
	return broken;
}
