/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vms: finds virtual machines and the threads that run their vCPUs, without libvirt.
 * Strongest evidence first: sys/kernel/debug/kvm/PID-FD/vcpuN/pid, the caller's own evidence
 * (vcpu_hint: KVM's mark in the task, read through BPF), libvirt's cgroups, names of threads, and
 * guest time.
 */
#ifndef LULL_SYS_VMS_H
#define LULL_SYS_VMS_H

#include <stdint.h>
#include <sys/types.h>

#include "base/fs.h"

struct vcpu {
	int index; /* -1: this thread ran a guest, but which vCPU it is is not known */
	pid_t tid;
};

struct vm {
	pid_t pid;
	char *name; /* -name guest=, libvirt scope, Proxmox -id; else the comm and pid: "qemu-4242" */
	char *uuid; /* or "" */
	char *vmm;  /* qemu, cloud-hypervisor, firecracker, crosvm, kvmtool, or the comm */
	struct vcpu *vcpus;
	unsigned int n_vcpus;
	unsigned int n_expected; /* vCPU descriptors open; more than n_vcpus: not all were found */
};

struct vm_list {
	struct vm *vms;
	unsigned int n;
	unsigned int n_denied; /* processes that could not be looked into: one may be a VM */
};

/*
 * One hint: thread @tid is vCPU @index. @hints may be NULL; NULL, 0 when there is no evidence.
 */
struct vcpu_hint {
	pid_t tid;
	int index;
};

/*
 * All VMs: a process with an open anon_inode:kvm-vm. Sorted by pid.
 */
int vms_find(const struct root *root, const struct vcpu_hint *hints, unsigned int n_hints,
	     struct vm_list *ret);
/*
 * The one process, also by the number of one of its threads: -ENOENT no such process, -ENODEV no
 * VM.
 */
int vms_read(const struct root *root, pid_t pid, const struct vcpu_hint *hints,
	     unsigned int n_hints, struct vm *ret);
/* By name, UUID or pid: -ENOENT none, -EEXIST more than one of that name. */
int vms_match(const struct vm_list *list, const char *what, const struct vm **ret);
void vms_done(struct vm_list *list);
void vms_vm_done(struct vm *vm);

#endif
