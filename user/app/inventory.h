/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inventory: brings what sys reads of a host and its VMs into the model. Prints nothing.
 */
#ifndef LULL_APP_INVENTORY_H
#define LULL_APP_INVENTORY_H

struct inventory;
struct topo;
struct vm;

/* Copies the CPUs. -ENOMEM. */
int inventory_add_cpus(struct inventory *inv, const struct topo *topo);
/* Copies one VM. -ENOMEM. */
int inventory_add_vm(struct inventory *inv, const struct vm *vm);

#endif
