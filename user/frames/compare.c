/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compare: before and after. Files are compared by their figures, one number a file; two single
 * files by the errors within each, which say nothing of how runs differ.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "frames/figures.h"
#include "frames/frames.h"

/* The figures that are compared, in the order in which they are shown. */
enum { AVERAGE, PERCENTILE, MEAN, INTEGRAL };
static const struct {
	const char *name, *title;
	unsigned int kind, low;
} rows[] = {
	{ "fps_avg", "(average)", AVERAGE, 0 },
	{ "low_5_percentile", "5 % percentile", PERCENTILE, 0 },
	{ "low_2_percentile", "2 % percentile", PERCENTILE, 1 },
	{ "low_1_percentile", "1 % percentile", PERCENTILE, 2 },
	{ "low_0.1_percentile", "0.1 % percentile", PERCENTILE, 3 },
	{ "low_5_mean", "5 % mean", MEAN, 0 },
	{ "low_2_mean", "2 % mean", MEAN, 1 },
	{ "low_1_mean", "1 % mean", MEAN, 2 },
	{ "low_0.1_mean", "0.1 % mean", MEAN, 3 },
	{ "low_5_integral", "5 % integral", INTEGRAL, 0 },
	{ "low_2_integral", "2 % integral", INTEGRAL, 1 },
	{ "low_1_integral", "1 % integral", INTEGRAL, 2 },
	{ "low_0.1_integral", "0.1 % integral", INTEGRAL, 3 },
};
static double figure_of(const struct frame_figures *figures, unsigned int row)
{
	const struct frame_low *low = &figures->lows[rows[row].low];

	switch (rows[row].kind) {
	case AVERAGE:
		return figures->fps_avg;
	case PERCENTILE:
		return low->percentile_fps;
	case MEAN:
		return low->mean_fps;
	default:
		return low->integral_fps;
	}
}

static struct frames_interval interval_of(const struct frames_intervals *intervals,
					  unsigned int row)
{
	switch (rows[row].kind) {
	case AVERAGE:
		return intervals->average;
	case PERCENTILE:
		return intervals->percentile[rows[row].low];
	case MEAN:
		return intervals->mean[rows[row].low];
	default:
		return (struct frames_interval){ NAN, NAN };
	}
}

/* What one comparison is made of. */
struct sides {
	const struct frames *a, *b;
	unsigned int n_a, n_b;
	bool are_single;
	struct frames_intervals of_a, of_b; /* of single files */
	double *values;			    /* room for all files */
};

static void compare_single(const struct sides *sides, unsigned int row, struct frame_change *change)
{
	struct frames_interval a = interval_of(&sides->of_a, row);
	struct frames_interval b = interval_of(&sides->of_b, row);
	struct stats_effect *effect = &change->effect;

	*effect = (struct stats_effect){ .effect = change->b - change->a,
					 .p = 1,
					 .detectable = INFINITY };
	effect->low = effect->effect - hypot(change->b - b.low, a.high - change->a);
	effect->high = effect->effect + hypot(b.high - change->b, change->a - a.low);
	effect->has_interval = isfinite(effect->low) && isfinite(effect->high);
}

static void compare_row(const struct sides *sides, unsigned int row, struct frame_change *ret)
{
	double *a = sides->values, *b = sides->values + sides->n_a;

	for (unsigned int i = 0; i < sides->n_a; i++)
		a[i] = figure_of(&sides->a[i].report.figures, row);
	for (unsigned int i = 0; i < sides->n_b; i++)
		b[i] = figure_of(&sides->b[i].report.figures, row);
	*ret = (struct frame_change){ .name = rows[row].name,
				      .title = rows[row].title,
				      .a = stats_mean(a, sides->n_a),
				      .b = stats_mean(b, sides->n_b) };
	if (sides->are_single)
		compare_single(sides, row, ret);
	else
		stats_unpaired(a, sides->n_a, b, sides->n_b, &ret->effect);
}

/* More frames are better: the effect turned round is what a verdict wants. */
static enum verdict judge(const struct stats_effect *effect, double p)
{
	struct stats_effect turned = *effect;

	turned.low = -effect->high;
	turned.high = -effect->low;
	return verdict_of_figure(&turned, p);
}

/* The lowest 1 %, which people ask for first, stands for itself; the others are corrected. */
static int judge_all(struct frame_comparison *comparison)
{
	auto_free double *p = calloc(comparison->n_changes + 1UL, sizeof(*p));
	struct frame_change *changes = comparison->changes;
	unsigned int n = 0, primary = comparison->n_changes;

	if (!p)
		return -ENOMEM;
	for (unsigned int i = 0; i < comparison->n_changes; i++) {
		if (primary == comparison->n_changes && str_starts(changes[i].name, "low_1_"))
			primary = i;
		else
			p[n++] = changes[i].effect.p;
	}
	if (stats_holm(p, n))
		return -ENOMEM;
	n = 0;
	for (unsigned int i = 0; i < comparison->n_changes; i++)
		changes[i].verdict =
			judge(&changes[i].effect, i == primary ? changes[i].effect.p : p[n++]);
	comparison->verdict = VERDICT_INCOMPLETE;
	if (primary < comparison->n_changes && !comparison->within_runs)
		comparison->verdict = changes[primary].verdict;
	return 0;
}

static int compare(struct sides *sides, const struct frames_like *like,
		   struct frame_comparison *comparison)
{
	int err = 0;

	comparison->changes = calloc(ARRAY_SIZE(rows), sizeof(*comparison->changes));
	sides->values = calloc(sides->n_a + sides->n_b + 1UL, sizeof(double));
	if (!comparison->changes || !sides->values)
		return -ENOMEM;
	sides->are_single = comparison->within_runs = sides->n_a == 1 && sides->n_b == 1;
	if (sides->are_single) {
		err = frames_intervals(&sides->a[0], like, &sides->of_a);
		err = err ?: frames_intervals(&sides->b[0], like, &sides->of_b);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(rows) && !err; i++) {
		struct frame_change change;

		compare_row(sides, i, &change);
		if (isfinite(change.a) && isfinite(change.b))
			comparison->changes[comparison->n_changes++] = change;
	}
	comparison->method =
		comparison->within_runs ? "20 blocks of each run" : "Welch's t over runs";
	return err ?: judge_all(comparison);
}

int frames_compare(const struct frames *a, unsigned int n_a, const struct frames *b,
		   unsigned int n_b, const struct frames_like *like, struct frame_comparison *ret)
{
	struct sides sides = { .a = a, .n_a = n_a, .b = b, .n_b = n_b };
	struct frame_comparison comparison = { .n_a = n_a, .n_b = n_b };
	int err = compare(&sides, like, &comparison);

	free(sides.values);
	if (err)
		frames_comparison_done(&comparison);
	else
		*ret = comparison;
	return err;
}

void frames_comparison_done(struct frame_comparison *comparison)
{
	free(comparison->changes);
	*comparison = (struct frame_comparison){ .changes = NULL };
}
