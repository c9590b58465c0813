/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vms_run: the pid files that libvirt (run/libvirt/qemu/NAME.pid) and Proxmox
 * (run/qemu-server/ID.pid) keep while a VM runs: who manages it, and its name. Both are asked
 * nothing. A stale file names a process that is no VM, or another one: only the pid counts.
 */
#define LULL_SYS_VMS_PRIVATE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/str.h"
#include "sys/vms_p.h"

/* The stem of the pid file in @dir that holds @pid, allocated; NULL: none, or no memory. */
static char *find_pid_file(const struct root *root, const char *path, pid_t pid)
{
	auto_closedir DIR *dir = NULL;
	const struct dirent *entry;
	unsigned long long value;

	if (fs_opendir(root, &dir, "%s", path))
		return NULL;
	while ((entry = readdir(dir)))
		if (str_ends(entry->d_name, ".pid") &&
		    !fs_read_u64(root, &value, "%s/%s", path, entry->d_name) &&
		    value == (unsigned long long)pid)
			return strndup(entry->d_name, strlen(entry->d_name) - strlen(".pid"));
	return NULL;
}

int vms_read_run_files(const struct root *root, struct vm *vm, char **ret_name)
{
	auto_free char *libvirt = find_pid_file(root, "run/libvirt/qemu", vm->pid);
	auto_free char *proxmox = NULL;
	uint32_t id;

	if (libvirt) {
		vm->manager = VM_LIBVIRT;
		*ret_name = take_ptr(libvirt);
		return 0;
	}
	proxmox = find_pid_file(root, "run/qemu-server", vm->pid);
	if (!proxmox || parse_u32(proxmox, &id))
		return 0;
	vm->manager = VM_PROXMOX;
	vm->id = take_ptr(proxmox);
	/* Its number is the name that is left when it was given none: see -id. */
	*ret_name = strdup(vm->id);
	return *ret_name ? 0 : -ENOMEM;
}
