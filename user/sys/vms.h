/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vms: finds virtual machines and the threads that run their vCPUs, without libvirt.
 * Strongest evidence first: sys/kernel/debug/kvm/PID-FD/vcpuN/pid, the caller's own evidence
 * (vcpu_hint: KVM's mark in the task, read through BPF), libvirt's cgroups, names of threads, and
 * guest time. What else there is to a VM (other threads, devices, settings) is read on demand.
 */
#ifndef LULL_SYS_VMS_H
#define LULL_SYS_VMS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cpuset.h"
#include "base/fs.h"

struct vcpu {
	int index; /* -1: this thread ran a guest, but which vCPU it is is not known */
	pid_t tid; /* 0: the VM does not run */
	/* By vms_describe(): */
	struct cpuset cpus;    /* it may run on these; empty: not known, or not said in the XML */
	unsigned int policy;   /* SCHED_OTHER, SCHED_FIFO, ... of <sched.h> */
	unsigned int priority; /* of SCHED_FIFO and SCHED_RR, 1 to 99; else 0 */
};

enum vm_thread_kind {
	VM_THREAD_EMULATOR, /* the main loop, which is also the process */
	VM_THREAD_IO,	    /* serves disks or network queues: QEMU's iothread, "_disk0_q0" */
	VM_THREAD_VHOST,    /* a network or disk queue in the kernel */
	VM_THREAD_WORKER,   /* of a pool for blocking work */
	VM_THREAD_OTHER,    /* also: a nameless one, of which nothing is known */
};

/* A thread of the VMM, or of the kernel for it, that is no vCPU. */
struct vm_thread {
	enum vm_thread_kind kind;
	pid_t tid;	    /* 0: the VM does not run */
	char comm[32];	    /* sanitised */
	bool is_kernel;	    /* a process of its own: kernel threads before 6.4 */
	int iothread;	    /* libvirt's number of it, for iothreadpin; else -1 */
	bool is_unused;	    /* an I/O thread that no device of the command line or XML uses */
	struct cpuset cpus; /* as for a vCPU */
};

enum vm_irq_kind { VM_IRQ_INTX, VM_IRQ_MSI, VM_IRQ_MSIX };

/* An interrupt that a passed-through device has now: vfio-msix[3](0000:01:00.0). */
struct vm_irq {
	unsigned int irq;
	enum vm_irq_kind kind;
	unsigned int vector; /* 0 for INTx */
	bool is_shared;	     /* INTx: the line has another action too */
};

/* A PCI device that is passed through, and really bound to a vfio driver. */
struct vm_device {
	char bdf[24];	     /* "0000:01:00.0" */
	int group;	     /* IOMMU group, or -1 */
	int node;	     /* NUMA node, or -1 */
	char *driver;	     /* "vfio-pci"; "" for a VM that does not run */
	char *name;	     /* "VGA 10de:2684"; or "" */
	struct vm_irq *irqs; /* ascending */
	unsigned int n_irqs;
};

enum vm_manager { VM_BARE, VM_LIBVIRT, VM_PROXMOX };

enum vm_known { VM_UNKNOWN, VM_OFF, VM_ON };

/* As far as the command line or the XML says; what it leaves to a default is that default. */
struct vm_settings {
	enum vm_known balloon;
	enum vm_known hpet;
	enum vm_known pit_catchup; /* KVM makes up for ticks of the PIT that the guest missed */
	enum vm_known huge_pages;
	enum vm_known mem_locked;
	enum vm_known ksm; /* its memory may be merged with others' */
	/* What the guest believes; 0 unknown. */
	unsigned int sockets, dies, threads;
	struct cpuset mem_nodes; /* memory is bound to these NUMA nodes; empty: to none */
};

struct vm {
	pid_t pid;  /* 0: it does not run */
	char *name; /* -name guest=, libvirt, Proxmox' number; else the comm and pid: "qemu-4242" */
	char *uuid; /* or "" */
	char *vmm;  /* qemu, cloud-hypervisor, firecracker, crosvm, kvmtool, or the comm */
	enum vm_manager manager;
	char *id; /* Proxmox' number, only digits; or "" */
	struct vcpu *vcpus;
	unsigned int n_vcpus;
	unsigned int n_expected; /* vCPU descriptors open; more than n_vcpus: not all were found */
	/* By vms_describe(): */
	struct vm_thread *threads; /* by kind, then tid */
	unsigned int n_threads;
	struct vm_device *devices; /* by bdf */
	unsigned int n_devices;
	struct vm_settings settings;
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
/*
 * Adds to VMs from vms_find() or vms_read(), once, what it costs more to know. A VM that ends
 * meanwhile keeps what was read until then, and is no failure.
 */
int vms_describe(const struct root *root, struct vm *vms, unsigned int n);
/* Adds what sysfs says of the devices of a VM that does not run: name, group and node. -ENOMEM. */
int vms_look_up_devices(const struct root *root, struct vm *vm);
/* By name, UUID, pid or Proxmox' number: -ENOENT none, -EEXIST more than one of that name. */
int vms_match(const struct vm_list *list, const char *what, const struct vm **ret);
void vms_done(struct vm_list *list);
void vms_vm_done(struct vm *vm);

#endif
