/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vms: finds virtual machines by their open KVM descriptors, which every VMM has, as root or as
 * the VMM's user. Asks no libvirt, opens no monitor socket, and changes nothing.
 */
#define LULL_SYS_VMS_PRIVATE
#include "sys/vms.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/str.h"
#include "sys/threads.h"
#include "sys/vms_p.h"

static int by_number(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

/* "anon_inode:kvm-vcpu:3"; before 4.18 without the id. Not "anon_inode:kvm-vcpu-stats:3". */
static bool parse_vcpu_link(const char *link, int *ret_id)
{
	static const char prefix[] = "anon_inode:kvm-vcpu";
	uint32_t id;

	if (!str_starts(link, prefix))
		return false;
	link += sizeof(prefix) - 1;
	*ret_id = -1;
	if (!*link)
		return true;
	if (*link != ':' || parse_u32(link + 1, &id) || id > INT32_MAX)
		return false;
	*ret_id = (int)id;
	return true;
}

/* -ENODEV: no descriptor of a VM. -ENOENT: the process is gone. */
static int read_fds(const struct root *root, pid_t pid, struct vms_fds *ret)
{
	auto_closedir DIR *dir = NULL;
	const struct dirent *entry;
	auto_free int *ids = NULL;
	unsigned int n = 0;
	bool is_vm = false;
	int err, id;

	err = fs_opendir(root, &dir, "proc/%d/fd", (int)pid);
	if (err)
		return err == -ESRCH ? -ENOENT : err;
	while ((entry = readdir(dir))) {
		auto_free char *link = NULL;
		int *grown;

		if (entry->d_name[0] == '.')
			continue;
		err = fs_read_link(root, &link, "proc/%d/fd/%s", (int)pid, entry->d_name);
		if (err == -ENOMEM || err == -EACCES || err == -EPERM)
			return err;
		if (err)
			continue;
		is_vm |= streq(link, "anon_inode:kvm-vm");
		if (!parse_vcpu_link(link, &id))
			continue;
		grown = realloc(ids, (n + 1) * sizeof(*ids));
		if (!grown)
			return -ENOMEM;
		ids = grown;
		ids[n++] = id;
	}
	if (!is_vm)
		return -ENODEV;
	if (n)
		qsort(ids, n, sizeof(*ids), by_number);
	ret->ids = take_ptr(ids);
	ret->n = n;
	return 0;
}

static int read_vm(const struct root *root, pid_t pid, const struct vms_evidence *evidence,
		   struct vm *ret)
{
	struct vms_fds fds = { .ids = NULL };
	struct vm vm = { .pid = pid };
	int err;

	err = read_fds(root, pid, &fds);
	if (err)
		return err;
	vm.n_expected = fds.n;
	err = vms_read_names(root, &vm);
	if (!err)
		err = vms_find_vcpus(root, evidence, &fds, &vm);
	free(fds.ids);
	if (err)
		vms_vm_done(&vm);
	else
		*ret = vm;
	return err;
}

static int by_pid(const void *a, const void *b)
{
	const struct vm *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

static int find_all(const struct root *root, const struct vms_evidence *evidence,
		    struct vm_list *list)
{
	auto_closedir DIR *dir = NULL;
	const struct dirent *entry;
	struct vm vm, *grown;
	uint32_t pid;
	int err;

	err = fs_opendir(root, &dir, "proc");
	if (err)
		return err;
	while ((entry = readdir(dir))) {
		if (parse_u32(entry->d_name, &pid))
			continue;
		err = read_vm(root, (pid_t)pid, evidence, &vm);
		if (err == -ENODEV || err == -ENOENT)
			continue;
		/* It may be a VM. Even root may not look into every process: some hide. */
		if (err == -EPERM || err == -EACCES) {
			list->n_denied++;
			continue;
		}
		if (err)
			return err;
		grown = realloc(list->vms, (list->n + 1) * sizeof(*grown));
		if (!grown) {
			vms_vm_done(&vm);
			return -ENOMEM;
		}
		list->vms = grown;
		list->vms[list->n++] = vm;
	}
	if (list->n)
		qsort(list->vms, list->n, sizeof(*list->vms), by_pid);
	return 0;
}

int vms_find(const struct root *root, const struct vcpu_hint *hints, unsigned int n_hints,
	     struct vm_list *ret)
{
	struct vms_evidence evidence = { .hints = hints, .n_hints = n_hints };
	struct vm_list list = { .vms = NULL };
	int err;

	err = vms_evidence_read(root, &evidence);
	if (!err)
		err = find_all(root, &evidence, &list);
	vms_evidence_done(&evidence);
	if (err)
		vms_done(&list);
	else
		*ret = list;
	return err;
}

int vms_read(const struct root *root, pid_t pid, const struct vcpu_hint *hints,
	     unsigned int n_hints, struct vm *ret)
{
	struct vms_evidence evidence = { .hints = hints, .n_hints = n_hints };
	pid_t tgid;
	int err;

	/* Any thread of the VM will do: people copy a vCPU's tid from top. */
	err = threads_tgid(root, pid, &tgid);
	if (!err)
		err = vms_evidence_read(root, &evidence);
	if (!err)
		err = read_vm(root, tgid, &evidence, ret);
	vms_evidence_done(&evidence);
	return err;
}

int vms_describe(const struct root *root, struct vm *vms, unsigned int n)
{
	int err = 0;

	for (unsigned int i = 0; i < n && !err; i++) {
		err = vms_read_threads(root, &vms[i]);
		if (!err)
			err = vms_read_devices(root, &vms[i]);
		if (!err)
			err = vms_read_settings(root, &vms[i]);
	}
	if (!err && n)
		err = vms_add_kernel_threads(root, vms, n);
	if (!err)
		err = vms_read_irqs(root, vms, n);
	for (unsigned int i = 0; i < n; i++)
		vms_sort_threads(&vms[i]);
	return err;
}

int vms_match(const struct vm_list *list, const char *what, const struct vm **ret)
{
	const struct vm *found = NULL;
	uint32_t pid = 0;

	if (parse_u32(what, &pid))
		pid = 0;
	for (unsigned int i = 0; i < list->n; i++) {
		const struct vm *vm = &list->vms[i];

		if (!streq(vm->name, what) && !(pid && vm->pid == (pid_t)pid) &&
		    !(*what && vm->id && streq(vm->id, what)) &&
		    !(*vm->uuid && strcasecmp(vm->uuid, what) == 0))
			continue;
		if (found)
			return -EEXIST;
		found = vm;
	}
	if (!found)
		return -ENOENT;
	*ret = found;
	return 0;
}

void vms_vm_done(struct vm *vm)
{
	free(vm->name);
	free(vm->uuid);
	free(vm->vmm);
	free(vm->id);
	free(vm->vcpus);
	free(vm->threads);
	for (unsigned int i = 0; i < vm->n_devices; i++)
		vms_device_done(&vm->devices[i]);
	free(vm->devices);
	*vm = (struct vm){ .pid = 0 };
}

void vms_done(struct vm_list *list)
{
	for (unsigned int i = 0; i < list->n; i++)
		vms_vm_done(&list->vms[i]);
	free(list->vms);
	*list = (struct vm_list){ .vms = NULL };
}
