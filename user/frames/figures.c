/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * figures: one pass for what depends on order, one sort for what does not. Ten million frames take
 * a few seconds.
 */
#include "frames/figures.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "frames/frames.h"

#define NEIGHBOURS	 10 /* frames before, and after */
#define WINDOW		 (2 * NEIGHBOURS + 1)
#define STUTTER_FACTOR	 2.0
#define CAPFRAMEX_FACTOR 2.5
#define CAPFRAMEX_JUMP	 3.0 /* a frame that is so much longer than its predecessor is no average */
#define SLOW_MS		 40.0 /* 25 FPS */

const double frames_low_shares[FRAME_LOWS] = { 0.05, 0.02, 0.01, 0.001 };

static void window_replace(double *sorted, unsigned int n, double old, double new)
{
	unsigned int i = 0;

	while (i + 1 < n && sorted[i] < old)
		i++;
	for (; i > 0 && sorted[i - 1] > new; i--)
		sorted[i] = sorted[i - 1];
	for (; i + 1 < n && sorted[i + 1] < new; i++)
		sorted[i] = sorted[i + 1];
	sorted[i] = new;
}

/*
 * Near the ends the window stays as wide and lies beside the frame. A file with less frames than a
 * window has one window.
 */
void frames_find_stutters(const double *ms, size_t n, bool *ret)
{
	unsigned int width = (unsigned int)min(n, (size_t)WINDOW);
	double sorted[WINDOW];
	size_t begin = 0;

	memcpy(sorted, ms, width * sizeof(*ms));
	qsort(sorted, width, sizeof(*sorted), stats_compare_doubles);
	for (size_t i = 0; i < n; i++) {
		if (i > NEIGHBOURS && begin + width < n) {
			window_replace(sorted, width, ms[begin], ms[begin + width]);
			begin++;
		}
		ret[i] = ms[i] > STUTTER_FACTOR * sorted[width / 2];
	}
}

/*
 * CapFrameX: time in frames of more than 2.5 times a trailing mean of round(10 sqrt(mean)) frames,
 * in which a frame of more than 3 times its predecessor is replaced by that; and, of what is none
 * of these, time below 25 FPS.
 */
static void fill_capframex(const double *ms, size_t n, double sum, double *replaced,
			   struct frame_figures *figures)
{
	size_t width = max((size_t)lround(10 * sqrt(sum / (double)n)), (size_t)1);
	double window = 0, stutter = 0, slow = 0;

	for (size_t i = 0; i < n; i++) {
		double mean;

		replaced[i] = i && ms[i] > CAPFRAMEX_JUMP * ms[i - 1] ? ms[i - 1] : ms[i];
		window += replaced[i] - (i >= width ? replaced[i - width] : 0);
		mean = window / (double)min(i + 1, width);
		if (ms[i] > CAPFRAMEX_FACTOR * mean)
			stutter += ms[i];
		else if (ms[i] > SLOW_MS)
			slow += ms[i];
	}
	figures->capframex_stutter_share = stutter / sum;
	figures->capframex_slow_share = slow / sum;
}

static void fill_pacing(const double *ms, size_t n, struct frame_figures *figures)
{
	static const double limits[FRAME_PACING - 1] = { 2, 4, 8, 12 };

	for (size_t i = 1; i < n; i++) {
		double step = fabs(ms[i] - ms[i - 1]);
		unsigned int bin = 0;

		while (bin < FRAME_PACING - 1 && step >= limits[bin])
			bin++;
		figures->step_ms += step / (double)(n - 1);
		figures->pacing[bin] += 1.0 / (double)(n - 1);
	}
}

static int fill_stutters(const double *ms, size_t n, double sum, struct frame_figures *figures)
{
	auto_free bool *stutters = calloc(n, sizeof(*stutters));

	if (!stutters)
		return -ENOMEM;
	frames_find_stutters(ms, n, stutters);
	for (size_t i = 0; i < n; i++) {
		figures->stutters += stutters[i];
		figures->stutter_share += stutters[i] ? ms[i] / sum : 0;
	}
	return 0;
}

/* Parts of equal time; @work holds the frames of one part, to be sorted. */
static void fill_columns(const double *ms, size_t n, double sum, double *work,
			 struct frame_figures *figures)
{
	unsigned int columns = (unsigned int)min(n, (size_t)FRAME_COLUMNS_MAX);
	double at = 0;
	size_t begin = 0;

	for (unsigned int c = 0; c < columns; c++) {
		size_t end = begin;

		while (end < n && (at < sum * (c + 1) / columns || c + 1 == columns))
			at += ms[end++];
		if (end == begin) { /* a frame that is longer than a part */
			figures->column_median_ms[c] = c ? figures->column_median_ms[c - 1] : 0;
			figures->column_max_ms[c] = c ? figures->column_max_ms[c - 1] : 0;
			continue;
		}
		memcpy(work, ms + begin, (end - begin) * sizeof(*ms));
		qsort(work, end - begin, sizeof(*work), stats_compare_doubles);
		figures->column_median_ms[c] = work[(end - begin) / 2];
		figures->column_max_ms[c] = work[end - begin - 1];
		begin = end;
	}
	figures->n_columns = columns;
}

static void fill_lows(const double *sorted, size_t n, const struct frames_like *like,
		      struct frame_figures *figures)
{
	for (unsigned int i = 0; i < FRAME_LOWS; i++) {
		double p = frames_low_shares[i];

		figures->lows[i] = (struct frame_low){
			.p = p,
			.percentile_fps = like->percentile ? like->percentile(sorted, n, p) : NAN,
			.mean_fps = like->mean ? like->mean(sorted, n, p) : NAN,
			.integral_fps = like->integral ? like->integral(sorted, n, p) : NAN,
		};
	}
}

/* The frames that count, without the loads where these are set aside. */
static size_t copy_counted(const struct frames *frames, bool keeps_loads, double *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < frames->n; i++) {
		if (keeps_loads || frames->ms[i] < FRAMES_LOAD_MS)
			ret[n++] = frames->ms[i];
	}
	return n;
}

static unsigned int bin_of(double ms)
{
	static const double fps[FRAME_BINS] = FRAME_BIN_FPS;
	unsigned int bin = 0;

	while (bin + 1 < FRAME_BINS && ms >= 1000 / fps[bin + 1])
		bin++;
	return bin;
}

static int fill(const double *ms, size_t n, const struct frames_like *like, double *work,
		struct frame_figures *figures)
{
	double sum = 0;
	int err;

	for (size_t i = 0; i < n; i++) {
		sum += ms[i];
		figures->bins[bin_of(ms[i])]++;
	}
	err = fill_stutters(ms, n, sum, figures);
	if (err)
		return err;
	figures->n = n;
	figures->seconds = sum / 1000;
	figures->fps_avg = 1000 * (double)n / sum;
	fill_capframex(ms, n, sum, work, figures);
	fill_pacing(ms, n, figures);
	fill_columns(ms, n, sum, work, figures);
	memcpy(work, ms, n * sizeof(*ms));
	qsort(work, n, sizeof(*work), stats_compare_doubles);
	figures->median_ms = work[n / 2];
	figures->fps_min = 1000 / work[n - 1];
	fill_lows(work, n, like, figures);
	return 0;
}

int frames_figures(struct frames *frames, const struct frames_like *like)
{
	auto_free double *ms = calloc(frames->n + 1, sizeof(*ms));
	auto_free double *work = calloc(frames->n + 1, sizeof(*work));
	struct frame_figures figures = { .n = 0 };
	size_t n;
	int err;

	if (!ms || !work)
		return -ENOMEM;
	n = copy_counted(frames, like->keeps_loads, ms);
	if (!n)
		return -ENODATA;
	if (like->keeps_loads)
		frames->report.loads = 0;
	err = fill(ms, n, like, work, &figures);
	if (!err)
		frames->report.figures = figures;
	return err;
}
