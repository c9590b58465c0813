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

/* One way to write a recording. 0, or -errno of the stream or -ENOMEM. */
struct exporter {
	const char *name, *help;
	int (*write)(const struct recording *rec, FILE *out);
};

/* NULL: no such format, or past the end. */
const struct exporter *report_exporter_find(const char *name);
const struct exporter *report_exporter_at(unsigned int index);

/* The functions that exporters.def names. */
#define EXPORTER(id, name, help, write) int write(const struct recording *rec, FILE *out);
#include "report/exporters.def"
#undef EXPORTER

/*
 * Reads what the json exporter wrote. -EINVAL: it is not a recording, is cut or is damaged, and
 * *ret_why says where and what; -ENOMEM. *ret is untouched on failure, else recording_done() it.
 */
int report_json_read(const char *text, size_t len, struct recording *ret, struct str *ret_why);

/* The summary for people that `lull record` prints. 0, or -errno of the stream or -ENOMEM. */
int report_text_write(const struct recording *rec, const struct report_style *style, FILE *out);

/* `lull list`, for people, and as one JSON document. 0, or -errno of the stream or -ENOMEM. */
int report_inventory_text_write(const struct inventory *inv, const struct report_style *style,
				FILE *out);
int report_inventory_json_write(const struct inventory *inv, FILE *out);

#endif
