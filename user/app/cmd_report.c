/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report: one recording, or both sides of a comparison, as a page to post. Works from the files
 * alone, on any machine, and fetches nothing.
 */
#include <errno.h>
#include <stdbool.h>

#include "app/cmd.h"
#include "app/frame_file.h"
#include "app/load.h"
#include "app/opts.h"
#include "app/writer.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"
#include "frames/align.h"
#include "model/comparison.h"
#include "model/recording.h"
#include "report/report.h"
#include "report/rounds.h"

#define SIDES_MAX 2

struct config {
	const char *output, *frames;
};

static const struct opt options[] = {
	OPT_ROW('o', "output", OPT_STRING, output, "FILE",
		"the page; - is stdout (RECORDING.html)"),
	OPT_ROW(0, "frames", OPT_STRING, frames, "FILE",
		"frame times of a game: its hitches over the stalls"),
};

static const struct opt_spec spec = {
	.command = "report",
	.synopsis = "RECORDING [RECORDING] [-o FILE]",
	.examples = "  lull report before.json\n"
		    "  lull report before.json after.json -o both.html\n"
		    "  lull report win11.json --frames Game_2026-03-01_20-15-03.csv\n",
	.about = "Writes a recording, or two beside each other, as one HTML page that needs\n"
		 "nothing else: no network, no script. A file that holds rounds is both sides.",
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

/* One run: the files, and of two sides their rounds and what these came to. */
struct job {
	struct loaded files[SIDES_MAX];
	unsigned int n_files;
	struct comparison_round *rounds;
	struct comparison_sides both;
	struct comparison comparison;
	struct frame_alignment frames;
	bool is_compared;
	struct export_side sides[SIDES_MAX];
	struct export what;
};

static void job_done(struct job *job)
{
	if (job->is_compared)
		comparison_done(&job->comparison);
	for (unsigned int i = 0; i < job->n_files; i++)
		loaded_done(&job->files[i]);
	free(job->rounds);
	align_done(&job->frames);
}

static int load(struct job *job, char **paths, unsigned int n)
{
	int code = 0;

	for (unsigned int i = 0; i < n && !code; i++) {
		code = load_any("report", paths[i], &job->files[i]);
		job->n_files += !code;
	}
	for (unsigned int i = 0; i < n && !code && n > 1; i++) {
		if (job->files[i].has_rounds) {
			log_error("report: a file that holds rounds has both sides: give it alone");
			code = EXIT_ERROR;
		}
	}
	return code;
}

/* Two files are a round each; the rounds of one file are sorted by side. */
static int sort_rounds(struct job *job)
{
	const struct loaded *file = &job->files[0];
	unsigned int n = file->n, n_a = 0;

	job->rounds = calloc(n + 1UL, sizeof(*job->rounds));
	if (!job->rounds)
		return -ENOMEM;
	if (file->has_rounds) {
		n_a = load_sort_rounds(file->rounds, n, job->rounds);
	} else {
		n_a = 1;
		n = job->n_files;
		for (unsigned int i = 0; i < n; i++)
			job->rounds[i] = (struct comparison_round){
				.rec = &job->files[i].rounds->rec,
				.name = i ? "after" : "before",
			};
	}
	job->both = (struct comparison_sides){ .a = job->rounds,
					       .n_a = n_a,
					       .b = job->rounds + n_a,
					       .n_b = n - n_a,
					       .is_paired = file->has_rounds && 2 * n_a == n };
	return 0;
}

/* What is shown of a side is its last round. Rounds of one side alone are no comparison. */
static int choose_sides(struct job *job)
{
	const struct comparison_sides *both = &job->both;
	struct export *what = &job->what;
	int err = 0;

	what->sides = job->sides;
	if (both->n_a)
		job->sides[what->n_sides++].rec = both->a[both->n_a - 1].rec;
	if (both->n_b)
		job->sides[what->n_sides++].rec = both->b[both->n_b - 1].rec;
	for (unsigned int i = 0; i < SIDES_MAX; i++)
		job->sides[i].label = "";
	if (what->n_sides < 2)
		return 0;
	err = comparison_make(both, &verdict_defaults, &job->comparison);
	job->is_compared = !err;
	what->comparison = &job->comparison;
	what->rounds = both;
	return err;
}

static int run(struct job *job, const struct config *config, char **paths, unsigned int n)
{
	auto_free char *path = config->output ? strdup(config->output) : default_path(paths[0]);
	int code;

	if (!path)
		return failed("", -ENOMEM);
	code = load(job, paths, n);
	if (code)
		return code;
	if (config->frames && (n > 1 || job->files[0].has_rounds)) {
		log_error("report: --frames takes one recording, without rounds");
		return EXIT_ERROR;
	}
	if (sort_rounds(job) || choose_sides(job))
		return failed("", -ENOMEM);
	if (config->frames) {
		code = frame_file_align("report", config->frames, &job->files[0].rounds->rec,
					&job->frames);
		job->what.frames = &job->frames;
	}
	code = code ?: write_page(&job->what, path);
	if (!code && !streq(path, "-"))
		(void)printf("page: %s\n", path);
	return code;
}

int cmd_report(int argc, char **argv)
{
	struct config config = { .output = NULL };
	struct job job = { .n_files = 0 };
	unsigned int n = 0;
	int code = opts_parse_words(&spec, argc, argv, &config, &n);

	if (code)
		return code > 0 ? EXIT_GOOD : EXIT_ERROR;
	if (n < 1 || n > SIDES_MAX) {
		log_error("report: %s", n ? "two recordings at most, before and after"
					  : "which recording? a file that lull record wrote");
		return EXIT_ERROR;
	}
	code = run(&job, &config, argv, n);
	job_done(&job);
	return code;
}
