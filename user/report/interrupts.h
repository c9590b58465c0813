/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * interrupts: the interrupts of a host for people and as JSON.
 */
#ifndef LULL_REPORT_INTERRUPTS_H
#define LULL_REPORT_INTERRUPTS_H

#include <stdio.h>

struct cpuset;
struct interrupts;
struct report_style;

/*
 * A table, and how many there are of each class. @cpus: only what fired on these CPUs is counted;
 * NULL: all. 0, -ENOMEM or -errno of the stream.
 */
int report_interrupts_text_write(const struct interrupts *all, const struct cpuset *cpus,
				 const struct report_style *style, FILE *out);

/*
 * Writes ,"interrupt_cpus":[...],"interval_ns":...,"interrupts":[...] into an open object, one line
 * of text for each interrupt. 0 or -ENOMEM; the stream keeps its own error.
 */
int report_interrupts_json_add(const struct interrupts *all, FILE *out);

#endif
