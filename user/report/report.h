/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report: a recording in, bytes out. Nothing here measures, changes the system or opens a file:
 * the caller brings the stream. Adding a format is one file and one row in exporters.def.
 */
#ifndef LULL_REPORT_REPORT_H
#define LULL_REPORT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct comparison;
struct comparison_sides;
struct frame_alignment;
struct inventory;
struct recording;
struct str;

/* How a text for people looks. */
struct report_style {
	bool color;
	bool utf8;	    /* else ASCII only, in what we draw; names are shown as they are */
	bool verbose;	    /* the ledger of every thread, in full; the programs one by one */
	unsigned int width; /* columns; 0 means 80 */
	unsigned int top;   /* how many culprits; 0: none */
	unsigned int stalls_shown; /* how many of the worst; 0: none */
};

/* One of the recordings that are exported together: "a" and "b", or the rounds of a verification. */
struct export_side {
	const char *label; /* of letters, digits and _.-; "" for the only one */
	const struct recording *rec;
};

/* What is exported, and how. Every format keeps the labels of the sides. */
struct export
{
	const struct export_side *sides;
	unsigned int n_sides;
	bool is_summary;   /* json: without stalls, buckets and audit */
	bool is_per_vcpu;  /* prom: a histogram for each vCPU, not for each VM */
	const char *table; /* csv: one of report_csv_table_at(); NULL: the ledger */
	const char *tag; /* hgrm: one of those of hlog, or gap, wake, preempted of all; NULL: gap */
	/* The page, of two sides: what they came to, and all rounds of both; NULL: of one side. */
	const struct comparison *comparison;
	const struct comparison_sides *rounds;
	const struct frame_alignment
		*frames; /* perfetto, chrome-json, the page: of the only side; NULL */
};

/* One way to write recordings. 0, -errno of the stream, -ENOMEM; -ENOENT: no such table or tag. */
struct exporter {
	const char *name, *help;
	int (*write)(const struct export *what, FILE *out);
};

/* NULL: no such format, or past the end. */
const struct exporter *report_exporter_find(const char *name);
const struct exporter *report_exporter_at(unsigned int index);

/* The functions that exporters.def names. */
#define EXPORTER(id, name, help, write) int write(const struct export *what, FILE *out);
#include "report/exporters.def"
#undef EXPORTER

/* The recording itself, lull.recording/1. 0, or -errno of the stream or -ENOMEM. */
int report_json_write(const struct recording *rec, FILE *out);
/* The names of csv's tables; NULL past the end. */
const char *report_csv_table_at(unsigned int index);

/*
 * Reads what the json exporter wrote. -EINVAL: it is not a recording, is cut or is damaged, and
 * *ret_why says where and what; -ENOMEM. *ret is untouched on failure, else recording_done() it.
 */
int report_json_read(const char *text, size_t len, struct recording *ret, struct str *ret_why);

/* One page for a browser, of one side or two. 0, -errno of the stream, -ENOMEM; -EINVAL: more. */
int report_html_write(const struct export *what, FILE *out);

/* The summary for people that `lull record` prints. 0, or -errno of the stream or -ENOMEM. */
int report_text_write(const struct recording *rec, const struct report_style *style, FILE *out);

/* `lull list`, for people, and as one JSON document. 0, or -errno of the stream or -ENOMEM. */
int report_inventory_text_write(const struct inventory *inv, const struct report_style *style,
				FILE *out);
int report_inventory_json_write(const struct inventory *inv, FILE *out);

#endif
