/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_host: reads the lists "caches" and "host_cpus" of a recording's JSON, which are left out
 * where nothing is known. Private to report/json*.c.
 */
#ifndef LULL_REPORT_JSON_HOST_H
#define LULL_REPORT_JSON_HOST_H

struct json_node;
struct recording;

/* As json_node has it. */
int json_host_read(const struct json_node *document, struct recording *rec);

#endif
