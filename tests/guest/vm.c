/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vm: a machine of 2 MiB in long mode with 4-level page tables. The busy modes run in ring 3 on
 * pages marked user: every KVM executes that on the processor itself, also one without hardware
 * virtualisation (pvm), which emulates ring 0. Only halting needs ring 0.
 */
#include "vm.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "base/cleanup.h"

extern const uint8_t guest_code[], guest_code_end[];
extern const uint8_t guest_code_spin[], guest_code_pio[], guest_code_cpuid[];
extern const uint8_t guest_code_hlt[], guest_code_idle[], guest_code_irq[];
extern const uint8_t guest_code_tick[], guest_code_device[];

/* Guest-physical addresses, mapped one to one. */
enum {
	MEM_GDT = 0x1000,
	MEM_IDT = 0x2000,
	MEM_PML4 = 0x3000,
	MEM_PDPT = 0x4000,
	MEM_PD_LOW = 0x5000,  /* the first GiB */
	MEM_PD_APIC = 0x6000, /* the fourth GiB, for the local APIC at 0xfee00000 */
	MEM_CODE = 0x10000,
	MEM_COUNTERS = 0x20000, /* a cache line per vCPU */
	MEM_STACKS = 0x30000,	/* 4 KiB per vCPU */
	MEM_SIZE = 0x200000,
};

#define MSR_TSC	      0x10
#define APIC_BASE     0xfee00000ULL
#define VECTOR_TICK   0x40
#define VECTOR_DEVICE 0x41
#define GSI_DEVICE    24	  /* the first behind those of the I/O APIC */
#define APIC_TIMER_HZ 1000000000U /* KVM's local APIC timer counts nanoseconds */

#define PAGE_TABLE    0x07ULL /* present, writable, user */
#define PAGE_LARGE    0x87ULL /* the same, 2 MiB */

static const struct {
	const char *name;
	const uint8_t *code;
	int ring;
} modes[GUEST_MODES] = {
	[GUEST_SPIN] = { .name = "spin", .code = guest_code_spin, .ring = 3 },
	[GUEST_PIO] = { .name = "pio", .code = guest_code_pio, .ring = 3 },
	[GUEST_CPUID] = { .name = "cpuid", .code = guest_code_cpuid, .ring = 3 },
	[GUEST_HLT] = { .name = "hlt", .code = guest_code_hlt, .ring = 0 },
	[GUEST_IDLE] = { .name = "idle", .code = guest_code_idle, .ring = 0 },
	[GUEST_IRQ] = { .name = "irq", .code = guest_code_irq, .ring = 0 },
};

const char *guest_mode_name(enum guest_mode mode)
{
	return modes[mode].name;
}

int guest_mode_parse(const char *name, size_t len, enum guest_mode *ret)
{
	for (size_t i = 0; i < GUEST_MODES; i++) {
		if (strlen(modes[i].name) == len && memcmp(modes[i].name, name, len) == 0) {
			*ret = (enum guest_mode)i;
			return 0;
		}
	}
	return -EINVAL;
}

static uint64_t code_address(const uint8_t *label)
{
	return MEM_CODE + (uint64_t)(label - guest_code);
}

static void write_u64s(uint8_t *to, const uint64_t *words, size_t count)
{
	memcpy(to, words, count * sizeof(*words));
}

static void write_page_tables(uint8_t *mem)
{
	const uint64_t pml4 = MEM_PDPT | PAGE_TABLE;
	const uint64_t pdpt[4] = { [0] = MEM_PD_LOW | PAGE_TABLE, [3] = MEM_PD_APIC | PAGE_TABLE };
	const uint64_t low = PAGE_LARGE;
	const uint64_t apic = APIC_BASE | PAGE_LARGE;
	size_t apic_slot = (APIC_BASE >> 21) & 511;

	write_u64s(mem + MEM_PML4, &pml4, 1);
	write_u64s(mem + MEM_PDPT, pdpt, ARRAY_SIZE(pdpt));
	write_u64s(mem + MEM_PD_LOW, &low, 1);
	write_u64s(mem + MEM_PD_APIC + 8 * apic_slot, &apic, 1);
}

static void write_gate(uint8_t *mem, unsigned int vector, const uint8_t *label)
{
	uint64_t to = code_address(label);
	const uint64_t gate[] = { (to & 0xffff) | 0x8e0000080000 | (to >> 16 & 0xffff) << 48,
				  to >> 32 };

	write_u64s(mem + MEM_IDT + vector * sizeof(gate), gate, ARRAY_SIZE(gate));
}

/* Flat segments: 8 and 16 are ring 0's code and data, 24 and 32 those of ring 3. */
static void write_descriptors(uint8_t *mem)
{
	const uint64_t gdt[] = { 0, 0x00af9b000000ffff, 0x00cf93000000ffff, 0x00affb000000ffff,
				 0x00cff3000000ffff };

	write_u64s(mem + MEM_GDT, gdt, ARRAY_SIZE(gdt));
	write_gate(mem, VECTOR_TICK, guest_code_tick);
	write_gate(mem, VECTOR_DEVICE, guest_code_device);
}

static int set_up_memory(struct guest_vm *vm)
{
	struct kvm_userspace_memory_region region = { .memory_size = MEM_SIZE };
	void *mem = mmap(NULL, MEM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED)
		return -errno;
	vm->mem = mem;
	write_page_tables(vm->mem);
	write_descriptors(vm->mem);
	memcpy(vm->mem + MEM_CODE, guest_code, (size_t)(guest_code_end - guest_code));

	region.userspace_addr = (uintptr_t)mem;
	return ioctl(vm->vm_fd, KVM_SET_USER_MEMORY_REGION, &region) < 0 ? -errno : 0;
}

static int set_up_vm(struct guest_vm *vm)
{
	int size;

	vm->kvm_fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (vm->kvm_fd < 0)
		return -errno;
	vm->vm_fd = ioctl(vm->kvm_fd, KVM_CREATE_VM, 0);
	if (vm->vm_fd < 0)
		return -errno;
	if (ioctl(vm->vm_fd, KVM_CREATE_IRQCHIP, 0) < 0)
		return -errno;
	size = ioctl(vm->kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (size < 0)
		return -errno;
	vm->run_size = (size_t)size;
	return set_up_memory(vm);
}

int guest_vm_open(struct guest_vm *ret)
{
	struct guest_vm vm = { .kvm_fd = -1, .vm_fd = -1 };
	int err = set_up_vm(&vm);

	if (err) {
		guest_vm_close(&vm);
		return err;
	}
	*ret = vm;
	return 0;
}

void guest_vm_close(struct guest_vm *vm)
{
	if (vm->mem)
		(void)munmap(vm->mem, MEM_SIZE);
	cleanup_close_fd(&vm->vm_fd);
	cleanup_close_fd(&vm->kvm_fd);
	*vm = (struct guest_vm){ .kvm_fd = -1, .vm_fd = -1 };
}

size_t guest_vm_size(void)
{
	return MEM_SIZE;
}

int guest_vm_route(const struct guest_vm *vm, int eventfd, unsigned int dest)
{
	const struct kvm_irqfd irqfd = { .fd = (uint32_t)eventfd, .gsi = GSI_DEVICE };
	union {
		struct kvm_irq_routing table;
		uint8_t room[sizeof(struct kvm_irq_routing) + sizeof(struct kvm_irq_routing_entry)];
	} routes = { .table = { .nr = 1 } };

	routes.table.entries[0] = (struct kvm_irq_routing_entry){
		.gsi = GSI_DEVICE,
		.type = KVM_IRQ_ROUTING_MSI,
		.u.msi = { .address_lo = (uint32_t)APIC_BASE | dest << 12, .data = VECTOR_DEVICE },
	};
	if (ioctl(vm->vm_fd, KVM_SET_GSI_ROUTING, &routes.table) < 0)
		return -errno;
	return ioctl(vm->vm_fd, KVM_IRQFD, &irqfd) < 0 ? -errno : 0;
}

/* Without CPUID there is no long mode, and the timer of the local APIC stays one-shot. */
static int set_cpuid(const struct guest_vm *vm, const struct guest_vcpu *vcpu)
{
	enum { ENTRIES = 256 };
	auto_free struct kvm_cpuid2 *cpuid = NULL;

	cpuid = calloc(1, sizeof(*cpuid) + ENTRIES * sizeof(cpuid->entries[0]));
	if (!cpuid)
		return -ENOMEM;
	cpuid->nent = ENTRIES;
	if (ioctl(vm->kvm_fd, KVM_GET_SUPPORTED_CPUID, cpuid) < 0)
		return -errno;
	return ioctl(vcpu->fd, KVM_SET_CPUID2, cpuid) < 0 ? -errno : 0;
}

static int set_segments(const struct guest_vcpu *vcpu, int ring)
{
	struct kvm_segment code = {
		.limit = 0xffffffff,
		.selector = ring ? 24 | 3 : 8,
		.type = 11,
		.present = 1,
		.dpl = (uint8_t)ring,
		.s = 1,
		.l = 1,
		.g = 1,
	};
	struct kvm_segment data = code;
	struct kvm_sregs sregs;

	data.selector = ring ? 32 | 3 : 16;
	data.type = 3;
	data.l = 0;
	data.db = 1;

	if (ioctl(vcpu->fd, KVM_GET_SREGS, &sregs) < 0)
		return -errno;
	sregs.cs = code;
	sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = data;
	sregs.gdt = (struct kvm_dtable){ .base = MEM_GDT, .limit = 5 * 8 - 1 };
	sregs.idt = (struct kvm_dtable){ .base = MEM_IDT, .limit = 256 * 16 - 1 };
	sregs.cr0 = 0x80010033; /* PG WP NE ET MP PE */
	sregs.cr3 = MEM_PML4;
	sregs.cr4 = 0x620;   /* OSXMMEXCPT OSFXSR PAE */
	sregs.efer |= 0x500; /* LMA LME */
	return ioctl(vcpu->fd, KVM_SET_SREGS, &sregs) < 0 ? -errno : 0;
}

static int set_up_vcpu(const struct guest_vm *vm, struct guest_vcpu *vcpu, unsigned int index,
		       enum guest_mode mode, uint32_t rate_hz)
{
	struct kvm_regs regs = {
		.rip = code_address(modes[mode].code),
		.rflags = modes[mode].ring ? 0x3002 : 0x2, /* ring 3 may use ports: IOPL 3 */
		.rsp = MEM_STACKS + 0x1000 * (index + 1),
		.rdi = MEM_COUNTERS + 64 * index,
		.rsi = APIC_TIMER_HZ / max(rate_hz, 1U),
	};
	struct kvm_mp_state runnable = { .mp_state = KVM_MP_STATE_RUNNABLE };
	void *run;
	int err;

	vcpu->fd = ioctl(vm->vm_fd, KVM_CREATE_VCPU, (unsigned long)index);
	if (vcpu->fd < 0)
		return -errno;
	run = mmap(NULL, vm->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
	if (run == MAP_FAILED)
		return -errno;
	vcpu->run = run;
	vcpu->counters = (void *)(vm->mem + regs.rdi);

	err = set_cpuid(vm, vcpu);
	if (err)
		return err;
	err = set_segments(vcpu, modes[mode].ring);
	if (err)
		return err;
	if (ioctl(vcpu->fd, KVM_SET_REGS, &regs) < 0)
		return -errno;
	/* All but the first would wait for a start-up message that no firmware sends here. */
	return ioctl(vcpu->fd, KVM_SET_MP_STATE, &runnable) < 0 ? -errno : 0;
}

int guest_vcpu_open(const struct guest_vm *vm, unsigned int index, enum guest_mode mode,
		    uint32_t rate_hz, struct guest_vcpu *ret)
{
	struct guest_vcpu vcpu = { .fd = -1, .stats = -1 };
	int err;

	if (index >= GUEST_VCPUS_MAX)
		return -EINVAL;
	err = set_up_vcpu(vm, &vcpu, index, mode, rate_hz);
	if (err) {
		guest_vcpu_close(vm, &vcpu);
		return err;
	}
	vcpu.stats = ioctl(vcpu.fd, KVM_GET_STATS_FD, NULL);
	*ret = vcpu;
	return 0;
}

bool guest_vcpu_tsc(const struct guest_vcpu *vcpu, int64_t *ret_low, int64_t *ret_high)
{
	union {
		struct kvm_msrs head;
		unsigned char room[sizeof(struct kvm_msrs) + sizeof(struct kvm_msr_entry)];
	} msrs = { .head = { .nmsrs = 1 } };
	struct kvm_msr_entry *entry = msrs.head.entries;
	uint64_t before = __builtin_ia32_rdtsc(), after;

	entry->index = MSR_TSC;
	if (vcpu->fd < 0 || ioctl(vcpu->fd, KVM_GET_MSRS, &msrs) != 1)
		return false;
	after = __builtin_ia32_rdtsc();
	*ret_low = (int64_t)(entry->data - after);
	*ret_high = (int64_t)(entry->data - before);
	return true;
}

void guest_vcpu_close(const struct guest_vm *vm, struct guest_vcpu *vcpu)
{
	if (vcpu->run)
		(void)munmap(vcpu->run, vm->run_size);
	cleanup_close_fd(&vcpu->stats);
	cleanup_close_fd(&vcpu->fd);
	*vcpu = (struct guest_vcpu){ .fd = -1, .stats = -1 };
}
