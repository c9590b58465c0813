/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * status: which shields are in force and how each of their steps stands. Only reads.
 */
#include <errno.h>
#include <inttypes.h>
#include <locale.h>

#include "app/arrivals.h"
#include "app/cmd.h"
#include "app/opts.h"
#include "app/shielding.h"
#include "app/style.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"
#include "isolate/knob.h"
#include "report/report.h"
#include "report/steps.h"

struct config {
	const char *sysroot;
	bool json, all;
	enum opt_color color;
};

static const struct opt options[] = {
	OPT_ROW(0, "all", OPT_FLAG, all, NULL, "every step, those that are held too"),
	OPT_ROW(0, "json", OPT_FLAG, json, NULL, "one JSON document, lull.status/1"),
	OPT_ROW(0, "sysroot", OPT_STRING, sysroot, "DIR", "a recorded machine, not this host"),
	OPT_ROW(0, "color", OPT_COLOR, color, "WHEN", "auto, always or never"),
};

static const struct opt_spec spec = {
	.command = "status",
	.synopsis = "[OPTIONS]",
	.examples =
		"  lull status                what is in force, and what somebody changed\n"
		"  lull status --json | jq '.shields[].steps[] | select(.state==\"drifted\")'\n",
	.about = "Shows the shields in force and whether their steps still hold. Exit code 2: one\n"
		 "has drifted, or a run of lull was interrupted. Changes nothing.",
	.opts = options,
	.n_opts = ARRAY_SIZE(options),
};

/* What still comes to the guests' CPUs; a recorded machine has one look only. */
static void look(struct shielding *s)
{
	const struct journal *journal = &s->apply.journal;
	struct cpuset cpus = { 0 };
	int err;

	for (unsigned int i = 0; i < journal->n_layers; i++)
		cpuset_or(&cpus, &journal->layers[i]->guest);
	if (cpuset_is_empty(&cpus) || !fs_root_is_live(&s->root))
		return;
	err = arrivals_look(&s->root, &cpus, &s->steps.arrivals);
	if (err)
		log_warn("/proc/interrupts: %s", strerror(-err));
}

static void print_arrivals(const struct arrivals *arrivals)
{
	char looked[24];

	if (!arrivals->looked_ns)
		return;
	(void)str_format_ns(arrivals->looked_ns, looked, sizeof(looked));
	if (!arrivals->n_rows)
		(void)printf("no interrupt of the host came to the guest's CPUs within %s\n",
			     looked);
	else
		(void)printf("interrupts of the host that came to the guest's CPUs within %s:\n",
			     looked);
	for (unsigned int i = 0; i < arrivals->n_rows; i++)
		(void)printf("  CPU %d: %llu of %s\n", arrivals->rows[i].cpu,
			     arrivals->rows[i].count, arrivals->rows[i].name);
}

/* It is no drift: nobody has placed it yet. */
static void print_new(const struct steps *steps)
{
	if (!steps->n_fresh)
		return;
	(void)printf("%u appeared since and %s not placed; lull shield does it again, --keep by "
		     "itself:\n",
		     steps->n_fresh, steps->n_fresh == 1 ? "is" : "are");
	for (unsigned int i = 0; i < steps->n_fresh; i++)
		(void)printf("  %s: %s, not %s\n", steps->fresh[i].name, steps->fresh[i].now,
			     steps->fresh[i].want);
}

static int print_text(const struct config *config, struct shielding *s,
		      const struct apply_tally *tally)
{
	struct report_style style = { 0 };

	style_read(config->color, false, &style);
	for (unsigned int i = 0; i < s->steps.n_shields; i++) {
		const struct shield_row *row = &s->steps.shields[i];

		char age[24];

		(void)printf("%s: CPUs %s (owner: %s)%s%s\n", row->name, row->cpus, row->owner,
			     row->age_ns ? ", for " : "",
			     row->age_ns ? str_format_ns(row->age_ns, age, sizeof(age)) : "");
	}
	if (!s->steps.n_shields)
		(void)printf("no shield is in force\n");
	if (s->steps.n_shields || s->steps.n_rows)
		(void)printf("%u held, %u pending, %u drifted, %u gone, %u failed\n", tally->held,
			     tally->pending, tally->drifted, tally->gone, tally->failed);
	print_new(&s->steps);
	print_arrivals(&s->steps.arrivals);
	/* Held steps are a number only, unless all are wanted. */
	if (!config->all)
		shielding_drop_held(s);
	if (s->steps.n_rows)
		(void)printf("\n");
	return report_states_text_write(&s->steps, &style, stdout) ? EXIT_ERROR : EXIT_GOOD;
}

static int status(const struct config *config, struct shielding *s)
{
	struct apply_tally tally;
	int err, code = shielding_open("status", config->sysroot, s);

	code = code ?: shielding_open_journal(s, "status", false, 0);
	if (code)
		return code;
	err = apply_check(&s->apply) ?: apply_find_new(&s->apply, &s->fresh);
	if (err)
		return shielding_error(s, "status", err);
	apply_count(&s->apply.plan, &tally);
	code = shielding_show(s, "status", true);
	if (!code)
		look(s);
	if (!code && config->json)
		code = report_steps_json_write(&s->steps, stdout) ? EXIT_ERROR : EXIT_GOOD;
	else if (!code)
		code = print_text(config, s, &tally);
	if (s->apply.was_interrupted)
		log_error("a run of lull was interrupted: run lull restore");
	return code
		       ?: s->apply.was_interrupted || tally.drifted || tally.failed ? EXIT_LIMIT
										    : EXIT_GOOD;
}

int cmd_status(int argc, char **argv)
{
	struct config config = { .sysroot = "/" };
	struct shielding s;
	int code;

	(void)setlocale(LC_CTYPE, "");
	code = opts_parse_alone(&spec, argc, argv, &config, "");
	if (code)
		return code > 0 ? EXIT_GOOD : EXIT_ERROR;
	code = status(&config, &s);
	shielding_done(&s);
	return code;
}
