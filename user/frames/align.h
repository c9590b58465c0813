/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * align: brings the clock of a file of frame times and that of a recording together, and says
 * which hitches lie over which stalls. When the two do not fit together clearly, it says so and
 * nothing else.
 */
#ifndef LULL_FRAMES_ALIGN_H
#define LULL_FRAMES_ALIGN_H

#include <stdbool.h>
#include <stdint.h>

#include "model/frame_figures.h"

struct frames;
struct recording;

#define ALIGN_STALL_NS 1000000 /* shorter stalls make no hitch */

/* A begin of the file's clock that is known, in seconds of the Unix epoch, and how well. */
struct align_hint {
	bool is_known;
	double begin_unix_s, error_s;
	bool is_exact;	 /* the offset itself is known, to error_s */
	double offset_s; /* add to the file's time for seconds of the recording */
	bool is_windows; /* the file has a counter of Windows, by a page that only KVM can read */
};

/*
 * MangoHud puts the local time at which a log begins into its name,
 * "GAME_2026-11-24_20-15-03.csv"; the second is cut off. Not known: another name, or format.
 */
void align_hint_from_name(const struct frames *frames, const char *path, struct align_hint *ret);

/*
 * A counter in the file that is the guest's time stamp counter, as it is or divided by 1024 as older
 * Windows has it (told by its ticks a second), and a recording that knows how the guest's counter
 * follows from the host's: exact. One of 10 MHz is Windows' by KVM's reference page.
 */
void align_hint_from_ticks(const struct frames *frames, const struct recording *rec,
			   struct align_hint *ret);
/* The best of both; @path is the name of the file. */
void align_hint_find(const struct frames *frames, const struct recording *rec, const char *path,
		     struct align_hint *ret);

/*
 * With an exact hint that is the offset, whatever lies where. Else tries every offset in steps of 1 ms: within the hint's error, or else all at which the two
 * overlap. At the true one, many hitches lie over a stall of more than 1 ms; the peak counts when it
 * has at least 5 hitches and twice what any offset more than 100 ms away has. -ENOMEM.
 */
int align_frames(const struct frames *frames, const struct recording *rec,
		 const struct align_hint *hint, struct frame_alignment *ret);
void align_done(struct frame_alignment *alignment);

#endif
