/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * checkup: what was found on a host, as text for people and as JSON. The caller brings the titles
 * and the verdict; here it is only written.
 */
#ifndef LULL_REPORT_CHECKUP_H
#define LULL_REPORT_CHECKUP_H

#include <stdbool.h>
#include <stdio.h>

struct checkup;
struct report_style;

/* One question and its answer: "yes", "no". */
struct report_verdict {
	const char *key;    /* of the JSON: "measure" */
	const char *answer; /* a word */
	const char *words;  /* the sentence of the text: "can measure: yes" */
};

struct report_checkup {
	const struct checkup *checkup;
	const char *(*title)(const char *section);
	const struct report_verdict *verdicts;
	unsigned int n_verdicts;
};

/* 0, -ENOMEM or -errno of the stream. */
int report_checkup_text(const struct report_checkup *report, const struct report_style *style,
			FILE *out);
/* Schema lull.doctor/1. */
int report_checkup_json(const struct report_checkup *report, FILE *out);

#endif
