/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * irqs_p: private to user/sys/irqs*.c: which PCI devices have which interrupt, read once for all
 * lines.
 */
#ifndef LULL_SYS_IRQS_P_H
#define LULL_SYS_IRQS_P_H

#include "base/fs.h"

struct irq_line;
struct str;

#define IRQS_BDF_MAX 24

struct irq_pci {
	int irq;
	char bdf[IRQS_BDF_MAX];
};

/* Sorted by irq, then name. */
struct irq_pci_index {
	struct irq_pci *v;
	unsigned int n, cap;
};

/* Without sys/bus/pci it is empty. -ENOMEM. */
int irqs_pci_read(const struct root *root, struct irq_pci_index *ret);
void irqs_pci_done(struct irq_pci_index *index);
#define auto_irq_pci __attribute__((cleanup(irqs_pci_done)))
/* As irqs_device(), by the index; *ret_bdf (IRQS_BDF_MAX bytes) is the first device, or "". */
int irqs_pci_device(const struct root *root, const struct irq_pci_index *index,
		    const struct irq_line *line, char *ret_bdf, char **ret_device);

#endif
