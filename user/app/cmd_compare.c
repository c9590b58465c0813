/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compare: recordings before and after a change: what changed, how much, and how sure that is.
 * Works from the files alone.
 */
#include <errno.h>
#include <locale.h>
#include <stdbool.h>

#include "app/cmd.h"
#include "app/load.h"
#include "app/opts.h"
#include "app/style.h"
#include "app/words.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"
#include "model/comparison.h"
#include "model/recording.h"
#include "report/compare.h"
#include "report/report.h"
#include "report/rounds.h"

struct config {
	struct opt_strings before, after;
	uint32_t top;
	bool json, ascii;
	enum opt_color color;
};

static const struct opt options[] = {
	OPT_ROW(0, "before", OPT_STRINGS, before, "FILE...", "the recordings before a change"),
	OPT_ROW(0, "after", OPT_STRINGS, after, "FILE...", "the recordings after it"),
	OPT_RANGE(0, "top", OPT_U32, top, "N", 1, 1000, "causes shown (10)"),
	OPT_ROW(0, "json", OPT_FLAG, json, NULL, "as JSON on stdout"),
	OPT_ROW(0, "ascii", OPT_FLAG, ascii, NULL, "draw with ASCII only"),
	OPT_ROW(0, "color", OPT_COLOR, color, "WHEN", "auto, always or never"),
};

static const struct opt_spec spec = {
	.command = "compare",
	.synopsis = "[OPTIONS] BEFORE AFTER | ROUNDS | --before F... --after F...",
	.examples = "  lull compare before.json after.json\n"
		    "  lull compare --before b1.json b2.json b3.json --after a*.json\n"
		    "  lull compare --json --before b*.json --after a*.json | jq .verdict\n",
	.about = "Compares recordings of the same victims before and after a change: each figure\n"
		 "with its effect and a 95 % interval, and the causes that went, stayed or came.\n"
		 "An interval needs 3 recordings or more on each side. ROUNDS is one file that\n"
		 "holds the rounds of both.",
	.opts = options,
	.n_opts = ARRAY_SIZE(options),
};

/* One run of the command. */
struct run {
	struct config config;
	struct recording *recordings; /* those of before come first */
	struct comparison_round *rounds;
	unsigned int n, n_before;
	struct round *in_file; /* of a single file: they are what is compared */
	unsigned int n_in_file;
	bool is_paired;
};

static int no_memory(void)
{
	log_error("compare: out of memory");
	return EXIT_ERROR;
}

static void run_done(struct run *run)
{
	for (unsigned int i = 0; i < run->n; i++)
		recording_done(&run->recordings[i]);
	report_rounds_free(run->in_file, run->n_in_file);
	free(run->recordings);
	free(run->rounds);
}

static int add_file(struct run *run, const char *path)
{
	int code = load_recording("compare", path, &run->recordings[run->n]);

	if (code)
		return code;
	run->rounds[run->n] =
		(struct comparison_round){ .rec = &run->recordings[run->n], .name = path };
	run->n++;
	return 0;
}

static int check_words(const struct config *config, const struct words *words)
{
	bool has_groups = config->before.n || config->after.n;

	if (has_groups && (!config->before.n || !config->after.n)) {
		log_error("compare: --before and --after go together");
		return EXIT_ERROR;
	}
	if (has_groups && words->n) {
		log_error("compare: %s is neither before nor after", words->v[0]);
		return EXIT_ERROR;
	}
	if (!has_groups && words->n != 1 && words->n != 2) {
		log_error(
			"compare: two recordings, one with rounds, or --before FILE... --after FILE...");
		return EXIT_ERROR;
	}
	return 0;
}

static int load_file_of_rounds(struct run *run, const char *path)
{
	int code = load_rounds("compare", path, &run->in_file, &run->n_in_file);

	if (code)
		return code;
	run->rounds = calloc(run->n_in_file + 1UL, sizeof(*run->rounds));
	if (!run->rounds)
		return no_memory();
	run->n_before = load_sort_rounds(run->in_file, run->n_in_file, run->rounds);
	run->is_paired = 2 * run->n_before == run->n_in_file;
	return 0;
}

static int load(struct run *run, const struct words *words)
{
	const struct config *config = &run->config;
	unsigned int n = words->n + config->before.n + config->after.n;
	int code = check_words(config, words);

	if (code)
		return code;
	if (words->n == 1)
		return load_file_of_rounds(run, words->v[0]);
	run->recordings = calloc(n, sizeof(*run->recordings));
	run->rounds = calloc(n, sizeof(*run->rounds));
	if (!run->recordings || !run->rounds)
		return no_memory();
	for (unsigned int i = 0; i < config->before.n && !code; i++)
		code = add_file(run, config->before.v[i]);
	for (unsigned int i = 0; i < config->after.n && !code; i++)
		code = add_file(run, config->after.v[i]);
	for (unsigned int i = 0; i < words->n && !code; i++)
		code = add_file(run, words->v[i]);
	run->n_before = words->n ? 1 : config->before.n;
	return code;
}

static int print(const struct config *config, const struct comparison *comparison)
{
	struct report_style style = { .top = config->top };

	if (config->json)
		return report_compare_json(comparison, "lull.compare/1", stdout);
	style_read(config->color, config->ascii, &style);
	return report_compare_text(comparison, &style, stdout);
}

static int compare(struct run *run)
{
	const struct comparison_sides sides = { .a = run->rounds,
						.n_a = run->n_before,
						.b = run->rounds + run->n_before,
						.n_b = run->n + run->n_in_file - run->n_before,
						.is_paired = run->is_paired };
	struct comparison comparison;
	int err = comparison_make(&sides, &verdict_defaults, &comparison);
	int code = EXIT_GOOD;

	if (err)
		return no_memory();
	err = print(&run->config, &comparison);
	if (comparison.verdict == VERDICT_INCOMPLETE)
		code = EXIT_INCONCLUSIVE;
	else if (comparison.verdict == VERDICT_WORSE)
		code = EXIT_LIMIT;
	comparison_done(&comparison);
	if (err == -ENOMEM)
		return no_memory();
	return err ? EXIT_ERROR : code; /* main says it of stdout */
}

int cmd_compare(int argc, char **argv)
{
	struct run run = { .config = { .top = 10 } };
	struct words words;
	int code;

	(void)setlocale(LC_CTYPE, "");
	code = words_parse(&spec, argc, argv, &run.config, &words);
	if (code == -ENOMEM)
		return no_memory();
	if (code)
		return code > 0 ? EXIT_GOOD : EXIT_ERROR;
	code = load(&run, &words);
	code = code ?: compare(&run);
	run_done(&run);
	words_done(&words);
	return code;
}
