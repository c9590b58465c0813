/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * frames: reads the frame times that other programs have written. A format is one file with its
 * columns, and one row of formats.def; which one a file has is seen by its content, never by its
 * name. What cannot be read is counted and named by line.
 */
#ifndef LULL_FRAMES_FRAMES_H
#define LULL_FRAMES_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "model/frame_figures.h"

struct str;

#define FRAMES_LOAD_MS 1000 /* a longer frame is the loading of a scene */

/* A counter of the guest that a file has beside its clock: what it was at two times of that clock. */
struct frames_ticks {
	bool is_known;
	double first, last, first_s, last_s;
};

/* The frames of one process and swap chain, in their order. */
struct frames {
	struct frame_report report; /* all but path and figures */
	double *ms;		    /* frame times, loads among them */
	double *at_s;		    /* when each ended, by the clock of the file */
	size_t n;
	const char *clock; /* the column, static; NULL: sums of the frame times */
	struct frames_ticks ticks;
};

/* One format by its place in formats.def: its name, and what it is; NULL past the end. */
const char *frames_format_at(unsigned int index, const char **ret_help);

/* With a column of a file that no format knows: which one, and how many ms its unit is. */
struct frames_options {
	const char *column; /* NULL: only known formats */
	double unit_ms;	    /* 0: 1 */
};

/*
 * Reads all of @in, which is not closed. -EINVAL: refused, and *ret_why says why in words; -ENOMEM;
 * -errno of the stream. *ret is untouched on failure, else frames_done() it.
 */
int frames_read(FILE *in, const struct frames_options *options, struct frames *ret,
		struct str *ret_why);
void frames_done(struct frames *frames);

#endif
