/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unit tests of what vms_describe() adds, on the fixture desktop: a VM of libvirt with a GPU, one
 * of Proxmox with a USB controller, and a process that only calls itself a vhost thread.
 */
#include <sched.h>
#include <string.h>

#include "base/cleanup.h"
#include "machines.h"
#include "sys/vms.h"
#include "test.h"

#define auto_vms __attribute__((cleanup(vms_done)))

static struct vm_list read_desktop(void)
{
	auto_root struct root root = machines_fixture("desktop");
	struct vm_list list = { .vms = NULL };

	CHECK_EQ(vms_find(&root, NULL, 0, &list), 0);
	CHECK_EQ(list.n, 2);
	CHECK_EQ(vms_describe(&root, list.vms, list.n), 0);
	return list;
}

static void check_cpus(const struct cpuset *set, const char *want)
{
	auto_free char *list = cpuset_format(set);

	CHECK_STREQ(list, want);
}

TEST(vms_describe__reads_pins_and_policies_of_vcpus)
{
	auto_vms struct vm_list list = read_desktop();
	const struct vm *win11 = &list.vms[0], *media = &list.vms[1];

	CHECK_EQ(win11->n_vcpus, 4);
	check_cpus(&win11->vcpus[0].cpus, "2");
	check_cpus(&win11->vcpus[3].cpus, "11");
	CHECK_EQ(win11->vcpus[0].policy, SCHED_FIFO);
	CHECK_EQ(win11->vcpus[0].priority, 1);
	check_cpus(&media->vcpus[1].cpus, "4-5");
	CHECK_EQ(media->vcpus[1].policy, SCHED_OTHER);
	CHECK_EQ(media->vcpus[1].priority, 0);
}

TEST(vms_describe__tells_the_other_threads_apart)
{
	static const struct {
		enum vm_thread_kind kind;
		pid_t tid;
		const char *comm, *cpus;
		bool is_kernel;
		int iothread;
	} wants[] = {
		{ VM_THREAD_EMULATOR, 3000, "qemu-system-x86", "0-1,8-9", false, -1 },
		{ VM_THREAD_IO, 3006, "IO iothread1", "1,9", false, 1 },
		{ VM_THREAD_VHOST, 290, "vhost-3000", "0-1,8-9", true, -1 },
		{ VM_THREAD_WORKER, 3004, "worker", "0-1,8-9", false, -1 },
		{ VM_THREAD_OTHER, 291, "kvm-pit/3000", "0-15", true, -1 },
		{ VM_THREAD_OTHER, 3005, "IO mon_iothread", "0-1,8-9", false, -1 },
	};
	auto_vms struct vm_list list = read_desktop();
	const struct vm *vm = &list.vms[0];

	CHECK_EQ(vm->n_threads, ARRAY_SIZE(wants));
	for (unsigned int i = 0; i < vm->n_threads; i++) {
		CHECK_EQ(vm->threads[i].kind, wants[i].kind);
		CHECK_EQ(vm->threads[i].tid, wants[i].tid);
		CHECK_STREQ(vm->threads[i].comm, wants[i].comm);
		CHECK_EQ(vm->threads[i].is_kernel, wants[i].is_kernel);
		CHECK_EQ(vm->threads[i].iothread, wants[i].iothread);
		check_cpus(&vm->threads[i].cpus, wants[i].cpus);
	}
}

/* Since 6.4 a vhost thread is one of the VMM's own. */
TEST(vms_describe__finds_vhost_among_the_threads_of_the_vmm)
{
	auto_vms struct vm_list list = read_desktop();
	const struct vm *vm = &list.vms[1];

	CHECK_EQ(vm->n_threads, 2);
	CHECK_EQ(vm->threads[1].kind, VM_THREAD_VHOST);
	CHECK_EQ(vm->threads[1].tid, 5003);
	CHECK(!vm->threads[1].is_kernel);
}

/* The port of the same group is no device of the VM's: pcieport drives it. */
TEST(vms_describe__finds_devices_by_group_that_vfio_drives)
{
	auto_vms struct vm_list list = read_desktop();
	const struct vm *vm = &list.vms[0];

	CHECK_EQ(vm->n_devices, 2);
	CHECK_STREQ(vm->devices[0].bdf, "0000:01:00.0");
	CHECK_EQ(vm->devices[0].group, 14);
	CHECK_EQ(vm->devices[0].node, 0);
	CHECK_STREQ(vm->devices[0].driver, "vfio-pci");
	CHECK_STREQ(vm->devices[0].name, "VGA 10de:2684");
	CHECK_STREQ(vm->devices[1].bdf, "0000:01:00.1");
	CHECK_STREQ(vm->devices[1].name, "audio 10de:22ba");
}

TEST(vms_describe__finds_devices_by_their_own_descriptor)
{
	auto_vms struct vm_list list = read_desktop();
	const struct vm *vm = &list.vms[1];

	CHECK_EQ(vm->n_devices, 1);
	CHECK_STREQ(vm->devices[0].bdf, "0000:05:00.0");
	CHECK_EQ(vm->devices[0].group, 22);
}

TEST(vms_describe__gives_each_device_its_interrupts)
{
	auto_vms struct vm_list list = read_desktop();
	const struct vm_device *gpu = &list.vms[0].devices[0], *audio = &list.vms[0].devices[1],
			       *usb = &list.vms[1].devices[0];

	CHECK_EQ(gpu->n_irqs, 1);
	CHECK_EQ(gpu->irqs[0].irq, 131);
	CHECK_EQ(gpu->irqs[0].kind, VM_IRQ_MSI);
	CHECK(!gpu->irqs[0].is_shared);
	CHECK_EQ(audio->n_irqs, 1);
	CHECK_EQ(audio->irqs[0].irq, 25);
	CHECK_EQ(audio->irqs[0].kind, VM_IRQ_INTX);
	CHECK(audio->irqs[0].is_shared);
	CHECK_EQ(usb->n_irqs, 2);
	CHECK_EQ(usb->irqs[1].irq, 141);
	CHECK_EQ(usb->irqs[1].kind, VM_IRQ_MSIX);
	CHECK_EQ(usb->irqs[1].vector, 1);
}
