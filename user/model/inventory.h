/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inventory: what `lull list` knows: the CPUs of a host, its virtual machines with their threads,
 * devices and settings, and what is wrong with it. Plain data; it owns its strings and arrays.
 */
#ifndef LULL_MODEL_INVENTORY_H
#define LULL_MODEL_INVENTORY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cpuset.h"

struct interrupts;

struct inv_cpu {
	bool online;
	int core;	   /* the lowest CPU of its core; itself when nothing says */
	int package, node; /* -1 unknown */
	int l3;		   /* the lowest CPU that shares its last-level cache; -1 unknown */
};

enum inv_kind { INV_VCPU, INV_EMULATOR, INV_IO, INV_VHOST, INV_WORKER, INV_OTHER, INV_N_KINDS };

struct inv_thread {
	enum inv_kind kind;
	int number;	    /* of a vCPU, or libvirt's of an I/O thread; -1 unknown */
	pid_t tid;	    /* 0: the VM does not run */
	char *comm;	    /* or "" */
	bool is_kernel;	    /* a kernel thread, or a process of its own */
	bool is_unused;	    /* an I/O thread that no device of the VM's configuration uses */
	struct cpuset cpus; /* it may run on these; empty: not known, or nothing said */
	unsigned int policy, priority; /* as in sched(7) */
};

struct inv_irq {
	unsigned int irq, vector;
	bool is_intx, is_msix, is_shared;
};

struct inv_device {
	char *bdf, *driver, *name; /* or "" */
	int group, node;	   /* -1 unknown */
	struct inv_irq *irqs;
	unsigned int n_irqs;
};

enum inv_manager { INV_BARE, INV_LIBVIRT, INV_PROXMOX };
enum inv_known { INV_UNKNOWN, INV_OFF, INV_ON };

/* What can be seen of a VM's settings; the names of these are in inventory.c. */
enum inv_setting {
	INV_BALLOON,
	INV_HPET,
	INV_PIT_CATCHUP, /* ticks of the PIT that the guest missed are made up for */
	INV_HUGE_PAGES,
	INV_MEM_LOCKED,
	INV_KSM, /* its memory may be merged */
	INV_N_SETTINGS,
};

struct inv_vm {
	pid_t pid;		      /* 0: it does not run */
	char *name, *uuid, *vmm, *id; /* id: Proxmox's number; or "" */
	enum inv_manager manager;
	unsigned int n_vcpus, n_expected;
	/* What the guest believes; 0 unknown. */
	unsigned int guest_sockets, guest_dies, guest_threads;
	struct cpuset mem_nodes;    /* its memory is bound to these; empty: to none */
	struct inv_thread *threads; /* vCPUs by number, then the others by kind */
	unsigned int n_threads;
	struct inv_device *devices;
	unsigned int n_devices;
	enum inv_known settings[INV_N_SETTINGS];
};

enum inv_severity { INV_NOTE, INV_WARNING, INV_SERIOUS };

/* Something that is wrong: with what, what is so, why that matters, and how to mend it. */
struct inv_finding {
	const char *id; /* of findings.def */
	enum inv_severity severity;
	const char *title, *why;
	const char *vm; /* a name in the inventory; NULL: the host */
	char *object;	/* "vCPU 3", "0000:01:00.0" */
	char *is;
	char **fixes; /* commands or settings, all of them together; in order */
	unsigned int n_fixes;
};

struct inventory {
	struct inv_cpu *cpus; /* by number */
	unsigned int n_cpus;
	struct cpuset online;
	struct inv_vm *vms;
	unsigned int n_vms;
	unsigned int n_denied;	  /* processes that could not be looked into */
	bool is_root;		  /* more than was seen cannot be seen */
	struct cpuset guest_cpus; /* by inventory_split() */
	struct inv_finding *findings;
	unsigned int n_findings;
	const struct interrupts *interrupts; /* not owned; NULL: not asked for */
};

void inventory_done(struct inventory *inv);
#define auto_inventory __attribute__((cleanup(inventory_done)))

/* Is it kept from at least one online CPU? */
bool inv_is_pinned(const struct inventory *inv, const struct inv_thread *thread);
/* Sets guest_cpus: where pinned vCPUs of any VM may run. What is left is the host's. */
void inventory_split(struct inventory *inv);
/* Leaves out all VMs but one, after the split and the findings: those are a matter of all. */
void inventory_keep_vm(struct inventory *inv, pid_t pid);
/* Leaves out VMs of that UUID, or without one of that name. */
void inventory_drop_vm(struct inventory *inv, const char *name, const char *uuid);
/* All online CPUs of the core of @cpu; or of its last-level cache (all, where that is unknown). */
void inv_core_cpus(const struct inventory *inv, unsigned int cpu, struct cpuset *ret);
void inv_l3_cpus(const struct inventory *inv, unsigned int cpu, struct cpuset *ret);
/* Adds the other CPUs of the cores that @set has CPUs of. */
void inv_add_siblings(const struct inventory *inv, struct cpuset *set);
/* Cores of which all online CPUs are in @set. */
unsigned int inv_count_cores(const struct inventory *inv, const struct cpuset *set);

const char *inv_kind_name(enum inv_kind kind);		/* "I/O" */
const char *inv_setting_name(enum inv_setting setting); /* "memory balloon" */
const char *inv_setting_key(enum inv_setting setting);	/* "memory_balloon" */
const char *inv_policy_name(unsigned int policy);	/* "fifo" */

#endif
