/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * selfcost: what `lull selfcost` found, for people and as lull.selfcost/1.
 */
#ifndef LULL_REPORT_SELFCOST_H
#define LULL_REPORT_SELFCOST_H

#include <stdio.h>

struct selfcost;

/* 0, -errno of the stream, -ENOMEM. */
int report_selfcost_text(const struct selfcost *cost, FILE *out);
int report_selfcost_json(const struct selfcost *cost, FILE *out);

#endif
