/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * steps: plans and shields, for people and as one JSON document. Changes nothing.
 */
#ifndef LULL_REPORT_STEPS_H
#define LULL_REPORT_STEPS_H

#include <stdio.h>

struct report_style;
struct steps;

/* 0, or -errno of the stream or -ENOMEM. */
int report_steps_json_write(const struct steps *steps, FILE *out);
/* What is to be done and why, what stays and why, what needs a reboot. */
int report_plan_text_write(const struct steps *steps, const struct report_style *style, FILE *out);
/* The steps with their states. */
int report_states_text_write(const struct steps *steps, const struct report_style *style,
			     FILE *out);

#endif
