/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain: ranks the causes in a recording, says what removes each, and gives a verdict. Works from
 * the file alone; looks at nothing of this machine and changes nothing.
 */
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdbool.h>
#include <sys/ioctl.h>

#include "app/cmd.h"
#include "app/load.h"
#include "app/opts.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/str.h"
#include "model/explain.h"
#include "model/rec_thread.h"
#include "model/recording.h"
#include "report/explain.h"
#include "report/report.h"

#define CAUSES_SHOWN 10

struct config {
	uint32_t top; /* 0: not given */
	const char *vm;
	struct opt_strings tids;
	bool json, ascii;
	enum opt_color color;
};

static const struct opt options[] = {
	OPT_RANGE('n', "top", OPT_U32, top, "N", 1, 1000000, "causes shown (10; with --json all)"),
	OPT_ROW(0, "vm", OPT_STRING, vm, "VM", "victims of this VM only: name or pid"),
	OPT_ROW('t', "tid", OPT_STRINGS, tids, "TID", "this victim only (may be repeated)"),
	OPT_ROW(0, "json", OPT_FLAG, json, NULL, "as JSON on stdout"),
	OPT_ROW(0, "ascii", OPT_FLAG, ascii, NULL, "draw with ASCII only"),
	OPT_ROW(0, "color", OPT_COLOR, color, "WHEN", "auto, always or never"),
};

static const struct opt_spec spec = {
	.command = "explain",
	.synopsis = "[OPTIONS] FILE",
	.examples = "  lull explain lull-desk-20260301T120000.json\n"
		    "  lull explain -n 3 win11.json.gz\n"
		    "  lull record -d 10s -o - | lull explain -\n"
		    "  lull explain --json win11.json | jq '.causes[0]'\n",
	.about = "Says what a recording means: what took time from the victims, the largest\n"
		 "first, how much and whose, and what removes it; or that the host is clean.\n"
		 "FILE may be packed by gzip; - is stdin.",
	.opts = options,
	.n_opts = ARRAY_SIZE(options),
};

static bool want_color(enum opt_color color)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (color != COLOR_AUTO)
		return color == COLOR_ALWAYS;
	return !(no && *no) && isatty(STDOUT_FILENO) && !(term && streq(term, "dumb"));
}

static bool is_wanted(const struct config *config, const struct rec_thread *thread)
{
	pid_t pid = 0;
	uint32_t number;

	if (config->vm && !parse_u32(config->vm, &number))
		pid = (pid_t)number;
	if (config->vm && !(thread->vm && streq(thread->vm, config->vm)) &&
	    !(pid && thread->pid == pid))
		return false;
	for (unsigned int i = 0; i < config->tids.n; i++) {
		if (!parse_u32(config->tids.v[i], &number) && (pid_t)number == thread->tid)
			return true;
	}
	return !config->tids.n;
}

static bool keep(const struct rec_thread *thread, const void *config)
{
	return is_wanted(config, thread);
}

/* Leaves the victims that were asked for. An exit code. */
static int filter(const struct config *config, struct recording *rec)
{
	uint32_t number;

	for (unsigned int i = 0; i < config->tids.n; i++) {
		if (!parse_u32(config->tids.v[i], &number) && number)
			continue;
		log_error("explain: --tid %s: not a thread", config->tids.v[i]);
		return EXIT_ERROR;
	}
	if (!config->vm && !config->tids.n)
		return 0;
	recording_keep_threads(rec, keep, config);
	if (rec->n_threads)
		return 0;
	log_error("explain: the recording has no victim that fits %s; without it all are explained",
		  config->vm ? "--vm" : "--tid");
	return EXIT_REFUSED;
}

static int print(const struct config *config, const struct explain *explain)
{
	struct winsize ws = { 0 };
	struct report_style style = {
		.color = want_color(config->color),
		.utf8 = !config->ascii && streq(nl_langinfo(CODESET), "UTF-8"),
		.top = config->top ?: CAUSES_SHOWN,
	};

	if (config->json)
		return report_explain_write_json(explain, config->top, stdout);
	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws))
		style.width = ws.ws_col;
	return report_explain_write(explain, &style, stdout);
}

static bool is_inconclusive(const struct explain *explain)
{
	return explain->verdict == EXPLAIN_INCOMPLETE || explain->verdict == EXPLAIN_ASLEEP;
}

static int run(const struct config *config, const char *path)
{
	struct recording rec = { .hostname = NULL };
	struct explain explain = { .rec = NULL };
	int code = load_recording("explain", path, &rec);
	int err;

	if (code)
		return code;
	code = filter(config, &rec);
	if (code) {
		recording_done(&rec);
		return code;
	}
	err = explain_recording(&rec, &explain);
	err = err ?: print(config, &explain);
	if (err == -ENOMEM)
		log_error("explain: out of memory");
	if (err)
		code = EXIT_ERROR; /* main says it of stdout */
	else if (is_inconclusive(&explain))
		code = EXIT_INCONCLUSIVE;
	explain_done(&explain);
	recording_done(&rec);
	return code;
}

int cmd_explain(int argc, char **argv)
{
	struct config config = { .top = 0 };
	int code, rest;

	(void)setlocale(LC_CTYPE, "");
	code = opts_parse(&spec, argc, argv, &config, &rest);
	if (code)
		return code > 0 ? EXIT_GOOD : EXIT_ERROR;
	if (rest == argc) {
		log_error("explain: which recording? lull explain FILE; lull record writes one");
		return EXIT_ERROR;
	}
	if (rest + 1 < argc) {
		log_error("explain: unexpected word %s; options go before the one file",
			  argv[rest + 1]);
		return EXIT_ERROR;
	}
	return run(&config, argv[rest]);
}
