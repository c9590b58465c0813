/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/bench.h"

#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <time.h>

#include "base/cleanup.h"
#include "bench/footprint.h"
#include "base/cpuset.h"
#include "base/parse.h"
#include "bench/insns.h"
#include "sys/topo.h"

#define SLICES_MAX 200
#define BROKEN	   1 /* no error: a budget is */

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

/* Its arms in random order; how many. Other programs take long to start, so not in each round. */
static unsigned int plan_round(const struct bench *b, unsigned int round, enum arm plan[N_ARMS],
			       uint64_t *state)
{
	unsigned int n = 0;

	for (unsigned int arm = 0; arm < N_ARMS; arm++)
		if (round % arms_every((enum arm)arm) == 0 &&
		    arms_has(b->arms, (enum arm)arm, NULL))
			plan[n++] = (enum arm)arm;
	for (unsigned int i = n - 1; i > 0; i--) {
		unsigned int k;
		enum arm swapped = plan[i];

		*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
		k = (unsigned int)(*state >> 33) % (i + 1);
		plan[i] = plan[k];
		plan[k] = swapped;
	}
	return n;
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

static int count_insns(const struct insn_program *program, void *ctx)
{
	struct insn_counts *counts = ctx;

	counts->programs++;
	counts->hash_lookups += program->lookups;
	if (program->clock_reads > counts->clock_reads) {
		counts->clock_reads = program->clock_reads;
		memcpy(counts->worst, program->name, sizeof(counts->worst));
	}
	return 0;
}

static int count_programs(struct bench *b)
{
	char most[64];

	return insns_each(&b->root, count_insns, &b->insns)
		       ?: insns_attached(&b->root, &b->insns.on_hook, most);
}

static int run_arm(struct bench *b, enum arm arm, unsigned int round)
{
	auto_str struct str why = { 0 };
	int err = arms_attach(b->arms, arm, STALL_NS_ALL, &why), detached;

	if (err) {
		(void)arms_detach(b->arms);
		if (arm > ARM_ALL) {
			arms_leave_out(b->arms, arm, "it ended at once");
			return 0;
		}
		(void)fprintf(stderr, "bench: %s: %s\n", arms_name(arm),
			      why.s ? why.s : strerror(-err));
		return err;
	}
	if (arm == ARM_ALL && !round)
		err = count_programs(b);
	if (err)
		(void)complain("reading the loaded programs", err);
	if (arm > ARM_ALL && !round && !arms_measure(b->arms, b->work))
		arms_leave_out(b->arms, arm, "it measures nothing");
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
		enum arm plan[N_ARMS];
		unsigned int n = plan_round(b, round, plan, &state);

		if (isatty(STDERR_FILENO))
			(void)fprintf(stderr, "\rround %u of %u ", round + 1, b->options.rounds);
		for (unsigned int i = 0; i < n; i++) {
			int err = run_arm(b, plan[i], round);

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
	if (isatty(STDERR_FILENO))
		(void)fputs("\r\033[K", stderr);
	return 0;
}

static int usage(int code)
{
	(void)fputs(
		"usage: scripts/bench [--rounds N] [--slices N] [--cpu N] [--no-peers] [--peers]\n"
		"                     [--quick] [--json]\n"
		"What lull costs, beside its budget, on standard output. Needs root, two CPUs,\n"
		"and a machine that does little else. Exits 0 when no budget is broken beyond\n"
		"doubt (its 95 % interval), 2 when one is, 1 when it could not measure.\n"
		"  --rounds N   of all arms in random order (40); other programs in every second\n"
		"  --slices N   of 0.4 ms per workload, arm and round (30)\n"
		"  --cpu N      the measured CPU (the last one)\n"
		"  --no-peers   not beside libbpf-tools, perf sched, bpftrace and osnoise\n"
		"  --quick      two short rounds, no peers: does it work? Times mean nothing\n"
		"  --peers      beside them, in a quick run too\n"
		"  --json       for programs\n",
		code == 1 ? stderr : stdout);
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
		{ "no-peers", no_argument, NULL, 'p' },
		{ "peers", no_argument, NULL, 'P' },
		{ "quick", no_argument, NULL, 'q' },
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
		else if (c == 'p')
			o->no_peers = true;
		else if (c == 'P')
			o->peers = true;
		else if (c == 'q')
			o->quick = true;
		else
			err = -EINVAL;
	}
	if (o->quick) {
		o->rounds = 2;
		o->slices = 4;
		o->no_peers |= !o->peers;
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
	err = arms_open(&b->root, b->cpu, work_tids(b->work), !b->options.no_peers, &b->arms, &why);
	if (err)
		return complain(why.s ? why.s : "preparing", err);
	err = events_collect(b);
	if (err)
		return complain("counting events", err);
	err = run_rounds(b);
	if (err)
		return err;
	figures_collect(b);
	scale_collect(b);
	return figures_print(b) ? BROKEN : 0;
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
		.slices = 30,
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
	return err == BROKEN ? 2 : (err ? 1 : 0);
}
