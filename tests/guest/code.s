/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * code: what the vCPUs of miniguest execute, one endless loop per mode, position independent and
 * 64-bit. Copied into guest memory by vm.c; never run by the host. On entry %rdi points at the
 * vCPU's struct guest_counters, %rsi holds the ticks of the local APIC timer between interrupts
 * (hlt only). There is no operating system below it: no stack use but the interrupt frame.
 */
	.section .rodata
	.code64

	.globl	guest_code, guest_code_end
	.globl	guest_code_spin, guest_code_pio, guest_code_cpuid
	.globl	guest_code_hlt, guest_code_idle, guest_code_irq
	.globl	guest_code_tick, guest_code_device

APIC_BASE = 0xfee00000
APIC_EOI = 0x0b0
APIC_SPURIOUS = 0x0f0
APIC_LVT_TIMER = 0x320
APIC_INITIAL = 0x380
APIC_DIVIDE = 0x3e0

LOOPS = 0
TICKS = 8
DEVICE = 16

guest_code:
guest_code_spin:
	incq	LOOPS(%rdi)
	jmp	guest_code_spin

/* Port 0x10 belongs to no device that KVM emulates: every write is an exit to user space. */
guest_code_pio:
	mov	$0x10, %edx
1:	out	%al, (%dx)
	incq	LOOPS(%rdi)
	jmp	1b

guest_code_cpuid:
	xor	%eax, %eax
	cpuid
	incq	LOOPS(%rdi)
	jmp	guest_code_cpuid

/* A periodic timer (vector 0x40, divided by 1) wakes the vCPU; the APIC must be switched on. */
guest_code_hlt:
	mov	$APIC_BASE, %ebx
	movl	$0x1ff, APIC_SPURIOUS(%rbx)
	movl	$0xb, APIC_DIVIDE(%rbx)
	movl	$0x20040, APIC_LVT_TIMER(%rbx)
	movl	%esi, APIC_INITIAL(%rbx)
guest_code_halt:
	incq	LOOPS(%rdi)
	sti
	hlt
	jmp	guest_code_halt

/*
 * The timer interrupt only ever arrives in hlt above. Dropping its frame (five words) instead of
 * iretq serves KVMs that emulate ring 0: KVM's emulator has no iret outside of real mode.
 */
guest_code_tick:
	incq	TICKS(%rdi)
	movl	$0, APIC_EOI(%rbx)
	add	$40, %rsp
	jmp	guest_code_halt

/* Woken by the device alone; without the APIC switched on its messages vanish. */
guest_code_irq:
	mov	$APIC_BASE, %ebx
	movl	$0x1ff, APIC_SPURIOUS(%rbx)
	jmp	guest_code_halt

/* As the tick: only ever in hlt. */
guest_code_device:
	incq	DEVICE(%rdi)
	movl	$0, APIC_EOI(%rbx)
	add	$40, %rsp
	jmp	guest_code_halt

/* Interrupts are off: sleeps until the host ends it. */
guest_code_idle:
	hlt
	jmp	guest_code_idle
guest_code_end:

	.section .note.GNU-stack, "", @progbits
