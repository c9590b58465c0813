/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * html_compare: what a comparison of both sides came to: its verdict as a sentence, the figures
 * with their effects and intervals, the causes that went, stayed or came. Words and numbers are
 * those of `lull compare`; nothing is computed here.
 */
#include <math.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/comparison.h"
#include "report/compare_words.h"
#include "report/html.h"

#define CAUSES_SHOWN 20

const struct comparison *html_comparison(const struct html *h)
{
	const struct comparison *comparison = h->what->comparison;

	return comparison && !comparison->is_refused ? comparison : NULL;
}

const struct recording *html_round(const struct html *h, unsigned int side, unsigned int index)
{
	const struct comparison_sides *rounds = h->what->rounds;

	if (!rounds)
		return index ? NULL : h->what->sides[side].rec;
	if (index >= (side ? rounds->n_b : rounds->n_a))
		return NULL;
	return side ? rounds->b[index].rec : rounds->a[index].rec;
}

bool html_has_rounds(const struct html *h)
{
	return h->what->rounds && (h->what->rounds->n_a > 1 || h->what->rounds->n_b > 1);
}

void html_compare_verdict(struct html *h)
{
	const struct comparison *comparison = h->what->comparison;
	auto_str struct str words = { .s = NULL };

	html_print(h, "<p id=\"verdict\" class=\"verdict\" data-verdict=\"%s\">",
		   verdict_word(comparison->verdict));
	html_fail(h, compare_add_verdict(comparison, &words));
	html_str(h, &words);
	html_print(h, "</p>\n");
	if (comparison->n_reasons) {
		html_print(h, "<ul id=\"reasons\" class=\"about\">\n");
		for (unsigned int i = 0; i < comparison->n_reasons; i++) {
			html_print(h, "<li>");
			html_text(h, comparison->reasons[i]);
			html_print(h, "</li>\n");
		}
		html_print(h, "</ul>\n");
	}
	if (!html_has_rounds(h))
		html_print(h, "<p class=\"about\">One recording a side shows a difference, not its "
			      "cause: the load may have changed as well. lull verify repeats both "
			      "in random order.</p>\n");
}

static void write_value(struct html *h, double value, double bound, enum figure_unit unit)
{
	char text[32];

	if (bound > 0 && !(value > 0))
		html_print(h, "<td>0 (&lt;%.2g)</td>", bound);
	else
		html_print(h, "<td>%s</td>",
			   compare_amount(value, unit, false, text, sizeof(text)));
}

static void write_effect(struct html *h, const struct comparison_figure *figure)
{
	const struct stats_effect *effect = &figure->effect;
	char change[32], low[32], high[32];

	html_print(h, "<td>%s</td>",
		   compare_amount(effect->effect, figure->unit, true, change, sizeof(change)));
	if (effect->has_interval)
		html_print(h, "<td>%s to %s</td>",
			   compare_amount(effect->low, figure->unit, true, low, sizeof(low)),
			   compare_amount(effect->high, figure->unit, true, high, sizeof(high)));
	else
		html_print(h, "<td>-</td>");
	html_print(h, "<td>%s</td></tr>\n",
		   compare_is_maybe(figure) ? "maybe" : compare_verdict_word(figure->verdict));
}

static void begin_table(struct html *h, const char *words, const char *const *columns)
{
	html_print(h,
		   "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\">"
		   "<table class=\"numbers\"><thead><tr>",
		   words);
	for (; *columns; columns++)
		html_print(h, "<th scope=\"col\">%s</th>", *columns);
	html_print(h, "</tr></thead><tbody>\n");
}

static void write_figures(struct html *h, const struct comparison *comparison)
{
	static const char *const columns[] = { "figure",	"before", "after", "change",
					       "95 % interval", "",	  NULL };
	bool has_bound = false, has_maybe = false;

	begin_table(h, "figures", columns);
	for (unsigned int i = 0; i < comparison->n_figures; i++) {
		const struct comparison_figure *figure = &comparison->figures[i];

		if (figure->cause >= 0)
			continue;
		has_bound |= figure->bound_a > 0 || figure->bound_b > 0;
		html_print(h, "<tr id=\"figure-%s\"><th scope=\"row\">%s</th>", figure->name,
			   compare_title(figure, comparison->of_cpus));
		write_value(h, figure->a, figure->bound_a, figure->unit);
		write_value(h, figure->b, figure->bound_b, figure->unit);
		write_effect(h, figure);
		has_maybe |= compare_is_maybe(figure);
	}
	html_print(h, "</tbody></table></div>\n");
	if (has_bound)
		html_print(h, "<p class=\"about\">(&lt;N): none was seen; at 95 %% there are fewer "
			      "than N.</p>\n");
	if (has_maybe)
		html_print(h, "<p class=\"about\">maybe: the interval is clear of 0, but among so "
			      "many figures that may be by chance.</p>\n");
}

static void write_share(struct html *h, double share)
{
	if (!(share > 0))
		html_print(h, "<td>-</td>");
	else if (share < 0.0001)
		html_print(h, "<td>&lt;0.01 %%</td>");
	else
		html_print(h, "<td>%.*f %%</td>", share < 0.00995 ? 2 : 1, 100 * share);
}

static void write_causes(struct html *h, const struct comparison *comparison)
{
	static const char *const columns[] = { "cause", "", "before", "after", "kind", NULL };
	static const char *const fates[] = {
		[CAUSE_WENT] = "went", [CAUSE_STAYED] = "stayed", [CAUSE_CAME] = "came"
	};
	unsigned int n = min(comparison->n_causes, (unsigned int)CAUSES_SHOWN);
	bool has_change = false;

	if (!n)
		return;
	html_print(h, "<h3>What took time, %% of %s</h3>\n",
		   comparison->of_cpus ? "the CPUs' time" : "what the victims wanted");
	begin_table(h, "causes that went, stayed or came", columns);
	for (unsigned int i = 0; i < n; i++) {
		const struct comparison_cause *cause = &comparison->causes[i];
		bool is_sure =
			cause->verdict == VERDICT_IMPROVED || cause->verdict == VERDICT_WORSE;

		html_print(h, "<tr><th scope=\"row\"><i class=\"key %s\"></i><bdi>",
			   html_subject_class(cause->row, cause->name));
		html_text(h, cause->name);
		html_print(h, "</bdi></th><td>%s%s</td>", fates[cause->fate], is_sure ? " *" : "");
		has_change |= is_sure;
		write_share(h, cause->share_a);
		write_share(h, cause->share_b);
		html_print(h, "<td>");
		html_text(h, cause->row);
		html_print(h, "</td></tr>\n");
	}
	html_print(h, "</tbody></table></div>\n");
	if (has_change)
		html_print(h, "<p class=\"about\">* its time changed, also after the correction "
			      "for all figures</p>\n");
	if (comparison->n_causes > n)
		html_print(h, "<p class=\"about\">And %u smaller ones.</p>\n",
			   comparison->n_causes - n);
}

void html_changes(struct html *h)
{
	const struct comparison *comparison = html_comparison(h);

	if (!comparison)
		return;
	html_section(h, "changes", "What changed");
	html_print(h, "<p class=\"about\">%u %s before, %.1f s; %u after, %.1f s%s.%s</p>\n",
		   comparison->n_a, comparison->n_a == 1 ? "round" : "rounds",
		   (double)comparison->time_a_ns / 1e9, comparison->n_b,
		   (double)comparison->time_b_ns / 1e9, comparison->is_paired ? ", in pairs" : "",
		   html_has_rounds(h) ? " Figures are means over the rounds." : "");
	write_figures(h, comparison);
	write_causes(h, comparison);
	html_section_end(h);
}

static void json_number(struct html *h, const char *key, double value, bool is_known)
{
	if (is_known && isfinite(value))
		html_print(h, ",\"%s\":%.9g", key, value);
	else
		html_print(h, ",\"%s\":null", key);
}

void html_compare_data(struct html *h)
{
	const struct comparison *comparison = h->what->comparison;
	bool is_first = true;

	if (!comparison)
		return;
	html_print(h, ",\n\"comparison\":{\"verdict\":\"%s\",\"rounds\":[%u,%u],\"figures\":[",
		   verdict_word(comparison->verdict), comparison->n_a, comparison->n_b);
	for (unsigned int i = 0; i < comparison->n_figures; i++) {
		const struct comparison_figure *figure = &comparison->figures[i];
		const struct stats_effect *effect = &figure->effect;

		if (figure->cause >= 0)
			continue;
		html_print(h, "%s\n{\"name\":\"%s\"", is_first ? "" : ",", figure->name);
		is_first = false;
		json_number(h, "a", figure->a, true);
		json_number(h, "b", figure->b, true);
		json_number(h, "effect", effect->effect, true);
		json_number(h, "low", effect->low, effect->has_interval);
		json_number(h, "high", effect->high, effect->has_interval);
		html_print(h, "}");
	}
	html_print(h, "]}");
}
