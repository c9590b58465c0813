/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verify: what a verification came to, for people and for programs. It prints what was found.
 */
#ifndef LULL_REPORT_VERIFY_H
#define LULL_REPORT_VERIFY_H

#include <stdio.h>

struct report_style;
struct verification;

/* 0, -ENOMEM or -errno of the stream. */
int report_verify_text(const struct verification *found, const struct report_style *style,
		       FILE *out);
/* One document, lull.verify/1. */
int report_verify_json(const struct verification *found, FILE *out);

#endif
