/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * frame_figures: what a file of frame times comes to, as plain data. user/frames fills it, reports
 * read it. Frame times are in milliseconds, as in every such file. A figure that the definition in
 * force does not have is NAN.
 */
#ifndef LULL_MODEL_FRAME_FIGURES_H
#define LULL_MODEL_FRAME_FIGURES_H

#include <stdint.h>

#include "model/stats.h"
#include "model/verdict.h"

#define FRAME_LOWS	  4 /* lowest 5, 2, 1 and 0.1 % */
#define FRAME_BINS	  15
#define FRAME_PACING	  5  /* steps of less than 2, 4, 8, 12 ms, and more */
#define FRAME_COLUMNS_MAX 64 /* of the plot over time */
#define FRAME_BAD_LINES	  5

/* The distribution is shown in steps that people know; a bin begins at 1000 / FPS ms. */
#define FRAME_BIN_FPS                                                             \
	{                                                                         \
		1e9, 480, 360, 240, 165, 144, 120, 90, 75, 60, 50, 40, 30, 20, 10 \
	}

struct frame_low {
	double p; /* 0.01 */
	double percentile_fps, mean_fps, integral_fps;
};

struct frame_figures {
	uint64_t n;
	double seconds, fps_avg, fps_min, median_ms;
	struct frame_low lows[FRAME_LOWS];
	uint64_t stutters;    /* over twice the median of the 10 frames before and after each */
	double stutter_share; /* of the time, in these frames */
	double capframex_stutter_share, capframex_slow_share; /* by CapFrameX's rules */
	double step_ms;					      /* mean change from frame to frame */
	double pacing[FRAME_PACING];
	uint64_t bins[FRAME_BINS]; /* frames by FRAME_BIN_FPS; a bin begins with its own limit */
	/* Over time: the median and the largest of each part; n_columns parts of equal time. */
	double column_median_ms[FRAME_COLUMNS_MAX], column_max_ms[FRAME_COLUMNS_MAX];
	unsigned int n_columns;
};

/* One file. */
struct frame_report {
	char *path;			     /* safe to show */
	const char *format;		     /* static */
	char *column;			     /* whose times these are */
	char *stream;			     /* the process, "" when the file does not say */
	uint64_t streams_left, rows_left;    /* other processes and swap chains, not counted */
	uint64_t not_shown, generated;	     /* frames; generated ones are left out */
	uint64_t loads;			     /* of 1000 ms and more, set aside, */
	double loads_ms;		     /* and their sum */
	uint64_t bad;			     /* rows that could not be read, */
	uint64_t bad_lines[FRAME_BAD_LINES]; /* and where the first ones are */
	struct frame_figures figures;
};

/* A frame that took too long, by the clock of the recording. */
struct frame_hitch {
	uint64_t at_ns, duration_ns;
	int stall; /* index of the longest that it overlaps; -1: none */
};

/* How the hitches of a file lie to the stalls of a recording. */
struct frame_alignment {
	bool is_aligned;
	const char *clock;     /* in words, static: how the two clocks were brought together */
	double offset_s;       /* add to the file's time for seconds of the recording */
	double error_s;	       /* of the offset */
	uint64_t hitches;      /* in the part that both cover */
	uint64_t overlaps;     /* of them overlap a stall of more than 1 ms */
	double chance;	       /* so many would at a random offset */
	uint64_t peak, second; /* hitches that overlap at the best offset, and at the next best */
	struct frame_cause {
		char *name;
		uint64_t hitches;
	} * causes; /* most hitches first */
	unsigned int n_causes;
	struct frame_hitch *list; /* of the hitches above, when aligned; in order of time */
	unsigned int n_list;
};

/* One row of before and after; effects are b - a, larger is better. */
struct frame_change {
	const char *name, *title; /* for programs and for people; static */
	double a, b;
	struct stats_effect effect;
	enum verdict verdict;
};

struct frame_comparison {
	unsigned int n_a, n_b; /* files */
	bool within_runs;      /* one file a side: the interval holds for these two runs only */
	struct frame_change *changes;
	unsigned int n_changes;
	enum verdict verdict; /* of the lowest 1 %, by percentile */
	const char *method;   /* in words, static */
};

#endif
