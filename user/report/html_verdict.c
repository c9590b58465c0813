/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * html_verdict: the answer as one sentence, and the figures that one looks for first. Of two
 * recordings it says what differs, and that one round a side is no proof.
 */
#include <inttypes.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/explain.h"
#include "model/recording.h"
#include "report/explain.h"
#include "report/html.h"
#include "report/text.h"

/* Per cent of the wanted time; a CPU's of its wall time. */
static double share_of(const struct explain *explain)
{
	if (!explain->wanted_ns)
		return 0;
	return 100.0 * (double)explain->taken_ns / (double)explain->wanted_ns;
}

static void write_sentence(struct html *h)
{
	auto_str struct str words = { .s = NULL };

	html_fail(h, explain_add_verdict(&h->explains[0], &words));
	html_str(h, &words);
}

static void write_difference(struct html *h)
{
	const struct explain *a = &h->explains[0], *b = &h->explains[1];
	double from = share_of(a), to = share_of(b);
	char before[32], after[32];

	if (!a->is_whole || !b->is_whole)
		html_print(h, "Incomplete: what was lost may be the worst. ");
	html_print(h, "The host took %s %% of the time that the %s wanted ",
		   html_share(a->taken_ns, a->wanted_ns, before, sizeof(before)),
		   a->of_cpus ? "CPUs" : "victims");
	html_text(h, html_side_name(h, 0));
	html_print(h, " and %s %% ", html_share(b->taken_ns, b->wanted_ns, after, sizeof(after)));
	html_text(h, html_side_name(h, 1));
	html_print(h, ": %s by %.2f points; the longest at a time was %s, then %s.",
		   to < from ? "less" : "more", to < from ? from - to : to - from,
		   str_format_ns(a->longest_ns, before, sizeof(before)),
		   str_format_ns(b->longest_ns, after, sizeof(after)));
}

static void write_tile(struct html *h, const char *name, const char *values[], unsigned int n)
{
	html_print(h, "<div class=\"tile\"><dt>%s</dt>", name);
	for (unsigned int i = 0; i < n; i++)
		html_print(h, "<dd class=\"%s\">%s</dd>", n > 1 ? html_side_class(i) : "",
			   values[i]);
	html_print(h, "</div>\n");
}

enum tile { TILE_SHARE, TILE_P999, TILE_MAX, TILE_STALLS, N_TILES };

static void tile_value(struct html *h, unsigned int side, enum tile tile, char *buf, size_t cap)
{
	const struct explain *explain = &h->explains[side];
	const struct recording *rec = explain->rec;
	struct hist gaps = { .digits = 0 };
	char text[32];

	switch (tile) {
	case TILE_SHARE:
		(void)snprintf(buf, cap, "%s %%",
			       explain->taken_ns ? html_share(explain->taken_ns, explain->wanted_ns,
							      text, sizeof(text))
						 : "0");
		return;
	case TILE_P999:
		html_fail(h, html_merge_gaps(rec, &gaps));
		(void)str_format_ns(hist_percentile(&gaps, 999000), buf, cap);
		hist_done(&gaps);
		return;
	case TILE_MAX:
		(void)str_format_ns(explain->longest_ns, buf, cap);
		return;
	case TILE_STALLS:
		(void)html_rate(rec->stalls_total * 60, rec->duration_ns, buf, cap);
		return;
	default:
		*buf = '\0';
	}
}

void html_verdict(struct html *h)
{
	bool of_cpus = h->explains[0].of_cpus;
	const char *const names[] = {
		[TILE_SHARE] = of_cpus ? "busy" : "taken by the host",
		[TILE_P999] = "gap, p99.9",
		[TILE_MAX] = "longest at a time",
		[TILE_STALLS] = "stalls a minute",
	};

	html_print(h, "<p id=\"verdict\" class=\"verdict\" data-verdict=\"%s\">",
		   explain_verdict_name(h->explains[0].verdict));
	if (h->what->n_sides > 1)
		write_difference(h);
	else
		write_sentence(h);
	html_print(h, "</p>\n");
	if (h->what->n_sides > 1)
		html_print(h, "<p class=\"about\">One recording a side shows a difference, not its "
			      "cause: the load may have changed as well. lull verify repeats both "
			      "in random order.</p>\n");
	html_print(h, "<dl class=\"tiles\">\n");
	for (enum tile tile = 0; tile < N_TILES; tile++) {
		char texts[HTML_SIDES_MAX][48];
		const char *values[HTML_SIDES_MAX];

		if (of_cpus && (tile == TILE_P999 || tile == TILE_STALLS))
			continue;
		for (unsigned int side = 0; side < h->what->n_sides; side++) {
			tile_value(h, side, tile, texts[side], sizeof(texts[side]));
			values[side] = texts[side];
		}
		write_tile(h, names[tile], values, h->what->n_sides);
	}
	html_print(h, "</dl>\n");
}
