/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * blocks: how sure the figures of a single file are, by how much its parts differ.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "frames/figures.h"
#include "frames/frames.h"
#include "model/dist.h"

#define TAIL_MIN 20 /* frames that a figure must rest on */

/* A frame and the block that it is in. */
struct place {
	double ms;
	unsigned int block;
};

/* One file: its frames sorted, with and without their blocks. */
struct blocks {
	struct place *places;
	double *sorted, *rest;
	size_t n, sizes[FRAMES_BLOCKS];
	const struct frames_like *like;
	double t;
};

static int by_time(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return (x->ms > y->ms) - (x->ms < y->ms);
}

static void blocks_fill(const struct frames *frames, struct blocks *blocks)
{
	size_t n = 0;

	for (size_t i = 0; i < frames->n; i++) {
		if (blocks->like->keeps_loads || frames->ms[i] < FRAMES_LOAD_MS)
			blocks->places[n++].ms = frames->ms[i];
	}
	for (size_t i = 0; i < n; i++) {
		blocks->places[i].block = (unsigned int)(i * FRAMES_BLOCKS / n);
		blocks->sizes[blocks->places[i].block]++;
	}
	qsort(blocks->places, n, sizeof(*blocks->places), by_time);
	for (size_t i = 0; i < n; i++)
		blocks->sorted[i] = blocks->places[i].ms;
	blocks->n = n;
	blocks->t = dist_t_quantile((1 + STATS_CONFIDENCE) / 2, FRAMES_BLOCKS - 1);
}

/* The frames without one block, sorted, in blocks->rest; their number. */
static size_t without(const struct blocks *blocks, unsigned int block, double *ret_average)
{
	double sum = 0;
	size_t n = 0;

	for (size_t i = 0; i < blocks->n; i++) {
		if (blocks->places[i].block == block)
			continue;
		blocks->rest[n++] = blocks->places[i].ms;
		sum += blocks->places[i].ms;
	}
	*ret_average = 1000 * (double)n / sum;
	return n;
}

/* Around the mean of @values, which were computed without one block each. */
static struct frames_interval jackknife(const struct blocks *blocks, const double *values)
{
	double g = FRAMES_BLOCKS, mean = stats_mean(values, FRAMES_BLOCKS);
	double error = sqrt(stats_variance(values, FRAMES_BLOCKS) / g) * (g - 1);

	return (struct frames_interval){ mean - blocks->t * error, mean + blocks->t * error };
}

/* The error of the share of frames slower than @limit_ms, over the blocks. */
static double share_error(const struct blocks *blocks, double limit_ms)
{
	double shares[FRAMES_BLOCKS] = { 0 };

	for (size_t i = blocks->n; i > 0 && blocks->sorted[i - 1] > limit_ms; i--) {
		unsigned int block = blocks->places[i - 1].block;

		shares[block] += 1.0 / (double)blocks->sizes[block];
	}
	return sqrt(stats_variance(shares, FRAMES_BLOCKS) / FRAMES_BLOCKS);
}

static struct frames_interval woodruff(const struct blocks *blocks, double p)
{
	double (*percentile)(const double *, size_t, double) = blocks->like->percentile;
	double limit_ms = 1000 / percentile(blocks->sorted, blocks->n, p);
	double reach = blocks->t * share_error(blocks, limit_ms);
	double least = 1 / (double)blocks->n;

	return (struct frames_interval){
		percentile(blocks->sorted, blocks->n, max(p - reach, least)),
		percentile(blocks->sorted, blocks->n, min(p + reach, 1 - least)),
	};
}

static void fill(const struct blocks *blocks, struct frames_intervals *ret)
{
	double averages[FRAMES_BLOCKS], means[FRAME_LOWS][FRAMES_BLOCKS];
	bool has_tail[FRAME_LOWS];

	for (unsigned int i = 0; i < FRAME_LOWS; i++)
		has_tail[i] = frames_low_shares[i] * (double)blocks->n >= TAIL_MIN;
	for (unsigned int b = 0; b < FRAMES_BLOCKS; b++) {
		size_t n = without(blocks, b, &averages[b]);

		for (unsigned int i = 0; i < FRAME_LOWS && blocks->like->mean; i++)
			means[i][b] = blocks->like->mean(blocks->rest, n, frames_low_shares[i]);
	}
	ret->average = jackknife(blocks, averages);
	for (unsigned int i = 0; i < FRAME_LOWS; i++) {
		if (has_tail[i] && blocks->like->mean)
			ret->mean[i] = jackknife(blocks, means[i]);
		if (has_tail[i] && blocks->like->percentile)
			ret->percentile[i] = woodruff(blocks, frames_low_shares[i]);
	}
}

int frames_intervals(const struct frames *frames, const struct frames_like *like,
		     struct frames_intervals *ret)
{
	const struct frames_interval none = { NAN, NAN };
	auto_free struct place *places = calloc(frames->n + 1, sizeof(*places));
	auto_free double *sorted = calloc(frames->n + 1, sizeof(*sorted));
	auto_free double *rest = calloc(frames->n + 1, sizeof(*rest));
	struct blocks blocks = { .places = places, .sorted = sorted, .rest = rest, .like = like };

	if (!places || !sorted || !rest)
		return -ENOMEM;
	ret->average = none;
	for (unsigned int i = 0; i < FRAME_LOWS; i++)
		ret->percentile[i] = ret->mean[i] = none;
	blocks_fill(frames, &blocks);
	if (blocks.n >= (size_t)FRAMES_BLOCKS * TAIL_MIN)
		fill(&blocks, ret);
	return 0;
}
