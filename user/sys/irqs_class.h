/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * irqs_class: what each interrupt is, by its action and device, before anybody touches it: whose it
 * is, where it may fire, whether it can be moved. Reads; never writes an affinity.
 */
#ifndef LULL_SYS_IRQS_CLASS_H
#define LULL_SYS_IRQS_CLASS_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/cpuset.h"
#include "base/fs.h"

struct irq_table;
struct vm_list;

enum irq_class {
	IRQ_PASSED_THROUGH, /* a vfio action: a device that was given to a VM */
	IRQ_HOST,	    /* a device of the host: can be moved */
	IRQ_MANAGED, /* the kernel keeps it where it is: cannot be moved, and that is no failure */
	IRQ_PER_CPU, /* timers, IPIs and what else belongs to each CPU */
	IRQ_POSTED,  /* the rows of posted interrupts: nothing to move */
	IRQ_UNKNOWN, /* left alone, shown */
	IRQ_N_CLASSES,
};

/* What could not be read, because a recorded machine lacks it or the line is gone, is unknown. */
struct irq_info {
	enum irq_class class;
	bool is_posted;	   /* passed through, and the device writes to the guest without the host */
	bool is_writable;  /* its affinity can be written */
	bool has_affinity; /* the two masks below were read; an effective one may be empty */
	bool has_effective;
	struct cpuset affinity;	 /* where it may fire */
	struct cpuset effective; /* where it fires now, or did last */
	char *bdf;		 /* "0000:01:00.0", the first when they share a pin; or "" */
	char *device;		 /* for people: "0000:01:00.0 nvme", see irqs_device(); or "" */
	int node;		 /* NUMA node of the device; -1 unknown */
	pid_t vm_pid;		 /* the VM that has the device open; 0 unknown */
	char *why;		 /* the class in words */
};

/* infos[i] belongs to lines[i] of the table that was classified. */
struct irq_infos {
	struct irq_info *infos;
	unsigned int n;
};

/*
 * @vms, described, may be NULL: no owner is known then. It fails for want of memory alone: a file that is
 * missing or broken leaves its field unknown.
 */
int irqs_classify(const struct root *root, const struct irq_table *table, const struct vm_list *vms,
		  struct irq_infos *ret);
void irqs_infos_done(struct irq_infos *infos);
#define auto_irq_infos __attribute__((cleanup(irqs_infos_done)))

/* "passed-through", "host", "managed", "per-cpu", "posted", "unknown". */
const char *irqs_class_name(enum irq_class irq_class);

#endif
