/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * like: definitions of "lowest 1 %", lull's and those of other tools. Each was checked against what
 * the tool itself printed, or against its source.
 */
#include <math.h>

#include "base/cleanup.h"
#include "frames/figures.h"

/* Quantile @q between the order statistics around the rank @h, which counts from 1. */
static double between(const double *sorted, size_t n, double h)
{
	double whole = floor(h);

	if (h < 1 || n == 1)
		return sorted[0];
	if (h >= (double)n)
		return sorted[n - 1];
	return sorted[(size_t)whole - 1] +
	       (h - whole) * (sorted[(size_t)whole] - sorted[(size_t)whole - 1]);
}

/* R-7 of Hyndman and Fan: what spreadsheets take. */
static double quantile_r7(const double *sorted, size_t n, double q)
{
	return between(sorted, n, (double)(n - 1) * q + 1);
}

static double quantile_r8(const double *sorted, size_t n, double q)
{
	return between(sorted, n, ((double)n + 1.0 / 3) * q + 1.0 / 3);
}

/* ceil(p n) without the error of the product: 0.01 times 300 is 3. */
static size_t count_of(size_t n, double p)
{
	double count = ceil(p * (double)n - 1e-9);

	return count < 1 ? 1 : (size_t)count;
}

static double percentile_r7(const double *sorted, size_t n, double p)
{
	return 1000 / quantile_r7(sorted, n, 1 - p);
}

/* CapFrameX takes R-8 of the FPS: as the FPS rise, the times fall. */
static double percentile_r8_of_fps(const double *sorted, size_t n, double p)
{
	double h = ((double)n + 1.0 / 3) * p + 1.0 / 3, whole = floor(h);
	size_t i = (size_t)whole;
	double low, high;

	if (h < 1 || n == 1)
		return 1000 / sorted[n - 1];
	if (h >= (double)n)
		return 1000 / sorted[0];
	low = 1000 / sorted[n - i];
	high = 1000 / sorted[n - i - 1];
	return low + (h - whole) * (high - low);
}

static double percentile_nearest(const double *sorted, size_t n, double p)
{
	return 1000 / sorted[n - count_of(n, p)];
}

/* MangoHud: slowest first, index floor(p n - 1); with fewer frames than 1 / p it has none. */
static double percentile_floor(const double *sorted, size_t n, double p)
{
	double index = floor(p * (double)n - 1 + 1e-9);

	return index < 0 ? NAN : 1000 / sorted[n - 1 - (size_t)index];
}

static double mean_of_slowest(const double *sorted, size_t n, size_t count)
{
	double sum = 0;

	for (size_t i = n - count; i < n; i++)
		sum += sorted[i];
	return 1000 * (double)count / sum;
}

static double mean_of_count(const double *sorted, size_t n, double p)
{
	return mean_of_slowest(sorted, n, count_of(n, p));
}

/* CapFrameX: of all times from the quantile on. */
static double mean_from_quantile(const double *sorted, size_t n, double p)
{
	double limit = quantile_r8(sorted, n, 1 - p);
	size_t count = 0;

	while (count < n && sorted[n - 1 - count] >= limit)
		count++;
	return mean_of_slowest(sorted, n, max(count, (size_t)1));
}

static double integral(const double *sorted, size_t n, double p)
{
	double whole = 0, sum = 0;
	size_t i = n;

	for (size_t j = 0; j < n; j++)
		whole += sorted[j];
	while (i > 1) {
		sum += sorted[--i];
		if (sum >= p * whole)
			return 1000 / sorted[i];
	}
	return 1000 / sorted[0];
}

static const struct frames_like likes[] = {
	{ .name = "lull",
	  .help = "percentile of the frame times, linear; mean of the slowest ceil(p n)",
	  .percentile = percentile_r7,
	  .mean = mean_of_count },
	{ .name = "frameview",
	  .help = "percentile by nearest rank; mean of the slowest ceil(p n)",
	  .percentile = percentile_nearest,
	  .mean = mean_of_count,
	  .keeps_loads = true },
	{ .name = "capframex",
	  .help = "percentile R-8 of the FPS; mean from the quantile on; integral",
	  .percentile = percentile_r8_of_fps,
	  .mean = mean_from_quantile,
	  .integral = integral,
	  .keeps_loads = true },
	{ .name = "mangohud",
	  .help = "the frame at index floor(p n - 1), slowest first",
	  .percentile = percentile_floor,
	  .keeps_loads = true },
	{ .name = "afterburner",
	  .help = "integral: the frame at which the slowest fill the share p of the time",
	  .integral = integral,
	  .keeps_loads = true },
	{ .name = "ocat",
	  .help = "percentile of the frame times, linear",
	  .percentile = percentile_r7,
	  .keeps_loads = true },
};

const struct frames_like *frames_like_at(unsigned int index)
{
	return index < ARRAY_SIZE(likes) ? &likes[index] : NULL;
}

const struct frames_like *frames_like_find(const char *name)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(likes); i++) {
		if (streq(likes[i].name, name))
			return &likes[i];
	}
	return NULL;
}
