/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shield: plans, journals, applies, reads back, and prints what holds and what does not. Rolls back
 * when a step fails for good. With --for or --keep it stays, and puts everything back at the end.
 */
#include <errno.h>
#include <locale.h>
#include <sched.h>

#include "app/cmd.h"
#include "app/keeper.h"
#include "app/opts.h"
#include "app/session.h"
#include "app/shielding.h"
#include "app/style.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "isolate/knob.h"
#include "report/report.h"
#include "report/steps.h"

#define WAIT_NS 10000000000ULL
#define DAY_NS	86400000000000ULL

struct config {
	const char *vm, *sysroot, *only, *without;
	struct opt_strings tids, pids;
	struct cpuset *cpus;
	uint64_t for_ns;
	bool force, keep, best_effort, json;
	enum opt_color color;
};

static const struct opt options[] = {
	OPT_ROW(0, "vm", OPT_STRING, vm, "VM", "for this VM: name, UUID or pid"),
	OPT_ROW('t', "tid", OPT_STRINGS, tids, "TID", "for this thread (may be repeated)"),
	OPT_ROW('p', "pid", OPT_STRINGS, pids, "PID", "for all threads of this process"),
	OPT_ROW('c', "cpus", OPT_CPUS, cpus, "LIST", "these CPUs are the guest's"),
	OPT_RANGE(0, "for", OPT_DURATION, for_ns, "TIME", 1000000, 366 * DAY_NS,
		  "stay, and restore after this time"),
	OPT_ROW(0, "keep", OPT_FLAG, keep, NULL, "stay, take back what drifts, until ^C"),
	OPT_ROW(0, "best-effort", OPT_FLAG, best_effort, NULL, "keep what holds, no roll-back"),
	OPT_ROW(0, "only", OPT_STRING, only, "KNOBS", "only these knobs: irq,irq-default"),
	OPT_ROW(0, "without", OPT_STRING, without, "KNOBS", "the default set without these"),
	OPT_ROW(0, "force", OPT_FLAG, force, NULL, "CPU 0 may be the guest's"),
	OPT_ROW(0, "json", OPT_FLAG, json, NULL, "one JSON document, lull.shield/1"),
	OPT_ROW(0, "sysroot", OPT_STRING, sysroot, "DIR", "a recorded machine, not this host"),
	OPT_ROW(0, "color", OPT_COLOR, color, "WHEN", "auto, always or never"),
};

static const struct opt_spec spec = {
	.command = "shield",
	.synopsis = "[TARGET] [--for TIME | --keep] [OPTIONS]",
	.examples = "  lull shield                   the only VM, until it ends\n"
		    "  lull shield --vm win11 --for 2h\n"
		    "  lull shield --vm win11 --keep    stays; for a service\n"
		    "  lull shield -c 2-7 --only irq,irq-default\n",
	.about = "Moves the host's work off the guest's CPUs, and interrupts of passed-through\n"
		 "devices onto them. lull plan shows what it does, lull restore undoes it.",
	.opts = options,
	.n_opts = ARRAY_SIZE(options),
};

/* lull works for the host, so on the host's CPUs. */
static void move_away(const struct shielding *s)
{
	struct cpuset host = s->online;
	size_t size = CPU_ALLOC_SIZE(CPUSET_MAX);
	cpu_set_t *set = CPU_ALLOC(CPUSET_MAX);
	int cpu;

	cpuset_subtract(&host, &s->layer->guest);
	if (!set)
		return;
	CPU_ZERO_S(size, set);
	for_each_cpu(cpu, &host)
		CPU_SET_S((size_t)cpu, size, set);
	(void)sched_setaffinity(0, size, set); /* a cpuset may not let it: no harm */
	CPU_FREE(set);
}

/* What does not simply hold, and the sum; what is beyond a shield. */
static int print(const struct config *config, struct shielding *s)
{
	struct report_style style = { 0 };
	struct apply_tally tally;

	apply_count(&s->apply.plan, &tally);
	if (shielding_show(s, "shield", false))
		return EXIT_ERROR;
	if (config->json)
		return report_steps_json_write(&s->steps, stdout) ? EXIT_ERROR : EXIT_GOOD;
	(void)printf("%s: guest CPUs %s, host CPUs %s\n", s->steps.title, s->steps.guest,
		     s->steps.host);
	(void)printf("%u steps held, %u pending, %u failed; %u stay where they are (lull plan "
		     "says why)\n",
		     tally.held, tally.pending, tally.failed + tally.drifted,
		     s->steps.n_stays + tally.refused);
	shielding_drop_held(s);
	style_read(config->color, false, &style);
	if (s->steps.n_rows)
		(void)printf("\n");
	for (unsigned int i = 0; i < s->steps.n_advice; i++)
		log_warn("%s", s->steps.advice[i]);
	return report_states_text_write(&s->steps, &style, stdout) ? EXIT_ERROR : EXIT_GOOD;
}

/* One step failed for good, and everything is back. */
static int rolled_back(struct shielding *s)
{
	for (unsigned int i = 0; i < s->apply.plan.n_steps; i++) {
		const struct plan_step *step = &s->apply.plan.steps[i];

		if (step->state == STEP_FAILED)
			log_error("shield: %s (%s): %s -> %s: %s%s", step->name, step->knob->name,
				  step->orig, step->next,
				  step->err == -EXDEV ? "the kernel made something else of it: "
						      : strerror(-step->err),
				  step->err == -EXDEV && step->now ? step->now : "");
	}
	if (s->apply.n_owed)
		log_error("shield: rolled back, but for %u steps that the kernel refused: lull "
			  "restore tries again",
			  s->apply.n_owed);
	else
		log_error("shield: rolled back, nothing is changed; --best-effort keeps what "
			  "holds, --without leaves a knob out");
	return EXIT_ERROR;
}

static int put_in_force(const struct config *config, struct shielding *s)
{
	struct apply_tally tally;
	int err = apply_add(&s->apply, s->layer), code;

	if (err == -ECANCELED)
		return rolled_back(s);
	if (err)
		return shielding_error(s, "shield", err);
	apply_count(&s->apply.plan, &tally);
	code = print(config, s);
	return code ?: tally.failed || tally.drifted ? EXIT_LIMIT : EXIT_GOOD;
}

static int shield(const struct config *config, struct shielding *s)
{
	const struct shielding_request request = {
		.command = "shield",
		.target = { .vm = config->vm,
			    .tids = config->tids,
			    .pids = config->pids,
			    .cpus = config->cpus },
		.only = config->only,
		.without = config->without,
		.is_forced = config->force,
	};
	auto_close int signals = -1;
	struct keeper_config keeper = { .duration_ns = config->for_ns, .is_keeping = config->keep };
	bool is_staying = config->keep || config->for_ns;
	int code = shielding_open("shield", config->sysroot, s), kept;

	code = code ?: shielding_resolve(s, &request);
	if (code)
		return code;
	if (fs_root_is_live(&s->root))
		move_away(s);
	keeper.watched = s->layer->owner;
	s->layer->is_best_effort = config->best_effort;
	if (is_staying) {
		signals = session_signals();
		keeper.signals = signals;
		if (signals < 0 || shielding_own_layer(s)) {
			log_error("shield: signals, or its own /proc entry: not to be had");
			return EXIT_ERROR;
		}
	}
	code = shielding_open_journal(s, "shield", true, WAIT_NS);
	code = code ?: shielding_check(s, "shield");
	code = code ?: put_in_force(config, s);
	if (!is_staying || (code && code != EXIT_LIMIT))
		return code;
	(void)fflush(stdout);
	kept = keeper_run(s, &keeper);
	return kept ?: code;
}

int cmd_shield(int argc, char **argv)
{
	struct cpuset cpus = { 0 };
	struct config config = { .sysroot = "/", .cpus = &cpus };
	struct shielding s;
	int code;

	(void)setlocale(LC_CTYPE, "");
	code = opts_parse_alone(&spec, argc, argv, &config, "; a VM is named with --vm");
	if (code)
		return code > 0 ? EXIT_GOOD : EXIT_ERROR;
	if (!streq(config.sysroot, "/") && (config.keep || config.for_ns)) {
		log_error("shield: --keep and --for stay with a VM of this host, not of a recorded "
			  "machine");
		return EXIT_ERROR;
	}
	code = shield(&config, &s);
	shielding_done(&s);
	return code;
}
