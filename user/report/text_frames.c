/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text_frames: files of frame times at 80 columns. Every figure that tools define differently is
 * printed with its definition.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/frame_figures.h"
#include "report/chart.h"
#include "report/frames.h"
#include "report/report.h"
#include "report/series.h"
#include "report/table.h"
#include "report/text.h"

/* What was left out of a file, and why: nothing is dropped without a word. */
static int add_left_out(const struct frame_report *file, struct str *to)
{
	char count[32];
	int err = 0;

	if (file->loads)
		err = str_addf(to, "; %s of 1 s and more set aside as scene loads (%.1f s)",
			       text_count(file->loads, count, sizeof(count)),
			       file->loads_ms / 1000);
	if (!err && file->generated)
		err = str_addf(to, "; %s generated ones left out",
			       text_count(file->generated, count, sizeof(count)));
	if (!err && file->not_shown)
		err = str_addf(to, "; %s were not shown",
			       text_count(file->not_shown, count, sizeof(count)));
	if (!err && file->rows_left)
		err = str_addf(to, "; %s rows of other programs or windows left out",
			       text_count(file->rows_left, count, sizeof(count)));
	return err;
}

static int add_bad(const struct frame_report *file, struct str *to)
{
	unsigned int shown = (unsigned int)min(file->bad, (uint64_t)FRAME_BAD_LINES);
	char count[32];
	int err;

	if (!file->bad)
		return 0;
	err = str_addf(to, "; %s %s could not be read: line",
		       text_count(file->bad, count, sizeof(count)),
		       file->bad == 1 ? "row" : "rows");
	for (unsigned int i = 0; i < shown && !err; i++)
		err = str_addf(to, "%s %" PRIu64, i ? "," : "", file->bad_lines[i]);
	return err ?: str_add(to, file->bad > shown ? ", ..." : "");
}

static int write_head(const struct text *text, const struct frame_report *file)
{
	const struct frame_figures *figures = &file->figures;
	auto_str struct str words = { .s = NULL };
	char count[32];
	int err = text_title(text, "%s", file->path);

	err = err ?: str_addf(&words, "%s, %s", file->format, file->column);
	if (!err && *file->stream)
		err = str_addf(&words, " of %s", file->stream);
	err = err
		      ?: str_addf(&words, ": %s frames in %.1f s",
				  text_count(figures->n, count, sizeof(count)), figures->seconds);
	err = err ?: add_left_out(file, &words);
	err = err ?: add_bad(file, &words);
	if (!err)
		text_paragraph(text, 2, 2, words.s);
	return err;
}

static void fps_cell(struct table *table, double fps, bool is_exact)
{
	if (isfinite(fps))
		table_cell(table, "%.*f", is_exact ? 3 : 2, fps);
	else
		table_cell(table, "-");
}

static int write_lows(const struct text *text, const struct frame_figures *figures,
		      const char *like)
{
	auto_table struct table *table = table_new();
	bool is_exact = like != NULL;

	if (!table)
		return -ENOMEM;
	table_group(table, "");
	table_column(table, "FPS", TABLE_LEFT, 0);
	table_column(table, "percentile", TABLE_POINT, TABLE_OPTIONAL);
	table_column(table, "mean of slowest", TABLE_POINT, TABLE_OPTIONAL);
	table_column(table, "integral", TABLE_POINT, TABLE_OPTIONAL);
	for (unsigned int i = 0; i < FRAME_LOWS; i++) {
		const struct frame_low *low = &figures->lows[i];

		table_cell(table, "lowest %g %%", 100 * low->p);
		fps_cell(table, low->percentile_fps, is_exact);
		fps_cell(table, low->mean_fps, is_exact);
		fps_cell(table, low->integral_fps, is_exact);
	}
	(void)fprintf(
		text->out,
		"  %.*f FPS on average, %.*f at the lowest; half of the frames within %.2f ms\n",
		is_exact ? 3 : 2, figures->fps_avg, is_exact ? 3 : 2, figures->fps_min,
		figures->median_ms);
	return table_write(table, text->style, 2, text->out);
}

static int write_stutters(const struct text *text, const struct frame_figures *figures)
{
	auto_str struct str words = { .s = NULL };
	char count[32];
	int err;

	err = str_addf(
		&words,
		"%s %s (over twice the median of the 20 frames around), in %.2f %% of the time; by CapFrameX's rule %.2f %% stutter and %.2f %% below 25 FPS",
		text_count(figures->stutters, count, sizeof(count)),
		figures->stutters == 1 ? "stutter" : "stutters", 100 * figures->stutter_share,
		100 * figures->capframex_stutter_share, 100 * figures->capframex_slow_share);
	if (err)
		return err;
	text_paragraph(text, 2, 2, words.s);
	str_done(&words);
	err = str_addf(
		&words,
		"pacing: %.2f ms from frame to frame on average; below 2 ms %.1f %%, 4 ms %.1f %%, 8 ms %.1f %%, 12 ms %.1f %%, more %.1f %%",
		figures->step_ms, 100 * figures->pacing[0], 100 * figures->pacing[1],
		100 * figures->pacing[2], 100 * figures->pacing[3], 100 * figures->pacing[4]);
	if (!err)
		text_paragraph(text, 2, 4, words.s);
	return err;
}

#define BAR_ROOM 40 /* columns that the numbers take */

/* Steps that people know by their FPS, from the first that has frames to the last. */
static int write_distribution(const struct text *text, const struct frame_figures *figures)
{
	static const double fps[FRAME_BINS] = FRAME_BIN_FPS;
	unsigned int width = min(max(text->style->width ?: 80, BAR_ROOM + 10U), 200U) - BAR_ROOM;
	auto_table struct table *table = table_new();
	unsigned int first = 0, last = FRAME_BINS - 1;
	char bar[4 * 200], count[32];
	uint64_t most = 0;

	if (!table)
		return -ENOMEM;
	for (unsigned int i = 0; i < FRAME_BINS; i++)
		most = max(most, figures->bins[i]);
	while (first < last && !figures->bins[first])
		first++;
	while (last > first && !figures->bins[last])
		last--;
	table_group(table, "");
	table_column(table, "from ms", TABLE_POINT, 0);
	table_column(table, "FPS", TABLE_RIGHT, 0);
	table_column(table, "frames", TABLE_RIGHT, 0);
	table_column(table, "%", TABLE_POINT, 0);
	table_column(table, "", TABLE_LEFT, 0);
	for (unsigned int i = first; i <= last; i++) {
		char share[32];

		chart_bar(figures->bins[i], most, width, text->style->utf8, bar);
		table_cell(table, "%.1f", i ? 1000 / fps[i] : 0);
		if (i)
			table_cell(table, "%.0f", fps[i]);
		else
			table_cell(table, "over");
		table_cell(table, "%s", text_count(figures->bins[i], count, sizeof(count)));
		table_cell(table, "%s",
			   text_share(figures->bins[i], figures->n, share, sizeof(share)));
		table_cell(table, "%s", bar);
	}
	(void)fputs("\n  Distribution of frame times\n", text->out);
	return table_write(table, text->style, 2, text->out);
}

int report_frames_text(const struct frame_report *file, const char *like,
		       const struct report_style *style, FILE *out)
{
	const struct frame_figures *figures = &file->figures;
	const struct text text = { .style = style, .out = out };
	int err = write_head(&text, file);

	err = err ?: write_lows(&text, figures, like);
	err = err ?: write_stutters(&text, figures);
	if (err)
		return err;
	(void)fprintf(out, "\n  Frame times over %.1f s: %s median, %s slowest\n", figures->seconds,
		      style->utf8 ? "█" : "#", style->utf8 ? "░" : ":");
	err = series_write(figures->column_median_ms, figures->column_max_ms, figures->n_columns,
			   "ms", style, out);
	return err ?: write_distribution(&text, figures);
}

/* "+0.87", with as many digits as an FPS has. */
static void change_cells(struct table *table, const struct frame_change *change, bool has_verdict)
{
	static const char *const words[] = { [VERDICT_IMPROVED] = "improved",
					     [VERDICT_WORSE] = "worse",
					     [VERDICT_UNCHANGED] = "no change seen" };
	const struct stats_effect *effect = &change->effect;

	table_cell(table, "%s", change->title);
	table_cell(table, "%.2f", change->a);
	table_cell(table, "%.2f", change->b);
	table_cell(table, "%+.2f", effect->effect);
	if (effect->has_interval)
		table_cell(table, "%+.2f..%+.2f", effect->low, effect->high);
	else
		table_cell(table, "-");
	if (has_verdict && effect->has_interval)
		table_cell(table, "%s", words[change->verdict]);
	else
		table_cell(table, "-");
}

/* The verdict in a sentence. */
static int write_sentence(const struct text *text, const struct frame_comparison *comparison)
{
	auto_str struct str words = { .s = NULL };
	int err;

	if (comparison->within_runs)
		err = str_add(
			&words,
			"Not conclusive: one run a side. The intervals hold for these two runs; how much runs differ by themselves they cannot say. Take 3 or more a side: --before F... --after F...");
	else if (comparison->verdict == VERDICT_INCOMPLETE)
		err = str_addf(
			&words,
			"Not conclusive: %u and %u runs. An interval needs at least 3 a side.",
			comparison->n_a, comparison->n_b);
	else
		err = str_addf(&words, "Lowest 1 %%: %s (%u and %u runs; %s, 95 %%).",
			       verdict_word(comparison->verdict), comparison->n_a, comparison->n_b,
			       comparison->method);
	if (!err)
		text_paragraph(text, 0, 0, words.s);
	return err;
}

int report_frames_change_text(const struct frame_comparison *comparison,
			      const struct report_style *style, FILE *out)
{
	const struct text text = { .style = style, .out = out };
	auto_table struct table *table = table_new();
	int err;

	if (!table)
		return -ENOMEM;
	err = text_title(&text, "Before and after, FPS");
	table_group(table, "");
	table_column(table, "lowest", TABLE_LEFT, 0);
	table_column(table, "before", TABLE_POINT, 0);
	table_column(table, "after", TABLE_POINT, 0);
	table_column(table, "change", TABLE_POINT, 0);
	table_column(table, "95 % interval", TABLE_LEFT, TABLE_OPTIONAL);
	table_column(table, "", TABLE_LEFT, TABLE_OPTIONAL);
	for (unsigned int i = 0; i < comparison->n_changes; i++)
		change_cells(table, &comparison->changes[i], !comparison->within_runs);
	err = err ?: table_write(table, style, 2, out);
	(void)fputc('\n', out);
	return err ?: write_sentence(&text, comparison);
}

static int write_causes(const struct frame_alignment *alignment, struct str *words)
{
	unsigned int n = min(alignment->n_causes, 5U);
	int err = 0;

	for (unsigned int i = 0; i < n && !err; i++)
		err = str_addf(words, "%s%" PRIu64 " %s", i ? ", " : ": ",
			       alignment->causes[i].hitches, alignment->causes[i].name);
	if (!err && alignment->n_causes > n)
		err = str_addf(words, " and %u more", alignment->n_causes - n);
	return err;
}

int report_frames_align_words(const struct frame_alignment *alignment, struct str *words)
{
	int err;

	if (!alignment->is_aligned)
		return str_addf(
			words,
			"Not aligned, by %s: at the best offset %" PRIu64
			" hitches lie over a stall of more than 1 ms, at the next best %" PRIu64
			". Which hitches the host caused cannot be said.",
			alignment->clock, alignment->peak, alignment->second);
	err = str_addf(words,
		       "%" PRIu64 " of %" PRIu64
		       " stutters overlap a host stall of more than 1 ms (chance: %.0f)",
		       alignment->overlaps, alignment->hitches, alignment->chance);
	err = err ?: write_causes(alignment, words);
	return err
		       ?: str_addf(
				  words,
				  ". Aligned by %s: offset %.3f s, known to %.0f ms; the next best offset has %" PRIu64
				  ".",
				  alignment->clock, alignment->offset_s, 1000 * alignment->error_s,
				  alignment->second);
}

int report_frames_align_text(const struct frame_alignment *alignment,
			     const struct report_style *style, FILE *out)
{
	const struct text text = { .style = style, .out = out };
	auto_str struct str words = { .s = NULL };
	int err = text_title(&text, "Hitches and the host");

	err = err ?: report_frames_align_words(alignment, &words);
	if (!err)
		text_paragraph(&text, 2, 2, words.s);
	return err;
}
