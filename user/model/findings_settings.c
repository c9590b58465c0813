/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * findings_settings: settings of a VM that cost its guest time, with the line of its
 * configuration that changes them. What cannot be seen is not found.
 */
#define LULL_MODEL_FINDINGS_PRIVATE
#include <stdlib.h>

#include "base/cleanup.h"
#include "model/findings_p.h"

/* In the words of who manages it. @args of QEMU. */
static void fix(struct finder *f, const char *xml, const char *args)
{
	if (!f->vm->pid || f->vm->manager == INV_LIBVIRT)
		finder_fix(f, "%s", xml);
	else if (f->vm->manager == INV_PROXMOX)
		finder_fix(f, "args: %s    # in /etc/pve/qemu-server/%s.conf", args, f->vm->id);
	else
		finder_fix(f, "%s", args);
}

void finding_balloon(struct finder *f)
{
	if (f->vm->settings[INV_BALLOON] != INV_ON || !f->vm->n_devices)
		return;
	finder_begin(f, "memory balloon");
	if (!f->vm->pid || f->vm->manager == INV_LIBVIRT)
		finder_fix(f, "<memballoon model='none'/>");
	else if (f->vm->manager == INV_PROXMOX)
		finder_fix(f, "qm set %s --balloon 0", f->vm->id);
	else
		finder_fix(f, "no -device virtio-balloon-pci");
}

void finding_intx(struct finder *f)
{
	for (unsigned int i = 0; i < f->vm->n_devices; i++) {
		const struct inv_device *device = &f->vm->devices[i];

		for (unsigned int j = 0; j < device->n_irqs; j++) {
			if (!device->irqs[j].is_intx)
				continue;
			finder_begin(f, "%s", device->bdf);
			finder_is(f, "interrupt %u%s", device->irqs[j].irq,
				  device->irqs[j].is_shared ? ", shared with a device of the host"
							    : "");
			finder_fix(f, "Windows guest: MSISupported=1 in the device's registry key");
			finder_fix(f, "Linux guest: no pci=nomsi, and a driver that uses MSI");
		}
	}
}

void finding_hpet(struct finder *f)
{
	if (f->vm->settings[INV_HPET] != INV_ON)
		return;
	finder_begin(f, "timers");
	fix(f, "<timer name='hpet' present='no'/>", "-machine hpet=off");
}

void finding_pit(struct finder *f)
{
	if (f->vm->settings[INV_PIT_CATCHUP] != INV_ON)
		return;
	finder_begin(f, "timers");
	fix(f, "<timer name='pit' tickpolicy='discard'/>",
	    "-global kvm-pit.lost_tick_policy=discard");
}
