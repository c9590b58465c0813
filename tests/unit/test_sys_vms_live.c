/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Live tests of sys/vms: a QEMU with two vCPUs on /dev/kvm, found with and without names and
 * debugfs. Debugfs is mounted for a child alone, in a mount namespace of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "machines.h"
#include "sys/threads.h"
#include "sys/vms.h"
#include "test.h"

#define QEMU	"/usr/bin/qemu-system-x86_64"
#define WAIT_MS 10000
#define SPIN_MS 1000
#define N_VCPUS 2

static pid_t start_qemu(const char *option, const char *value)
{
	int null;
	pid_t pid;

	if (access("/dev/kvm", R_OK | W_OK))
		SKIP("no /dev/kvm that may be opened");
	if (access(QEMU, X_OK))
		SKIP("no " QEMU);
	pid = fork();
	CHECK(pid >= 0);
	if (pid)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	null = open("/dev/null", O_RDWR);
	(void)dup2(null, 0);
	(void)dup2(null, 1);
	(void)dup2(null, 2);
	(void)execl(QEMU, QEMU, "-accel", "kvm", "-smp", "2", "-m", "16", "-display", "none",
		    "-nodefaults", option, value, (char *)NULL);
	_exit(127);
}

static void end_qemu(pid_t pid)
{
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}

/* Reads the VM until @n_vcpus of its vCPUs are found; -ETIMEDOUT. */
static int read_until(pid_t pid, unsigned int n_vcpus, int wait_ms, struct vm *ret)
{
	const struct timespec step = { .tv_nsec = 20000000 };
	struct root root;
	int err;

	err = fs_root_open(&root, "/");
	for (int ms = 0; !err && ms < wait_ms; ms += 20) {
		err = vms_read(&root, pid, NULL, 0, ret);
		if (!err && ret->n_expected == N_VCPUS && ret->n_vcpus >= n_vcpus)
			break;
		if (!err)
			vms_vm_done(ret);
		(void)nanosleep(&step, NULL);
		err = ms + 20 < wait_ms ? 0 : -ETIMEDOUT;
	}
	fs_root_done(&root);
	return err;
}

TEST(vms_read__finds_qemu_by_names)
{
	pid_t pid = start_qemu("-name", "guest=live,,1,debug-threads=on");
	struct vm vm = { .pid = 0 };
	int err = read_until(pid, N_VCPUS, WAIT_MS, &vm);

	end_qemu(pid);
	CHECK_EQ(err, 0);
	CHECK_EQ(vm.pid, pid);
	CHECK_STREQ(vm.name, "live,1");
	CHECK_STREQ(vm.vmm, "qemu");
	CHECK_EQ(vm.n_vcpus, N_VCPUS);
	CHECK_EQ(vm.vcpus[0].index, 0);
	CHECK_EQ(vm.vcpus[1].index, 1);
	CHECK(vm.vcpus[0].tid > pid && vm.vcpus[1].tid != vm.vcpus[0].tid);
	vms_vm_done(&vm);
}

/* Never started, all threads of one name, and no debugfs: nothing can be known, so nothing is. */
TEST(vms_read__says_that_vcpus_are_missing)
{
	pid_t pid = start_qemu("-S", "-no-shutdown");
	struct vm vm = { .pid = 0 };
	int err = read_until(pid, 0, WAIT_MS, &vm);

	end_qemu(pid);
	CHECK_EQ(err, 0);
	CHECK_EQ(vm.n_expected, N_VCPUS);
	CHECK_EQ(vm.n_vcpus, 0);
	vms_vm_done(&vm);
}

/* A firmware that is one jump to itself, so that vCPU 0 does nothing but run. */
static const char *make_spinning_bios(void)
{
	static unsigned char image[65536];
	static char path[64];
	auto_close int fd = -1;

	image[0xfff0] = 0xeb;
	image[0xfff1] = 0xfe;
	(void)snprintf(path, sizeof(path), "%s/bios", test_tmpdir());
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	CHECK(fd >= 0);
	CHECK_EQ(fs_write_all(fd, image, sizeof(image)), 0);
	return path;
}

/* vCPU 1 waits for the other to start it: one of two is all that guest time can show. */
TEST(vms_read__finds_qemu_by_guest_time)
{
	struct vm vm = { .pid = 0 };
	pid_t pid;
	int err;

	if (!access("/sys/kernel/debug/kvm", X_OK))
		SKIP("debugfs is mounted: it knows both vCPUs");
	pid = start_qemu("-bios", make_spinning_bios());
	err = read_until(pid, 1, SPIN_MS, &vm);
	end_qemu(pid);
	if (err == -ETIMEDOUT)
		SKIP("this KVM charges guest time as system time");
	CHECK_EQ(err, 0);
	CHECK_EQ(vm.n_expected, N_VCPUS);
	CHECK_EQ(vm.n_vcpus, 1);
	CHECK(vm.vcpus[0].tid != pid);
	CHECK_EQ(vm.vcpus[0].index, -1);
	vms_vm_done(&vm);
}

/* Mounts debugfs for this process only. */
static bool mount_debugfs(void)
{
	return !unshare(CLONE_NEWNS) && !mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
	       (!access("/sys/kernel/debug/kvm", X_OK) ||
		!mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL)) &&
	       !access("/sys/kernel/debug/kvm", X_OK);
}

/* The exit status of a child: 0 right, 1 not mounted, 2 not found, 3 debugfs and names differ. */
static int compare_debugfs_with_names(pid_t pid)
{
	struct vm vm = { .pid = 0 };
	struct root root;

	if (!mount_debugfs())
		return 1;
	if (read_until(pid, N_VCPUS, WAIT_MS, &vm) || fs_root_open(&root, "/"))
		return 2;
	for (unsigned int i = 0; i < N_VCPUS; i++) {
		struct thread_stat stat;
		char want[32];

		(void)snprintf(want, sizeof(want), "CPU %u/KVM", i);
		if (vm.vcpus[i].index != (int)i ||
		    threads_read_stat(&root, pid, vm.vcpus[i].tid, &stat) ||
		    !streq(stat.comm, want))
			return 3;
	}
	return 0;
}

static int find_by_debugfs(pid_t pid)
{
	struct vm vm = { .pid = 0 };

	if (!mount_debugfs())
		return 1;
	if (read_until(pid, N_VCPUS, WAIT_MS, &vm))
		return 2;
	return vm.n_vcpus == N_VCPUS && vm.vcpus[0].index == 0 && vm.vcpus[1].index == 1 ? 0 : 3;
}

static void check_in_child(pid_t pid, int (*run)(pid_t pid))
{
	int status = -1;
	pid_t child = fork();

	if (!child)
		_exit(run(pid));
	if (child > 0)
		(void)waitpid(child, &status, 0);
	end_qemu(pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 1)
		SKIP("debugfs cannot be mounted here, or shows no VMs");
	CHECK_EQ(status, 0);
}

TEST(vms_read__debugfs_and_names_agree)
{
	check_in_child(start_qemu("-name", "x,debug-threads=on"), compare_debugfs_with_names);
}

TEST(vms_read__finds_qemu_by_debugfs_without_names)
{
	check_in_child(start_qemu("-uuid", "1b4e28ba-2fa1-11d2-883f-0016d3cca427"),
		       find_by_debugfs);
}
