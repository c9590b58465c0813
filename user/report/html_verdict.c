/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * html_verdict: the answer as one sentence, and the figures that one looks for first. Of two sides
 * the sentence is that of their comparison.
 */
#include <inttypes.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/comparison.h"
#include "model/explain.h"
#include "model/recording.h"
#include "report/compare_words.h"
#include "report/explain.h"
#include "report/html.h"
#include "report/text.h"

static void write_sentence(struct html *h)
{
	auto_str struct str words = { .s = NULL };

	html_fail(h, explain_add_verdict(&h->explains[0], &words));
	html_str(h, &words);
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

/* The share that was taken, and stalls a minute: means over the rounds of a side. */
static double mean_of(const struct comparison *comparison, const char *name, unsigned int side)
{
	for (unsigned int i = 0; i < comparison->n_figures; i++) {
		const struct comparison_figure *figure = &comparison->figures[i];

		if (streq(figure->name, name))
			return side ? figure->b : figure->a;
	}
	return 0;
}

static uint64_t longest_of(const struct html *h, unsigned int side)
{
	const struct comparison *comparison = html_comparison(h);

	if (!comparison)
		return h->explains[side].longest_ns;
	return side ? comparison->longest_b_ns : comparison->longest_a_ns;
}

static void share_value(const struct html *h, unsigned int side, char *buf, size_t cap)
{
	const struct explain *explain = &h->explains[side];
	const struct comparison *comparison = html_comparison(h);
	char text[32] = "0";

	if (html_has_rounds(h) && comparison) {
		(void)compare_amount(side ? comparison->figures[0].b : comparison->figures[0].a,
				     FIGURE_SHARE, false, buf, cap);
		return;
	}
	if (explain->taken_ns)
		(void)html_share(explain->taken_ns, explain->wanted_ns, text, sizeof(text));
	(void)snprintf(buf, cap, "%s %%", text);
}

static void tile_value(struct html *h, unsigned int side, enum tile tile, char *buf, size_t cap)
{
	const struct comparison *comparison = html_comparison(h);
	const struct recording *rec = h->explains[side].rec;
	struct hist gaps = { .digits = 0 };

	*buf = '\0';
	switch (tile) {
	case TILE_SHARE:
		share_value(h, side, buf, cap);
		break;
	case TILE_P999:
		html_fail(h, html_side_gaps(h, side, &gaps));
		(void)str_format_ns(hist_percentile(&gaps, 999000), buf, cap);
		hist_done(&gaps);
		break;
	case TILE_MAX:
		(void)str_format_ns(longest_of(h, side), buf, cap);
		break;
	case TILE_STALLS:
		if (html_has_rounds(h) && comparison && !(mean_of(comparison, "stalls", side) > 0))
			str_copy(buf, cap, "0", 1);
		else if (html_has_rounds(h) && comparison)
			(void)compare_amount(mean_of(comparison, "stalls", side), FIGURE_PER_MINUTE,
					     false, buf, cap);
		else
			(void)html_rate(rec->stalls_total * 60, rec->duration_ns, buf, cap);
		break;
	default:
		break;
	}
}

static void write_verdict(struct html *h)
{
	if (h->what->comparison) {
		html_compare_verdict(h);
		return;
	}
	html_print(h, "<p id=\"verdict\" class=\"verdict\" data-verdict=\"%s\">",
		   explain_verdict_name(h->explains[0].verdict));
	write_sentence(h);
	html_print(h, "</p>\n");
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

	write_verdict(h);
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
