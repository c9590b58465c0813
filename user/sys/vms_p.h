/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vms_p: what the files of vms share. For them only.
 */
#ifndef LULL_SYS_VMS_P_H
#define LULL_SYS_VMS_P_H

#ifndef LULL_SYS_VMS_PRIVATE
#error "sys/vms_p.h is private to user/sys/vms*.c"
#endif

#include <stdbool.h>

#include "base/fs.h"
#include "sys/vms.h"

/* The vCPU descriptors of a process: one id each, -1 where the kernel does not say. */
struct vms_fds {
	int *ids; /* ascending */
	unsigned int n;
};

/* Threads that are vCPUs, of any process, by KVM's own word (debugfs); strongest first. */
struct vms_evidence {
	struct vcpu_hint *debugfs;
	unsigned int n_debugfs;
	const struct vcpu_hint *hints; /* the caller's */
	unsigned int n_hints;
};

/* Adds what sys/kernel/debug/kvm says; without debugfs there is no evidence, and no error. */
int vms_evidence_read(const struct root *root, struct vms_evidence *evidence);
void vms_evidence_done(struct vms_evidence *evidence);

/* Fills vcpus and n_vcpus of @vm. */
int vms_find_vcpus(const struct root *root, const struct vms_evidence *evidence,
		   const struct vms_fds *fds, struct vm *vm);
/* Fills name, uuid, vmm, manager and id of @vm. */
int vms_read_names(const struct root *root, struct vm *vm);

struct vms_cmdline {
	char **argv;
	unsigned int n;
};

/*
 * The next value of -NAME VALUE, --NAME VALUE or --NAME=VALUE from argument *@at on, which is moved
 * behind it. NULL: there is none.
 */
const char *vms_next_option(const struct vms_cmdline *cmdline, const char *name, unsigned int *at);
/* The last one, which counts in QEMU. */
const char *vms_last_option(const struct vms_cmdline *cmdline, const char *name);
/* Is there a flag -NAME or --NAME? */
bool vms_has_flag(const struct vms_cmdline *cmdline, const char *name);
/* Cuts the next item off QEMU's "a,b=c"; a comma inside of one is doubled. Allocated. */
char *vms_cut_item(const char **value);
/*
 * The value of a key in "type,key=value", or in the JSON object that libvirt gives in its place,
 * where it may be a string, number or list ("0,1"). Allocated; NULL: none, or no memory.
 */
char *vms_get_key(const char *value, const char *key);

/* Who manages it, by files in run/libvirt/qemu and run/qemu-server; its name there. -ENOMEM. */
int vms_read_run_files(const struct root *root, struct vm *vm, char **ret_name);
/* Settings, and which I/O threads are unused, by the command line. -ENOMEM. */
int vms_read_settings(const struct root *root, struct vm *vm);

/* The parts of vms_describe(). -ENOMEM. */
int vms_read_threads(const struct root *root, struct vm *vm);
int vms_add_kernel_threads(const struct root *root, struct vm *vms, unsigned int n);
void vms_sort_threads(struct vm *vm);
int vms_read_devices(const struct root *root, struct vm *vm);
int vms_read_irqs(const struct root *root, struct vm *vms, unsigned int n);

/* Moves @device into @vm. -ENOMEM. */
int vms_add_device(struct vm *vm, struct vm_device *device);
void vms_sort_devices(struct vm *vm);
void vms_device_done(struct vm_device *device);

#endif
