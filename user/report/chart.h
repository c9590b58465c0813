/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * chart: a histogram drawn as lines of text. A single sample is always seen, however many the
 * others are.
 */
#ifndef LULL_REPORT_CHART_H
#define LULL_REPORT_CHART_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct hist;
struct report_style;

/*
 * Steps of 1-2-5 from the first sample to the last, counts, bars, and where p50, p99, p99.9 and
 * the max are. Nothing for an empty histogram. 0, -ENOMEM or -errno of the stream.
 */
int chart_hist_write(const struct hist *hist, const struct report_style *style, FILE *out);

/* How both sides are drawn: what they share, what one has more; colours are empty without. */
struct chart_pair_look {
	const char *both, *before, *after;
	const char *before_on, *after_on, *off;
};

const struct chart_pair_look *chart_pair_look(const struct report_style *style);

/*
 * Two of them over each other on one axis, as samples a minute: @a_ns and @b_ns is how long each
 * was gathered. The length of a bar goes by the logarithm, so that rare long samples are seen
 * beside frequent short ones. Nothing when both are empty.
 */
int chart_pair_write(const struct hist *a, uint64_t a_ns, const struct hist *b, uint64_t b_ns,
		     const struct report_style *style, FILE *out);

/* A bar of at most @width columns for @value of @whole into @buf (3 bytes a column and a NUL). */
void chart_bar(uint64_t value, uint64_t whole, unsigned int width, bool utf8, char *buf);

#endif
