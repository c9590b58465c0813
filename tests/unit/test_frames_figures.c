/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of frames/figures, frames/like and frames/compare.
 */
#include "frames/figures.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "frame_texts.h"
#include "frames/frames.h"
#include "test.h"

static bool is_near(double got, double want, double error)
{
	return fabs(got - want) <= error;
}

/*
 * 1146 frames of a real run, of which the twelve slowest are known; FrameView printed 21.323 and
 * 8.837 FPS for its percentiles, 13.093 and 5.305 for its lows, and 3.790 for the lowest. The other
 * frames do not matter for these figures as long as they are faster.
 */
static void make_frameview(double *ms)
{
	static const double slowest[] = { 263.825, 113.159, 73.710, 62.512, 58.172, 54.667,
					  50.249,  49.911,  48.372, 47.916, 47.122, 46.897 };

	for (unsigned int i = 0; i < 1146; i++)
		ms[i] = 16 + (i % 7) * 0.5;
	for (unsigned int i = 0; i < ARRAY_SIZE(slowest); i++)
		ms[40 + 90 * i] = slowest[i];
}

static void figures_like(const double *ms, size_t n, const char *like, struct frames *ret)
{
	frames_make(ms, n, ret);
	CHECK(frames_like_find(like) != NULL);
	CHECK_EQ(frames_figures(ret, frames_like_find(like)), 0);
}

static void check_digits(double got, const char *want)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%.3f", got);
	CHECK_STREQ(text, want);
}

TEST(frames_like_frameview__prints_what_frameview_printed)
{
	auto_frames struct frames frames = { .ms = NULL };
	double ms[1146];

	make_frameview(ms);
	figures_like(ms, 1146, "frameview", &frames);
	check_digits(frames.report.figures.lows[2].percentile_fps, "21.323");
	check_digits(frames.report.figures.lows[3].percentile_fps, "8.837");
	check_digits(frames.report.figures.lows[2].mean_fps, "13.093");
	check_digits(frames.report.figures.lows[3].mean_fps, "5.305");
	check_digits(frames.report.figures.fps_min, "3.790");
}

/* Frames of 1 to 1000 ms: every rank is its own value. */
static void make_ramp(double *ms, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ms[i] = (double)(i * 7 % n) * 0.5 + 1;
}

/* R-7 of 1, 1.5, ... 500.5 at 0.99: rank 989.01 of 0 to 999. */
TEST(frames_like_ocat__interpolates_the_times)
{
	auto_frames struct frames frames = { .ms = NULL };
	double ms[1000];

	make_ramp(ms, 1000);
	figures_like(ms, 1000, "ocat", &frames);
	CHECK(is_near(frames.report.figures.lows[2].percentile_fps, 1000 / (1 + 0.5 * 989.01),
		      1e-9));
	CHECK(isnan(frames.report.figures.lows[2].mean_fps));
}

/* R-8 of the FPS at 0.01: rank 1000.333 * 0.01 + 0.333 = 10.3367 of 1 to 1000. */
TEST(frames_like_capframex__interpolates_the_fps)
{
	auto_frames struct frames frames = { .ms = NULL };
	double ms[1000], low = 1000 / 496.0, high = 1000 / 495.5, share = 10.336666666666666 - 10;

	make_ramp(ms, 1000);
	figures_like(ms, 1000, "capframex", &frames);
	CHECK(is_near(frames.report.figures.lows[2].percentile_fps, low + share * (high - low),
		      1e-9));
	/* Of the times from R-8 at 0.99 on, rank 990.663: the ten slowest, 496 to 500.5. */
	CHECK(is_near(frames.report.figures.lows[2].mean_fps, 1000 / 498.25, 1e-9));
}

/* index floor(0.01 * 1000 - 1) = 9 of the slowest first: the tenth. */
TEST(frames_like_mangohud__takes_an_index)
{
	auto_frames struct frames frames = { .ms = NULL };
	double ms[1000];

	make_ramp(ms, 1000);
	figures_like(ms, 1000, "mangohud", &frames);
	CHECK(is_near(frames.report.figures.lows[2].percentile_fps, 1000 / 496.0, 1e-9));
	CHECK(is_near(frames.report.figures.lows[3].percentile_fps, 1000 / 500.5, 1e-9));
}

TEST(frames_like_mangohud__has_none_with_few_frames)
{
	auto_frames struct frames frames = { .ms = NULL };
	double ms[] = { 10, 20, 30 };

	figures_like(ms, 3, "mangohud", &frames);
	CHECK(isnan(frames.report.figures.lows[2].percentile_fps));
}

/* 90 frames of 1 ms and one of 10: the slowest alone fills 1, 2 and 5 % of the 100 ms. */
TEST(frames_like_afterburner__weighs_by_time)
{
	auto_frames struct frames frames = { .ms = NULL };
	double ms[91];

	for (unsigned int i = 0; i < 91; i++)
		ms[i] = i == 50 ? 10 : 1;
	figures_like(ms, 91, "afterburner", &frames);
	CHECK(is_near(frames.report.figures.lows[0].integral_fps, 100, 1e-9));
	CHECK(is_near(frames.report.figures.lows[2].integral_fps, 100, 1e-9));
	CHECK(isnan(frames.report.figures.lows[0].percentile_fps));
}

TEST(frames_figures__of_even_frames)
{
	auto_frames struct frames frames = { .ms = NULL };
	const struct frame_figures *figures = &frames.report.figures;
	double ms[100];

	for (unsigned int i = 0; i < 100; i++)
		ms[i] = 20;
	frames_make(ms, 100, &frames);
	CHECK(is_near(figures->fps_avg, 50, 1e-9));
	CHECK(is_near(figures->seconds, 2, 1e-9));
	for (unsigned int i = 0; i < FRAME_LOWS; i++) {
		CHECK(is_near(figures->lows[i].percentile_fps, 50, 1e-9));
		CHECK(is_near(figures->lows[i].mean_fps, 50, 1e-9));
	}
	CHECK_EQ(figures->stutters, 0);
	CHECK(is_near(figures->pacing[0], 1, 1e-9));
	CHECK_EQ(figures->n_columns, FRAME_COLUMNS_MAX);
	CHECK_EQ(figures->bins[10], 100);
}

TEST(frames_figures__sets_loads_aside)
{
	auto_frames struct frames frames = { .ms = NULL };
	double ms[] = { 10, 10, 1000, 10, 10 };

	frames_make(ms, 5, &frames);
	CHECK_EQ(frames.report.figures.n, 4);
	CHECK(is_near(frames.report.figures.fps_avg, 100, 1e-9));
	CHECK_EQ(frames_figures(&frames, frames_like_find("frameview")), 0);
	CHECK_EQ(frames.report.figures.n, 5);
}

TEST(frames_figures__of_loads_alone_are_none)
{
	auto_frames struct frames frames = { .ms = NULL };
	double ms[] = { 10 };

	frames_make(ms, 1, &frames);
	frames.ms[0] = 5000;
	CHECK_EQ(frames_figures(&frames, frames_like_at(0)), -ENODATA);
}

/* The level doubles half way: that is no stutter, a single frame of twice its neighbours is. */
TEST(frames_find_stutters__looks_at_neighbours)
{
	double ms[200];
	bool stutters[200];

	for (unsigned int i = 0; i < 200; i++)
		ms[i] = i < 100 ? 8 : 16;
	ms[50] = 16.1;
	ms[150] = 31.9;
	ms[199] = 40;
	ms[0] = 17;
	frames_find_stutters(ms, 200, stutters);
	for (unsigned int i = 0; i < 200; i++)
		CHECK_EQ(stutters[i], i == 50 || i == 199 || i == 0);
}

/* Against the definition, by sorting each window. */
TEST(frames_find_stutters__is_the_median_of_each_window)
{
	double ms[300], window[21];
	bool stutters[300];
	uint64_t state = 3;

	for (unsigned int i = 0; i < 300; i++)
		ms[i] = 1 + (double)stats_random_below(&state, 40) / 10;
	frames_find_stutters(ms, 300, stutters);
	for (unsigned int i = 10; i < 290; i++) {
		memcpy(window, ms + i - 10, sizeof(window));
		qsort(window, 21, sizeof(*window), stats_compare_doubles);
		CHECK_EQ(stutters[i], ms[i] > 2 * window[10]);
	}
}

TEST(frames_find_stutters__of_a_few_frames)
{
	double ms[] = { 10, 30, 10 };
	bool stutters[3];

	frames_find_stutters(ms, 3, stutters);
	CHECK(!stutters[0] && stutters[1] && !stutters[2]);
	frames_find_stutters(ms, 1, stutters);
	CHECK(!stutters[0]);
}

/*
 * Of 60 ms, over 2.5 times a trailing mean in which 16 stands in its place; and of 41 ms, which is in
 * the mean of 40 frames itself: 2.5 times that is 41.6.
 */
TEST(frames_figures__have_capframex_stutter)
{
	auto_frames struct frames frames = { .ms = NULL };
	double ms[200];

	for (unsigned int i = 0; i < 200; i++)
		ms[i] = i == 100 ? 60 : i == 150 ? 41 : 16;
	frames_make(ms, 200, &frames);
	CHECK(is_near(frames.report.figures.capframex_stutter_share, 60 / (198 * 16 + 101.0),
		      1e-6));
	CHECK(is_near(frames.report.figures.capframex_slow_share, 41 / (198 * 16 + 101.0), 1e-6));
}

TEST(frames_figures__have_pacing)
{
	auto_frames struct frames frames = { .ms = NULL };
	double ms[] = { 10, 11, 14, 21, 31, 50 };

	frames_make(ms, 6, &frames);
	CHECK(is_near(frames.report.figures.step_ms, 8, 1e-9));
	CHECK(is_near(frames.report.figures.pacing[0], 0.2, 1e-9));
	CHECK(is_near(frames.report.figures.pacing[1], 0.2, 1e-9));
	CHECK(is_near(frames.report.figures.pacing[2], 0.2, 1e-9));
	CHECK(is_near(frames.report.figures.pacing[3], 0.2, 1e-9));
	CHECK(is_near(frames.report.figures.pacing[4], 0.2, 1e-9));
}

/* Frames that depend on each other, one of @rare a slow one; @scale makes all slower. */
static void make_run(uint64_t seed, size_t n, unsigned int rare, double scale, double *ms)
{
	uint64_t state = seed;
	double level = 0;

	for (size_t i = 0; i < n; i++) {
		double noise = (double)stats_random_below(&state, 1000) / 1000 - 0.5;

		level = 0.95 * level + noise;
		ms[i] = scale * (14 + level);
		if (!stats_random_below(&state, rare))
			ms[i] += scale * (8 + (double)stats_random_below(&state, 8));
	}
}

static const struct frame_change *change_of(const struct frame_comparison *comparison,
					    const char *name)
{
	for (unsigned int i = 0; i < comparison->n_changes; i++) {
		if (streq(comparison->changes[i].name, name))
			return &comparison->changes[i];
	}
	test_failed(__FILE__, __LINE__, name);
}

static void compare_runs(uint64_t seed, unsigned int n, unsigned int rare, double scale,
			 struct frame_comparison *ret)
{
	struct frames runs[8] = { { .ms = NULL } };
	auto_free double *ms = calloc(3000, sizeof(*ms));

	CHECK(ms != NULL);
	for (unsigned int i = 0; i < 2 * n; i++) {
		make_run(seed * 64 + i, 3000, rare, i < n ? 1 : scale, ms);
		frames_make(ms, 3000, &runs[i]);
	}
	CHECK_EQ(frames_compare(runs, n, runs + n, n, frames_like_at(0), ret), 0);
	for (unsigned int i = 0; i < 2 * n; i++)
		frames_done(&runs[i]);
}

TEST(frames_compare__of_single_runs_is_not_conclusive)
{
	struct frame_comparison comparison;

	compare_runs(1, 1, 40, 0.9, &comparison);
	CHECK(comparison.within_runs);
	CHECK_EQ(comparison.verdict, VERDICT_INCOMPLETE);
	CHECK(change_of(&comparison, "fps_avg")->effect.low > 0);
	CHECK(change_of(&comparison, "low_1_mean")->effect.has_interval);
	CHECK(!change_of(&comparison, "low_0.1_percentile")->effect.has_interval);
	frames_comparison_done(&comparison);
}

TEST(frames_compare__sees_a_change_over_runs)
{
	struct frame_comparison comparison;

	compare_runs(2, 4, 40, 0.9, &comparison);
	CHECK_EQ(comparison.verdict, VERDICT_IMPROVED);
	CHECK_EQ(change_of(&comparison, "fps_avg")->verdict, VERDICT_IMPROVED);
	frames_comparison_done(&comparison);
	compare_runs(2, 4, 40, 1.1, &comparison);
	CHECK_EQ(comparison.verdict, VERDICT_WORSE);
	frames_comparison_done(&comparison);
}

TEST(frames_compare__of_two_runs_a_side_has_no_interval)
{
	struct frame_comparison comparison;

	compare_runs(3, 2, 40, 0.9, &comparison);
	CHECK_EQ(comparison.verdict, VERDICT_INCOMPLETE);
	CHECK(!change_of(&comparison, "fps_avg")->effect.has_interval);
	frames_comparison_done(&comparison);
}

static void check_within_runs(unsigned int rare)
{
	static const char *const names[] = { "fps_avg", "low_5_percentile", "low_1_percentile",
					     "low_1_mean" };
	const unsigned int trials = 300;
	unsigned int missed[ARRAY_SIZE(names)] = { 0 };
	double errors = 3 * sqrt(0.05 * 0.95 / trials);

	for (unsigned int i = 0; i < trials; i++) {
		struct frame_comparison comparison;

		compare_runs(1000 + i, 1, rare, 1, &comparison);
		for (unsigned int j = 0; j < ARRAY_SIZE(names); j++) {
			const struct stats_effect *effect =
				&change_of(&comparison, names[j])->effect;

			missed[j] += effect->low > 0 || effect->high < 0;
		}
		frames_comparison_done(&comparison);
	}
	for (unsigned int j = 0; j < ARRAY_SIZE(names); j++) {
		double wrong = (double)missed[j] / trials;

		printf("# 1 of %u frames slow, %s: false changes %.1f %% (3 errors: %.1f)\n", rare,
		       names[j], 100 * wrong, 100 * errors);
		CHECK(wrong <= 0.05 + errors);
	}
}

/* The truth is no effect, and runs differ by their frames alone. */
TEST(frames_compare__intervals_within_runs_are_calibrated)
{
	check_within_runs(40);
}

/* The lowest 1 % lies where the usual frames end and the slow ones begin. */
TEST(frames_compare__intervals_within_runs_hold_at_a_gap)
{
	check_within_runs(100);
}
