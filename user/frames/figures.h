/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * figures: what frame times come to. "1 % low" means different things to different tools: every
 * figure here has its definition, and --like takes those of a tool, to the last digit.
 */
#ifndef LULL_FRAMES_FIGURES_H
#define LULL_FRAMES_FIGURES_H

#include <stdbool.h>
#include <stddef.h>

#include "model/frame_figures.h"

struct frames;

/*
 * Definitions, for f, frame times sorted with the slowest first, counted from 1, and n of them:
 *
 * percentile: 1000 / Q(1 - p). Q interpolates linearly, unless it says otherwise.
 * mean: 1000 / mean(f[1] to f[k]), k = ceil(p n): of the slowest.
 * integral: 1000 / f[i], i the first with f[1] + ... + f[i] >= p times the sum of all.
 */
struct frames_like {
	const char *name, *help;
	/* Each from times sorted ascending; NULL: the tool has no such figure. */
	double (*percentile)(const double *sorted, size_t n, double p);
	double (*mean)(const double *sorted, size_t n, double p);
	double (*integral)(const double *sorted, size_t n, double p);
	bool keeps_loads; /* the loading of a scene is a frame to this tool */
};

/* Number 0 is lull's own; NULL past the end. */
const struct frames_like *frames_like_at(unsigned int index);
const struct frames_like *frames_like_find(const char *name);

/* 0.05, 0.02, 0.01, 0.001 */
extern const double frames_low_shares[FRAME_LOWS];

/* Fills frames->report.figures. -ENOMEM; -ENODATA: no frame is left without the loads. */
int frames_figures(struct frames *frames, const struct frames_like *like);

/* Is frame @i over twice the median of the 10 before and the 10 after it? One flag a frame. */
void frames_find_stutters(const double *ms, size_t n, bool *ret);

#define FRAMES_BLOCKS 20

/*
 * 95 % intervals of the average, and of percentile and mean of each of the lows, from this file
 * alone. Its frames are cut into 20 blocks in their order, which keep frames together that depend
 * on each other (Kuensch, Annals of Statistics 17, 1989); t has 19 degrees of freedom.
 *
 * average, mean: +- t(0.975) error, by computing each without one block, for each of them
 *   (delete-a-group jackknife: Quenouille, Biometrika 43, 1956).
 * percentile: Woodruff's (JASA 47, 1952): the share p of slower frames has a mean and an error over
 *   the blocks, and the interval lies between the percentiles at p -+ t(0.975) error. It holds also
 *   where slow frames are a kind of their own, far from the others.
 *
 * A figure that rests on less than 20 frames has none: NAN. -ENOMEM.
 */
struct frames_interval {
	double low, high;
};
struct frames_intervals {
	struct frames_interval average, percentile[FRAME_LOWS], mean[FRAME_LOWS];
};
int frames_intervals(const struct frames *frames, const struct frames_like *like,
		     struct frames_intervals *ret);

/*
 * Before and after, groups of files. From 3 files a side the files are what is compared; one file
 * a side is compared by the intervals above, each side's distance to its figure added in squares
 * (MOVER: Zou and Donner, Statistics in Medicine 27, 2008). -ENOMEM.
 */
int frames_compare(const struct frames *a, unsigned int n_a, const struct frames *b,
		   unsigned int n_b, const struct frames_like *like, struct frame_comparison *ret);
void frames_comparison_done(struct frame_comparison *comparison);

#endif
