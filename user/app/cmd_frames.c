/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * frames: files of frame times that other programs wrote: their lows, stutters, before and after,
 * and which hitches the host caused. Reads files, changes nothing.
 */
#include <errno.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>

#include "app/cmd.h"
#include "app/frame_file.h"
#include "app/load.h"
#include "app/opts.h"
#include "app/style.h"
#include "app/words.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"
#include "frames/align.h"
#include "frames/figures.h"
#include "frames/frames.h"
#include "model/recording.h"
#include "report/frames.h"
#include "report/report.h"

struct config {
	struct opt_strings before, after;
	const char *recording, *like, *column, *unit;
	bool json, ascii;
	enum opt_color color;
};

static const struct opt rows[] = {
	OPT_ROW(0, "before", OPT_STRINGS, before, "FILE...", "the runs before a change"),
	OPT_ROW(0, "after", OPT_STRINGS, after, "FILE...", "the runs after it"),
	OPT_ROW(0, "recording", OPT_STRING, recording, "FILE",
		"which hitches lie over stalls in it"),
	OPT_ROW(0, "like", OPT_STRING, like, "TOOL", "the tool's definitions: see below"),
	OPT_ROW(0, "column", OPT_STRING, column, "NAME",
		"of a CSV of no known format: the frame times"),
	OPT_ROW(0, "unit", OPT_STRING, unit, "UNIT", "of that column: ms (default), us, ns, s"),
	OPT_ROW(0, "json", OPT_FLAG, json, NULL, "as JSON on stdout"),
	OPT_ROW(0, "ascii", OPT_FLAG, ascii, NULL, "draw with ASCII only"),
	OPT_ROW(0, "color", OPT_COLOR, color, "WHEN", "auto, always or never"),
};

static const struct opt_spec spec = {
	.command = "frames",
	.synopsis = "[OPTIONS] FILE... | --before FILE... --after FILE...",
	.examples = "  lull frames Game.csv                     one run\n"
		    "  lull frames before.csv after.csv         two: before and after\n"
		    "  lull frames --before a*.csv --after b*.csv\n"
		    "  lull frames Game_2026-03-01_20-15-03.csv --recording win11.json\n",
	.about = "Frame times of PresentMon, MangoHud, CapFrameX, OCAT, FrameView, FRAPS and the\n"
		 "Tomb Raider benchmarks: average, lowest 5, 2, 1 and 0.1 %, stutters, pacing.\n"
		 "--like takes frameview, capframex, mangohud, afterburner or ocat. - is stdin.",
	.opts = rows,
	.n_opts = ARRAY_SIZE(rows),
};

/* One run of the command. */
struct run {
	struct config config;
	const struct frames_like *like;
	struct frames *files; /* those of before come first */
	unsigned int n, n_before, n_after;
	struct frame_comparison comparison;
	struct frame_alignment alignment;
};

static int no_memory(void)
{
	log_error("frames: out of memory");
	return EXIT_ERROR;
}

static void run_done(struct run *run)
{
	for (unsigned int i = 0; i < run->n; i++)
		frames_done(&run->files[i]);
	free(run->files);
	frames_comparison_done(&run->comparison);
	align_done(&run->alignment);
}

static int read_unit(const struct config *config, struct frames_options *ret)
{
	static const struct {
		const char *name;
		double ms;
	} units[] = { { "ms", 1 }, { "us", 1e-3 }, { "ns", 1e-6 }, { "s", 1000 } };

	*ret = (struct frames_options){ .column = config->column, .unit_ms = 1 };
	if (config->unit && !config->column) {
		log_error("frames: --unit goes with --column");
		return EXIT_ERROR;
	}
	if (!config->unit)
		return 0;
	for (unsigned int i = 0; i < ARRAY_SIZE(units); i++) {
		if (streq(config->unit, units[i].name)) {
			ret->unit_ms = units[i].ms;
			return 0;
		}
	}
	log_error("frames: --unit %s: one of ms, us, ns, s", config->unit);
	return EXIT_ERROR;
}

static int read_file(struct run *run, const char *path, const struct frames_options *options)
{
	struct frames *frames = &run->files[run->n];
	int code = frame_file_read("frames", path, options, frames), err;

	if (code)
		return code;
	run->n++;
	err = frames_figures(frames, run->like);
	return err ? frame_file_say("frames", path, err,
				    err == -ENODATA ? "all frames last a second or more: scene "
						      "loads, or another unit"
						    : NULL)
		   : 0;
}

static int read_files(struct run *run, const struct words *words)
{
	const struct config *config = &run->config;
	const struct opt_strings *groups[] = { &config->before, &config->after };
	unsigned int n = words->n + config->before.n + config->after.n;
	struct frames_options options;
	int code = read_unit(config, &options);

	if (code)
		return code;
	run->files = calloc(n + 1UL, sizeof(*run->files));
	if (!run->files)
		return no_memory();
	for (unsigned int g = 0; g < ARRAY_SIZE(groups); g++)
		for (unsigned int i = 0; i < groups[g]->n && !code; i++)
			code = read_file(run, groups[g]->v[i], &options);
	for (unsigned int i = 0; i < words->n && !code; i++)
		code = read_file(run, words->v[i], &options);
	return code;
}

/* Which files are before, and which after. */
static int choose_groups(struct run *run, const struct words *words)
{
	const struct config *config = &run->config;

	run->n_before = config->before.n;
	run->n_after = config->after.n;
	if (!run->n_before != !run->n_after) {
		log_error("frames: --before and --after go together");
		return EXIT_ERROR;
	}
	if (run->n_before && words->n) {
		log_error("frames: %s is neither before nor after", words->v[0]);
		return EXIT_ERROR;
	}
	if (!run->n_before && !words->n) {
		log_error("frames: no file; see lull frames --help");
		return EXIT_ERROR;
	}
	if (words->n == 2)
		run->n_before = run->n_after = 1;
	if (config->recording && words->n != 1) {
		log_error("frames: --recording takes one file of frame times");
		return EXIT_ERROR;
	}
	return 0;
}

static int choose_like(struct run *run)
{
	const char *name = run->config.like;

	run->like = name ? frames_like_find(name) : frames_like_at(0);
	if (run->like)
		return 0;
	log_error(
		"frames: --like %s: one of lull, frameview, capframex, mangohud, afterburner, ocat",
		name);
	return EXIT_ERROR;
}

static int align(struct run *run)
{
	struct recording rec = { .hostname = NULL };
	struct align_hint hint;
	int code, err;

	if (!run->config.recording)
		return 0;
	code = load_recording("frames", run->config.recording, &rec);
	if (code)
		return code;
	align_hint_find(&run->files[0], &rec, run->files[0].report.path, &hint);
	err = align_frames(&run->files[0], &rec, &hint, &run->alignment);
	recording_done(&rec);
	return err ? no_memory() : 0;
}

static int print_text(const struct run *run)
{
	struct report_style style = { 0 };
	int err = 0;

	style_read(run->config.color, run->config.ascii, &style);
	for (unsigned int i = 0; i < run->n && !err; i++)
		err = report_frames_text(&run->files[i].report, run->config.like, &style, stdout);
	if (!err && run->n_before)
		err = report_frames_change_text(&run->comparison, &style, stdout);
	if (!err && run->config.recording)
		err = report_frames_align_text(&run->alignment, &style, stdout);
	return err;
}

static int print_json(const struct run *run)
{
	auto_free const struct frame_report **files = calloc(run->n + 1UL, sizeof(void *));
	const struct report_frames report = {
		.files = files,
		.n_files = run->n,
		.like = run->config.like,
		.comparison = run->n_before ? &run->comparison : NULL,
		.alignment = run->config.recording ? &run->alignment : NULL,
	};

	if (!files)
		return -ENOMEM;
	for (unsigned int i = 0; i < run->n; i++)
		files[i] = &run->files[i].report;
	return report_frames_json(&report, stdout);
}

static int frames(struct run *run, const struct words *words)
{
	int code = choose_groups(run, words), err = 0;

	code = code ?: choose_like(run);
	code = code ?: read_files(run, words);
	if (!code && run->n_before)
		err = frames_compare(run->files, run->n_before, run->files + run->n_before,
				     run->n_after, run->like, &run->comparison);
	code = code ?: align(run);
	if (code)
		return code;
	if (!err)
		err = run->config.json ? print_json(run) : print_text(run);
	if (err == -ENOMEM)
		return no_memory();
	if (err)
		return EXIT_ERROR; /* main says it of stdout */
	if (run->n_before && run->comparison.verdict == VERDICT_WORSE)
		return EXIT_LIMIT;
	if ((run->n_before && run->comparison.verdict == VERDICT_INCOMPLETE) ||
	    (run->config.recording && !run->alignment.is_aligned))
		return EXIT_INCONCLUSIVE;
	return EXIT_GOOD;
}

int cmd_frames(int argc, char **argv)
{
	struct run run = { .n = 0 };
	struct words words;
	int code;

	(void)setlocale(LC_CTYPE, "");
	code = words_parse(&spec, argc, argv, &run.config, &words);
	if (code == -ENOMEM)
		return no_memory();
	if (code)
		return code > 0 ? EXIT_GOOD : EXIT_ERROR;
	code = frames(&run, &words);
	run_done(&run);
	words_done(&words);
	return code;
}
