/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_hist: histograms of a JSON document that is not trusted. Private to json_read.c. Functions
 * return 0, -EINVAL with the reason in the node's why, or -ENOMEM; *ret stays empty when the
 * member is null or left out.
 */
#ifndef LULL_REPORT_JSON_HIST_H
#define LULL_REPORT_JSON_HIST_H

struct hist;
struct json_node;

int json_hist_read(const struct json_node *up, const char *key, struct hist *ret);
/* threads[].gap and its like: an object that holds the histogram. */
int json_hist_read_held(const struct json_node *up, const char *key, struct hist *ret);

#endif
