/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * export: recordings in the formats that others read. Works from the files alone, on any machine;
 * several recordings go into one output, each under its label.
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
#include "model/recording.h"
#include "report/frames.h"
#include "report/report.h"
#include "report/rounds.h"

#define FILES_MAX 64
#define SIDES_MAX 4096 /* recordings and rounds of all files */
#define LABEL_CAP 64   /* bytes of a label: the user's, a dot, side and number of a round */

struct config {
	const char *format, *output, *table, *hist, *frames;
	struct opt_strings sides;
	bool is_summary, is_per_vcpu;
};

static const struct opt options[] = {
	OPT_ROW('f', "format", OPT_STRING, format, "FORMAT", "which format; see below"),
	OPT_ROW('o', "output", OPT_STRING, output, "FILE", "where to; - is stdout, the default"),
	OPT_ROW(0, "side", OPT_STRINGS, sides, "LABEL",
		"what a recording is called; once for each of them"),
	OPT_ROW(0, "table", OPT_STRING, table, "TABLE", "csv: which table (ledger)"),
	OPT_ROW(0, "hist", OPT_STRING, hist, "TAG", "hgrm: which histogram, a tag of hlog (gap)"),
	OPT_ROW(0, "frames", OPT_STRING, frames, "FILE",
		"perfetto, chrome-json: frame times; hitches a track"),
	OPT_ROW(0, "per-vcpu", OPT_FLAG, is_per_vcpu, NULL, "prom: a histogram for each vCPU"),
	OPT_ROW(0, "summary", OPT_FLAG, is_summary, NULL, "json: percentiles instead of buckets"),
};

/* All that one run holds. */
struct job {
	struct config config;
	struct loaded files[FILES_MAX];
	char letters[FILES_MAX][4]; /* labels that the user did not give: a, b, ... */
	const char *names[FILES_MAX];
	unsigned int n_files, n_sides;
	struct export_side sides[SIDES_MAX];
	char labels[SIDES_MAX][LABEL_CAP];
	struct export what;
	struct frame_alignment frames;
	const struct exporter *exporter;
	struct writer writer;
};

/* "json, csv, ..." Appends; -ENOMEM. */
static int add_formats(struct str *to)
{
	int err = 0;

	for (unsigned int i = 0; report_exporter_at(i) && !err; i++)
		err = str_addf(to, "%s%s", i ? ", " : "", report_exporter_at(i)->name);
	return err;
}

static int add_tables(struct str *to)
{
	int err = 0;

	for (unsigned int i = 0; report_csv_table_at(i) && !err; i++)
		err = str_addf(to, "%s%s", i ? ", " : "", report_csv_table_at(i));
	return err;
}

static int no_memory(void)
{
	log_error("export: out of memory");
	return EXIT_ERROR;
}

static int find_format(struct job *job)
{
	auto_str struct str names = { .s = NULL };

	job->exporter = job->config.format ? report_exporter_find(job->config.format) : NULL;
	if (job->exporter)
		return 0;
	if (add_formats(&names))
		return no_memory();
	if (job->config.format)
		log_error("export: no format %s; there are %s", job->config.format, names.s);
	else
		log_error("export: choose a --format: %s", names.s);
	return EXIT_ERROR;
}

static bool is_label(const char *text)
{
	size_t len = strlen(text);

	return len && len <= 32 &&
	       len == strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789_.-");
}

/* The label of each file: the user's, or a letter when there are several. */
static int label_files(struct job *job, unsigned int n)
{
	const struct opt_strings *given = &job->config.sides;

	if (given->n && given->n != n) {
		log_error("export: %u recordings, but --side was given %u times", n, given->n);
		return EXIT_ERROR;
	}
	for (unsigned int i = 0; i < n; i++) {
		(void)snprintf(job->letters[i], sizeof(job->letters[i]), i < 26 ? "%c" : "%c%u",
			       (int)('a' + i % 26), i / 26 + 1);
		job->names[i] = given->n ? given->v[i] : n > 1 ? job->letters[i] : "";
		if (given->n && !is_label(given->v[i])) {
			log_error("export: --side %s: letters, digits and _.- only, at most 32",
				  given->v[i]);
			return EXIT_ERROR;
		}
	}
	return 0;
}

/* The recordings of a file are its rounds, "a1", "b1", "a2", ..., behind its label if it has one. */
static int add_sides(struct job *job, unsigned int file)
{
	const struct loaded *loaded = &job->files[file];
	const char *name = job->names[file];
	unsigned int numbers[2] = { 0 };

	if (loaded->n > FILES_MAX - job->n_sides) {
		log_error("export: more than %d recordings and rounds", SIDES_MAX);
		return EXIT_ERROR;
	}
	for (unsigned int i = 0; i < loaded->n; i++) {
		const struct round *round = &loaded->rounds[i];
		char *label = job->labels[job->n_sides];

		if (loaded->has_rounds)
			(void)snprintf(label, LABEL_CAP, "%s%s%c%u", name, *name ? "." : "",
				       round->is_b ? 'b' : 'a', ++numbers[round->is_b]);
		else
			str_copy(label, LABEL_CAP, name, LABEL_CAP);
		job->sides[job->n_sides++] =
			(struct export_side){ .label = label, .rec = &round->rec };
	}
	return 0;
}

static int check_labels(const struct job *job)
{
	for (unsigned int i = 0; i < job->n_sides; i++) {
		for (unsigned int j = 0; j < i; j++) {
			if (streq(job->labels[i], job->labels[j])) {
				log_error("export: side %s was given twice", job->labels[i]);
				return EXIT_ERROR;
			}
		}
	}
	return 0;
}

static int load_files(struct job *job, char **paths, unsigned int n)
{
	int code = 0;

	for (unsigned int i = 0; i < n && !code; i++) {
		code = load_any("export", paths[i], &job->files[i]);
		job->n_files = i + !code;
		code = code ?: add_sides(job, i);
	}
	job->what.n_sides = job->n_sides;
	return code ?: check_labels(job);
}

static int check_table(const struct job *job)
{
	auto_str struct str names = { .s = NULL };

	for (unsigned int i = 0; job->config.table && report_csv_table_at(i); i++) {
		if (streq(report_csv_table_at(i), job->config.table))
			return 0;
	}
	if (!job->config.table)
		return 0;
	if (add_tables(&names))
		return no_memory();
	log_error("export: no table %s; there are %s", job->config.table, names.s);
	return EXIT_ERROR;
}

static int align(struct job *job)
{
	const char *path = job->config.frames;
	auto_str struct str words = { .s = NULL };
	int code;

	if (!path)
		return 0;
	if ((!streq(job->exporter->name, "perfetto") &&
	     !streq(job->exporter->name, "chrome-json")) ||
	    job->n_sides != 1) {
		log_error("export: --frames goes with --format perfetto or chrome-json, and one "
			  "recording");
		return EXIT_ERROR;
	}
	code = frame_file_align("export", path, job->sides[0].rec, &job->frames);
	if (code)
		return code;
	job->what.frames = &job->frames;
	if (job->frames.is_aligned)
		return 0;
	if (report_frames_align_words(&job->frames, &words))
		return no_memory();
	log_warn("export: no hitches in the trace. %s", words.s);
	return 0;
}

static int failed(const struct job *job, int err)
{
	if (err == -ENOENT && job->config.hist) {
		log_error("export: no histogram %s; --format hlog lists the tags",
			  job->config.hist);
		return EXIT_ERROR;
	}
	if (err == -ENOENT) {
		log_error("export: this recording has no victim, so no gaps; choose a histogram "
			  "with --hist, --format hlog lists the tags");
		return EXIT_ERROR;
	}
	if (err == -ENOMEM)
		return no_memory();
	log_error("export: writing %s: %s", job->config.output ?: "stdout", strerror(-err));
	return EXIT_ERROR;
}

static int write_output(struct job *job)
{
	const char *output = job->config.output;
	int err;

	if (!output || streq(output, "-")) {
		err = job->exporter->write(&job->what, stdout);
		return err ? failed(job, err) : EXIT_GOOD;
	}
	err = *output ? writer_open(&job->writer, output) : -ENOENT;
	if (err) {
		log_error("export: cannot write %s: %s", output, strerror(-err));
		return EXIT_ERROR;
	}
	err = writer_commit(&job->writer, job->exporter->write(&job->what, job->writer.data));
	return err ? failed(job, err) : EXIT_GOOD;
}

static int run(struct job *job, char **paths, unsigned int n)
{
	int code = find_format(job);

	if (!code && !n) {
		log_error("export: which recording? a file that lull record wrote, or - for stdin");
		return EXIT_ERROR;
	}
	if (!code && n > FILES_MAX) {
		log_error("export: more than %d files", FILES_MAX);
		return EXIT_ERROR;
	}
	code = code ?: check_table(job);
	code = code ?: label_files(job, n);
	code = code ?: load_files(job, paths, n);
	code = code ?: align(job);
	return code ?: write_output(job);
}

/* The formats are part of the help; their lines are those of exporters.def. */
static const struct opt_spec spec = {
	.command = "export",
	.synopsis = "RECORDING... --format FORMAT [-o FILE] [OPTIONS]",
	.examples =
		"  lull export before.json --format hlog -o before.hlog\n"
		"  lull export before.json --format perfetto -o before.pftrace\n"
		"  lull export before.json after.json --side before --side after --format csv\n"
		"  lull export - --format prom <before.json >/var/lib/node-exporter/lull.prom\n",
	.about =
		"Writes recordings in formats that other programs read:\n"
#define EXPORTER(id, name, help, write) "\n  " name ": " help
#include "report/exporters.def"
#undef EXPORTER
		"\n\nSeveral recordings go into one output, with a label each: a, b, ...; the rounds\n"
		"of a file that holds rounds are a1, b1, a2, ...",
	.opts = options,
	.n_opts = ARRAY_SIZE(options),
};

int cmd_export(int argc, char **argv)
{
	auto_free struct job *job = calloc(1, sizeof(*job));
	unsigned int n = 0;
	int code;

	if (!job)
		return no_memory();
	job->writer = (struct writer){ .pid = -1, .commit = -1 };
	code = opts_parse_words(&spec, argc, argv, &job->config, &n);
	if (code)
		return code > 0 ? EXIT_GOOD : EXIT_ERROR;
	job->what.sides = job->sides;
	job->what.is_summary = job->config.is_summary;
	job->what.is_per_vcpu = job->config.is_per_vcpu;
	job->what.table = job->config.table;
	job->what.tag = job->config.hist;
	code = run(job, argv, n);
	writer_abort(&job->writer);
	align_done(&job->frames);
	for (unsigned int i = 0; i < job->n_files; i++)
		loaded_done(&job->files[i]);
	return code;
}
