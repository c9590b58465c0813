/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * restore: lifts shields and puts everything back. May be run again at any time; ends what a killed
 * run began.
 */
#include <errno.h>
#include <locale.h>

#include "app/cmd.h"
#include "app/opts.h"
#include "app/shielding.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "report/steps.h"

#define WAIT_NS 10000000000ULL

struct config {
	const char *vm, *sysroot;
	bool all, print, json;
};

static const struct opt options[] = {
	OPT_ROW(0, "vm", OPT_STRING, vm, "SHIELD", "this one: name, id or pid; else the only one"),
	OPT_ROW(0, "all", OPT_FLAG, all, NULL, "all shields"),
	OPT_ROW(0, "print", OPT_FLAG, print, NULL, "the plain shell commands instead"),
	OPT_ROW(0, "json", OPT_FLAG, json, NULL, "one JSON document, lull.restore/1"),
	OPT_ROW(0, "sysroot", OPT_STRING, sysroot, "DIR", "a recorded machine, not this host"),
};

static const struct opt_spec spec = {
	.command = "restore",
	.synopsis = "[--vm SHIELD | --all] [OPTIONS]",
	.examples = "  lull restore               lifts the only shield\n"
		    "  lull restore --all\n"
		    "  lull restore --print       how to do it by hand\n",
	.about =
		"Puts everything back as it was before the shield. What somebody else has changed\n"
		"since is left alone and named; then the exit code is 2.",
	.opts = options,
	.n_opts = ARRAY_SIZE(options),
};

static bool is_meant(const struct layer *layer, const char *what)
{
	auto_free char *pid = NULL;

	if (asprintf(&pid, "%d", layer->owner.pid) < 0)
		pid = NULL;
	return streq(layer->id, what) || streq(layer->name, what) ||
	       (layer->owner.pid && pid && streq(pid, what));
}

static void list_shields(const struct journal *journal)
{
	for (unsigned int i = 0; i < journal->n_layers; i++)
		log_error("  --vm %-24s %s", journal->layers[i]->id, journal->layers[i]->name);
}

/* The shield that is meant; NULL in *ret: all. */
static int choose(const struct config *config, const struct journal *journal, const char **ret)
{
	const struct layer *found = NULL;
	unsigned int n = 0;

	*ret = NULL;
	if (config->all)
		return 0;
	for (unsigned int i = 0; i < journal->n_layers; i++)
		if (!config->vm || is_meant(journal->layers[i], config->vm)) {
			found = journal->layers[i];
			n++;
		}
	if (n == 1) {
		*ret = found->id;
		return 0;
	}
	if (!n && !config->vm)
		return 0;
	log_error(config->vm ? "restore: %s shield is called %s%s"
			     : "restore: %s; choose one, or --all:",
		  config->vm ? (n ? "more than one" : "no") : "several shields are in force",
		  config->vm ? config->vm : "", journal->n_layers ? "; there are:" : "");
	list_shields(journal);
	return EXIT_REFUSED;
}

/* By hand, as it would be done. */
static int print_commands(struct shielding *s, const char *id)
{
	auto_str struct str text = { 0 };
	int err = apply_plan_lift(&s->apply, id);

	err = err ?: shielding_add_commands(&s->apply.plan, true, &text);
	if (err)
		return shielding_error(s, "restore", err);
	(void)fputs(text.s, stdout);
	return EXIT_GOOD;
}

static int restore(const struct config *config, struct shielding *s)
{
	const char *id = NULL;
	int err, code = shielding_open("restore", config->sysroot, s);

	code = code ?: shielding_open_journal(s, "restore", !config->print, WAIT_NS);
	code = code ?: choose(config, &s->apply.journal, &id);
	if (code)
		return code;
	if (config->print)
		return print_commands(s, id);
	if (!s->apply.journal.n_layers && !s->apply.journal.n_steps) {
		if (s->apply.n_swept || s->apply.was_owed)
			(void)printf("everything is as it was\n");
		else
			(void)printf("nothing to restore\n");
		return EXIT_GOOD;
	}
	err = apply_lift(&s->apply, id);
	if (err)
		return shielding_error(s, "restore", err);
	if (!config->json)
		return shielding_tell_lifted(s);
	if (shielding_show(s, "restore", false) || report_steps_json_write(&s->steps, stdout))
		return EXIT_ERROR;
	return shielding_has_rest(s) ? EXIT_LIMIT : EXIT_GOOD;
}

int cmd_restore(int argc, char **argv)
{
	struct config config = { .sysroot = "/" };
	struct shielding s;
	int code;

	(void)setlocale(LC_CTYPE, "");
	code = opts_parse_alone(&spec, argc, argv, &config, "; a shield is named with --vm");
	if (code)
		return code > 0 ? EXIT_GOOD : EXIT_ERROR;
	if (config.vm && config.all) {
		log_error("restore: --vm and --all exclude each other");
		return EXIT_ERROR;
	}
	code = restore(&config, &s);
	shielding_done(&s);
	return code;
}
