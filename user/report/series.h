/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * series: values over time as a plot of a few lines: for each column how high it usually was, and
 * how high at most.
 */
#ifndef LULL_REPORT_SERIES_H
#define LULL_REPORT_SERIES_H

#include <stdio.h>

struct report_style;

/*
 * @n columns of one character; @unit is printed behind the numbers of the axis, which begins at 0.
 * Nothing when all are 0. 0 or -errno of the stream.
 */
int series_write(const double *usual, const double *most, unsigned int n, const char *unit,
		 const struct report_style *style, FILE *out);

#endif
