/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * html_frames: the hitches of a file of frame times over the stalls of the host, on one time axis;
 * only when the clocks of both fit together, else it says that they do not.
 */
#include <math.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/frame_figures.h"
#include "model/recording.h"
#include "report/frames.h"
#include "report/html.h"
#include "report/text.h"

#define LANE_PX	     30
#define TOP_PX	     8
#define STALL_NS_MIN 1000000
#define BOTTOM_PX    (TOP_PX + 2 * LANE_PX + 12)

/* Marks of a lane: at least two pixels wide, and drawn once a pixel. */
struct lane {
	double left, width, last;
	uint64_t duration_ns;
	unsigned int y;
};

static void draw_mark(struct html *h, struct lane *lane, uint64_t at_ns, uint64_t ns,
		      const char *class)
{
	double scale = lane->width / (double)max(lane->duration_ns, (uint64_t)1);
	double x = lane->left + min((double)at_ns * scale, lane->width - 2);

	if (x - lane->last < 0.5)
		return;
	lane->last = x;
	html_print(h,
		   "<rect class=\"%s\" x=\"%.1f\" y=\"%u\" width=\"%.1f\" "
		   "height=\"%u\"/>\n",
		   class, x, lane->y,
		   max(min((double)ns * scale, lane->left + lane->width - x), 2.0), LANE_PX - 6);
}

static void draw_axis(struct html *h, const struct lane *lane)
{
	char time[32];

	for (unsigned int i = 0; i <= 4; i++)
		html_svg_text(h, lane->left + lane->width * i / 4, BOTTOM_PX + 12,
			      i == 4 ? "tick end"
			      : i    ? "tick mid"
				     : "tick",
			      i ? text_ns_short(lane->duration_ns * i / 4, time, sizeof(time))
				: "0");
}

static void draw(struct html *h, const struct html_canvas *canvas, const void *arg)
{
	const struct recording *rec = arg;
	const struct frame_alignment *frames = h->what->frames;
	struct lane lane = { .left = 64,
			     .width = canvas->width - 64 - 14,
			     .duration_ns = rec->duration_ns,
			     .y = TOP_PX };

	html_svg_text(h, lane.left - 8, TOP_PX + 17, "tick end", "hitches");
	html_svg_text(h, lane.left - 8, TOP_PX + LANE_PX + 17, "tick end", "stalls");
	/* Those over a stall last, so that they are on top. */
	for (int pass = 0; pass < 2; pass++) {
		lane.last = -1;
		for (unsigned int i = 0; i < frames->n_list; i++) {
			const struct frame_hitch *hitch = &frames->list[i];

			if ((hitch->stall >= 0) == pass)
				draw_mark(h, &lane, hitch->at_ns, hitch->duration_ns,
					  pass ? "hit" : "k-other");
		}
	}
	lane.y += LANE_PX;
	for (unsigned int i = 0; i < rec->n_stalls; i++) {
		lane.last = -1; /* the worst come first, not the first */
		if (rec->stalls[i].duration_ns > STALL_NS_MIN)
			draw_mark(h, &lane, rec->stalls[i].at_ns, rec->stalls[i].duration_ns, "a");
	}
	draw_axis(h, &lane);
}

void html_frames(struct html *h)
{
	const struct frame_alignment *frames = h->what->frames;
	auto_str struct str words = { .s = NULL };

	if (!frames)
		return;
	html_section(h, "frames", "Hitches and the host");
	html_print(h, "<p id=\"aligned\">");
	html_fail(h, report_frames_align_words(frames, &words));
	html_str(h, &words);
	html_print(h, "</p>\n");
	if (frames->is_aligned) {
		html_picture(h, "hitches of the game over stalls of the host", BOTTOM_PX + 18, draw,
			     h->what->sides[0].rec);
		html_print(h, "<p class=\"legend\"><span><i class=\"key hit\"></i>hitch over a "
			      "stall</span> <span><i class=\"key\"></i>hitch without one</span> "
			      "<span><i class=\"key a\"></i>stall of more than 1 ms</span></p>\n");
	}
	html_section_end(h);
}
