/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain: what explains a recording as bytes: for people, and as JSON (schema lull.explain/1).
 */
#ifndef LULL_REPORT_EXPLAIN_H
#define LULL_REPORT_EXPLAIN_H

#include <stdio.h>

struct explain;
struct explain_cause;
struct report_style;
struct str;

/* For people: style->top causes. 0, or -errno of the stream or -ENOMEM. */
int report_explain_write(const struct explain *explain, const struct report_style *style,
			 FILE *out);
/* As JSON, at most @top causes; 0: all. */
int report_explain_write_json(const struct explain *explain, unsigned int top, FILE *out);

/* Words of both. Append; -ENOMEM. */

/* One sentence or two: "The host took 0.02 % ... and never more than 9.00 us at a time: ..." */
int explain_add_verdict(const struct explain *explain, struct str *to);
/* The same without a word of loss. */
int explain_add_judgement(const struct explain *explain, struct str *to);
/* What to do, with the numbers of this host and this cause filled in. */
int explain_add_remedy(const struct explain *explain, const struct explain_cause *cause,
		       struct str *to);
/* What is not plainly measured, and why it is taken for this; nothing is added where all is. */
int explain_add_doubt(const struct explain *explain, const struct explain_cause *cause,
		      struct str *to);
/* The same, or that it is measured. */
int explain_add_sure(const struct explain *explain, const struct explain_cause *cause,
		     struct str *to);
/* Number @index of what this recording cannot show. -ENOENT past the end. */
int explain_add_limit(const struct explain *explain, unsigned int index, struct str *to);

#endif
