/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verify: measures the same load without and with the shield, in rounds, and says what that did; or
 * judges the host as it stands against limits.
 */
#include <errno.h>
#include <locale.h>

#include "app/cmd.h"
#include "app/privilege.h"
#include "app/setup.h"
#include "app/style.h"
#include "app/verify.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"
#include "measure/capture.h"

#define ROW(...)    OPT_RANGE_OF(verify_config, __VA_ARGS__)
#define SECOND_NS   1000000000ULL
#define DAY_NS	    (86400 * SECOND_NS)
#define STALLS_KEPT 1000 /* of each round */

static const struct opt options[] = {
	ROW(0, "as-is", OPT_FLAG, as_is, NULL, 0, 0, "change nothing: limits only"),
	ROW('d', "duration", OPT_DURATION, duration_ns, "TIME", 1000000, 366 * DAY_NS,
	    "how long, with rounds each (10s)"),
	ROW(0, "rounds", OPT_U32, rounds, "N", 1, 1000, "pairs of rounds (6)"),
	ROW(0, "settle", OPT_DURATION, settle_ns, "TIME", 0, 60 * SECOND_NS,
	    "before each round, not counted (500ms)"),
	ROW(0, "seed", OPT_U32, seed, "N", 1, UINT32_MAX, "of the order of the rounds"),
	ROW(0, "only", OPT_STRING, only, "KNOBS", 0, 0, "shield by these knobs only"),
	ROW(0, "without", OPT_STRING, without, "KNOBS", 0, 0, "the default set without these"),
	ROW(0, "force", OPT_FLAG, force, NULL, 0, 0, "CPU 0 may be the guest's"),
	ROW(0, "min-effect", OPT_STRING, limits.min_effect, "PP", 0, 0,
	    "what counts as a change (0.5)"),
	ROW(0, "vm", OPT_STRING, vm, "VM", 0, 0, "this VM: name, UUID or pid"),
	ROW('t', "tid", OPT_STRINGS, tids, "TID", 0, 0, "this thread (may be repeated)"),
	ROW('p', "pid", OPT_STRINGS, pids, "PID", 0, 0, "all threads of this process"),
	ROW('c', "cpus", OPT_CPUS, cpus, "LIST", 0, 0, "these CPUs; with a target: the guest's"),
	ROW(0, "max", OPT_DURATION, limits.longest_ns, "TIME", 1, DAY_NS, "limit: the longest gap"),
	ROW(0, "quantile", OPT_STRINGS, limits.quantiles, "Q=TIME", 0, 0,
	    "limit: a quantile; --p99.9 10us is the same"),
	ROW(0, "stalls", OPT_STRING, limits.stalls, "N", 0, 0, "limit: so many stalls"),
	ROW(0, "row", OPT_STRINGS, limits.rows, "ROW=SHARE", 0, 0,
	    "limit: what a row took, irq=0.1%"),
	ROW(0, "clean", OPT_STRING, limits.clean, "SHARE,TIME", 0, 0,
	    "what a clean host may take (1%,1ms)"),
	ROW(0, "stall", OPT_DURATION, stall_ns, "TIME", 1000, 3600 * SECOND_NS,
	    "longer gaps are stalls (100us)"),
	ROW('o', "output", OPT_STRING, output, "FILE", 0, 0,
	    "the recording; - is stdout, none is none"),
	ROW(0, "top", OPT_U32, top, "N", 1, 1000, "causes shown (10)"),
	ROW(0, "json", OPT_FLAG, json, NULL, 0, 0, "one JSON document, lull.verify/1"),
	ROW(0, "ascii", OPT_FLAG, ascii, NULL, 0, 0, "draw with ASCII only"),
	ROW(0, "color", OPT_COLOR, color, "WHEN", 0, 0, "auto, always or never"),
	ROW('v', "verbose", OPT_VERBOSE, verbose, NULL, 0, 0, "debug messages"),
	ROW('q', "quiet", OPT_QUIET, verbose, NULL, 0, 0, "exit code only, no progress"),
};
#undef ROW

static const struct opt_spec spec = {
	.command = "verify",
	.synopsis = "[--as-is] [TARGET] [-d TIME] [LIMITS] [OPTIONS]",
	.examples = "  lull verify --vm win11            does the shield help? 2 minutes\n"
		    "  lull verify --as-is --vm win11 -d 60s --max 50us --stalls 0\n"
		    "  lull verify --as-is -c 4-31 -d 30m --max 20us --p99.999 5us\n"
		    "  lull verify --as-is --row irq=0.1% --json | jq .verdict\n",
	.about =
		"Measures the host as it stands and judges it against limits: exit code 0 when\n"
		"they are kept, 2 when one is broken, 3 when there is no telling. Without limits,\n"
		"against those of a clean host.",
	.opts = options,
	.n_opts = ARRAY_SIZE(options),
};

int verify_no_memory(void)
{
	log_error("verify: out of memory");
	return EXIT_ERROR;
}

bool verify_has_progress(const struct verify *v)
{
	return v->config.verbose > 0 && isatty(STDERR_FILENO) && !style_is_dumb_terminal();
}

/* The target is known: the output, then the programs. */
int verify_open(struct verify *v)
{
	struct capture_config config = {
		.root = &v->root,
		.targets = v->target.threads,
		.n_targets = v->target.n_threads,
		.vm_pid = v->target.vm_pid,
		.cpus = &v->target.cpus,
		.stall_ns = v->config.stall_ns,
		.stalls_max = STALLS_KEPT,
	};
	int code;

	if (v->config.limits.stalls && !v->target.n_threads) {
		log_error("verify: --stalls is of victims, and there is none on these CPUs; name "
			  "one: --vm, -t or -p");
		return EXIT_ERROR;
	}
	code = output_open("verify", v->config.output, v->config.json, &v->output);
	v->capture_config = config;
	return code ?: setup_capture("verify", &v->capture_config, &v->capture);
}

/* Own CPUs and priority. */
int verify_settle(struct verify *v, struct recording *rec)
{
	auto_str struct str said = { 0 };
	int err = privilege_take_host_cpus(&v->root, &v->target.cpus, &said);

	if (!err && said.s)
		err = recording_add_note(rec, said.s);
	return err ? verify_no_memory() : 0;
}

static int check(struct verify *v, const char *word)
{
	if (word) {
		log_error("verify: unexpected word %s; a VM is named with --vm", word);
		return EXIT_ERROR;
	}
	return limits_read(&v->config.limits, &v->limits);
}

static int run(struct verify *v)
{
	int err = fs_root_open(&v->root, "/");

	if (err) {
		log_error("verify: /: %s", strerror(-err));
		return EXIT_ERROR;
	}
	v->signals = session_signals();
	if (v->signals < 0) {
		log_error("verify: signals: %s", strerror(-v->signals));
		return EXIT_ERROR;
	}
	return v->config.as_is ? verify_as_is(v) : verify_rounds(v);
}

static void verify_done(struct verify *v)
{
	capture_free(v->capture);
	verify_shield_done(&v->shield);
	output_done(&v->output);
	target_done(&v->target);
	fs_root_done(&v->root);
	cleanup_close_fd(&v->signals);
}

int cmd_verify(int argc, char **argv)
{
	struct verify v = {
		.config = { .duration_ns = 10 * SECOND_NS,
			    .settle_ns = SECOND_NS / 2,
			    .stall_ns = 100000,
			    .rounds = 6,
			    .top = 10,
			    .verbose = 1 },
		.root = { .fd = -1 },
		.output = OUTPUT_NONE,
		.signals = -1,
		.argc = argc,
		.argv = argv,
	};
	auto_args char **args = NULL;
	int code, n, rest;

	(void)setlocale(LC_CTYPE, "");
	v.config.cpus = &v.cpus;
	args = limits_expand_args(argc, argv, &n);
	if (!args)
		return verify_no_memory();
	code = opts_parse(&spec, n, args, &v.config, &rest);
	if (code)
		return code > 0 ? EXIT_GOOD : EXIT_ERROR;
	log_set_level(v.config.verbose);
	code = check(&v, rest < n ? args[rest] : NULL);
	code = code ?: run(&v);
	verify_done(&v);
	return code;
}
