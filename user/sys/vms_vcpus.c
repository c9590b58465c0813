/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vms_vcpus: which threads of a virtual machine run its vCPUs. Each vCPU is taken from the
 * strongest evidence that has it: KVM's debugfs, the caller's hints, libvirt's cgroups, names of
 * threads, and last guest time, which no other thread can have. Nothing is filled in by count:
 * a vCPU that was not found is left out.
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

struct search {
	const struct root *root;
	const struct vms_fds *fds;
	struct vm *vm;
	pid_t *tids; /* ascending */
	unsigned int n_tids;
};

/* The number after "vcpu", "vcpu12" being all of it. */
static bool parse_vcpu_name(const char *name, int *ret_index)
{
	uint32_t index;

	if (!str_starts(name, "vcpu") || parse_u32(name + 4, &index) || index > INT32_MAX)
		return false;
	*ret_index = (int)index;
	return true;
}

static int add_evidence(struct vms_evidence *evidence, pid_t tid, int index)
{
	struct vcpu_hint *grown;

	grown = realloc(evidence->debugfs, (evidence->n_debugfs + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	evidence->debugfs = grown;
	grown[evidence->n_debugfs++] = (struct vcpu_hint){ .tid = tid, .index = index };
	return 0;
}

/* One VM's directory, "PID-FD". Its pid is 0 until the vCPU has run once. */
static int read_debugfs_vm(const struct root *root, const char *name, struct vms_evidence *evidence)
{
	auto_closedir DIR *dir = NULL;
	const struct dirent *entry;
	unsigned long long tid;
	int err, index;

	/* It may just have ended. */
	if (fs_opendir(root, &dir, "sys/kernel/debug/kvm/%s", name))
		return 0;
	while ((entry = readdir(dir))) {
		if (!parse_vcpu_name(entry->d_name, &index))
			continue;
		if (fs_read_u64(root, &tid, "sys/kernel/debug/kvm/%s/%s/pid", name,
				entry->d_name) ||
		    !tid || tid > INT32_MAX)
			continue;
		err = add_evidence(evidence, (pid_t)tid, index);
		if (err)
			return err;
	}
	return 0;
}

int vms_evidence_read(const struct root *root, struct vms_evidence *evidence)
{
	auto_closedir DIR *dir = NULL;
	const struct dirent *entry;
	int err = 0;

	if (fs_opendir(root, &dir, "sys/kernel/debug/kvm"))
		return 0;
	/* The directory's pid is the thread that made the VM, which may be gone: not looked at. */
	while (!err && (entry = readdir(dir)))
		if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9')
			err = read_debugfs_vm(root, entry->d_name, evidence);
	return err;
}

void vms_evidence_done(struct vms_evidence *evidence)
{
	free(evidence->debugfs);
	*evidence = (struct vms_evidence){ .debugfs = NULL };
}

static bool has_tid(const struct search *s, pid_t tid)
{
	for (unsigned int i = 0; i < s->vm->n_vcpus; i++)
		if (s->vm->vcpus[i].tid == tid)
			return true;
	return false;
}

static bool has_index(const struct search *s, int index)
{
	for (unsigned int i = 0; i < s->vm->n_vcpus; i++)
		if (s->vm->vcpus[i].index == index)
			return true;
	return false;
}

static bool is_complete(const struct search *s)
{
	return s->vm->n_vcpus >= s->fds->n;
}

static int add_vcpu(struct search *s, pid_t tid, int index)
{
	struct vcpu *grown;

	grown = realloc(s->vm->vcpus, (s->vm->n_vcpus + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	s->vm->vcpus = grown;
	grown[s->vm->n_vcpus++] = (struct vcpu){ .index = index, .tid = tid };
	return 0;
}

/* A weaker claim: only for a vCPU that exists and was not found yet. */
static int add_claim(struct search *s, pid_t tid, int index)
{
	bool exists = false;

	for (unsigned int i = 0; i < s->fds->n; i++)
		exists |= s->fds->ids[i] == index || s->fds->ids[i] < 0;
	if (!exists || has_tid(s, tid) || has_index(s, index))
		return 0;
	return add_vcpu(s, tid, index);
}

static bool is_own(const struct search *s, pid_t tid)
{
	for (unsigned int i = 0; i < s->n_tids; i++)
		if (s->tids[i] == tid)
			return true;
	return false;
}

/* A process may run several VMs, so one index may come twice; @is_kvm is KVM's own word. */
static int add_hints(struct search *s, const struct vcpu_hint *hints, unsigned int n, bool is_kvm)
{
	int err = 0;

	for (unsigned int i = 0; i < n && !err; i++) {
		if (!is_own(s, hints[i].tid) || has_tid(s, hints[i].tid))
			continue;
		if (is_kvm || !has_index(s, hints[i].index))
			err = add_vcpu(s, hints[i].tid, hints[i].index);
	}
	return err;
}

/* libvirt puts each vCPU thread into a cgroup of its own, ".../vcpu3". */
static bool read_cgroup_index(const struct root *root, pid_t pid, pid_t tid, int *ret_index)
{
	auto_free char *text = NULL;

	if (fs_read_file(root, &text, NULL, "proc/%d/task/%d/cgroup", (int)pid, (int)tid))
		return false;
	for (char *line = text, *end; line && *line; line = end) {
		char *slash;

		end = strchr(line, '\n');
		if (end)
			*end++ = '\0';
		slash = strrchr(line, '/');
		if (slash && parse_vcpu_name(slash + 1, ret_index))
			return true;
	}
	return false;
}

static int add_from_cgroups(struct search *s)
{
	int err = 0, index;

	for (unsigned int i = 0; i < s->n_tids && !err; i++)
		if (read_cgroup_index(s->root, s->vm->pid, s->tids[i], &index))
			err = add_claim(s, s->tids[i], index);
	return err;
}

/*
 * What the VMMs call their vCPU threads. The number must be followed by the suffix and nothing
 * else, so that helpers (kvm-nx-lpage-re, vhost-4242) never match.
 */
static bool parse_comm(const char *comm, int *ret_index)
{
	static const struct {
		const char *prefix, *suffix;
	} forms[] = {
		{ .prefix = "CPU ", .suffix = "/KVM" },	   /* QEMU with debug-threads=on */
		{ .prefix = "vcpu", .suffix = "" },	   /* cloud-hypervisor, other rust-vmm */
		{ .prefix = "fc_vcpu ", .suffix = "" },	   /* Firecracker */
		{ .prefix = "crosvm_vcpu", .suffix = "" }, /* crosvm */
		{ .prefix = "kvm-vcpu-", .suffix = "" },   /* kvmtool */
	};
	char number[16];
	uint32_t index;

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		size_t digits;

		if (!str_starts(comm, forms[i].prefix))
			continue;
		comm += strlen(forms[i].prefix);
		digits = strspn(comm, "0123456789");
		if (!streq(comm + digits, forms[i].suffix))
			return false;
		str_copy(number, sizeof(number), comm, digits);
		if (parse_u32(number, &index) || index > INT32_MAX)
			return false;
		*ret_index = (int)index;
		return true;
	}
	return false;
}

static int add_from_comms(struct search *s)
{
	struct thread_stat stat;
	int err = 0, index;

	for (unsigned int i = 0; i < s->n_tids && !err; i++)
		if (!threads_read_stat(s->root, s->vm->pid, s->tids[i], &stat) &&
		    parse_comm(stat.comm, &index))
			err = add_claim(s, s->tids[i], index);
	return err;
}

static int by_start(const void *a, const void *b)
{
	const struct thread_stat *x = a, *y = b;

	if (x->start_ticks != y->start_ticks)
		return x->start_ticks < y->start_ticks ? -1 : 1;
	return (x->tid > y->tid) - (x->tid < y->tid);
}

/* The ids that no thread was found for, in order; at most @cap. */
static unsigned int list_missing(const struct search *s, int *missing, unsigned int cap)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < s->fds->n && n < cap; i++) {
		int id = s->fds->ids[i] < 0 ? (int)i : s->fds->ids[i];

		if (!has_index(s, id))
			missing[n++] = id;
	}
	return n;
}

/*
 * Threads that ever ran a guest: a count above 0 proves it, as only KVM charges guest time. Which
 * vCPU each of them is follows from the order in which they were made (VMMs go by index), if
 * there are as many as are missing; else the index is -1.
 */
static int add_from_guest_time(struct search *s)
{
	auto_free struct thread_stat *stats = calloc((size_t)s->n_tids + 1, sizeof(*stats));
	auto_free int *missing = calloc((size_t)s->fds->n + 1, sizeof(*missing));
	unsigned int n = 0, n_missing;
	int err = 0;

	if (!stats || !missing)
		return -ENOMEM;
	for (unsigned int i = 0; i < s->n_tids; i++)
		if (!has_tid(s, s->tids[i]) &&
		    !threads_read_stat(s->root, s->vm->pid, s->tids[i], &stats[n]) &&
		    stats[n].guest_ticks)
			n++;
	n_missing = list_missing(s, missing, s->fds->n);
	qsort(stats, n, sizeof(*stats), by_start);
	for (unsigned int i = 0; i < n && !err; i++)
		err = add_vcpu(s, stats[i].tid, n == n_missing ? missing[i] : -1);
	return err;
}

/* Unknown indices (-1) last. */
static int by_index(const void *a, const void *b)
{
	const struct vcpu *x = a, *y = b;

	if (x->index != y->index)
		return (unsigned int)x->index < (unsigned int)y->index ? -1 : 1;
	return (x->tid > y->tid) - (x->tid < y->tid);
}

int vms_find_vcpus(const struct root *root, const struct vms_evidence *evidence,
		   const struct vms_fds *fds, struct vm *vm)
{
	static int (*const weaker[])(struct search *) = { add_from_cgroups, add_from_comms,
							  add_from_guest_time };
	struct search s = { .root = root, .fds = fds, .vm = vm };
	int err;

	err = threads_list(root, vm->pid, &s.tids, &s.n_tids);
	if (err)
		return err;
	err = add_hints(&s, evidence->debugfs, evidence->n_debugfs, true);
	if (!err)
		err = add_hints(&s, evidence->hints, evidence->n_hints, false);
	for (size_t i = 0; i < ARRAY_SIZE(weaker) && !err && !is_complete(&s); i++)
		err = weaker[i](&s);
	if (!err && vm->n_vcpus)
		qsort(vm->vcpus, vm->n_vcpus, sizeof(*vm->vcpus), by_index);
	free(s.tids);
	return err;
}
