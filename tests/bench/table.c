/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table: the figures beside their budget, as text or as JSON. A budget is judged by the median;
 * when the interval holds it, the verdict says that it is not sure.
 */
#include "bench/bench.h"

#include <stdio.h>

#include "base/cleanup.h"

static const char *const unit_names[] = {
	[UNIT_RATIO] = "x", [UNIT_COUNT] = "", [UNIT_KB] = "KB",
	[UNIT_MB] = "MB",   [UNIT_MS] = "ms",  [UNIT_TIMES] = "times",
};

static const char *verdict(const struct figure *f)
{
	bool sure;

	if (f->missing)
		return "not measured";
	if (f->budget < 0)
		return "";
	sure = f->measured.high <= f->budget || f->measured.low > f->budget;
	if (f->measured.value <= f->budget)
		return sure ? "kept" : "kept, not sure";
	return sure ? "BROKEN" : "BROKEN, not sure";
}

static const char *format(enum unit unit, double value, char *buf, size_t cap)
{
	int digits = unit == UNIT_RATIO ? 2 : (unit == UNIT_COUNT ? 0 : 1);

	(void)snprintf(buf, cap, "%.*f %s", digits, value, unit_names[unit]);
	return buf;
}

static void print_text(const struct figure *figures, unsigned int n)
{
	(void)printf("%-46s %9s %9s  %-28s %9s  %s\n", "figure", "empty ns", "lull ns",
		     "measured [95 %]", "budget", "");
	for (unsigned int i = 0; i < n; i++) {
		const struct figure *f = &figures[i];
		char value[32], measured[96], budget[32] = "", empty[16] = "", ours[16] = "";

		(void)format(f->unit, f->measured.value, value, sizeof(value));
		if (f->missing)
			(void)snprintf(measured, sizeof(measured), "- %s", f->missing);
		else if (f->measured.low < f->measured.high)
			(void)snprintf(measured, sizeof(measured), "%s [%.2f, %.2f]", value,
				       f->measured.low, f->measured.high);
		else
			(void)snprintf(measured, sizeof(measured), "%s", value);
		if (f->budget >= 0)
			(void)snprintf(budget, sizeof(budget), "%g %s", f->budget,
				       unit_names[f->unit]);
		if (f->unit == UNIT_RATIO && !f->missing) {
			(void)snprintf(empty, sizeof(empty), "%.0f", f->floor_ns);
			(void)snprintf(ours, sizeof(ours), "%.0f", f->ours_ns);
		}
		(void)printf("%-46s %9s %9s  %-28s %9s  %s\n", f->what, empty, ours, measured,
			     budget, verdict(f));
	}
}

static void print_json(const struct figure *figures, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		const struct figure *f = &figures[i];

		(void)printf("%s\n    { \"figure\": \"%s\", \"unit\": \"%s\"", i ? "," : "",
			     f->what, unit_names[f->unit]);
		if (f->missing)
			(void)printf(", \"why\": \"%s\"", f->missing);
		else
			(void)printf(", \"value\": %.3f, \"low\": %.3f, \"high\": %.3f",
				     f->measured.value, f->measured.low, f->measured.high);
		if (!f->missing && f->unit == UNIT_RATIO)
			(void)printf(", \"empty_ns\": %.1f, \"lull_ns\": %.1f", f->floor_ns,
				     f->ours_ns);
		if (f->budget >= 0)
			(void)printf(", \"budget\": %g", f->budget);
		(void)printf(", \"verdict\": \"%s\" }", verdict(f));
	}
}

void table_print(const struct figure *figures, unsigned int n, bool json)
{
	if (json)
		print_json(figures, n);
	else
		print_text(figures, n);
}
