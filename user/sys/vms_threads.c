/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vms_threads: the threads of a virtual machine that run no vCPU, with what they are for, and
 * where all of its threads may run. By names of threads and libvirt's cgroups: QEMU without
 * debug-threads names none, and they stay "other". Moves nothing.
 */
#define LULL_SYS_VMS_PRIVATE
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/str.h"
#include "sys/threads.h"
#include "sys/vms_p.h"

static bool is_vcpu(const struct vm *vm, pid_t tid)
{
	for (unsigned int i = 0; i < vm->n_vcpus; i++)
		if (vm->vcpus[i].tid == tid)
			return true;
	return false;
}

/* The first that fits counts. */
static enum vm_thread_kind kind_of(const struct vm *vm, const char *comm)
{
	static const struct {
		const char *vmm; /* NULL: any */
		const char *prefix;
		enum vm_thread_kind kind;
	} names[] = {
		{ .prefix = "vhost-", .kind = VM_THREAD_VHOST },
		{ .vmm = "qemu", .prefix = "IO mon_iothread", .kind = VM_THREAD_OTHER },
		{ .vmm = "qemu", .prefix = "IO ", .kind = VM_THREAD_IO },
		{ .vmm = "qemu", .prefix = "worker", .kind = VM_THREAD_WORKER },
		{ .vmm = "qemu", .prefix = "pool-", .kind = VM_THREAD_WORKER },
		{ .vmm = "cloud-hypervisor", .prefix = "_", .kind = VM_THREAD_IO },
		{ .vmm = "crosvm", .prefix = "v_", .kind = VM_THREAD_IO },
		{ .vmm = "crosvm", .prefix = "virtio", .kind = VM_THREAD_IO },
		{ .vmm = "kvmtool", .prefix = "virtio-", .kind = VM_THREAD_IO },
		{ .vmm = "kvmtool", .prefix = "threadpool", .kind = VM_THREAD_WORKER },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if ((!names[i].vmm || streq(names[i].vmm, vm->vmm)) &&
		    str_starts(comm, names[i].prefix))
			return names[i].kind;
	return VM_THREAD_OTHER;
}

/* "PREFIX12", 12 being the rest of it. */
static bool parse_numbered(const char *name, const char *prefix, int *ret)
{
	uint32_t number;

	if (!str_starts(name, prefix) || parse_u32(name + strlen(prefix), &number) ||
	    number > INT32_MAX)
		return false;
	*ret = (int)number;
	return true;
}

/* libvirt puts an I/O thread into a cgroup ".../iothread1", and calls it the same. */
static bool read_iothread(const struct root *root, pid_t pid, const struct vm_thread *thread,
			  int *ret)
{
	auto_free char *text = NULL;

	if (parse_numbered(thread->comm, "IO iothread", ret))
		return true;
	if (fs_read_file(root, &text, NULL, "proc/%d/task/%d/cgroup", (int)pid, (int)thread->tid))
		return false;
	for (char *line = text, *end; line && *line; line = end) {
		char *slash;

		end = strchr(line, '\n');
		if (end)
			*end++ = '\0';
		slash = strrchr(line, '/');
		if (slash && parse_numbered(slash + 1, "iothread", ret))
			return true;
	}
	return false;
}

static int add_thread(struct vm *vm, const struct vm_thread *thread)
{
	struct vm_thread *grown;

	grown = reallocarray(vm->threads, vm->n_threads + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	vm->threads = grown;
	grown[vm->n_threads++] = *thread;
	return 0;
}

/* A thread that is gone by now is left out. */
static int read_thread(const struct root *root, struct vm *vm, pid_t tid)
{
	struct vm_thread thread = { .tid = tid, .iothread = -1 };
	struct thread_stat stat;

	if (threads_read_stat(root, vm->pid, tid, &stat))
		return 0;
	str_copy(thread.comm, sizeof(thread.comm), stat.comm, sizeof(stat.comm));
	thread.kind = tid == vm->pid ? VM_THREAD_EMULATOR : kind_of(vm, thread.comm);
	if ((thread.kind == VM_THREAD_IO || thread.kind == VM_THREAD_OTHER) &&
	    read_iothread(root, vm->pid, &thread, &thread.iothread))
		thread.kind = VM_THREAD_IO;
	(void)threads_read_task_affinity(root, vm->pid, tid, &thread.cpus);
	return add_thread(vm, &thread);
}

static void read_vcpus(const struct root *root, struct vm *vm)
{
	struct thread_stat stat;

	for (unsigned int i = 0; i < vm->n_vcpus; i++) {
		struct vcpu *vcpu = &vm->vcpus[i];

		(void)threads_read_task_affinity(root, vm->pid, vcpu->tid, &vcpu->cpus);
		if (threads_read_stat(root, vm->pid, vcpu->tid, &stat))
			continue;
		vcpu->policy = stat.policy;
		vcpu->priority = stat.rt_priority;
	}
}

int vms_read_threads(const struct root *root, struct vm *vm)
{
	auto_free pid_t *tids = NULL;
	unsigned int n;
	int err;

	read_vcpus(root, vm);
	err = threads_list(root, vm->pid, &tids, &n);
	if (err)
		return err == -ENOMEM ? err : 0;
	for (unsigned int i = 0; i < n && !err; i++)
		if (!is_vcpu(vm, tids[i]))
			err = read_thread(root, vm, tids[i]);
	return err;
}

/*
 * The VM of a process named after one of its threads: vhost-4242, kvm-pit/4242. Anybody may take
 * that name, but neither be a kernel thread nor be made by the VMM (6.4 before its release).
 */
static struct vm *find_owner(const struct root *root, const struct thread_stat *stat,
			     struct vm *vms, unsigned int n)
{
	int tid;

	if (!parse_numbered(stat->comm, "vhost-", &tid) &&
	    !parse_numbered(stat->comm, "kvm-pit/", &tid))
		return NULL;
	for (unsigned int i = 0; i < n; i++)
		if ((stat->is_kernel || stat->ppid == vms[i].pid) && stat->tid != vms[i].pid &&
		    fs_exists(root, "proc/%d/task/%d", (int)vms[i].pid, tid))
			return &vms[i];
	return NULL;
}

int vms_add_kernel_threads(const struct root *root, struct vm *vms, unsigned int n)
{
	auto_closedir DIR *dir = NULL;
	const struct dirent *entry;
	struct thread_stat stat;
	uint32_t pid;
	int err;

	err = fs_opendir(root, &dir, "proc");
	if (err)
		return err;
	while (!err && (entry = readdir(dir))) {
		struct vm_thread thread = { .is_kernel = true, .iothread = -1 };
		struct vm *vm;

		if (parse_u32(entry->d_name, &pid) ||
		    threads_read_stat(root, (pid_t)pid, (pid_t)pid, &stat))
			continue;
		vm = find_owner(root, &stat, vms, n);
		if (!vm)
			continue;
		thread.tid = stat.tid;
		thread.kind = kind_of(vm, stat.comm);
		str_copy(thread.comm, sizeof(thread.comm), stat.comm, sizeof(stat.comm));
		(void)threads_read_task_affinity(root, stat.tid, stat.tid, &thread.cpus);
		err = add_thread(vm, &thread);
	}
	return err;
}

static int by_kind(const void *a, const void *b)
{
	const struct vm_thread *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return (x->tid > y->tid) - (x->tid < y->tid);
}

void vms_sort_threads(struct vm *vm)
{
	if (vm->n_threads)
		qsort(vm->threads, vm->n_threads, sizeof(*vm->threads), by_kind);
}
