/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * irqs: /proc/interrupts and /proc/softirqs as tables. Reads; never writes an affinity.
 */
#ifndef LULL_SYS_IRQS_H
#define LULL_SYS_IRQS_H

#include <stdint.h>

#include "base/cpuset.h"
#include "base/fs.h"

/* One row. Rows without per-CPU columns (ERR, MIS) have n_counts 1. Names are sanitised. */
struct irq_line {
	char name[16];	  /* "131", "LOC": the label before the colon */
	int irq;	  /* the number, or -1 for a named row */
	uint64_t *counts; /* n_counts values, in the order of irq_table.cpus[] */
	unsigned int n_counts;
	int64_t hwirq; /* the chip's own number; -1: not shown */
	char *chip;    /* "PCI-MSIX-0000:00:02.0", or "" */
	char *trigger; /* "1-edge", or "" (older: "524288-edge"; arm64: "Level") */
	char *actions; /* "nvme0q3", "ahci, xhci_hcd", or the description of a named row; "" */
};

struct irq_table {
	int *cpus; /* CPU number of each column */
	unsigned int n_cpus;
	struct irq_line *lines;
	unsigned int n_lines;
};

/* Reads proc/interrupts. -EINVAL: not in the kernel's format; *ret_line (may be NULL) names the line. */
int irqs_read(const struct root *root, struct irq_table *ret, unsigned int *ret_line);
/* Reads proc/softirqs in the same way: all rows are named, the columns are the possible CPUs. */
int irqs_read_softirqs(const struct root *root, struct irq_table *ret, unsigned int *ret_line);
/* The same from text already in memory; @text is modified, and not needed afterwards. */
int irqs_parse(char *text, struct irq_table *ret, unsigned int *ret_line);
void irqs_done(struct irq_table *table);

const struct irq_line *irqs_find(const struct irq_table *table, const char *name);
/*
 * The row that counts line @irq: its own; on arm64, where CPUs interrupt each other by lines that have
 * none, "IPI0" and so on, by the chip's number (sys/kernel/irq/N, 5.10 and later); or NULL.
 */
const struct irq_line *irqs_row_of(const struct root *root, const struct irq_table *table,
				   uint32_t irq);
/* The count on @cpu; 0 when the line or the CPU is not there, or the row is not per CPU. */
uint64_t irqs_count(const struct irq_table *table, const char *name, int cpu);

/*
 * The PCI device and driver behind a line, for people: "0000:01:00.0 nvme", allocated; "" when it
 * has none; devices that share a pin are joined by ", ". From the chip column, sys/bus/pci/devices/BDF/{msi_irqs/,irq,driver}.
 */
int irqs_device(const struct root *root, const struct irq_line *line, char **ret);

#endif
