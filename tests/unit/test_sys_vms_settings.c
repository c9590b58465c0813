/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unit tests of what a command line tells of a VM's settings, and of who manages it.
 */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "machines.h"
#include "sys/vms.h"
#include "test.h"

#define auto_vm __attribute__((cleanup(vms_vm_done)))
#define STAT \
	"(x) S 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"

/* Blanks separate the arguments. */
static struct vm read_cmdline(const char *words)
{
	const char *dir = test_tmpdir();
	auto_root struct root root = { .fd = -1 };
	auto_free char *line = strdup(words);
	struct vm vm = { .pid = 0 };
	char path[128];
	FILE *f;

	machines_put(dir, "proc/9/status", "Tgid:\t9\n");
	machines_put(dir, "proc/9/task/9/stat", "9 " STAT);
	machines_put(dir, "proc/9/task/9/status", "Tgid:\t9\nCpus_allowed_list:\t0\n");
	machines_put(dir, "proc/9/task/10/stat",
		     "10 (IO disks) S 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 "
		     "0 0 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 "
		     "0\n");
	machines_put(dir, "proc/9/fd/.keep", "");
	(void)snprintf(path, sizeof(path), "%s/proc/9/fd/3", dir);
	(void)unlink(path);
	CHECK_EQ(symlink("anon_inode:kvm-vm", path), 0);
	(void)snprintf(path, sizeof(path), "%s/proc/9/cmdline", dir);
	f = fopen(path, "we");
	CHECK(f && line);
	for (char *p = line; *p; p++)
		(void)fputc(*p == ' ' ? '\0' : *p, f);
	(void)fputc('\0', f);
	CHECK_EQ(fclose(f), 0);
	CHECK_EQ(fs_root_open(&root, dir), 0);
	CHECK_EQ(vms_read(&root, 9, NULL, 0, &vm), 0);
	CHECK_EQ(vms_describe(&root, &vm, 1), 0);
	return vm;
}

TEST(vms_describe__knows_the_defaults_of_qemu)
{
	auto_vm struct vm vm = read_cmdline("qemu-system-x86_64 -m 16");

	CHECK_EQ(vm.settings.balloon, VM_OFF);
	CHECK_EQ(vm.settings.hpet, VM_ON);
	CHECK_EQ(vm.settings.pit_catchup, VM_ON);
	CHECK_EQ(vm.settings.huge_pages, VM_OFF);
	CHECK_EQ(vm.settings.mem_locked, VM_OFF);
	CHECK_EQ(vm.settings.ksm, VM_ON);
	CHECK_EQ(vm.settings.threads, 1);
	CHECK_EQ(vm.settings.dies, 1);
	CHECK_EQ(vm.manager, VM_BARE);
}

TEST(vms_describe__reads_switches_of_the_machine)
{
	auto_vm struct vm vm =
		read_cmdline("qemu-system-x86_64 -machine q35,hpet=off,mem-merge=off "
			     "-global kvm-pit.lost_tick_policy=discard "
			     "-overcommit mem-lock=on -device virtio-balloon-pci");

	CHECK_EQ(vm.settings.hpet, VM_OFF);
	CHECK_EQ(vm.settings.pit_catchup, VM_OFF);
	CHECK_EQ(vm.settings.ksm, VM_OFF);
	CHECK_EQ(vm.settings.mem_locked, VM_ON);
	CHECK_EQ(vm.settings.balloon, VM_ON);
}

TEST(vms_describe__takes_delay_for_catching_up)
{
	auto_vm struct vm vm = read_cmdline(
		"qemu-system-x86_64 -M pc-q35-8.2 -no-hpet -global kvm-pit.lost_tick_policy=delay");

	CHECK_EQ(vm.settings.pit_catchup, VM_ON);
	CHECK_EQ(vm.settings.hpet, VM_OFF);
}

TEST(vms_describe__knows_nothing_of_timers_of_other_machines)
{
	auto_vm struct vm vm = read_cmdline("qemu-system-aarch64 -machine virt");
	auto_vm struct vm micro = read_cmdline("qemu-system-x86_64 -machine microvm");
	auto_vm struct vm split = read_cmdline("qemu-system-x86_64 -M q35,kernel-irqchip=split");

	CHECK_EQ(vm.settings.hpet, VM_UNKNOWN);
	CHECK_EQ(vm.settings.pit_catchup, VM_UNKNOWN);
	CHECK_EQ(micro.settings.hpet, VM_UNKNOWN);
	CHECK_EQ(split.settings.pit_catchup, VM_UNKNOWN);
	CHECK_EQ(split.settings.hpet, VM_ON);
}

TEST(vms_describe__knows_nothing_behind_a_configuration_file)
{
	auto_vm struct vm vm = read_cmdline("qemu-system-x86_64 -readconfig x.cfg");

	CHECK_EQ(vm.settings.balloon, VM_UNKNOWN);
	CHECK_EQ(vm.settings.hpet, VM_UNKNOWN);
	CHECK_EQ(vm.settings.threads, 0);
}

TEST(vms_describe__reads_json_as_libvirt_writes_it)
{
	auto_vm struct vm vm = read_cmdline(
		"qemu-system-x86_64 -object "
		"{\"qom-type\":\"memory-backend-memfd\",\"id\":\"ram-node0\",\"hugetlb\":true,"
		"\"host-nodes\":[0,2],\"policy\":\"bind\"} -device "
		"{\"driver\":\"virtio-balloon-pci\",\"id\":\"balloon0\"}");
	auto_free char *nodes = cpuset_format(&vm.settings.mem_nodes);

	CHECK_EQ(vm.settings.huge_pages, VM_ON);
	CHECK_STREQ(nodes, "0,2");
	CHECK_EQ(vm.settings.balloon, VM_ON);
}

TEST(vms_describe__computes_the_topology_as_qemu_does)
{
	static const struct {
		const char *smp;
		unsigned int sockets, dies, threads;
	} wants[] = {
		{ "8,sockets=1,dies=2,cores=2,threads=2", 1, 2, 2 },
		{ "8,sockets=1,cores=4", 1, 1, 2 },
		{ "8,cores=8", 1, 1, 1 },
		{ "cpus=2,maxcpus=8,sockets=2,cores=2", 2, 1, 2 },
		{ "8", 0, 1, 1 },
		{ "x,threads=99999999999", 0, 1, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(wants); i++) {
		auto_str struct str words = { 0 };
		struct vm vm;

		CHECK_EQ(str_addf(&words, "qemu-system-x86_64 -smp %s", wants[i].smp), 0);
		vm = read_cmdline(words.s);
		CHECK_EQ(vm.settings.sockets, wants[i].sockets);
		CHECK_EQ(vm.settings.dies, wants[i].dies);
		CHECK_EQ(vm.settings.threads, wants[i].threads);
		vms_vm_done(&vm);
	}
}

TEST(vms_describe__sees_io_threads_that_nothing_uses)
{
	static const struct {
		const char *args;
		bool is_unused;
	} wants[] = {
		{ "-object iothread,id=disks", true },
		{ "-object iothread,id=disks -device virtio-blk-pci,iothread=disks", false },
		{ "-object {\"qom-type\":\"iothread\",\"id\":\"disks\"}", true },
		{ "-object {\"qom-type\":\"iothread\",\"id\":\"disks\"} -device "
		  "{\"driver\":\"virtio-blk-pci\",\"iothread\":\"disks\"}",
		  false },
		{ "-name x", false }, /* one of which the command line knows nothing */
	};

	for (size_t i = 0; i < ARRAY_SIZE(wants); i++) {
		auto_str struct str words = { 0 };
		struct vm vm;

		CHECK_EQ(str_addf(&words, "qemu-system-x86_64 %s", wants[i].args), 0);
		vm = read_cmdline(words.s);
		CHECK_EQ(vm.n_threads, 2);
		CHECK_EQ(vm.threads[1].kind, VM_THREAD_IO);
		CHECK_EQ(vm.threads[1].is_unused, wants[i].is_unused);
		vms_vm_done(&vm);
	}
}

TEST(vms_describe__reads_cloud_hypervisor)
{
	auto_vm struct vm vm = read_cmdline("cloud-hypervisor --cpus boot=4,topology=2:1:2:1 "
					    "--memory size=1G,hugepages=on --balloon size=0");
	auto_vm struct vm plain = read_cmdline("cloud-hypervisor --cpus boot=4");

	CHECK_EQ(vm.settings.threads, 2);
	CHECK_EQ(vm.settings.dies, 2);
	CHECK_EQ(vm.settings.sockets, 1);
	CHECK_EQ(vm.settings.huge_pages, VM_ON);
	CHECK_EQ(vm.settings.balloon, VM_ON);
	CHECK_EQ(plain.settings.balloon, VM_OFF);
	CHECK_EQ(plain.settings.threads, 0);
}

TEST(vms_read__finds_name_and_manager_in_run_files)
{
	auto_root struct root root = { .fd = -1 };
	auto_vm struct vm bare = read_cmdline("qemu-system-x86_64");
	auto_vm struct vm libvirt = { .pid = 0 }, proxmox = { .pid = 0 };
	const char *dir = test_tmpdir();

	CHECK_STREQ(bare.name, "qemu-9");
	CHECK_EQ(fs_root_open(&root, dir), 0);
	machines_put(dir, "run/qemu-server/104.pid", "9\n");
	CHECK_EQ(vms_read(&root, 9, NULL, 0, &proxmox), 0);
	CHECK_STREQ(proxmox.name, "104");
	CHECK_STREQ(proxmox.id, "104");
	CHECK_EQ(proxmox.manager, VM_PROXMOX);
	machines_put(dir, "run/libvirt/qemu/old.pid", "8\n");
	machines_put(dir, "run/libvirt/qemu/win.pid", "9");
	CHECK_EQ(vms_read(&root, 9, NULL, 0, &libvirt), 0);
	CHECK_STREQ(libvirt.name, "win");
	CHECK_STREQ(libvirt.id, "");
	CHECK_EQ(libvirt.manager, VM_LIBVIRT);
}

TEST(vms_read__takes_the_uuid_of_smbios)
{
	auto_vm struct vm vm = read_cmdline(
		"qemu-system-x86_64 -smbios type=2,uuid=no -smbios type=1,uuid=1b4e28ba");

	CHECK_STREQ(vm.uuid, "1b4e28ba");
}
