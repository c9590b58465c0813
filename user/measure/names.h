/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * names: causes and labels in the words that people know: an interrupt by line, action, device
 * and driver; a task by comm, tid and unit; a kernel worker by what it ran. All are hostile text
 * and sanitised.
 */
#ifndef LULL_MEASURE_NAMES_H
#define LULL_MEASURE_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fs.h"
#include "base/str.h"
#include "lull_abi.h"

struct irq_table;
struct names;

struct names_sources {
	const struct root *root;
	const struct irq_table *irqs_open, *irqs_close; /* a line may come or go in between */
	const struct lull_cpu *cpus;
	unsigned int n_cpus;
	const __u64 *fns;		   /* LULL_FNS label values */
	const struct lull_sender *senders; /* LULL_SENDERS */
	const uint64_t *addrs;		   /* more kernel addresses to resolve: stacks */
	unsigned int n_addrs;
	int kallsyms;	    /* descriptor or -1: addresses are shown as such */
	uint64_t asleep_ns; /* what the clock of /proc, which runs in suspend, is ahead of ours */
};

/* Reads what is needed; the tables must stay. -ENOMEM. */
int names_open(const struct names_sources *from, struct names **ret);
void names_free(struct names *names);

/* Appends the name of a cause. In a ledger @row tells the idle task's meaning; else LULL_N_ROWS. */
int names_cause(const struct names *names, uint64_t cause, unsigned int row, struct str *out);
/* The id of a cause in a recording, and whether it is a number; "" for one without. */
int names_id(uint64_t cause, struct str *out, bool *ret_number);
/* Appends "hrtimer tick_nohz_handler", "from kwin". */
int names_label(const struct names *names, unsigned int fn, struct str *out);
/* The bare function of a label, for a kernel worker: "vmstat_update"; nothing for other labels. */
int names_function(const struct names *names, unsigned int fn, struct str *out);
/* A kernel address as symbol+0x12. */
int names_address(const struct names *names, uint64_t addr, struct str *out);
/* A task by what is known of it besides the tables. */
int names_task(const struct names *names, uint64_t cause, const __u64 comm[2], struct str *out);

#endif
