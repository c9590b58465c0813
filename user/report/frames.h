/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * frames: files of frame times, for people and for programs. It prints what was computed.
 */
#ifndef LULL_REPORT_FRAMES_H
#define LULL_REPORT_FRAMES_H

#include <stdio.h>

struct frame_alignment;
struct frame_comparison;
struct frame_report;
struct report_style;
struct str;

/* One file of several. @like names whose definitions the lows have; NULL: lull's. */
int report_frames_text(const struct frame_report *file, const char *like,
		       const struct report_style *style, FILE *out);
int report_frames_change_text(const struct frame_comparison *comparison,
			      const struct report_style *style, FILE *out);
int report_frames_align_text(const struct frame_alignment *alignment,
			     const struct report_style *style, FILE *out);

/* The same as sentences: which hitches the host caused, or that this is not known. -ENOMEM. */
int report_frames_align_words(const struct frame_alignment *alignment, struct str *words);

/* What one document holds. comparison, alignment: NULL without. */
struct report_frames {
	const struct frame_report *const *files;
	unsigned int n_files;
	const char *like;
	const struct frame_comparison *comparison;
	const struct frame_alignment *alignment;
};

/* lull.frames/1. 0, -ENOMEM or -errno of the stream. */
int report_frames_json(const struct report_frames *report, FILE *out);

#endif
