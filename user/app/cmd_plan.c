/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan: the steps that a shield would take, old and new, with the reason of each and of what stays.
 * Only reads, as any user, a recorded machine too.
 */
#include <errno.h>
#include <locale.h>

#include "app/cmd.h"
#include "app/cputune.h"
#include "app/opts.h"
#include "app/shielding.h"
#include "app/style.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "isolate/advice.h"
#include "report/report.h"
#include "report/steps.h"

struct config {
	const char *vm, *xml_file, *sysroot, *only, *without;
	struct opt_strings tids, pids;
	struct cpuset *cpus;
	bool force, json, shell, xml;
	enum opt_color color;
};

static const struct opt options[] = {
	OPT_ROW(0, "vm", OPT_STRING, vm, "VM", "for this VM: name, UUID or pid"),
	OPT_ROW(0, "xml", OPT_STRING, xml_file, "FILE",
		"for a VM as libvirt's XML has it; - is stdin"),
	OPT_ROW('t', "tid", OPT_STRINGS, tids, "TID", "for this thread (may be repeated)"),
	OPT_ROW('p', "pid", OPT_STRINGS, pids, "PID", "for all threads of this process"),
	OPT_ROW('c', "cpus", OPT_CPUS, cpus, "LIST", "these CPUs are the guest's"),
	OPT_ROW(0, "only", OPT_STRING, only, "KNOBS", "only these knobs: irq,irq-default"),
	OPT_ROW(0, "without", OPT_STRING, without, "KNOBS", "the default set without these"),
	OPT_ROW(0, "force", OPT_FLAG, force, NULL, "CPU 0 may be the guest's"),
	OPT_ROW(0, "json", OPT_FLAG, json, NULL, "one JSON document, lull.plan/1"),
	OPT_ROW(0, "shell", OPT_FLAG, shell, NULL, "the plain shell commands"),
	OPT_ROW(0, "libvirt-xml", OPT_FLAG, xml, NULL, "a <cputune> that fits the plan"),
	OPT_ROW(0, "sysroot", OPT_STRING, sysroot, "DIR",
		"a recorded /proc and /sys, not this host"),
	OPT_ROW(0, "color", OPT_COLOR, color, "WHEN", "auto, always or never"),
};

static const struct opt_spec spec = {
	.command = "plan",
	.synopsis = "[TARGET] [OPTIONS]",
	.examples = "  lull plan                       for the only VM\n"
		    "  lull plan --vm win11 --only irq,irq-default\n"
		    "  lull plan -c 2-7,10-15          for these CPUs\n"
		    "  lull plan --vm win11 --shell    as shell commands\n",
	.about = "Shows what lull shield would change, and why, and what stays where it is.\n"
		 "Changes nothing.",
	.opts = options,
	.n_opts = ARRAY_SIZE(options),
};

static int print_shell(struct shielding *s)
{
	auto_str struct str text = { 0 };
	int err = shielding_add_commands(&s->apply.plan, false, &text);

	if (err)
		return shielding_error(s, "plan", err);
	(void)fputs(text.s, stdout);
	return EXIT_GOOD;
}

static int print(const struct config *config, struct shielding *s)
{
	struct report_style style = { 0 };
	int err;

	if (config->shell)
		return print_shell(s);
	if (config->xml)
		return cputune_print(s->layer, &s->online, "plan");
	if (shielding_show(s, "plan", false))
		return EXIT_ERROR;
	style_read(config->color, false, &style);
	err = config->json ? report_steps_json_write(&s->steps, stdout)
			   : report_plan_text_write(&s->steps, &style, stdout);
	if (err == -ENOMEM)
		log_error("plan: out of memory");
	return err ? EXIT_ERROR : EXIT_GOOD; /* main says it of stdout */
}

static int plan(const struct config *config, struct shielding *s)
{
	const struct shielding_request request = {
		.command = "plan",
		.target = { .vm = config->vm,
			    .tids = config->tids,
			    .pids = config->pids,
			    .cpus = config->cpus },
		.only = config->only,
		.without = config->without,
		.xml = config->xml_file,
		.is_forced = config->force,
	};
	int err, code = shielding_open("plan", config->sysroot, s);

	code = code ?: shielding_resolve(s, &request);
	code = code ?: shielding_open_journal(s, "plan", false, 0);
	if (!code && s->apply.was_interrupted)
		log_warn("a run of lull was interrupted: lull restore ends it");
	code = code ?: shielding_check(s, "plan");
	if (code)
		return code;
	err = apply_plan(&s->apply, s->layer);
	err = err ?: advice_add(&s->root, &s->layer->guest, &s->apply.plan);
	return err ? shielding_error(s, "plan", err) : print(config, s);
}

int cmd_plan(int argc, char **argv)
{
	struct cpuset cpus = { 0 };
	struct config config = { .sysroot = "/", .cpus = &cpus };
	struct shielding s;
	int code;

	(void)setlocale(LC_CTYPE, "");
	code = opts_parse_alone(&spec, argc, argv, &config, "; a VM is named with --vm");
	if (code)
		return code > 0 ? EXIT_GOOD : EXIT_ERROR;
	if (config.vm && config.xml_file) {
		log_error("plan: --vm and --xml both name the VM; give one of them");
		return EXIT_ERROR;
	}
	if (config.json + config.shell + config.xml > 1) {
		log_error("plan: --json, --shell and --libvirt-xml exclude each other");
		return EXIT_ERROR;
	}
	code = plan(&config, &s);
	shielding_done(&s);
	return code;
}
