/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_tsc: the key "tsc" of a recording, which is there when the counter is known.
 */
#ifndef LULL_REPORT_JSON_TSC_H
#define LULL_REPORT_JSON_TSC_H

#include <stdio.h>

struct json_node;
struct rec_tsc;
struct recording;

/* The member, after a comma; the stream keeps its errors. */
void json_tsc_write(const struct rec_tsc *tsc, FILE *out);
int json_tsc_read(const struct json_node *document, struct recording *rec);

#endif
