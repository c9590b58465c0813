/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compare_words: the words of a comparison: its verdict as a sentence, the names and numbers of its
 * figures. It prints what was computed, and decides nothing.
 */
#include "report/compare_words.h"

#include <math.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "report/text.h"

const char *compare_amount(double value, enum figure_unit unit, bool is_change, char *buf,
			   size_t cap)
{
	const char *sign = is_change ? (value < 0 ? "-" : "+") : "";
	double size = fabs(value);
	char text[32];

	switch (unit) {
	case FIGURE_SHARE:
		(void)snprintf(buf, cap, "%s%.*f %s", sign, size < 0.0995 ? 2 : 1, 100 * size,
			       is_change ? "pp" : "%");
		break;
	case FIGURE_NS:
		(void)snprintf(buf, cap, "%s%s", sign,
			       str_format_ns((uint64_t)llround(size), text, sizeof(text)));
		break;
	default:
		if (size >= 9.95)
			(void)snprintf(buf, cap, "%s%s", sign,
				       text_count((uint64_t)llround(size), text, sizeof(text)));
		else
			(void)snprintf(buf, cap, "%s%.*f", sign, size < 0.95 ? 2 : 1, size);
	}
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

static int add_answer(const struct comparison *comparison, struct str *words)
{
	const struct comparison_figure *figure = &comparison->figures[0];
	const struct stats_effect *effect = &figure->effect;
	const char *who = comparison->of_cpus ? "the CPUs were busy for" : "the host took";
	const char *of =
		comparison->of_cpus ? "of the time" : "of the time that the victims wanted";
	char a[32], b[32];
	int err;

	err = str_addf(words, "%s: %s %s %s before, %s after", verdict_word(comparison->verdict),
		       who, compare_amount(figure->a, FIGURE_SHARE, false, a, sizeof(a)), of,
		       compare_amount(figure->b, FIGURE_SHARE, false, b, sizeof(b)));
	if (err)
		return err;
	if (comparison->verdict == VERDICT_CLEAN)
		return str_addf(words,
				", and never more than %s at a time before. Look in the guest.",
				str_format_ns(comparison->longest_a_ns, a, sizeof(a)));
	if (!effect->has_interval)
		return str_add(words, ".");
	err = str_addf(words, "; %+.2f points, 95 %% interval %+.2f to %+.2f (%s).",
		       100 * effect->effect, 100 * effect->low, 100 * effect->high, effect->method);
	if (!err && comparison->verdict == VERDICT_UNCHANGED)
		err = str_addf(
			words,
			" A change of %.2f points would have been seen in 4 of 5 such comparisons.",
			100 * effect->detectable);
	return err;
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
