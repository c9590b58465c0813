/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * html: what the parts of the page share. Private to report/html*.c. Text of others is written by
 * html_text() alone, which escapes it for content and for attributes; what the parts print is ours
 * and numbers. There is no script, and no style in attributes: the page's policy forbids both.
 */
#ifndef LULL_REPORT_HTML_H
#define LULL_REPORT_HTML_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "report/report.h"

struct comparison;
struct explain;
struct hist;
struct rec_entry;
struct rec_stall;
struct recording;
struct str;

#define HTML_SIDES_MAX 2

struct html {
	FILE *out;
	const struct export *what;	/* one side or two */
	const struct explain *explains; /* of each side */
	int err;			/* the first; what follows is thrown away */
};

/* A picture is drawn twice: for wide and for narrow windows, in units of a pixel. */
struct html_canvas {
	unsigned int width, height;
	bool is_narrow;
};

/* The style sheet, and its hash for the policy. */
extern const char html_style[];
extern const char html_style_hash[];

/* The parts, in their order. */
void html_verdict(struct html *h);
void html_changes(struct html *h);
void html_percentiles(struct html *h);
void html_causes(struct html *h);
void html_heat(struct html *h);
void html_stalls(struct html *h);
void html_frames(struct html *h);
void html_cpus(struct html *h);
/* Of that: one CPU. */
void html_cpu(struct html *h, const struct recording *rec, int number);
void html_settings(struct html *h);
void html_losses(struct html *h);
void html_data(struct html *h);

/* Of two sides: the verdict in place of that of one; the same as members of the data. */
void html_compare_verdict(struct html *h);
void html_compare_data(struct html *h);
/* NULL: none was made, or these cannot be compared. */
const struct comparison *html_comparison(const struct html *h);
/* The rounds of a side, in their order; NULL past the end. */
const struct recording *html_round(const struct html *h, unsigned int side, unsigned int index);
/* True: what is shown of a side is the last of several rounds. */
bool html_has_rounds(const struct html *h);

/* Text of others. NULL is empty. */
void html_text(struct html *h, const char *text);
/* Ours. */
void html_print(struct html *h, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* What @add appends, as text of others. */
void html_str(struct html *h, const struct str *str);
void html_fail(struct html *h, int err);

void html_section(struct html *h, const char *id, const char *title);
void html_section_end(struct html *h);
/* Calls @draw twice, for wide and narrow windows; @words describe the picture. */
void html_picture(struct html *h, const char *words, unsigned int height,
		  void (*draw)(struct html *h, const struct html_canvas *canvas, const void *arg),
		  const void *arg);
void html_svg_text(struct html *h, double x, double y, const char *class, const char *text);

/* text_share() and text_rate(), whose "<0.01" is no markup here. */
const char *html_share(uint64_t part, uint64_t whole, char *buf, size_t cap);
const char *html_rate(uint64_t count, uint64_t duration_ns, char *buf, size_t cap);

/* "k-irq": the colour of a source, or of what explain calls a kind. */
const char *html_kind_class(const char *kind);
/* That of who is meant by a name of a row: an interrupt in a preempted victim's place is one. */
const char *html_subject_class(const char *row, const char *name);
/* "a" or "b": the colour of a side. */
const char *html_side_class(unsigned int side);
/* The user's label of a side, or "before" and "after". */
const char *html_side_name(const struct html *h, unsigned int side);
/* Adds all gaps of all victims; *ret stays empty when there are none. -ENOMEM. */
int html_merge_gaps(const struct recording *rec, struct hist *ret);
/* The same of all rounds of a side. */
int html_side_gaps(const struct html *h, unsigned int side, struct hist *ret);

#endif
