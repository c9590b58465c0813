/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inventory: from the structs of sys to those of the model, which may not know each other.
 */
#include "app/inventory.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "model/inventory.h"
#include "sys/topo.h"
#include "sys/vms.h"

int inventory_add_cpus(struct inventory *inv, const struct topo *topo)
{
	inv->cpus = calloc(topo->n_cpus + 1, sizeof(*inv->cpus));
	if (!inv->cpus)
		return -ENOMEM;
	inv->n_cpus = topo->n_cpus;
	inv->online = topo->online;
	for (unsigned int i = 0; i < topo->n_cpus; i++)
		inv->cpus[i] = (struct inv_cpu){
			.online = topo->cpus[i].online,
			.core = topo->cpus[i].core,
			.package = topo->cpus[i].package,
			.node = topo->cpus[i].node,
			.l3 = topo->cpus[i].l3,
		};
	return 0;
}

static int copy(char **to, const char *from)
{
	*to = strdup(from ?: "");
	return *to ? 0 : -ENOMEM;
}

static int add_vcpu(struct inv_vm *to, const struct vcpu *vcpu)
{
	struct inv_thread *thread = &to->threads[to->n_threads++];

	*thread = (struct inv_thread){
		.kind = INV_VCPU,
		.number = vcpu->index,
		.tid = vcpu->tid,
		.cpus = vcpu->cpus,
		.policy = vcpu->policy,
		.priority = vcpu->priority,
	};
	return copy(&thread->comm, "");
}

static int add_other(struct inv_vm *to, const struct vm_thread *from)
{
	static const enum inv_kind kinds[] = {
		[VM_THREAD_EMULATOR] = INV_EMULATOR, [VM_THREAD_IO] = INV_IO,
		[VM_THREAD_VHOST] = INV_VHOST,	     [VM_THREAD_WORKER] = INV_WORKER,
		[VM_THREAD_OTHER] = INV_OTHER,
	};
	struct inv_thread *thread = &to->threads[to->n_threads++];

	*thread = (struct inv_thread){
		.kind = kinds[from->kind],
		.number = from->iothread,
		.tid = from->tid,
		.is_kernel = from->is_kernel,
		.is_unused = from->is_unused,
		.cpus = from->cpus,
	};
	return copy(&thread->comm, from->comm);
}

static int add_threads(struct inv_vm *to, const struct vm *vm)
{
	int err = 0;

	to->threads = calloc((size_t)vm->n_vcpus + vm->n_threads + 1, sizeof(*to->threads));
	if (!to->threads)
		return -ENOMEM;
	for (unsigned int i = 0; i < vm->n_vcpus && !err; i++)
		err = add_vcpu(to, &vm->vcpus[i]);
	for (unsigned int i = 0; i < vm->n_threads && !err; i++)
		err = add_other(to, &vm->threads[i]);
	return err;
}

static int add_irqs(struct inv_device *to, const struct vm_device *device)
{
	to->irqs = calloc(device->n_irqs + 1, sizeof(*to->irqs));
	if (!to->irqs)
		return -ENOMEM;
	to->n_irqs = device->n_irqs;
	for (unsigned int i = 0; i < device->n_irqs; i++)
		to->irqs[i] = (struct inv_irq){
			.irq = device->irqs[i].irq,
			.vector = device->irqs[i].vector,
			.is_intx = device->irqs[i].kind == VM_IRQ_INTX,
			.is_msix = device->irqs[i].kind == VM_IRQ_MSIX,
			.is_shared = device->irqs[i].is_shared,
		};
	return 0;
}

static int add_devices(struct inv_vm *to, const struct vm *vm)
{
	int err = 0;

	to->devices = calloc(vm->n_devices + 1, sizeof(*to->devices));
	if (!to->devices)
		return -ENOMEM;
	for (unsigned int i = 0; i < vm->n_devices && !err; i++) {
		struct inv_device *device = &to->devices[to->n_devices++];

		device->group = vm->devices[i].group;
		device->node = vm->devices[i].node;
		err = copy(&device->bdf, vm->devices[i].bdf);
		err = err ?: copy(&device->driver, vm->devices[i].driver);
		err = err ?: copy(&device->name, vm->devices[i].name);
		err = err ?: add_irqs(device, &vm->devices[i]);
	}
	return err;
}

static void add_settings(struct inv_vm *to, const struct vm_settings *from)
{
	static const enum inv_known known[] = {
		[VM_UNKNOWN] = INV_UNKNOWN,
		[VM_OFF] = INV_OFF,
		[VM_ON] = INV_ON,
	};

	to->settings[INV_BALLOON] = known[from->balloon];
	to->settings[INV_HPET] = known[from->hpet];
	to->settings[INV_PIT_CATCHUP] = known[from->pit_catchup];
	to->settings[INV_HUGE_PAGES] = known[from->huge_pages];
	to->settings[INV_MEM_LOCKED] = known[from->mem_locked];
	to->settings[INV_KSM] = known[from->ksm];
	to->guest_sockets = from->sockets;
	to->guest_dies = from->dies;
	to->guest_threads = from->threads;
	to->mem_nodes = from->mem_nodes;
}

int inventory_add_vm(struct inventory *inv, const struct vm *vm)
{
	struct inv_vm *grown = reallocarray(inv->vms, inv->n_vms + 1, sizeof(*grown)), *to;
	static const enum inv_manager managers[] = {
		[VM_BARE] = INV_BARE,
		[VM_LIBVIRT] = INV_LIBVIRT,
		[VM_PROXMOX] = INV_PROXMOX,
	};
	int err;

	if (!grown)
		return -ENOMEM;
	inv->vms = grown;
	to = &grown[inv->n_vms++];
	*to = (struct inv_vm){
		.pid = vm->pid,
		.n_vcpus = vm->n_vcpus,
		.n_expected = vm->n_expected,
		.manager = managers[vm->manager],
	};
	add_settings(to, &vm->settings);
	err = copy(&to->name, vm->name);
	err = err ?: copy(&to->uuid, vm->uuid);
	err = err ?: copy(&to->vmm, vm->vmm);
	err = err ?: copy(&to->id, vm->id);
	err = err ?: add_threads(to, vm);
	return err ?: add_devices(to, vm);
}
