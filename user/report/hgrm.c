/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hgrm: the percentiles of one histogram as HdrHistogram's own tools print them, in microseconds
 * with three decimals, so that no nanosecond is lost. The levels come closer by half towards 100 %,
 * five steps a halving, as there.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/recording.h"
#include "report/export.h"

#define STEPS_PER_HALVING 5
#define US(ns)		  (ns) / 1000, (unsigned int)((ns) % 1000)

static void write_row(FILE *out, uint64_t value, double percentile, uint64_t total, bool is_last)
{
	(void)fprintf(out, "%8" PRIu64 ".%03u %2.12f %10" PRIu64, US(value), percentile / 100,
		      total);
	if (!is_last)
		(void)fprintf(out, " %14.2f", 1 / (1 - percentile / 100));
	(void)fputc('\n', out);
}

static double next_level(double level)
{
	double halvings = floor(log2(100 / (100 - level))) + 1;

	return level + 100 / (STEPS_PER_HALVING * exp2(halvings));
}

/* The upper edge of bin @slot, never beyond the exact maximum. */
static uint64_t edge_of(const struct hist *hist, unsigned int slot)
{
	uint64_t low, high;

	hist_range(hist->digits, slot, &low, &high);
	return min(high, hist->max);
}

/* Of the last bin one row only, and then the one of 100 %. */
static void write_rows(FILE *out, const struct hist *hist)
{
	double level = 0, reached;
	uint64_t seen = 0;

	for (unsigned int i = 0; i <= hist_slots(hist->digits) && seen < hist->count; i++) {
		seen += hist->counts[i];
		reached = 100.0 * (double)seen / (double)hist->count;
		while (hist->counts[i] && level <= reached && level < 100) {
			write_row(out, edge_of(hist, i), level, seen, false);
			level = next_level(level);
			if (seen == hist->count)
				break;
		}
	}
	if (hist->count)
		write_row(out, hist->max, 100, hist->count, true);
}

/* About the exact mean, each sample in the middle of its bin. */
static double deviation(const struct hist *hist, double mean)
{
	double sum = 0;

	for (unsigned int i = 0; i <= hist_slots(hist->digits); i++) {
		uint64_t low, high;
		double off;

		if (!hist->counts[i])
			continue;
		hist_range(hist->digits, i, &low, &high);
		high = min(high, max(hist->max, low));
		off = (double)low + (double)(high - low) / 2 - mean;
		sum += off * off * (double)hist->counts[i];
	}
	return hist->count ? sqrt(sum / (double)hist->count) : 0;
}

static void write_hist(FILE *out, const struct hist *hist)
{
	double mean = hist->count ? (double)hist->sum / (double)hist->count : 0;
	unsigned int half = hist->digits == 1 ? 16 : 128;

	(void)fprintf(out, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount",
		      "1/(1-Percentile)");
	write_rows(out, hist);
	(void)fprintf(out, "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n", mean / 1000,
		      deviation(hist, mean) / 1000);
	(void)fprintf(out, "#[Max     = %8" PRIu64 ".%03u, Total count    = %12" PRIu64 "]\n",
		      US(hist->max), hist->count);
	(void)fprintf(out, "#[Buckets = %12u, SubBuckets     = %12u]\n",
		      hist_slots(hist->digits) / half - 1, 2 * half);
}

/* Looks for one tag. */
struct search {
	const char *tag;
	const struct hist *found;
};

static int is_it(const struct export_hist *hist, void *arg)
{
	struct search *search = arg;

	if (streq(hist->tag, search->tag))
		search->found = hist->hist;
	return 0;
}

/* The sum over all victims, when @tag is one of these three; else *ret stays empty. */
static int merge_victims(const struct recording *rec, const char *tag, struct hist *ret)
{
	int err = 0;

	for (unsigned int i = 0; i < rec->n_threads && !err; i++) {
		const struct rec_thread *thread = &rec->threads[i];
		const struct hist *hist = streq(tag, "gap")	    ? &thread->gap
					  : streq(tag, "wake")	    ? &thread->wake
					  : streq(tag, "preempted") ? &thread->preempted
								    : NULL;

		if (!hist || !hist->counts)
			continue;
		if (!ret->counts)
			err = hist_init(ret, hist->digits);
		if (!err && hist->digits == ret->digits)
			err = hist_merge(ret, hist);
	}
	return err;
}

static int write_side(const struct export_side *side, const char *tag, FILE *out)
{
	const struct export_side bare = { .label = "", .rec = side->rec };
	struct search search = { .tag = tag };
	struct hist merged = { .digits = 0 };
	int err = merge_victims(side->rec, tag, &merged);

	if (!err && merged.counts)
		search.found = &merged;
	else if (!err)
		err = export_hists(&bare, is_it, &search);
	if (!err && !search.found)
		err = -ENOENT;
	if (!err && *side->label)
		(void)fprintf(out, "#[%s: %s in microseconds]\n", side->label, tag);
	if (!err)
		write_hist(out, search.found);
	hist_done(&merged);
	return err;
}

int report_hgrm_write(const struct export *what, FILE *out)
{
	int err = 0;

	for (unsigned int i = 0; i < what->n_sides && !err; i++)
		err = write_side(&what->sides[i], what->tag ?: "gap", out);
	return export_end(out, err);
}
