/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verdict: the order in which things are said. It measures nothing.
 */
#include "model/verdict.h"

#include <math.h>

#include "base/cleanup.h"
#include "model/stats.h"

const struct verdict_limits verdict_defaults = { .min_effect = 0.005,
						 .clean_share = 0.01,
						 .clean_stall_ns = 1000000 };

static const char *const words[] = {
	[VERDICT_INCOMPLETE] = "incomplete",
	[VERDICT_CLEAN] = "host clean",
	[VERDICT_IMPROVED] = "improved",
	[VERDICT_WORSE] = "worse",
	[VERDICT_UNCHANGED] = "no detectable change",
};

const char *verdict_word(enum verdict verdict)
{
	return words[verdict];
}

static enum verdict verdict_of_interval(const struct stats_effect *effect)
{
	if (effect->high < 0)
		return VERDICT_IMPROVED;
	return effect->low > 0 ? VERDICT_WORSE : VERDICT_UNCHANGED;
}

enum verdict verdict_of(const struct verdict_case *given, const struct verdict_limits *limits)
{
	if (!given->complete || !given->effect->has_interval)
		return VERDICT_INCOMPLETE;
	if (given->share_before < limits->clean_share &&
	    given->longest_before_ns <= limits->clean_stall_ns)
		return VERDICT_CLEAN;
	if (fabs(given->effect->effect) < limits->min_effect)
		return VERDICT_UNCHANGED;
	return verdict_of_interval(given->effect);
}

enum verdict verdict_of_figure(const struct stats_effect *effect, double p_corrected)
{
	if (!effect->has_interval)
		return VERDICT_INCOMPLETE;
	return p_corrected > 1 - STATS_CONFIDENCE ? VERDICT_UNCHANGED : verdict_of_interval(effect);
}
