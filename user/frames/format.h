/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * format: what a reader of a format is made of. Most formats are a table of columns; one that is
 * not has its own function.
 */
#ifndef LULL_FRAMES_FORMAT_H
#define LULL_FRAMES_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "frames/csv.h"
#include "frames/frames.h"
#include "frames/lines.h"

#define FORMAT_COLUMNS_MAX 6
#define FORMAT_CLOCKS_MAX  6

/* A column with times, and how many of its units are a second. */
struct frames_clock {
	const char *column;
	double per_second;
	bool is_start; /* of the frame, not its end */
};

struct frames_format {
	const char *name;
	/* Columns that all must, and none may, be in the header. */
	const char *needs[FORMAT_COLUMNS_MAX], *lacks[FORMAT_COLUMNS_MAX];
	bool has_remarks;    /* lines above the header begin with "//" */
	unsigned int fields; /* the header has exactly so many; 0: any number */
	/* The first that is there holds the frame times, in units of 1 / per_second. */
	struct frames_clock times[2];
	bool is_running; /* these are times of a clock: a frame is the difference of two rows */
	struct frames_clock clocks[FORMAT_CLOCKS_MAX];
	struct frames_clock ticks[2]; /* of a counter; how many are a second is not known */
	const char *dropped;	      /* column: 1 for a frame that was not shown */
	const char *shown;	      /* column: NA for a frame that was not shown */
	const char *frame_type; /* column: other than Application for one that was generated */
	const char *process, *process_id, *swap_chain; /* columns */
	/* A log that is sampled holds too little frame time for the time it took: refuse it. */
	bool may_be_sampled;
	/* In place of rows: reads a whole text whose first character is @first. */
	char first;
	int (*read)(const char *text, size_t len, struct frames *ret, struct str *ret_why);
};

#define FORMAT(id, help) extern const struct frames_format frames_##id;
#include "frames/formats.def"
#undef FORMAT

/* Files that are no list of frames: the reason to refuse, in words, or NULL. */
const char *frames_refusal(const struct csv_row *header, bool is_monitor_log);

/* What is gathered while reading: the frames of every stream. */
struct gather;
int gather_new(struct gather **ret);
void gather_free(struct gather **gather);
#define auto_gather __attribute__((cleanup(gather_free)))
/* One frame of the stream @name; at_s NAN: the file has no clock. -ENOMEM. */
int gather_add(struct gather *gather, const char *name, double ms, double at_s);
/* What a counter was when the frame that was added last ended, or began. */
void gather_add_ticks(struct gather *gather, double ticks, bool is_start);
/* One that is counted and left out, or only counted. */
void gather_count_generated(struct gather *gather);
void gather_count_not_shown(struct gather *gather);
void gather_count_bad(struct gather *gather, uint64_t line);
/* Takes the largest stream. -EINVAL with a reason: there are no frames. */
int gather_finish(struct gather *gather, const char *format, const char *column, const char *clock,
		  struct frames *ret, struct str *ret_why);

#endif
