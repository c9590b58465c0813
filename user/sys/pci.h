/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pci: what sys/bus/pci/devices says of a device. Reads; binds and resets nothing.
 */
#ifndef LULL_SYS_PCI_H
#define LULL_SYS_PCI_H

#include <stdbool.h>

#include "base/fs.h"

/* Length of the "0000:01:00.0" at the start of @s; 0: there is none. */
size_t pci_bdf_len(const char *s);
/* "0000:01:00.0"; the domain has four digits or more (VMD's "10000:e1:00.0"). */
bool pci_is_bdf(const char *s);
/* The driver that it is bound to, allocated and sanitised; "" for none. -ENOMEM. */
int pci_read_driver(const struct root *root, const char *bdf, char **ret);
/* Its NUMA node; -1: there is none, or it is not known. */
int pci_read_node(const struct root *root, const char *bdf);
/* What it is, for people: "VGA 10de:2684". Allocated; "" when it is not known. -ENOMEM. */
int pci_read_name(const struct root *root, const char *bdf, char **ret);

#endif
