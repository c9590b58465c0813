/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * series: the axis is linear. A single high value makes the usual ones low, and that is what it
 * shall look like.
 */
#include "report/series.h"

#include <errno.h>
#include <stdbool.h>

#include "base/cleanup.h"
#include "report/report.h"

#define ROWS 8

/* What stands in the row from @low to @high of a column. */
static const char *cell(double usual, double most, double low, double high, bool utf8)
{
	static const char *const eighths[] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	double part = (usual - low) / (high - low);

	if (part > 0) {
		unsigned int eighth = (unsigned int)(min(part, 1.0) * 8);

		if (utf8)
			return eighths[eighth ? eighth - 1 : 0];
		return part >= 0.5 ? "#" : most > (low + high) / 2 ? ":" : "_";
	}
	if (most > low)
		return utf8 ? "░" : ":";
	return " ";
}

struct series {
	const double *usual, *most;
	unsigned int n;
	bool utf8;
};

static void write_row(const struct series *series, double low, double high, FILE *out)
{
	unsigned int blanks = 0;

	for (unsigned int i = 0; i < series->n; i++) {
		const char *text = cell(series->usual[i], series->most[i], low, high, series->utf8);

		if (*text == ' ') {
			blanks++;
			continue;
		}
		(void)fprintf(out, "%*s%s", (int)blanks, "", text);
		blanks = 0;
	}
	(void)fputc('\n', out);
}

int series_write(const double *usual, const double *most, unsigned int n, const char *unit,
		 const struct report_style *style, FILE *out)
{
	const struct series series = { .usual = usual, .most = most, .n = n, .utf8 = style->utf8 };
	double top = 0;

	for (unsigned int i = 0; i < n; i++)
		top = max(top, most[i]);
	if (!(top > 0))
		return 0;
	for (unsigned int row = ROWS; row-- > 0;) {
		double high = top * (row + 1) / ROWS, low = top * row / ROWS;

		/* The top of every second row is named. */
		if (row % 2)
			(void)fprintf(out, "  %6.*f %s ", high < 99.95 ? 1 : 0, high, unit);
		else
			(void)fprintf(out, "  %6s %*s ", "", (int)strlen(unit), "");
		(void)fputs(style->utf8 ? "│" : "|", out);
		write_row(&series, low, high, out);
	}
	return ferror(out) ? -EIO : 0;
}
