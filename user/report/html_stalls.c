/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * html_stalls: the worst stalls, each a bar of what had the CPU meanwhile, in the order in which
 * the causes first came and as long as they lasted in all; the longest fills the width.
 */
#include <inttypes.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/recording.h"
#include "report/export.h"
#include "report/html.h"
#include "report/html_flight.h"
#include "report/text.h"

#define STALLS_SHOWN   12
#define SEGMENTS_SHOWN 32
#define WORDS_SHOWN    4
#define FRAMES_SHOWN   24

/* The bar is a picture of its own that stretches with the window: no text is in it. */
static void write_bar(struct html *h, const struct rec_stall *stall, uint64_t longest_ns)
{
	double at = 0, scale = 1000.0 / (double)longest_ns;

	html_print(h, "<svg class=\"strip\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" "
		      "aria-hidden=\"true\">");
	for (unsigned int i = 0; i < stall->n_segments && i < SEGMENTS_SHOWN; i++) {
		double width = (double)stall->segments[i].ns * scale;

		html_print(h, "<rect class=\"%s\" x=\"%.2f\" width=\"%.2f\" height=\"10\"/>",
			   html_subject_class(stall->segments[i].row, stall->segments[i].name), at,
			   max(width - 0.6, 0.6));
		at += width;
	}
	html_print(h, "</svg>\n");
}

/* Which of them had most; the others are counted. */
static void write_causes(struct html *h, const struct rec_stall *stall)
{
	bool is_shown[SEGMENTS_SHOWN] = { false };
	unsigned int n = min(stall->n_segments, SEGMENTS_SHOWN);
	char time[32];

	html_print(h, "<ul class=\"chain\">");
	for (unsigned int round = 0; round < min(n, WORDS_SHOWN); round++) {
		auto_str struct str words = { .s = NULL };
		unsigned int most = n;

		for (unsigned int i = 0; i < n; i++) {
			if (!is_shown[i] &&
			    (most == n || stall->segments[i].ns > stall->segments[most].ns))
				most = i;
		}
		is_shown[most] = true;
		html_fail(h, export_add_segment(&stall->segments[most], &words));
		html_print(
			h, "<li><i class=\"key %s\"></i><bdi>",
			html_subject_class(stall->segments[most].row, stall->segments[most].name));
		html_str(h, &words);
		html_print(h, "</bdi> <b>%s</b></li>",
			   str_format_ns(stall->segments[most].ns, time, sizeof(time)));
	}
	if (stall->n_segments > WORDS_SHOWN)
		html_print(h, "<li>and %u more</li>", stall->n_segments - WORDS_SHOWN);
	html_print(h, "</ul>\n");
}

static void write_stack(struct html *h, const struct rec_stall *stall)
{
	if (!stall->n_stack)
		return;
	html_print(h, "<details><summary>stack of the blocker</summary><pre>");
	for (unsigned int i = 0; i < stall->n_stack && i < FRAMES_SHOWN; i++) {
		html_text(h, stall->stack[i]);
		html_print(h, "\n");
	}
	html_print(h, "</pre></details>\n");
}

static void write_stall(struct html *h, const struct recording *rec, const struct rec_stall *stall,
			uint64_t longest_ns)
{
	const struct rec_thread *thread = export_thread(rec, stall->tid);
	auto_str struct str victim = { .s = NULL };
	char time[32];

	if (thread)
		html_fail(h, export_add_victim(thread, &victim));
	html_print(h, "<li><p class=\"stall\"><b>%s</b> <bdi>",
		   str_format_ns(stall->duration_ns, time, sizeof(time)));
	html_str(h, &victim);
	html_print(h, "</bdi> on CPU %d <span class=\"when\">at %.3f s</span></p>\n", stall->cpu,
		   (double)stall->at_ns / 1e9);
	write_bar(h, stall, longest_ns);
	write_causes(h, stall);
	if (stall->waker) {
		html_print(h, "<p class=\"about\">woken by <bdi>");
		html_text(h, stall->waker);
		html_print(h, "</bdi></p>\n");
	}
	html_flight(h, rec, stall);
	write_stack(h, stall);
	html_print(h, "</li>\n");
}

static void write_legend(struct html *h)
{
	static const char *const kinds[][2] = {
		{ "task", "another task" }, { "wait", "waiting after a wake-up" },
		{ "irq", "interrupt" },	    { "vector", "timer or IPI" },
		{ "softirq", "softirq" },   { "other", "other" },
	};

	html_print(h, "<p class=\"legend\">");
	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++)
		html_print(h, "<span><i class=\"key %s\"></i>%s</span> ",
			   html_kind_class(kinds[i][0]), kinds[i][1]);
	html_print(h, "</p>\n");
}

void html_stalls(struct html *h)
{
	uint64_t longest_ns = 0;

	for (unsigned int side = 0; side < h->what->n_sides; side++) {
		const struct recording *rec = h->what->sides[side].rec;

		if (rec->n_stalls)
			longest_ns = max(longest_ns, rec->stalls[0].duration_ns);
	}
	if (!longest_ns)
		return;
	html_section(h, "stalls", "The worst stalls");
	write_legend(h);
	for (unsigned int side = 0; side < h->what->n_sides; side++) {
		const struct recording *rec = h->what->sides[side].rec;
		unsigned int shown = STALLS_SHOWN / h->what->n_sides;

		if (h->what->n_sides > 1) {
			html_print(h, "<h3><i class=\"key %s\"></i>", html_side_class(side));
			html_text(h, html_side_name(h, side));
			html_print(h, "</h3>\n");
		}
		if (!rec->n_stalls)
			html_print(h, "<p>No stall was kept.</p>\n");
		html_print(h, "<ol class=\"stalls\">\n");
		for (unsigned int i = 0; i < rec->n_stalls && i < shown; i++)
			write_stall(h, rec, &rec->stalls[i], longest_ns);
		html_print(h, "</ol>\n");
	}
	html_section_end(h);
}
