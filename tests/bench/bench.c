/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/bench.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/cpuset.h"
#include "base/parse.h"
#include "lull_abi.h"
#include "sys/irqs.h"
#include "sys/topo.h"

#define SLICES_MAX	200
#define FIGURES_MAX	32
#define NO_BUDGET	(-1)
#define WAKEUP_SLICES	50
#define WAKEUP_STALL_NS 1000 /* so short that the workload stalls all the time */
#define HISTS_IN_BUDGET 18

struct options {
	uint32_t rounds, slices, cpu;
	bool json;
	const char *lull;
	char self[4096];
};

struct bench {
	struct options options;
	struct root root;
	int cpu, own_cpu;
	struct work *work;
	struct arms *arms;
	double ns[N_WORKS][N_ARMS][ROUNDS_MAX];
	double added[N_WORKS][N_ARMS][ROUNDS_MAX]; /* over the mean of both "none" of its round */
	struct insn_counts insns;
	struct figure figures[FIGURES_MAX];
	unsigned int n_figures;
};

/* The figures that are times: added by an arm, over what the empty programs add. */
static const struct timing {
	const char *what;
	enum work_kind kind;
	enum arm arm;
	double budget;
	unsigned int events; /* in one operation */
} timings[] = {
	{ "not watched: sched_switch", WORK_YIELD, ARM_IDLE, 1.15, 2 },
	{ "not watched: switch + waking + wakeup", WORK_PING, ARM_IDLE, 1.15, 2 },
	{ "not watched: softirq pair", WORK_UDP, ARM_IDLE, 1.15, 1 },
	{ "not watched: vector pair", WORK_VECTOR, ARM_IDLE, 1.15, 1 },
	{ "watched CPU: sched_switch", WORK_YIELD, ARM_CPU, 2.6, 2 },
	{ "watched CPU: switch + waking + wakeup", WORK_PING, ARM_CPU, NO_BUDGET, 2 },
	{ "watched CPU: softirq pair", WORK_UDP, ARM_CPU, 1.75, 1 },
	{ "watched CPU: vector pair", WORK_VECTOR, ARM_CPU, 1.75, 1 },
	{ "watched CPU and threads: sched_switch", WORK_YIELD, ARM_ALL, 2.6, 2 },
	{ "watched CPU and threads: switch+waking+wakeup", WORK_PING, ARM_ALL, NO_BUDGET, 2 },
	{ "watched CPU and threads: softirq pair", WORK_UDP, ARM_ALL, 1.75, 1 },
	{ "watched CPU and threads: vector pair", WORK_VECTOR, ARM_ALL, 1.75, 1 },
};

static int complain(const char *what, int err)
{
	(void)fprintf(stderr, "bench: %s: %s\n", what, strerror(-err));
	return err;
}

static int pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

/* The measured CPU is the last one, ours the first that does not share a core with it. */
static int choose_cpus(struct bench *b)
{
	struct cpuset online;
	auto_free int *siblings = NULL;
	unsigned int n;
	int cpu, err;

	err = topo_read_online(&b->root, &online);
	err = err ?: topo_read_siblings(&b->root, &siblings, &n);
	if (err)
		return err;
	b->cpu = b->own_cpu = -1;
	if (b->options.cpu != UINT32_MAX)
		b->cpu = (int)b->options.cpu;
	else
		for_each_cpu(cpu, &online)
			b->cpu = cpu;
	if (!cpuset_has(&online, (unsigned int)b->cpu))
		return -ENODEV;
	for_each_cpu(cpu, &online) {
		bool shares = false;

		for (int at = siblings[cpu]; at != cpu; at = siblings[at])
			shares |= at == b->cpu;
		if (cpu != b->cpu && (b->own_cpu < 0 || !shares)) {
			b->own_cpu = cpu;
			if (!shares)
				break;
		}
	}
	return b->own_cpu < 0 ? -ENODEV : pin(b->own_cpu);
}

static void shuffle(enum arm arms[N_ARMS], uint64_t *state)
{
	for (unsigned int i = 0; i < N_ARMS; i++)
		arms[i] = (enum arm)i;
	for (unsigned int i = N_ARMS - 1; i > 0; i--) {
		unsigned int k;
		enum arm swapped = arms[i];

		*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
		k = (unsigned int)(*state >> 33) % (i + 1);
		arms[i] = arms[k];
		arms[k] = swapped;
	}
}

static int measure_arm(struct bench *b, enum arm arm, unsigned int round)
{
	double slices[SLICES_MAX];
	int err;

	for (unsigned int kind = 0; kind < N_WORKS; kind++) {
		if (!work_has(b->work, (enum work_kind)kind))
			continue;
		for (unsigned int i = 0; i < b->options.slices; i++) {
			err = work_slice(b->work, (enum work_kind)kind, &slices[i]);
			err = err ?: arms_poll(b->arms, NULL);
			if (err)
				return err;
		}
		b->ns[kind][arm][round] = stats_median(slices, b->options.slices);
	}
	return 0;
}

static int run_arm(struct bench *b, enum arm arm, unsigned int round)
{
	auto_str struct str why = { 0 };
	int err = arms_attach(b->arms, arm, STALL_NS_ALL, &why), detached;

	if (err) {
		(void)fprintf(stderr, "bench: %s: %s\n", arms_name(arm),
			      why.s ? why.s : strerror(-err));
		(void)arms_detach(b->arms);
		return err;
	}
	if (arm == ARM_ALL && !round)
		err = insns_count(&b->root, &b->insns);
	if (err)
		(void)complain("reading the loaded programs", err);
	err = measure_arm(b, arm, round);
	detached = arms_detach(b->arms);
	err = err ?: detached;
	return err ? complain(arms_name(arm), err) : 0;
}

static int run_rounds(struct bench *b)
{
	struct timespec ts;
	uint64_t state;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	state = (uint64_t)ts.tv_nsec;
	for (unsigned int round = 0; round < b->options.rounds; round++) {
		enum arm arms[N_ARMS];

		(void)fprintf(stderr, "\rround %u of %u ", round + 1, b->options.rounds);
		shuffle(arms, &state);
		for (unsigned int i = 0; i < N_ARMS; i++) {
			int err = run_arm(b, arms[i], round);

			if (err)
				return err;
		}
		for (unsigned int kind = 0; kind < N_WORKS; kind++) {
			double(*ns)[ROUNDS_MAX] = b->ns[kind];
			double none = (ns[ARM_NONE][round] + ns[ARM_NONE2][round]) / 2;

			for (unsigned int arm = 0; arm < N_ARMS; arm++)
				b->added[kind][arm][round] = ns[arm][round] - none;
		}
	}
	(void)fprintf(stderr, "\r\033[K");
	return 0;
}

static void add_figure(struct bench *b, const struct figure *figure)
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
		.missing = err != 0,
	};

	add_figure(b, &f);
}

static void add_interval(struct bench *b, const char *what, enum unit unit,
			 const struct interval *measured, double budget, int err)
{
	struct figure f = { .what = what, .unit = unit, .budget = budget, .missing = err != 0 };

	if (!err)
		f.measured = *measured;
	add_figure(b, &f);
}

static void add_timings(struct bench *b)
{
	for (size_t i = 0; i < ARRAY_SIZE(timings); i++) {
		const struct timing *t = &timings[i];
		const double *ours = b->added[t->kind][t->arm];
		const double *empty = b->added[t->kind][ARM_EMPTY];
		struct figure f = {
			.what = t->what,
			.unit = UNIT_RATIO,
			.budget = t->budget,
			.measured = stats_ratio(ours, empty, b->options.rounds),
			.floor_ns = stats_median(empty, b->options.rounds) / t->events,
			.ours_ns = stats_median(ours, b->options.rounds) / t->events,
		};

		f.missing = !work_has(b->work, t->kind) || f.measured.value >= RATIO_MAX;
		add_figure(b, &f);
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

static void add_counts(struct bench *b)
{
	uint64_t quiet, loud, stalls = 0;
	int err = b->insns.programs ? 0 : -ENODATA;

	add_value(b, "clock reads per event, on any path", UNIT_COUNT, b->insns.clock_reads, 1,
		  err);
	add_value(b, "hash or task-storage lookups, in any hook", UNIT_COUNT, b->insns.hash_lookups,
		  0, err);
	err = count_irq_work(b, ARM_NONE, &quiet, NULL);
	err = err ?: count_irq_work(b, ARM_ALL, &loud, &stalls);
	if (!err && !stalls)
		err = -ENODATA;
	add_value(b, "wake-ups from the measured CPU, by stalls", UNIT_COUNT,
		  err || loud < quiet ? 0 : (double)(loud - quiet), 0, err);
}

static void add_footprint(struct bench *b)
{
	const struct options *o = &b->options;
	const double hist = sizeof(((struct lull_cpu *)NULL)->hist[0]);
	const double allowed = 64 + 2.5 * (LULL_CPU_HISTS - HISTS_IN_BUDGET);
	double rss = 0, peak = 0;
	struct interval ms;
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
	err = footprint_start(o->lull, o->self, &ms);
	add_interval(b, "start to first event, settling not counted", UNIT_MS, &ms, 100, err);
	err = footprint_snapshot(&ms);
	add_interval(b, "copying a snapshot of 1024 CPUs, 10 % changed", UNIT_MS, &ms, 5, err);
}

static void print_added_text(const struct bench *b)
{
	(void)printf("\nadded ns per operation, median [95 %%]; %u rounds\n", b->options.rounds);
	(void)printf("%-12s %10s", "", "takes");
	for (unsigned int arm = ARM_NONE; arm < N_ARMS; arm++)
		if (arm != ARM_NONE2)
			(void)printf("  %-20s",
				     arm == ARM_NONE ? "none" : arms_name((enum arm)arm));
	(void)printf("\n");
	for (unsigned int kind = 0; kind < N_WORKS; kind++) {
		(void)printf("%-12s %10.0f", work_name((enum work_kind)kind),
			     stats_median(b->ns[kind][ARM_NONE], b->options.rounds));
		for (unsigned int arm = ARM_NONE; arm < N_ARMS; arm++) {
			struct interval i = stats_median_of(b->added[kind][arm], b->options.rounds);
			char text[64];

			if (arm == ARM_NONE2)
				continue;
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
			struct interval i = stats_median_of(b->added[kind][arm], b->options.rounds);

			(void)printf("%s\n    { \"work\": \"%s\", \"arm\": \"%s\", \"takes_ns\": "
				     "%.1f, \"added_ns\": %.1f, \"low\": %.1f, \"high\": %.1f }",
				     comma, work_name((enum work_kind)kind),
				     arms_name((enum arm)arm),
				     stats_median(b->ns[kind][arm], b->options.rounds), i.value,
				     i.low, i.high);
			comma = ",";
		}
	}
}

static unsigned int count_broken(const struct bench *b)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < b->n_figures; i++) {
		const struct figure *f = &b->figures[i];

		n += !f->missing && f->budget >= 0 && f->measured.value > f->budget;
	}
	return n;
}

static void print_all(const struct bench *b)
{
	unsigned int broken = count_broken(b);

	if (b->options.json) {
		(void)printf("{\n  \"rounds\": %u,\n  \"cpu\": %d,\n  \"broken\": %u,\n"
			     "  \"figures\": [",
			     b->options.rounds, b->cpu, broken);
		table_print(b->figures, b->n_figures, true);
		(void)printf("\n  ],\n  \"added\": [");
		print_added_json(b);
		(void)printf("\n  ]\n}\n");
		return;
	}
	table_print(b->figures, b->n_figures, false);
	print_added_text(b);
	if (b->insns.clock_reads > 1)
		(void)printf("\nmost clock reads: %s\n", b->insns.worst);
	(void)printf("\n%u of the budgets above %s broken.\n", broken, broken == 1 ? "is" : "are");
}

static int usage(int code)
{
	(void)fputs(
		"usage: scripts/bench [--rounds N] [--slices N] [--cpu N] [--json]\n"
		"What lull costs, beside its budget, on standard output. Needs root, two CPUs,\n"
		"and a machine that does little else. A broken budget is printed, no error.\n"
		"  --rounds N   of all arms in random order (40)\n"
		"  --slices N   of 0.4 ms per workload, arm and round (60)\n"
		"  --cpu N      the measured CPU (the last one)\n"
		"  --json       for programs\n",
		code ? stderr : stdout);
	return code;
}

static int parse_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "rounds", required_argument, NULL, 'r' },
		{ "slices", required_argument, NULL, 's' },
		{ "cpu", required_argument, NULL, 'c' },
		{ "lull", required_argument, NULL, 'l' },
		{ "json", no_argument, NULL, 'j' },
		{ .name = NULL },
	};
	int c, err = 0;

	while (!err && (c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 'r')
			err = parse_u32(optarg, &o->rounds);
		else if (c == 's')
			err = parse_u32(optarg, &o->slices);
		else if (c == 'c')
			err = parse_u32(optarg, &o->cpu);
		else if (c == 'l')
			o->lull = optarg;
		else if (c == 'j')
			o->json = true;
		else
			err = -EINVAL;
	}
	if (err || optind != argc || !o->rounds || o->rounds > ROUNDS_MAX || !o->slices ||
	    o->slices > SLICES_MAX)
		return -EINVAL;
	return readlink("/proc/self/exe", o->self, sizeof(o->self) - 1) < 0 ? -errno : 0;
}

static int run(struct bench *b)
{
	auto_str struct str why = { 0 };
	int err = choose_cpus(b);

	if (err)
		return complain("choosing two CPUs", err);
	err = work_open(b->cpu, &b->work);
	if (err)
		return complain("the workload", err);
	err = arms_open(&b->root, b->cpu, work_tids(b->work), &b->arms, &why);
	if (err)
		return complain(why.s ? why.s : "preparing", err);
	err = run_rounds(b);
	if (err)
		return err;
	add_timings(b);
	add_counts(b);
	add_footprint(b);
	print_all(b);
	return 0;
}

int main(int argc, char **argv)
{
	auto_free struct bench *b = calloc(1, sizeof(*b));
	int err;

	if (argc == 2 && streq(argv[1], "--stamp"))
		return footprint_stamp();
	if (argc == 2 && streq(argv[1], "--help"))
		return usage(0);
	if (!b)
		return 1;
	b->options = (struct options){
		.rounds = 40,
		.slices = 60,
		.cpu = UINT32_MAX,
		.lull = "build/lull",
	};
	if (parse_options(argc, argv, &b->options))
		return usage(1);
	err = fs_root_open(&b->root, "/");
	err = err ?: run(b);
	work_free(b->work);
	arms_free(b->arms);
	fs_root_done(&b->root);
	return err ? 1 : 0;
}
