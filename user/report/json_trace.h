/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_trace: what the flight recorder kept, in the JSON of a recording: "trace", its head and its
 * causes, and "trace_windows", a list that is read an element at a time.
 */
#ifndef LULL_REPORT_JSON_TRACE_H
#define LULL_REPORT_JSON_TRACE_H

#include <stdio.h>

struct json_node;
struct rec_trace;
struct recording;

/* Both members, each after a comma. -ENOMEM; the stream keeps its errors. */
int json_trace_write(const struct rec_trace *trace, FILE *out);

/* The head; without one there is no trace. Then the windows, in their order: @to is the recording. */
int json_trace_read(const struct json_node *document, struct recording *rec);
int json_trace_read_window(const struct json_node *item, void *to);

#endif
