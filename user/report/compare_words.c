/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compare_words: the words of a comparison: its verdict as a sentence, the names and numbers of its
 * figures. It prints what was computed, and decides nothing.
 */
#include "report/compare_words.h"

#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "report/text.h"

/* What is printed as zero has no sign. */
static const char *sign_of(const char *digits, double value, bool is_change)
{
	if (!is_change || !digits[strcspn(digits, "123456789")])
		return "";
	return value < 0 ? "-" : "+";
}

const char *compare_amount(double value, enum figure_unit unit, bool is_change, char *buf,
			   size_t cap)
{
	double size = fabs(value);
	char text[32];

	switch (unit) {
	case FIGURE_SHARE:
		(void)snprintf(text, sizeof(text), "%.*f %s", size < 0.0995 ? 2 : 1, 100 * size,
			       is_change ? "pp" : "%");
		break;
	case FIGURE_NS:
		(void)str_format_ns((uint64_t)llround(size), text, sizeof(text));
		break;
	default:
		if (size >= 9.95)
			(void)text_count((uint64_t)llround(size), text, sizeof(text));
		else
			(void)snprintf(text, sizeof(text), "%.*f", size < 0.95 ? 2 : 1, size);
	}
	(void)snprintf(buf, cap, "%s%s", sign_of(text, value, is_change), text);
	return buf;
}

const char *compare_range(double low, double high, enum figure_unit unit, const char *between,
			  char *buf, size_t cap)
{
	char from[32], to[32];
	size_t at;

	(void)compare_amount(low, unit, true, from, sizeof(from));
	(void)compare_amount(high, unit, true, to, sizeof(to));
	at = strcspn(from, " ");
	if (streq(from + at, to + strcspn(to, " ")))
		from[at] = '\0';
	(void)snprintf(buf, cap, "%s%s%s", from, between, to);
	return buf;
}

const char *compare_verdict_word(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_IMPROVED:
		return "improved";
	case VERDICT_WORSE:
		return "worse";
	case VERDICT_INCOMPLETE:
		return "-";
	default:
		return "no change seen";
	}
}

bool compare_is_maybe(const struct comparison_figure *figure)
{
	const struct stats_effect *effect = &figure->effect;

	return figure->verdict == VERDICT_UNCHANGED && effect->p < figure->p &&
	       (effect->low > 0 || effect->high < 0);
}

const char *compare_title(const struct comparison_figure *figure, bool of_cpus)
{
	static const struct {
		const char *name, *title;
	} titles[] = { { "gap_p50", "gap p50" },
		       { "gap_p99", "gap p99" },
		       { "gap_p999", "gap p99.9" },
		       { "gap_max", "longest gap" },
		       { "stalls", "stalls a minute" } };

	for (unsigned int i = 0; i < ARRAY_SIZE(titles); i++) {
		if (streq(figure->name, titles[i].name))
			return titles[i].title;
	}
	return of_cpus ? "CPUs busy" : "taken";
}

/* The tail that people ask for, beside a change. Its interval is its own: not corrected. */
static int add_tail(const struct comparison *comparison, struct str *words)
{
	char a[32], b[32], range[80];

	if (comparison->verdict != VERDICT_IMPROVED && comparison->verdict != VERDICT_WORSE)
		return 0;
	for (unsigned int i = 0; i < comparison->n_figures; i++) {
		const struct comparison_figure *figure = &comparison->figures[i];

		if (!streq(figure->name, "gap_p999") || !figure->effect.has_interval)
			continue;
		return str_addf(words,
				" The gap of p99.9 was %s before and is %s after, 95 %% interval "
				"of the change %s.",
				compare_amount(figure->a, FIGURE_NS, false, a, sizeof(a)),
				compare_amount(figure->b, FIGURE_NS, false, b, sizeof(b)),
				compare_range(figure->effect.low, figure->effect.high, FIGURE_NS,
					      " to ", range, sizeof(range)));
	}
	return 0;
}

static int add_answer(const struct comparison *comparison, struct str *words)
{
	const struct comparison_figure *figure = &comparison->figures[0];
	const struct stats_effect *effect = &figure->effect;
	const char *who = comparison->of_cpus ? "the CPUs were busy for" : "the host took";
	const char *of =
		comparison->of_cpus ? "of the time" : "of the time that the victims wanted";
	char a[32], b[32], range[80];
	int err;

	err = str_addf(words, "%s: %s %s before and %s after %s", verdict_word(comparison->verdict),
		       who, compare_amount(figure->a, FIGURE_SHARE, false, a, sizeof(a)),
		       compare_amount(figure->b, FIGURE_SHARE, false, b, sizeof(b)), of);
	if (err)
		return err;
	if (comparison->verdict == VERDICT_CLEAN)
		return str_addf(words,
				", and never more than %s at a time before. Look in the guest.",
				str_format_ns(comparison->longest_a_ns, a, sizeof(a)));
	if (!effect->has_interval)
		return str_add(words, ".");
	err = str_addf(words, "; %s, 95 %% interval %s (%s).",
		       compare_amount(effect->effect, FIGURE_SHARE, true, a, sizeof(a)),
		       compare_range(effect->low, effect->high, FIGURE_SHARE, " to ", range,
				     sizeof(range)),
		       effect->method);
	if (!err && comparison->verdict == VERDICT_UNCHANGED)
		err = str_addf(
			words,
			" A change of %.2f pp would have been seen in 3 of 4 such comparisons.",
			100 * effect->detectable);
	return err ?: add_tail(comparison, words);
}

int compare_add_verdict(const struct comparison *comparison, struct str *words)
{
	size_t begin = words->len;
	int err;

	if (comparison->is_refused)
		err = str_add(words, "incomplete: these cannot be compared:");
	else
		err = add_answer(comparison, words);
	if (!err)
		words->s[begin] = (char)(words->s[begin] - 'a' + 'A');
	return err;
}
