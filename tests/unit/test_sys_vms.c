/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unit tests of sys/vms on the fixture vmms, which has one VM for each form of evidence.
 */
#include "sys/vms.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "machines.h"
#include "test.h"

#define auto_vm	 __attribute__((cleanup(vms_vm_done)))
#define auto_vms __attribute__((cleanup(vms_done)))

struct want {
	pid_t pid;
	const char *name, *vmm;
	unsigned int n_expected, n_vcpus;
	struct {
		int index;
		pid_t tid;
	} vcpus[3];
};

static void check_vm(const struct vm *vm, const struct want *want)
{
	CHECK_EQ(vm->pid, want->pid);
	CHECK_STREQ(vm->name, want->name);
	CHECK_STREQ(vm->vmm, want->vmm);
	CHECK_EQ(vm->n_expected, want->n_expected);
	CHECK_EQ(vm->n_vcpus, want->n_vcpus);
	for (unsigned int i = 0; i < vm->n_vcpus; i++) {
		CHECK_EQ(vm->vcpus[i].index, want->vcpus[i].index);
		CHECK_EQ(vm->vcpus[i].tid, want->vcpus[i].tid);
	}
}

static void check_read(const struct want *want, const struct vcpu_hint *hints, unsigned int n_hints)
{
	auto_root struct root root = machines_fixture("vmms");
	auto_vm struct vm vm = { .pid = 0 };

	CHECK_EQ(vms_read(&root, want->pid, hints, n_hints, &vm), 0);
	check_vm(&vm, want);
}

static const struct want by_debugfs = { 1000, "qemu-1000", "qemu",
					2,    2,	   { { 0, 1001 }, { 1, 1002 } } };
static const struct want by_name = { 1100, "win,10", "qemu", 2, 2, { { 0, 1101 }, { 1, 1102 } } };
static const struct want by_cgroup = { 1200, "db-01", "qemu", 2, 2, { { 0, 1202 }, { 1, 1201 } } };
static const struct want by_time = { 1300, "103", "qemu", 2, 2, { { 0, 1301 }, { 1, 1302 } } };
static const struct want half = { 1400, "half", "qemu", 2, 1, { { -1, 1401 } } };
static const struct want cloud = { 1500, "cloud-hypervisor-1500",     "cloud-hypervisor", 2,
				   2,	 { { 0, 1502 }, { 1, 1503 } } };
static const struct want firecracker = { 1600, "f3c2", "firecracker", 1, 1, { { 0, 1602 } } };
static const struct want crosvm = { 1700, "arcvm", "crosvm", 2, 2, { { 0, 1701 }, { 1, 1702 } } };
static const struct want kvmtool = { 1800,	"kvmtool-1800",
				     "kvmtool", 2,
				     2,		{ { 0, 1801 }, { 1, 1803 } } };
static const struct want unknown = { 1900, "my(vmm) )-1900", "my(vmm) )", 1, 1, { { 3, 1901 } } };

TEST(vms_read__takes_debugfs_before_names)
{
	check_read(&by_debugfs, NULL, 0);
}

TEST(vms_read__fills_up_with_names_where_debugfs_has_0)
{
	check_read(&by_name, NULL, 0);
}

TEST(vms_read__takes_libvirts_cgroups_before_names)
{
	check_read(&by_cgroup, NULL, 0);
}

TEST(vms_read__takes_threads_with_guest_time_last)
{
	check_read(&by_time, NULL, 0);
}

TEST(vms_read__does_not_guess_the_index)
{
	check_read(&half, NULL, 0);
}

TEST(vms_read__knows_the_names_of_each_vmm)
{
	check_read(&cloud, NULL, 0);
	check_read(&firecracker, NULL, 0);
	check_read(&crosvm, NULL, 0);
	check_read(&kvmtool, NULL, 0);
	check_read(&unknown, NULL, 0);
}

TEST(vms_read__takes_hints_before_names_and_after_debugfs)
{
	static const struct vcpu_hint hints[] = { { .tid = 1501, .index = 0 },
						  { .tid = 1000, .index = 1 },
						  { .tid = 9999, .index = 5 } };
	static const struct want want = { 1500, "cloud-hypervisor-1500",     "cloud-hypervisor", 2,
					  2,	{ { 0, 1501 }, { 1, 1503 } } };

	check_read(&want, hints, ARRAY_SIZE(hints));
	check_read(&by_debugfs, hints, ARRAY_SIZE(hints));
}

TEST(vms_read__takes_any_thread_of_the_vm)
{
	auto_root struct root root = machines_fixture("vmms");
	auto_vm struct vm vm = { .pid = 0 };

	CHECK_EQ(vms_read(&root, 1001, NULL, 0, &vm), 0);
	check_vm(&vm, &by_debugfs);
}

TEST(vms_find__lists_all_by_pid)
{
	static const struct want *const wants[] = { &by_debugfs, &by_name, &by_cgroup,	 &by_time,
						    &half,	 &cloud,   &firecracker, &crosvm,
						    &kvmtool,	 &unknown };
	auto_root struct root root = machines_fixture("vmms");
	auto_vms struct vm_list list = { .vms = NULL };

	CHECK_EQ(vms_find(&root, NULL, 0, &list), 0);
	CHECK_EQ(list.n, ARRAY_SIZE(wants));
	for (unsigned int i = 0; i < list.n; i++)
		check_vm(&list.vms[i], wants[i]);
}

TEST(vms_find__is_empty_without_a_vm)
{
	auto_root struct root root = machines_fixture("smt");
	auto_vms struct vm_list list = { .vms = NULL };

	CHECK_EQ(vms_find(&root, NULL, 0, &list), 0);
	CHECK_EQ(list.n, 0);
}

/* A VM's file descriptors as another user sees them: in a child without root. */
TEST(vms_find__says_when_it_may_not_look)
{
	const char *dir = test_tmpdir();
	auto_root struct root root = { .fd = -1 };
	struct vm_list list;
	char path[64];
	int status;
	pid_t pid;

	machines_put(dir, "proc/7/status", "Tgid:\t7\n");
	(void)snprintf(path, sizeof(path), "%s/proc/7/fd", dir);
	CHECK_EQ(mkdir(path, 0), 0);
	(void)snprintf(path, sizeof(path), "%s/proc/7", dir);
	CHECK_EQ(chmod(path, 0755), 0);
	(void)snprintf(path, sizeof(path), "%s/proc", dir);
	CHECK_EQ(chmod(path, 0755), 0);
	CHECK_EQ(chmod(dir, 0755), 0);
	CHECK_EQ(fs_root_open(&root, dir), 0);
	pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		if (getuid() == 0 && setresuid(65534, 65534, 65534))
			_exit(2);
		_exit(!vms_find(&root, NULL, 0, &list) && list.n_denied ? 0 : 1);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

TEST(vms_read__tells_no_vm_from_no_process)
{
	auto_root struct root root = machines_fixture("vmms");
	struct vm vm;

	CHECK_EQ(vms_read(&root, 2000, NULL, 0, &vm), -ENODEV);
	CHECK_EQ(vms_read(&root, 4711, NULL, 0, &vm), -ENOENT);
}

TEST(vms_match__takes_name_uuid_and_pid)
{
	auto_root struct root root = machines_fixture("vmms");
	auto_vms struct vm_list list = { .vms = NULL };
	const struct vm *vm = NULL;

	CHECK_EQ(vms_find(&root, NULL, 0, &list), 0);
	CHECK_EQ(vms_match(&list, "win,10", &vm), 0);
	CHECK_EQ(vm->pid, 1100);
	CHECK_EQ(vms_match(&list, "1600", &vm), 0);
	CHECK_EQ(vm->pid, 1600);
	CHECK_EQ(vms_match(&list, "1b4e28ba-2fa1-11d2-883f-0016d3cca427", &vm), 0);
	CHECK_EQ(vm->pid, 1100);
	CHECK_EQ(vms_match(&list, "", &vm), -ENOENT);
	CHECK_EQ(vms_match(&list, "win", &vm), -ENOENT);
	CHECK_EQ(vm->pid, 1100);
}

TEST(vms_match__refuses_two_of_one_name)
{
	char a[] = "same", b[] = "17", none[] = "";
	struct vm vms[] = { { .pid = 17, .name = a, .uuid = none },
			    { .pid = 18, .name = a, .uuid = none },
			    { .pid = 19, .name = b, .uuid = none } };
	struct vm_list list = { .vms = vms, .n = ARRAY_SIZE(vms) };
	const struct vm *vm;

	CHECK_EQ(vms_match(&list, "same", &vm), -EEXIST);
	CHECK_EQ(vms_match(&list, "17", &vm), -EEXIST);
	CHECK_EQ(vms_match(&list, "18", &vm), 0);
}
