/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * html_heat: when the stalls came and how long they were: time to the right, length upwards, the
 * darker the more. Of the stalls that were kept only, and it says so when some were not.
 */
#include <inttypes.h>
#include <math.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/recording.h"
#include "report/html.h"
#include "report/text.h"

#define COLUMNS_WIDE   120
#define COLUMNS_NARROW 40
#define ROWS	       18
#define ROW_PX	       9
#define PER_DECADE     6 /* rows */
#define TOP_PX	       16

struct heat {
	const struct recording *rec;
	unsigned int side;
	double first;	      /* log10 of the ns of the lowest row */
	uint64_t duration_ns; /* of the longer side */
};

static unsigned int row_of(const struct heat *heat, uint64_t ns)
{
	double row = (log10((double)max(ns, (uint64_t)1)) - heat->first) * PER_DECADE;

	return row < 0 ? 0 : min((unsigned int)row, ROWS - 1);
}

static void count_cells(const struct heat *heat, unsigned int columns, unsigned int *cells)
{
	for (unsigned int i = 0; i < heat->rec->n_stalls; i++) {
		const struct rec_stall *stall = &heat->rec->stalls[i];
		double column = (double)stall->at_ns / (double)heat->duration_ns * columns;
		unsigned int at = column < columns ? (unsigned int)column : columns - 1;

		cells[at * ROWS + row_of(heat, stall->duration_ns)]++;
	}
}

static void draw_axes(struct html *h, const struct heat *heat, double left, double width)
{
	double bottom = TOP_PX + ROWS * ROW_PX;
	char time[32];

	for (unsigned int i = 0; i <= ROWS; i += PER_DECADE) {
		uint64_t ns = (uint64_t)llround(pow(10, heat->first + (double)i / PER_DECADE));
		double y = bottom - i * ROW_PX;

		html_print(h, "<path class=\"grid\" d=\"M%.1f %.1fH%.1f\"/>\n", left, y,
			   left + width);
		html_svg_text(h, left - 8, y + 4, "tick end",
			      text_ns_short(ns, time, sizeof(time)));
	}
	for (unsigned int i = 0; i <= 4; i++) {
		double x = left + width * i / 4;

		html_svg_text(h, x, bottom + 18,
			      i == 4 ? "tick end"
			      : i    ? "tick mid"
				     : "tick",
			      i ? text_ns_short(heat->duration_ns * i / 4, time, sizeof(time))
				: "0");
	}
}

static void draw(struct html *h, const struct html_canvas *canvas, const void *arg)
{
	const struct heat *heat = arg;
	unsigned int columns = canvas->is_narrow ? COLUMNS_NARROW : COLUMNS_WIDE;
	unsigned int cells[COLUMNS_WIDE * ROWS] = { 0 }, most = 1;
	double left = canvas->is_narrow ? 56 : 64, width = canvas->width - left - 14;
	double step = width / columns;

	count_cells(heat, columns, cells);
	for (unsigned int i = 0; i < columns * ROWS; i++)
		most = max(most, cells[i]);
	draw_axes(h, heat, left, width);
	for (unsigned int i = 0; i < columns * ROWS; i++) {
		unsigned int column = i / ROWS, row = i % ROWS;

		if (!cells[i])
			continue;
		html_print(
			h,
			"<rect class=\"cell %s\" x=\"%.1f\" y=\"%u\" width=\"%.1f\" height=\"%u\" "
			"fill-opacity=\"%.2f\"><title>%u</title></rect>\n",
			html_side_class(heat->side), left + column * step + 0.5,
			TOP_PX + (ROWS - 1 - row) * ROW_PX + 1, max(step - 1, 1.0), ROW_PX - 1,
			most == 1 ? 0.8 : 0.4 + 0.6 * log(cells[i]) / log(most), cells[i]);
	}
}

static void write_side(struct html *h, unsigned int side, uint64_t duration_ns)
{
	const struct recording *rec = h->what->sides[side].rec;
	uint64_t shortest = rec->stall_threshold_ns ?: 100000;
	struct heat heat = {
		.rec = rec,
		.side = side,
		.first = floor(log10((double)shortest)),
		.duration_ns = duration_ns,
	};
	char kept[32], all[32];

	if (h->what->n_sides > 1) {
		html_print(h, "<h3><i class=\"key %s\"></i>", html_side_class(side));
		html_text(h, html_side_name(h, side));
		html_print(h, "</h3>\n");
	}
	if (!rec->n_stalls) {
		html_print(h, "<p>No stall was kept.</p>\n");
		return;
	}
	html_picture(h, "stalls by time and length", TOP_PX + ROWS * ROW_PX + 26, draw, &heat);
	if (rec->stalls_total > rec->n_stalls)
		html_print(h, "<p class=\"about\">The %s longest of %s stalls.</p>\n",
			   text_count(rec->n_stalls, kept, sizeof(kept)),
			   text_count(rec->stalls_total, all, sizeof(all)));
}

void html_heat(struct html *h)
{
	uint64_t duration_ns = 1;
	bool has_any = false;
	char time[32];

	for (unsigned int side = 0; side < h->what->n_sides; side++) {
		has_any = has_any || h->what->sides[side].rec->n_stalls;
		duration_ns = max(duration_ns, h->what->sides[side].rec->duration_ns);
	}
	if (!has_any)
		return;
	html_section(h, "heat", "When it stalled, and for how long");
	html_print(h, "<p class=\"about\">Gaps of %s and more. The darker, the more of them.</p>\n",
		   text_ns_short(h->what->sides[0].rec->stall_threshold_ns, time, sizeof(time)));
	for (unsigned int side = 0; side < h->what->n_sides; side++)
		write_side(h, side, duration_ns);
	html_section_end(h);
}
