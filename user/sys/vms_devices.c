/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vms_devices: the PCI devices that are passed through to a virtual machine, by its open vfio
 * descriptors (an IOMMU group, or since 6.6 a device), and the interrupts they have now. A device
 * of such a group that is bound to no vfio driver (a bridge) is none of them. Devices shared
 * out by their driver (mdev) have no interrupt of their own and are left out.
 */
#define LULL_SYS_VMS_PRIVATE
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/str.h"
#include "sys/irqs.h"
#include "sys/pci.h"
#include "sys/vms_p.h"

#define GROUPS "sys/kernel/iommu_groups"

void vms_device_done(struct vm_device *device)
{
	free(device->driver);
	free(device->name);
	free(device->irqs);
	*device = (struct vm_device){ .group = -1 };
}

static bool has_device(const struct vm *vm, const char *bdf)
{
	for (unsigned int i = 0; i < vm->n_devices; i++)
		if (streq(vm->devices[i].bdf, bdf))
			return true;
	return false;
}

int vms_add_device(struct vm *vm, struct vm_device *device)
{
	struct vm_device *grown;

	grown = reallocarray(vm->devices, vm->n_devices + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	vm->devices = grown;
	grown[vm->n_devices++] = *device;
	*device = (struct vm_device){ .group = -1 };
	return 0;
}

/* Its IOMMU group: the last part of where the link leads to. -1 without one. */
static int read_group(const struct root *root, const char *bdf)
{
	auto_free char *link = NULL;
	const char *slash;
	int group = -1;
	uint32_t value;

	if (fs_read_link(root, &link, "sys/bus/pci/devices/%s/iommu_group", bdf))
		return group;
	slash = strrchr(link, '/');
	if (slash && !parse_u32(slash + 1, &value) && value <= INT32_MAX)
		group = (int)value;
	return group;
}

static int read_device(const struct root *root, const char *bdf, struct vm *vm)
{
	struct vm_device device = { .group = -1 };
	int err;

	if (!pci_is_bdf(bdf) || strlen(bdf) >= sizeof(device.bdf) || has_device(vm, bdf))
		return 0;
	err = pci_read_driver(root, bdf, &device.driver);
	if (!err && !strstr(device.driver, "vfio")) {
		vms_device_done(&device);
		return 0;
	}
	str_copy(device.bdf, sizeof(device.bdf), bdf, strlen(bdf));
	device.node = pci_read_node(root, bdf);
	device.group = read_group(root, bdf);
	if (!err)
		err = pci_read_name(root, bdf, &device.name);
	if (!err)
		err = vms_add_device(vm, &device);
	vms_device_done(&device);
	return err;
}

static int read_group_devices(const struct root *root, uint32_t group, struct vm *vm)
{
	auto_closedir DIR *dir = NULL;
	const struct dirent *entry;
	int err = 0;

	if (fs_opendir(root, &dir, GROUPS "/%u/devices", group))
		return 0;
	while (!err && (entry = readdir(dir)))
		err = read_device(root, entry->d_name, vm);
	return err;
}

/* "/dev/vfio/14", "/dev/vfio/noiommu-0", and "/dev/vfio/devices/vfio0" of 6.6 and later. */
static int read_descriptor(const struct root *root, const char *link, struct vm *vm)
{
	auto_free char *device = NULL;
	const char *slash;
	uint32_t number;

	if (!str_starts(link, "/dev/vfio/"))
		return 0;
	link += strlen("/dev/vfio/");
	if (str_starts(link, "devices/vfio")) {
		if (parse_u32(link + strlen("devices/vfio"), &number) ||
		    fs_read_link(root, &device, "sys/class/vfio-dev/vfio%u/device", number))
			return 0;
		slash = strrchr(device, '/');
		return read_device(root, slash ? slash + 1 : device, vm);
	}
	if (str_starts(link, "noiommu-"))
		link += strlen("noiommu-");
	return parse_u32(link, &number) ? 0 : read_group_devices(root, number, vm);
}

static int by_bdf(const void *a, const void *b)
{
	const struct vm_device *x = a, *y = b;

	return strcmp(x->bdf, y->bdf);
}

int vms_read_devices(const struct root *root, struct vm *vm)
{
	auto_closedir DIR *dir = NULL;
	const struct dirent *entry;
	int err = 0;

	if (fs_opendir(root, &dir, "proc/%d/fd", (int)vm->pid))
		return 0;
	while (!err && (entry = readdir(dir))) {
		auto_free char *link = NULL;

		if (!fs_read_link(root, &link, "proc/%d/fd/%s", (int)vm->pid, entry->d_name))
			err = read_descriptor(root, link, vm);
	}
	vms_sort_devices(vm);
	return err;
}

int vms_look_up_devices(const struct root *root, struct vm *vm)
{
	int err = 0;

	for (unsigned int i = 0; i < vm->n_devices && !err; i++) {
		struct vm_device *device = &vm->devices[i];
		char *name;

		device->node = pci_read_node(root, device->bdf);
		device->group = read_group(root, device->bdf);
		err = pci_read_name(root, device->bdf, &name);
		if (err)
			continue;
		free(device->name);
		device->name = name;
	}
	return err;
}

void vms_sort_devices(struct vm *vm)
{
	if (vm->n_devices)
		qsort(vm->devices, vm->n_devices, sizeof(*vm->devices), by_bdf);
}

/* "vfio-intx(BDF)", "vfio-msi[0](BDF)", "vfio-msix[3](BDF)"; the same from 3.6 to 6.18. */
static bool parse_action(const char *action, size_t len, struct vm_irq *irq, char *bdf, size_t cap)
{
	static const struct {
		const char *prefix;
		enum vm_irq_kind kind;
	} forms[] = {
		{ .prefix = "vfio-intx(", .kind = VM_IRQ_INTX },
		{ .prefix = "vfio-msi[", .kind = VM_IRQ_MSI },
		{ .prefix = "vfio-msix[", .kind = VM_IRQ_MSIX },
	};
	const char *end = action + len, *open;
	char number[16];

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		const char *p = action + strlen(forms[i].prefix);

		if (!str_starts(action, forms[i].prefix) || end[-1] != ')')
			continue;
		irq->kind = forms[i].kind;
		irq->vector = 0;
		if (irq->kind != VM_IRQ_INTX) {
			open = memchr(p, ']', (size_t)(end - p));
			if (!open || open[1] != '(')
				return false;
			str_copy(number, sizeof(number), p, (size_t)(open - p));
			if (parse_u32(number, &irq->vector))
				return false;
			p = open + 2;
		}
		str_copy(bdf, cap, p, (size_t)(end - 1 - p));
		return true;
	}
	return false;
}

static int add_irq(struct vm_device *device, const struct vm_irq *irq)
{
	struct vm_irq *grown;

	grown = reallocarray(device->irqs, device->n_irqs + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	device->irqs = grown;
	grown[device->n_irqs++] = *irq;
	return 0;
}

static int add_to_owner(const char *bdf, const struct vm_irq *irq, struct vm *vms, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		for (unsigned int j = 0; j < vms[i].n_devices; j++)
			if (streq(vms[i].devices[j].bdf, bdf))
				return add_irq(&vms[i].devices[j], irq);
	return 0;
}

/* Actions are separated by ", "; several of them share the line. */
static int read_line(const struct irq_line *line, struct vm *vms, unsigned int n)
{
	struct vm_irq irq = { .irq = (unsigned int)line->irq };
	char bdf[24];
	int err = 0;

	irq.is_shared = strchr(line->actions, ',');
	for (const char *p = line->actions; *p && !err; p += strspn(p, ", ")) {
		size_t len = strcspn(p, ",");

		if (len && parse_action(p, len, &irq, bdf, sizeof(bdf)))
			err = add_to_owner(bdf, &irq, vms, n);
		p += len;
	}
	return err;
}

static int by_irq(const void *a, const void *b)
{
	const struct vm_irq *x = a, *y = b;

	return (x->irq > y->irq) - (x->irq < y->irq);
}

int vms_read_irqs(const struct root *root, struct vm *vms, unsigned int n)
{
	struct irq_table table;
	bool has_devices = false;
	int err = 0;

	for (unsigned int i = 0; i < n; i++)
		has_devices |= vms[i].n_devices > 0;
	/* What is wrong with the file is the caller's to say, who shows all of it. */
	if (!has_devices || irqs_read(root, &table, NULL))
		return 0;
	for (unsigned int i = 0; i < table.n_lines && !err; i++)
		if (table.lines[i].irq >= 0)
			err = read_line(&table.lines[i], vms, n);
	irqs_done(&table);
	for (unsigned int i = 0; i < n; i++)
		for (unsigned int j = 0; j < vms[i].n_devices; j++)
			if (vms[i].devices[j].n_irqs)
				qsort(vms[i].devices[j].irqs, vms[i].devices[j].n_irqs,
				      sizeof(struct vm_irq), by_irq);
	return err;
}
