/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * selfcost: what lull itself costs here. Rounds without and with its programs, in pairs of random
 * order, while the victims run; all that is compared is read from outside, in the same way in both.
 * Changes nothing on the host.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <time.h>

#include "app/cmd.h"
#include "app/opts.h"
#include "app/privilege.h"
#include "app/selfcost.h"
#include "app/session.h"
#include "app/target.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"
#include "measure/probe.h"
#include "model/selfcost.h"
#include "report/selfcost.h"

struct config {
	uint64_t round_ns;
	uint32_t pairs, probe;
	const char *vm;
	struct opt_strings tids, pids;
	struct cpuset *cpus;
	bool json;
	int verbose;
};

#define NO_PROBE UINT32_MAX
static const struct opt options[] = {
	OPT_RANGE('d', "duration", OPT_DURATION, round_ns, "TIME", 100000000, 3600000000000ULL,
		  "of a round (2s)"),
	OPT_RANGE(0, "rounds", OPT_U32, pairs, "N", 1, SELFCOST_PAIRS_MAX, "pairs of rounds (6)"),
	OPT_ROW(0, "vm", OPT_STRING, vm, "VM", "this VM: name, UUID or pid"),
	OPT_ROW('t', "tid", OPT_STRINGS, tids, "TID", "this thread (may be repeated)"),
	OPT_ROW('p', "pid", OPT_STRINGS, pids, "PID", "all threads of this process"),
	OPT_ROW('c', "cpus", OPT_CPUS, cpus, "LIST", "these CPUs; with a target: the guest's"),
	OPT_RANGE(0, "probe", OPT_U32, probe, "CPU", 0, NO_PROBE - 1,
		  "a probe looks for gaps on this CPU, and takes it whole"),
	OPT_ROW(0, "json", OPT_FLAG, json, NULL, "one JSON document on stdout"),
	OPT_ROW('v', "verbose", OPT_VERBOSE, verbose, NULL, "debug messages"),
	OPT_ROW('q', "quiet", OPT_QUIET, verbose, NULL, "no progress"),
};

static const struct opt_spec spec = {
	.command = "selfcost",
	.synopsis = "[TARGET] [-d TIME] [--rounds N] [--probe CPU] [--json]",
	.examples = "  lull selfcost                       the only VM, as it runs\n"
		    "  lull selfcost --vm win11 --probe 7  with a probe on a spare CPU of its\n"
		    "  lull selfcost -c 4-7 --rounds 10\n",
	.about = "What lull itself costs on this machine: rounds without and with its programs,\n"
		 "in random order, and the difference. Without a target it takes the only VM.",
	.opts = options,
	.n_opts = ARRAY_SIZE(options),
};

struct run {
	struct config config;
	struct cpuset cpus;
	struct root root;
	struct target target;
	struct probe *probe;
	struct selfcost cost;
	int signals;
};

static int no_memory(void)
{
	log_error("selfcost: out of memory");
	return EXIT_ERROR;
}

static void run_done(struct run *r)
{
	probe_free(r->probe);
	selfcost_done(&r->cost);
	target_done(&r->target);
	fs_root_done(&r->root);
	cleanup_close_fd(&r->signals);
}

static int prepare(struct run *r)
{
	const struct target_request request = {
		.vm = r->config.vm,
		.tids = r->config.tids,
		.pids = r->config.pids,
		.cpus = &r->cpus,
	};
	auto_str struct str said = { 0 };
	int code = target_resolve(&r->root, &request, &r->target), err;

	code = code ?: target_watch(&r->root, &request, &r->target);
	if (code)
		return code;
	err = hist_init(&r->cost.gaps_a, 2) ?: hist_init(&r->cost.gaps_b, 2);
	if (err || privilege_take_host_cpus(&r->root, &r->target.cpus, &said))
		return no_memory();
	if (r->config.probe == NO_PROBE)
		return 0;
	err = probe_open((int)r->config.probe, &r->probe);
	if (!err)
		return 0;
	log_error("selfcost: --probe %u: %s; choose an online CPU", r->config.probe,
		  strerror(-err));
	return EXIT_REFUSED;
}

static int measure(struct run *r)
{
	const struct selfcost_rounds rounds = {
		.root = &r->root,
		.target = &r->target,
		.probe = r->probe,
		.signals = r->signals,
		.round_ns = r->config.round_ns,
		.pairs = r->config.pairs,
		.progress = r->config.verbose > 0 && isatty(STDERR_FILENO),
	};
	auto_str struct str why = { 0 };
	int err = selfcost_run(&rounds, &r->cost, &why);

	if (err == -ENOMEM)
		return no_memory();
	if (!err)
		return 0;
	log_error("selfcost: %s", why.s ? why.s : strerror(-err));
	return EXIT_REFUSED;
}

static int run(struct run *r)
{
	int code, err = fs_root_open(&r->root, "/");

	if (err) {
		log_error("selfcost: /: %s", strerror(-err));
		return EXIT_ERROR;
	}
	r->signals = session_signals();
	if (r->signals < 0) {
		log_error("selfcost: signals: %s", strerror(-r->signals));
		return EXIT_ERROR;
	}
	code = prepare(r);
	code = code ?: measure(r);
	if (code)
		return code;
	r->cost.probe_cpu = r->probe ? (int)r->config.probe : -1;
	err = r->config.json ? report_selfcost_json(&r->cost, stdout)
			     : report_selfcost_text(&r->cost, stdout);
	if (err == -ENOMEM)
		return no_memory();
	if (err)
		return EXIT_ERROR; /* main says it of stdout */
	return r->cost.complete && r->cost.pairs >= STATS_ROUNDS_MIN ? EXIT_GOOD
								     : EXIT_INCONCLUSIVE;
}

int cmd_selfcost(int argc, char **argv)
{
	struct run r = {
		.config = { .round_ns = 2000000000, .pairs = 6, .probe = NO_PROBE, .verbose = 1 },
		.root = { .fd = -1 },
		.signals = -1,
	};
	int code;

	r.config.cpus = &r.cpus;
	code = opts_parse_alone(&spec, argc, argv, &r.config, "");
	if (code)
		return code > 0 ? EXIT_GOOD : EXIT_ERROR;
	log_set_level(r.config.verbose);
	code = run(&r);
	run_done(&r);
	return code;
}
