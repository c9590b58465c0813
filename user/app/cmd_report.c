/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report: one recording, or two beside each other, as a page to post. Works from the files alone,
 * on any machine, and fetches nothing.
 */
#include <errno.h>
#include <stdbool.h>

#include "app/cmd.h"
#include "app/load.h"
#include "app/opts.h"
#include "app/writer.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"
#include "model/recording.h"
#include "report/report.h"

#define SIDES_MAX 2

struct config {
	const char *output;
};

static const struct opt options[] = {
	{ .letter = 'o',
	  .name = "output",
	  .metavar = "FILE",
	  .help = "the page; - is stdout (RECORDING.html)",
	  .type = OPT_STRING,
	  .offset = offsetof(struct config, output) },
};

static const struct opt_spec spec = {
	.command = "report",
	.synopsis = "RECORDING [RECORDING] [-o FILE]",
	.examples = "  lull report before.json\n"
		    "  lull report before.json after.json -o both.html\n",
	.about = "Writes a recording, or two beside each other, as one HTML page that needs\n"
		 "nothing else: no network, no script.",
	.opts = options,
	.n_opts = ARRAY_SIZE(options),
};

/* "before.json.gz" gives "before.html", in the current directory: it belongs to who asks. */
static char *default_path(const char *input)
{
	const char *slash = strrchr(input, '/'), *name = slash ? slash + 1 : input;
	size_t len = strlen(name);
	char *path;

	if (streq(input, "-"))
		return strdup("lull.html");
	if (str_ends(name, ".gz"))
		len -= strlen(".gz");
	if (len > 5 && !strncmp(name + len - 5, ".json", 5))
		len -= 5;
	return asprintf(&path, "%.*s.html", (int)len, name) < 0 ? NULL : path;
}

static int failed(const char *path, int err)
{
	auto_str struct str shown = { .s = NULL };

	if (err == -ENOMEM || str_add(&shown, path)) {
		log_error("report: out of memory");
		return EXIT_ERROR;
	}
	str_sanitize(shown.s);
	log_error("report: cannot write %s: %s", shown.s, strerror(-err));
	return EXIT_ERROR;
}

static int write_page(const struct export *what, const char *path)
{
	struct writer writer = { .pid = -1, .commit = -1 };
	int err;

	if (streq(path, "-")) {
		err = report_html_write(what, stdout);
		return err ? failed("stdout", err) : EXIT_GOOD;
	}
	err = *path ? writer_open(&writer, path) : -ENOENT;
	if (!err)
		err = writer_commit(&writer, report_html_write(what, writer.data));
	return err ? failed(path, err) : EXIT_GOOD;
}

static int run(const struct config *config, char **paths, unsigned int n)
{
	struct recording recs[SIDES_MAX] = { 0 };
	struct export_side sides[SIDES_MAX] = { { .label = "" }, { .label = "" } };
	const struct export what = { .sides = sides, .n_sides = n };
	auto_free char *path = NULL;
	int code = 0;

	path = config->output ? strdup(config->output) : default_path(paths[0]);
	if (!path)
		return failed("", -ENOMEM);
	for (unsigned int i = 0; i < n && !code; i++) {
		code = load_recording("report", paths[i], &recs[i]);
		sides[i].rec = &recs[i];
	}
	code = code ?: write_page(&what, path);
	if (!code && !streq(path, "-"))
		(void)printf("page: %s\n", path);
	for (unsigned int i = 0; i < SIDES_MAX; i++)
		recording_done(&recs[i]);
	return code;
}

int cmd_report(int argc, char **argv)
{
	struct config config = { .output = NULL };
	unsigned int n = 0;
	int code = opts_parse_words(&spec, argc, argv, &config, &n);

	if (code)
		return code > 0 ? EXIT_GOOD : EXIT_ERROR;
	if (n < 1 || n > SIDES_MAX) {
		log_error("report: %s", n ? "two recordings at most, before and after"
					  : "which recording? a file that lull record wrote");
		return EXIT_ERROR;
	}
	return run(&config, argv, n);
}
