/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_fields: which key of a recording's JSON is which member, in the order in which they are
 * written. json.c and json_read.c walk the same tables, so that they cannot disagree. Lists and
 * histograms are not in them. Keys are added, never renamed.
 */
#ifndef LULL_REPORT_JSON_FIELDS_H
#define LULL_REPORT_JSON_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

enum json_field_type {
	JSON_U64,
	JSON_UINT,
	JSON_INT,	  /* int or pid_t, never negative in the file */
	JSON_INT_OR_NULL, /* null is -1 */
	JSON_BOOL,	  /* false when left out */
	JSON_TEXT,	  /* "" when left out */
	JSON_TEXT_OR_NULL,
};

struct json_field {
	const char *key; /* NULL ends a table */
	enum json_field_type type;
	bool is_required; /* else it may be left out, and is 0 or empty then */
	size_t offset;
};

#define JSON_SCHEMA	    "lull.recording/1"
#define JSON_SCHEMA_SUMMARY "lull.summary/1"

extern const struct json_field json_top_fields[];
extern const struct json_field json_host_fields[];
extern const struct json_field json_time_fields[];
extern const struct json_field json_place_fields[];
extern const struct json_field json_cache_fields[];
extern const struct json_field json_host_cpu_fields[];
extern const struct json_field json_interrupt_fields[];
extern const struct json_field json_watch_fields[];
extern const struct json_field json_watch_thread_fields[];
extern const struct json_field json_cpu_fields[];
extern const struct json_field json_thread_fields[];
extern const struct json_field json_entry_fields[];
extern const struct json_field json_label_fields[];
extern const struct json_field json_hist_fields[];
extern const struct json_field json_stall_fields[];
extern const struct json_field json_segment_fields[];
extern const struct json_field json_total_fields[];
extern const struct json_field json_trace_fields[];
extern const struct json_field json_trace_cause_fields[];
extern const struct json_field json_trace_window_fields[];
extern const struct json_field json_audit_fields[];
extern const struct json_field json_loss_fields[];
extern const struct json_field json_self_fields[];
extern const struct json_field json_program_fields[];

#endif
