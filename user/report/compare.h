/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compare: what a comparison came to, for people and for programs. It prints what was computed.
 */
#ifndef LULL_REPORT_COMPARE_H
#define LULL_REPORT_COMPARE_H

#include <stdio.h>

struct comparison;
struct report_style;

/* style->top causes are shown. 0, -ENOMEM or -errno of the stream. */
int report_compare_text(const struct comparison *comparison, const struct report_style *style,
			FILE *out);
/* @schema: "lull.compare/1". */
int report_compare_json(const struct comparison *comparison, const char *schema, FILE *out);

#endif
