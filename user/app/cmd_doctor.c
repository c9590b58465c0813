/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doctor: can this host measure, can it shield, and which of its settings make guests stutter?
 * Changes nothing on the host.
 */
#include <errno.h>
#include <locale.h>
#include <stdbool.h>

#include "app/cmd.h"
#include "app/opts.h"
#include "app/style.h"
#include "app/trials.h"
#include "base/cleanup.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/str.h"
#include "doctor/doctor.h"
#include "model/checkup.h"
#include "report/checkup.h"
#include "report/report.h"

struct config {
	const char *sysroot;
	bool json;
	enum opt_color color;
	int verbose;
};

static const struct opt options[] = {
	OPT_ROW(0, "sysroot", OPT_STRING, sysroot, "DIR",
		"look at a recorded machine; nothing is tried"),
	OPT_ROW(0, "json", OPT_FLAG, json, NULL, "one JSON document"),
	OPT_ROW(0, "color", OPT_COLOR, color, "WHEN", "auto, always or never"),
	OPT_ROW('v', "verbose", OPT_VERBOSE, verbose, NULL,
		"twice: debug messages, also the kernel's"),
	OPT_ROW('q', "quiet", OPT_QUIET, verbose, NULL, "the verdict only, by the exit code"),
};

static const struct opt_spec spec = {
	.command = "doctor",
	.synopsis = "[OPTIONS]",
	.examples = "  lull doctor                 what is missing here, and what to do\n"
		    "  lull doctor --json | jq '.checks[] | select(.state != \"ok\")'\n"
		    "  lull doctor -q && lull record -d 60s\n",
	.about = "Looks over this host: can lull measure and shield here, and which settings make\n"
		 "guests stutter? Each finding with what to do about it. Changes nothing. Exit\n"
		 "code 4: the host refuses to measure or to shield.",
	.opts = options,
	.n_opts = ARRAY_SIZE(options),
};

/* Of a recorded machine nobody can say that it can, only that nothing speaks against it. */
static const char *answer(const struct checkup *checkup, const char *section, bool live)
{
	if (checkup_count(checkup, section, CHECKUP_FAIL))
		return "no";
	return live ? "yes" : "unknown";
}

/* "can measure: yes" */
static int add_verdict(const struct checkup *checkup, const char *section, const char *word,
		       struct str *to)
{
	unsigned int unknown = checkup_count(checkup, section, CHECKUP_UNKNOWN);

	if (streq(word, "unknown"))
		return str_addf(to, "can %s: could not be told: %u checks are unknown, none fails",
				section, unknown);
	if (streq(word, "yes") && unknown)
		return str_addf(to, "can %s: yes (%u unknown)", section, unknown);
	return str_addf(to, "can %s: %s", section, word);
}

static int print(const struct config *config, const struct checkup *checkup, bool live)
{
	static const char *const sections[] = { "measure", "shield" };
	struct str words[ARRAY_SIZE(sections)] = { { 0 } };
	struct report_verdict verdicts[ARRAY_SIZE(sections)];
	struct report_checkup report = {
		.checkup = checkup,
		.title = doctor_section_title,
		.verdicts = verdicts,
		.n_verdicts = ARRAY_SIZE(verdicts),
	};
	struct report_style style = { 0 };
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(sections) && !err; i++) {
		const char *word = answer(checkup, sections[i], live);

		err = add_verdict(checkup, sections[i], word, &words[i]);
		verdicts[i] = (struct report_verdict){ .key = sections[i],
						       .answer = word,
						       .words = words[i].s };
	}
	style_read(config->color, false, &style);
	if (!err)
		err = config->json ? report_checkup_json(&report, stdout)
				   : report_checkup_text(&report, &style, stdout);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		str_done(&words[i]);
	return err;
}

static int examine(const struct root *root, struct checkup *ret)
{
	struct trials trials = { 0 };
	bool live = fs_root_is_live(root);
	int err = live ? trials_make(root, &trials) : 0;

	err = err ?: doctor_examine(root, live ? &trials.facts : NULL, ret);
	trials_done(&trials);
	return err;
}

static int run(const struct config *config)
{
	const char *path = config->sysroot ?: "/";
	struct checkup checkup = { 0 };
	struct root root;
	int err = fs_root_open(&root, path);

	if (err) {
		log_error("doctor: --sysroot %s: %s", path, strerror(-err));
		return EXIT_ERROR;
	}
	err = examine(&root, &checkup);
	if (!err && config->verbose)
		err = print(config, &checkup, fs_root_is_live(&root));
	fs_root_done(&root);
	if (err == -ENOMEM)
		log_error("doctor: out of memory");
	err = err ? EXIT_ERROR : /* main says it of stdout */
		      checkup_count(&checkup, NULL, CHECKUP_FAIL) ? EXIT_REFUSED
								  : EXIT_GOOD;
	checkup_done(&checkup);
	return err;
}

int cmd_doctor(int argc, char **argv)
{
	struct config config = { .verbose = 1 };
	int code;

	(void)setlocale(LC_CTYPE, "");
	code = opts_parse_alone(&spec, argc, argv, &config, "; see lull doctor --help");
	if (code)
		return code > 0 ? EXIT_GOOD : EXIT_ERROR;
	log_set_level(config.verbose);
	return run(&config);
}
