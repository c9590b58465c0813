/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vm: the smallest KVM virtual machine that can be busy, be idle and cause exits on request. It
 * owns the descriptors and the guest's memory. It starts no thread and prints nothing; x86-64 only.
 */
#ifndef LULL_GUEST_VM_H
#define LULL_GUEST_VM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct kvm_run;

enum guest_mode {
	GUEST_SPIN,  /* ring 3, no exits of its own */
	GUEST_PIO,   /* ring 3, an exit to user space per port write */
	GUEST_CPUID, /* ring 3, an exit that KVM handles itself, as fast as it goes */
	GUEST_HLT,   /* ring 0, halts and is woken by its local APIC timer */
	GUEST_IDLE,  /* ring 0, halts for good */
	GUEST_IRQ,   /* ring 0, halts and is woken by a device: guest_vm_route() */
	GUEST_MODES,
};

/* In guest memory, written by the guest: rounds of its loop, interrupts of timer and device taken. */
struct guest_counters {
	uint64_t loops, ticks, device;
};

struct guest_vm {
	int kvm_fd, vm_fd;
	uint8_t *mem;
	size_t run_size; /* of the area that KVM shares per vCPU */
};

struct guest_vcpu {
	int fd;
	int stats; /* KVM's statistics, kept open as QEMU 8.1 and later do; -1: this KVM has none */
	struct kvm_run *run;
	volatile struct guest_counters *counters;
};

/* The name of a mode on the command line, and back; -EINVAL. */
const char *guest_mode_name(enum guest_mode mode);
int guest_mode_parse(const char *name, size_t len, enum guest_mode *ret);

#define GUEST_VCPUS_MAX 16

/* Opens /dev/kvm and makes a machine with memory and code, but no vCPU. -errno. */
int guest_vm_open(struct guest_vm *ret);
void guest_vm_close(struct guest_vm *vm);

/* The guest's memory, as a device that is passed through has to see it. */
size_t guest_vm_size(void);
/* What is written to @eventfd interrupts vCPU @dest as a device's message, past this process. -errno. */
int guest_vm_route(const struct guest_vm *vm, int eventfd, unsigned int dest);

/* Adds vCPU @index, ready to run @mode; @rate_hz is the timer's, for GUEST_HLT. -errno. */
int guest_vcpu_open(const struct guest_vm *vm, unsigned int index, enum guest_mode mode,
		    uint32_t rate_hz, struct guest_vcpu *ret);
/*
 * By how much the guest's time stamp counter is ahead of the host's, between two numbers, modulo 2^64;
 * false where nothing can be said.
 */
bool guest_vcpu_tsc(const struct guest_vcpu *vcpu, int64_t *ret_low, int64_t *ret_high);
void guest_vcpu_close(const struct guest_vm *vm, struct guest_vcpu *vcpu);

#endif
