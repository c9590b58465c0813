/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app/selfcost.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/target.h"
#include "base/cleanup.h"
#include "base/cpuset.h"
#include "base/str.h"
#include "measure/capture.h"
#include "measure/probe.h"
#include "model/recording.h"
#include "model/selfcost.h"
#include "sys/irqs.h"
#include "sys/kvmstats.h"
#include "sys/threads.h"

#define SETTLE_NS   200000000 /* before each round: the kernel frees what was there */
#define PROGRAMS_NS 1000000000
#define POLL_MS	    50
#define STALL_NS    100000
#define STALLS_MAX  1000

/* What is read at the beginning and at the end of a round. */
struct reading {
	uint64_t at_ns, run_ns, wait_ns, exits, interrupts;
	unsigned int alive;
	bool has_exits;
};

struct runner {
	const struct selfcost_rounds *rounds;
	struct selfcost *cost;
	struct kvmstats *kvm; /* NULL: not to be had */
	struct capture_config config;
	bool stopped;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* All interrupts of the watched CPUs but their own timers'. */
static int read_interrupts(const struct runner *r, uint64_t *ret)
{
	struct irq_table table;
	uint64_t sum = 0;
	int err = irqs_read(r->rounds->root, &table, NULL);

	if (err)
		return err;
	for (unsigned int i = 0; i < table.n_lines; i++) {
		const struct irq_line *line = &table.lines[i];

		if (streq(line->name, "LOC") || line->n_counts != table.n_cpus)
			continue;
		for (unsigned int k = 0; k < table.n_cpus; k++)
			if (cpuset_has(&r->rounds->target->cpus, (unsigned int)table.cpus[k]))
				sum += line->counts[k];
	}
	irqs_done(&table);
	*ret = sum;
	return 0;
}

static int take_reading(const struct runner *r, struct reading *ret)
{
	const struct target *target = r->rounds->target;
	struct reading reading = { .at_ns = now_ns() };

	for (unsigned int i = 0; i < target->n_threads; i++) {
		uint64_t run, wait, slices;

		if (threads_read_schedstat(r->rounds->root, target->threads[i].tid, &run, &wait,
					   &slices))
			continue;
		reading.alive++;
		reading.run_ns += run;
		reading.wait_ns += wait;
	}
	for (unsigned int i = 0; r->kvm && i < kvmstats_n_vcpus(r->kvm); i++) {
		uint64_t exits;

		if (kvmstats_read(r->kvm, i, "exits", &exits))
			continue;
		reading.has_exits = true;
		reading.exits += exits;
	}
	*ret = reading;
	return read_interrupts(r, &ret->interrupts);
}

/* Waits, and drains @cap if there is one, until @until or a signal. */
static int wait_until(struct runner *r, struct capture *cap, uint64_t until)
{
	struct pollfd fd = { .fd = r->rounds->signals, .events = POLLIN };
	struct capture_progress progress;
	uint64_t now;
	int err = 0;

	while (!err && !r->stopped && (now = now_ns()) < until) {
		uint64_t left = (until - now + 999999) / 1000000;

		r->stopped = poll(&fd, 1, (int)min(left, POLL_MS)) > 0;
		err = cap ? capture_poll(cap, &progress) : 0;
	}
	return err;
}

static void note(struct selfcost *cost, bool with, enum selfcost_figure figure, double value)
{
	(with ? cost->b : cost->a)[figure][cost->pairs] = value;
	cost->has[figure] = true;
}

static void note_round(struct runner *r, bool with, const struct reading *a,
		       const struct reading *b)
{
	const double wall = (double)(b->at_ns - a->at_ns);
	const double run = (double)(b->run_ns - a->run_ns);
	const unsigned int threads = a->alive;

	note(r->cost, with, SELFCOST_INTERRUPTS,
	     (double)(b->interrupts - a->interrupts) * 1e9 / wall);
	if (!threads || b->alive != threads)
		return;
	note(r->cost, with, SELFCOST_RUN, run / wall / threads);
	note(r->cost, with, SELFCOST_WAIT, (double)(b->wait_ns - a->wait_ns) / wall / threads);
	if (a->has_exits && b->has_exits && run > 0)
		note(r->cost, with, SELFCOST_EXITS, (double)(b->exits - a->exits) * 1e9 / run);
}

static int stop_probe(struct runner *r, bool with)
{
	struct selfcost *cost = r->cost;
	struct hist gaps = { 0 };
	uint64_t ns = 0, away_ns = 0;
	int err = hist_init(&gaps, 2);

	if (err)
		return err;
	probe_stop(r->rounds->probe, &gaps, &ns, &away_ns);
	if (ns) {
		note(cost, with, SELFCOST_PROBE_LOST, (double)away_ns / (double)ns);
		note(cost, with, SELFCOST_PROBE_P99, (double)hist_percentile(&gaps, 990000));
		note(cost, with, SELFCOST_PROBE_MAX, (double)gaps.max);
	}
	err = hist_merge(with ? &cost->gaps_b : &cost->gaps_a, &gaps);
	hist_done(&gaps);
	return err;
}

/* One round, whatever is attached. */
static int observe(struct runner *r, struct capture *cap)
{
	struct reading a, b;
	int err = take_reading(r, &a), probed = 0;

	if (err)
		return err;
	if (r->rounds->probe)
		probe_start(r->rounds->probe);
	err = wait_until(r, cap, a.at_ns + r->rounds->round_ns);
	if (r->rounds->probe)
		probed = stop_probe(r, cap != NULL);
	err = err ?: probed;
	err = err ?: take_reading(r, &b);
	if (!err && !r->stopped)
		note_round(r, cap != NULL, &a, &b);
	return err;
}

static void note_change(struct selfcost_change *change, uint64_t ns, uint64_t interrupts)
{
	change->ns_sum += ns;
	change->ns_max = max(change->ns_max, ns);
	change->interrupts_sum += interrupts;
}

/* Interrupts that this process asked for: the senders of each are its labels. */
static void note_recording(struct selfcost *cost, const struct recording *rec)
{
	cost->complete &= rec->complete;
	cost->events += rec->self_events;
	cost->own_cpu_ns += rec->self_cpu_ns;
	cost->attached_ns += rec->duration_ns;
	for (unsigned int i = 0; i < rec->n_cpus; i++)
		for (unsigned int k = 0; k < rec->cpus[i].n_sources; k++) {
			const struct rec_entry *e = &rec->cpus[i].sources[k];

			for (unsigned int l = 0; l < e->n_labels; l++)
				if (streq(e->labels[l].name, "from lull"))
					cost->own_interrupts += e->labels[l].count;
		}
}

static int harvest(struct runner *r, struct capture *cap)
{
	struct recording rec = { 0 };
	int err = capture_harvest(cap, &rec);

	if (!err)
		note_recording(r->cost, &rec);
	recording_done(&rec);
	return err;
}

static int detach(struct runner *r, struct capture *cap, bool note_it)
{
	uint64_t before = 0, after = 0, began;
	int err = read_interrupts(r, &before);

	began = now_ns();
	capture_free(cap);
	began = now_ns() - began;
	err = err ?: read_interrupts(r, &after);
	if (!err && note_it)
		note_change(&r->cost->detach, began, after - before);
	return err;
}

static int round_with(struct runner *r, struct str *why)
{
	struct capture *cap = NULL;
	uint64_t before, after, began;
	int err = read_interrupts(r, &before), detached;

	if (err)
		return err;
	began = now_ns();
	err = capture_open(&r->config, &cap, why);
	began = now_ns() - began;
	if (err)
		return err;
	err = read_interrupts(r, &after);
	if (!err)
		note_change(&r->cost->attach, began, after - before);
	err = err ?: wait_until(r, NULL, now_ns() + SETTLE_NS);
	err = err ?: capture_start(cap);
	err = err ?: observe(r, cap);
	err = err ?: capture_pause(cap); /* the programs stay: detaching is timed by itself */
	err = err ?: harvest(r, cap);
	detached = detach(r, cap, true);
	return err ?: detached;
}

static int round_without(struct runner *r)
{
	int err = wait_until(r, NULL, now_ns() + SETTLE_NS);

	return err ?: observe(r, NULL);
}

static int run_pairs(struct runner *r, struct str *why)
{
	bool with_first[SELFCOST_PAIRS_MAX] = { false };
	unsigned int pairs = r->rounds->pairs;

	stats_order(now_ns(), pairs, with_first);
	for (unsigned int i = 0; i < pairs && !r->stopped; i++) {
		if (r->rounds->progress)
			(void)fprintf(stderr, "\rpair %u of %u ", i + 1, pairs);
		for (unsigned int half = 0; half < 2 && !r->stopped; half++) {
			bool with = with_first[i] == (half == 0);
			int err = with ? round_with(r, why) : round_without(r);

			if (err)
				return err;
		}
		if (!r->stopped)
			r->cost->pairs++;
	}
	if (r->rounds->progress)
		(void)fputs("\r\033[K", stderr);
	return 0;
}

static void note_programs(struct selfcost *cost, const struct recording *rec)
{
	cost->programs_wall_ns = rec->duration_ns;
	for (unsigned int i = 0; i < rec->n_programs && i < SELFCOST_PROGRAMS_MAX; i++) {
		struct selfcost_program *to = &cost->programs[cost->n_programs++];

		str_copy(to->name, sizeof(to->name), rec->programs[i].name,
			 strlen(rec->programs[i].name));
		to->runs = rec->programs[i].run_cnt;
		to->run_ns = rec->programs[i].run_ns;
	}
}

/* A second with the kernel's statistics of programs: they cost more than the programs do. */
static int time_programs(struct runner *r, struct str *why)
{
	struct recording rec = { 0 };
	struct capture *cap = NULL;
	int err, detached;

	r->config.self = true;
	err = capture_open(&r->config, &cap, why);
	if (err)
		return err;
	err = wait_until(r, NULL, now_ns() + SETTLE_NS);
	err = err ?: capture_start(cap);
	err = err ?: wait_until(r, cap, now_ns() + PROGRAMS_NS);
	err = err ?: capture_stop(cap);
	err = err ?: capture_harvest(cap, &rec);
	if (!err)
		note_programs(r->cost, &rec);
	recording_done(&rec);
	detached = detach(r, cap, false);
	return err ?: detached;
}

int selfcost_run(const struct selfcost_rounds *rounds, struct selfcost *ret, struct str *why)
{
	const struct target *target = rounds->target;
	struct runner r = {
		.rounds = rounds,
		.cost = ret,
		.config = { .root = rounds->root,
			    .targets = target->threads,
			    .n_targets = target->n_threads,
			    .vm_pid = target->vm_pid,
			    .cpus = &target->cpus,
			    .stall_ns = STALL_NS,
			    .stalls_max = STALLS_MAX },
	};
	int err;

	ret->complete = true;
	ret->round_ns = rounds->round_ns;
	ret->n_cpus = cpuset_count(&target->cpus);
	ret->n_threads = target->n_threads;
	if (target->vm_pid && kvmstats_open(rounds->root, target->vm_pid, &r.kvm))
		r.kvm = NULL;
	err = run_pairs(&r, why);
	if (!err && !r.stopped)
		err = time_programs(&r, why);
	kvmstats_free(r.kvm);
	return err ?: selfcost_judge(ret);
}
