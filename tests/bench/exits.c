/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/exits.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "base/cleanup.h"

#ifdef __x86_64__
#include <linux/kvm.h>

#define MEM_SIZE 0x2000
#define CODE_AT	 0x1000
#define PORT	 0x10
#define LOOPS	 (EXITS - 1)

/* In real mode. KVM answers CPUID by itself; a port is for user space. */
/* clang-format off */
static const uint8_t code[] = {
	0xbe, LOOPS & 0xff, LOOPS >> 8, /* again: mov si, LOOPS */
	0x31, 0xc0,			/* next: xor ax, ax */
	0x0f, 0xa2,			/* cpuid */
	0x4e,				/* dec si */
	0x75, 0xf9,			/* jnz next */
	0xe6, PORT,			/* out PORT, al */
	0xeb, 0xf2,			/* jmp again */
};
/* clang-format on */

static int set_registers(int vcpu)
{
	const struct kvm_regs regs = { .rip = CODE_AT, .rflags = 2 };
	struct kvm_sregs sregs;

	if (ioctl(vcpu, KVM_GET_SREGS, &sregs) < 0)
		return -errno;
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	if (ioctl(vcpu, KVM_SET_SREGS, &sregs) < 0 || ioctl(vcpu, KVM_SET_REGS, &regs) < 0)
		return -errno;
	return 0;
}

static int set_memory(int vm, uint8_t **ret)
{
	struct kvm_userspace_memory_region region = { .memory_size = MEM_SIZE };
	void *mem = mmap(NULL, MEM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED)
		return -errno;
	*ret = mem;
	memcpy(*ret + CODE_AT, code, sizeof(code));
	region.userspace_addr = (uintptr_t)mem;
	return ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) < 0 ? -errno : 0;
}

/* The vCPU holds the VM. */
static int open_vcpu(struct exits *e)
{
	auto_close int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC), vm = -1, vcpu = -1;
	void *run;
	int err, size;

	if (kvm < 0)
		return -errno;
	size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	if (size < 0 || vm < 0)
		return -errno;
	err = set_memory(vm, &e->mem);
	if (err)
		return err;
	vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	if (vcpu < 0)
		return -errno;
	err = set_registers(vcpu);
	if (err)
		return err;
	run = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	if (run == MAP_FAILED)
		return -errno;
	e->run = run;
	e->run_size = (unsigned int)size;
	e->vcpu = take_fd(vcpu);
	return 0;
}

void exits_open(struct exits *e)
{
	*e = (struct exits){ .vcpu = -1 };
	(void)open_vcpu(e);
}

void exits_done(struct exits *e)
{
	if (e->run)
		(void)munmap(e->run, e->run_size);
	if (e->mem)
		(void)munmap(e->mem, MEM_SIZE);
	cleanup_close_fd(&e->vcpu);
}

int exits_do(struct exits *e, unsigned int n)
{
	for (unsigned int done = 0; done < n; done += EXITS) {
		if (ioctl(e->vcpu, KVM_RUN, 0) < 0)
			return -errno;
		if (e->run->exit_reason != KVM_EXIT_IO)
			return -EIO;
	}
	return 0;
}

#else

void exits_open(struct exits *e)
{
	*e = (struct exits){ .vcpu = -1 };
}

void exits_done(struct exits *e)
{
	(void)e;
}

int exits_do(struct exits *e, unsigned int n)
{
	(void)e;
	(void)n;
	return -EOPNOTSUPP;
}

#endif
