/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one header that both sides include: keys, tables, histogram arithmetic, configuration.
 * Plain fixed-size types only; zero means "none" unless said. Numbers made from a .def never
 * leave the process: files carry names.
 */
#ifndef LULL_ABI_H
#define LULL_ABI_H

#include <linux/types.h>

#define LULL_MAX_CPUS	  8192 /* NR_CPUS with MAXSMP */
#define LULL_VICTIM_TAB	  4096 /* places of the tid table; a power of two */
#define LULL_VICTIM_PROBE 8
#define LULL_DEPTH	  8   /* nested hard interrupts; a power of two */
#define LULL_TIMELINE	  512 /* segments kept per CPU; a power of two */
#define LULL_OCCUPANTS	  24  /* distinct occupants of one wait; the last one is all others */
#define LULL_WAITERS	  16 /* places in the list of victims that wait for one CPU; a power of two */
#define LULL_SEGMENTS	  16 /* distinct segments of one stall */
#define LULL_PROBE	  8  /* places looked at for a key of a table */
#define LULL_ENTRY_PROBE  16
#define LULL_FNS	  1024 /* distinct functions and senders; a power of two */
#define LULL_FN_OTHERS	  1    /* number of the label that takes what finds no place */
#define LULL_SENDERS	  256  /* distinct comms that sent IPIs; a power of two */
#define LULL_CSD	  16   /* function-call requests on their way to one CPU */
#define LULL_STACK	  32   /* frames of a stack */

/* Counters per CPU and per victim. The first ones of each table are found by number, not by hash. */
#define LULL_CAUSES	   (32 + 512)
#define LULL_CAUSE_SOFTIRQ 16 /* cause[16 + vector]; system vectors are cause[0 + id] */
#define LULL_CAUSE_NMI	   31
#define LULL_CAUSE_HASHED  32  /* from here on by hash; their number is a power of two */
#define LULL_TASKS_MAX	   256 /* causes in use, from which on new tasks are grouped by comm */
#define LULL_CPU_HISTS	   60
#define LULL_CPU_LABELS	   512
#define LULL_ENTRY_SPAN	   416 /* places that a hash can give; LULL_ENTRY_PROBE more follow */
#define LULL_ENTRIES	   (48 + LULL_ENTRY_SPAN + LULL_ENTRY_PROBE)
#define LULL_ENTRY_ROWS	   16 /* entry[row] holds what has no name */
#define LULL_ENTRY_VECTOR  16 /* entry[16 + vector], entry[32 + softirq] */
#define LULL_ENTRY_SOFTIRQ 32
#define LULL_ENTRY_HASHED  48  /* from here on by hash */
#define LULL_ENTRY_TASKS   160 /* entries in use, from which on new tasks are grouped by comm */
#define LULL_VICTIM_HISTS  14
#define LULL_VICTIM_LABELS 256

/*
 * Histograms: the layout of HdrHistogram with lowest value 1. Values below 2^LULL_HIST_BITS ns
 * have a bin, the others share the overflow bin at the end.
 */
#define LULL_HIST_BITS	     36
#define LULL_SUB_BITS1	     5 /* 1 digit: 32 sub-buckets, bins at most 6.25 % wide */
#define LULL_SUB_BITS2	     8 /* 2 digits: 256 sub-buckets, at most 0.78 % */
#define LULL_SLOTS(sub_bits) (((LULL_HIST_BITS - (sub_bits) + 2) << ((sub_bits)-1)))
#define LULL_SLOTS1	     LULL_SLOTS(LULL_SUB_BITS1) /* 528 */
#define LULL_SLOTS2	     LULL_SLOTS(LULL_SUB_BITS2) /* 3840 */

/* What a cause is. 0 is no cause. */
enum lull_kind {
	LULL_KIND_NONE = 0,
	LULL_KIND_TASK = 1,    /* id: tid, tag: its start */
	LULL_KIND_IRQ = 2,     /* id: line */
	LULL_KIND_VECTOR = 3,  /* id: enum lull_vector */
	LULL_KIND_SOFTIRQ = 4, /* id: vector */
	LULL_KIND_NMI = 5,
	LULL_KIND_EXIT = 6,	/* id: isa << 16 | reason */
	LULL_KIND_QUEUE = 7,	/* woken, on its way to the run queue of its CPU */
	LULL_KIND_COMM = 8,	/* many tasks of one comm; id and tag: its hash */
	LULL_KIND_OTHER = 9,	/* beyond a table */
	LULL_KIND_UNKNOWN = 10, /* before the first event of a thread; beyond the timeline */
};

/*
 * A cause in 48 bits: id 24, tag 20, kind 4. In a ledger the row stands above it; in a timeline
 * the label does.
 */
#define LULL_ID_BITS	24
#define LULL_TAG_BITS	20
#define LULL_KIND_SHIFT 44
#define LULL_ROW_SHIFT	48
#define LULL_CAUSE(kind, id, tag)                                         \
	(((__u64)(kind) << LULL_KIND_SHIFT) |                             \
	 ((__u64)((tag) & ((1U << LULL_TAG_BITS) - 1)) << LULL_ID_BITS) | \
	 ((id) & ((1U << LULL_ID_BITS) - 1)))
#define LULL_CAUSE_MASK		  (((__u64)1 << LULL_ROW_SHIFT) - 1)
#define LULL_CAUSE_KIND(c)	  ((enum lull_kind)(((c) >> LULL_KIND_SHIFT) & 15))
#define LULL_CAUSE_ID(c)	  ((__u32)((c) & ((1U << LULL_ID_BITS) - 1)))
#define LULL_TASK_TAG(start_time) ((__u32)((start_time) >> 10))

enum lull_row {
#define ROW(id, name, theft, help) LULL_ROW_##id,
#include "rows.def"
#undef ROW
	LULL_N_ROWS
};

enum lull_vector {
#define VECTOR(id, nr, tp, label, name) LULL_VECTOR_##id,
#include "vectors.def"
	LULL_N_VECTORS
};

enum lull_source {
#define SOURCE(id, name, label, help) LULL_SRC_##id,
#include "sources.def"
	LULL_N_SOURCES
};

enum lull_hook {
#define HOOK(source, program, group) LULL_HOOK_##program,
#include "sources.def"
	LULL_N_HOOKS
};

enum lull_anomaly {
#define ANOMALY(id, words) LULL_ANOMALY_##id,
#include "anomalies.def"
#undef ANOMALY
	LULL_N_ANOMALIES
};

/* What a label says, in the top 4 bits of its value; the rest is an address or a cause. */
enum lull_label_kind {
	LULL_LABEL_NONE = 0,
	LULL_LABEL_HRTIMER = 1, /* address of the timer's function */
	LULL_LABEL_CSD = 2,	/* address of the called function */
	LULL_LABEL_WORK = 3,	/* address of the work function */
	LULL_LABEL_NMI = 4,	/* address of the handler */
	LULL_LABEL_SENDER = 5,	/* 1 + number of the sender of an IPI */
	LULL_LABEL_SOFTIRQ = 6, /* vector that ksoftirqd ran */
};
#define LULL_LABEL(kind, value) (((__u64)(kind) << 60) | ((__u64)(value) & (((__u64)1 << 60) - 1)))
#define LULL_LABEL_KIND(l)	((enum lull_label_kind)((l) >> 60))
/* A kernel address has its upper 16 bits set on all 64-bit machines that we know. */
#define LULL_LABEL_ADDR(l)  ((l) | ((__u64)15 << 60))
#define LULL_LABEL_VALUE(l) ((l) & (((__u64)1 << 60) - 1))

/* Where a victim is. */
enum lull_state {
	LULL_STATE_FREE = 0,	/* slot not in use */
	LULL_STATE_UNKNOWN = 1, /* since the window opened; the first event tells where it was */
	LULL_STATE_ON = 2,	/* on a CPU, or believed to be: cpu[].victim is the proof */
	LULL_STATE_PREEMPTED = 3,
	LULL_STATE_WOKEN = 4,
	LULL_STATE_BLOCKED = 5,
	LULL_STATE_NEW = 6, /* forked, not yet woken */
	LULL_STATE_DEAD = 7,
};

/* Of a victim: what it does while on CPU and not interrupted. */
enum lull_mode {
	LULL_MODE_RUN = 0, /* not a vCPU, or no VM entry seen yet */
	LULL_MODE_GUEST = 1,
	LULL_MODE_EXIT = 2,
	LULL_MODE_USER = 3,
};

/* Exits that are external interrupts: isa << 16 | reason; KVM_ISA_VMX is 1, KVM_ISA_SVM is 2. */
#define LULL_EXIT(isa, reason) ((__u32)(isa) << 16 | (reason))
#define LULL_EXIT_EXTINT_VMX   LULL_EXIT(1, 1)
#define LULL_EXIT_EXTINT_SVM   LULL_EXIT(2, 0x60)

#define LULL_EXIT_HLT_VMX      LULL_EXIT(1, 12)
#define LULL_EXIT_HLT_SVM      LULL_EXIT(2, 0x78)

#define LULL_INHERIT_THREADS   1 /* new threads of its process are victims too */
#define LULL_INHERIT_ALL       2 /* and its child processes */

/* Two interruptions of a run victim closer than this are one gap: the same visit to the kernel. */
#define LULL_JOIN_NS 3000

/* Set between open and load. */
struct lull_cfg {
	__u64 stall_ns;	    /* gaps of this length and over are stalls */
	__u32 n_cpu_slots;  /* elements of cpus */
	__u32 n_victims;    /* elements of victims */
	__u32 stacks;	    /* 1: stalls carry stacks */
	__u32 rt;	    /* 1: PREEMPT_RT, softirqs may be switched out */
	__u32 trace_events; /* places per CPU of the flight recorder, a power of two; 0: off */
	__u32 pad;
};

/* Whole cache lines: what is in one element of a table shares none with the next. */
#define LULL_LINES __attribute__((aligned(64)))

struct lull_cause {
	__u64 key; /* LULL_CAUSE; 0: free */
	__u64 sum_ns, max_ns;
	__u32 count;
	__u16 hist;  /* 1 + number of its histogram, 0: none */
	__u16 label; /* of a kernel worker: what it runs now */
	__u64 comm[2];
};

struct lull_entry {
	__u64 key; /* row << LULL_ROW_SHIFT | cause; 0 below LULL_ENTRY_ROWS, where the place is the row */
	__u64 sum_ns, max_ns;
	__u32 count;
	__u16 hist, pad;
};

/* Refines cause or entry number @owner by function number @fn; 0, 0: free (fn is never 0). */
struct lull_label {
	__u16 owner, fn;
	__u32 count;
	__u64 sum_ns;
};

struct lull_frame {
	__u64 cause, acc_ns;
	__u64 label_base; /* acc_ns when the current label began */
	__u64 label;	  /* function number of the label, 0: none */
};

/* The state that was left at end_ns: label << LULL_ROW_SHIFT | cause. */
struct lull_moment {
	__u64 end_ns, word;
};

/*
 * Of the flight recorder: a stretch of a CPU's time and what had it. They follow each other without
 * a hole. Overwritten in turn; @seq is 1 + its number, and 0 while it is being written.
 */
struct lull_event {
	__u64 end_ns, ns;
	__u64 word;  /* label << LULL_ROW_SHIFT | cause */
	__u32 state; /* of a victim that ran: LULL_EVENT_STATE; 0: the task was none */
	__u32 seq;
};
#define LULL_EVENT_STATE(mode, reason) (1U << 31 | (__u32)(mode) << 28 | ((reason)&0xfffffffU))
#define LULL_EVENT_MODE(state)	       ((enum lull_mode)((state) >> 28 & 7))
#define LULL_EVENT_REASON(state)       ((state)&0xfffffffU)

/* IPI senders are told apart by comm: pids would fill any table. */
struct lull_sender {
	__u64 comm[2]; /* 0: free */
};

struct lull_csd {
	__u64 csd;	 /* address of the request */
	__u32 from, pad; /* who queued it: 1 + number of the sender */
};

/*
 * One watched CPU. Everything is written on that CPU only, but for csd[], ipi_from and activation.
 * What each event touches comes first, and shares cache lines with what it touches too.
 */
struct lull_cpu {
	__u64 last_ns; /* time up to which all is charged */
	__u64 nmi_ns;  /* time in NMI handlers, not yet subtracted */
	__u64 task;    /* cause of the current task */
	__u64 task_ns; /* net time since it got the CPU */
	__u32 victim;  /* 1 + slot of the current task's record, 0: it is not watched */
	__u32 depth;
	__u32 softirq;	  /* 1 + vector */
	__u32 fresh;	  /* 2: the current task is not known yet; 1: no task switch seen yet */
	__u32 tid;	  /* of the current task, as we believe */
	__u32 task_place; /* number of its cause */
	__u32 head;	  /* moments written */
	__u32 read_head;  /* head when those who wait here were last read */

	__u64 switch_ns;       /* time of the last task switch */
	__u64 task_label_base; /* task_ns when the label began */
	__u64 task_label;
	__u64 carry_irq; /* 1 + line: the earlier actions of a shared one took carry_ns */
	__u64 soft_ns;	 /* net time of the open softirq */
	__u64 soft_label;
	__u32 smt;	 /* 1: it has SMT siblings */
	__u32 ksoftirqd; /* 1: the current task is ksoftirqd */
	__u32 ipi_from;	 /* 1 + number of who last sent a reschedule IPI here */
	__u32 nmi_late;	 /* 1: of nmi_ns, some did not fit into the last interval */

	struct lull_frame frame[LULL_DEPTH];
	__u32 waiter[LULL_WAITERS]; /* 1 + slot of the victims that wait here; 0: free */

	__u64 soft_label_base;
	__u64 carry_ns;
	__u64 busy_ns, busy_since; /* time in which a host task ran here; 0: none does now */
	__u32 busy_seq;		   /* odd: both are being changed */
	__u32 hidden;		   /* task switches that were not reported and have been rebuilt */
	__u32 cpu, csds;	   /* requests queued for it */
	__u64 opened_ns;
	__u32 hists;   /* causes in use, each wanting a histogram */
	__u32 grouped; /* tasks grouped by comm */
	__u64 through[2];
	__u32 reading;		  /* 1: the waits of those who wait here are being read */
	__u32 traced, trace_base; /* events of the flight recorder so far; its first place */
	__u32 pad1[9];
	struct lull_csd csd[LULL_CSD];
	__u32 events[LULL_N_HOOKS];
	__u32 pad[(16 - LULL_N_HOOKS % 16) % 16];
	struct lull_moment moment[LULL_TIMELINE];
	struct lull_cause cause[LULL_CAUSES + 1]; /* the last one takes what finds no place */
	struct lull_label label[LULL_CPU_LABELS];
	__u32 hist[LULL_CPU_HISTS][LULL_SLOTS1 + 1];
} LULL_LINES;

struct lull_segment {
	__u64 word; /* row << LULL_ROW_SHIFT | cause */
	__u64 ns;
	__u64 label; /* function number, 0: none */
};

/*
 * One watched thread. Written by the CPU on which it is, or by whoever holds its run queue's lock.
 * What each switch touches comes first.
 */
struct lull_victim {
	__u32 state, mode;
	__u32 cpu; /* last known */
	__u32 slot;
	__u32 n_segments, sleep_segment; /* sleep: their number when the last sleep ended */
	__u32 n_occupants, walking;	 /* walking: 1: its wait is being read back */
	__u64 since_ns;			 /* off CPU: charged up to here */
	__u64 mode_ns;			 /* net time in the open mode */
	__u64 gap_ns;			 /* start of the open gap, 0: none */
	__u64 gap_end_ns; /* run victims: end of the gap if nothing follows within LULL_JOIN_NS */

	__u64 block_ns;	    /* a sleep that ended and is not yet known to be a halt or not */
	__u64 wait_ns;	    /* of the open wait, what earlier CPUs and the wake queue took */
	__u64 waking_ns;    /* last sched_waking; 0: no time is lost before sched_wakeup */
	__u64 halt_wake_ns; /* when the last sleep ended */
	__u64 waker;	    /* cause of who woke it */
	__u32 segments_dropped;
	__u32 first_segment; /* those before it belong to a halt */
	__u64 comm[2];

	struct lull_segment segment[LULL_SEGMENTS];

	__u64 gap_sum, gap_max, wake_sum, wake_max, preempted_sum, preempted_max;
	__u64 waker_comm[2];

	__u64 woken_ns; /* length of the last wait for a CPU after a sleep */
	__u32 tid, tgid;
	__u32 reason;  /* of the open exit: isa << 16 | reason; 0: not known */
	__u32 has_kvm; /* 1: a kvm_entry or kvm_exit was seen */
	__u32 vcpu;    /* 1 + number of a vCPU that was plugged in while measuring */
	__u32 inherit;
	__u64 start_ns; /* attached or born */
	__u64 sibling_ns, sibling_base;
	__u64 stalls_ns;
	__u32 stalls;
	__u32 hists;
	__u64 walk_ns;	  /* while a wait is read back: charged up to here */
	__u32 walk_first; /* next moment */
	__u32 pad1;
	struct lull_segment occupant[LULL_OCCUPANTS]; /* of the wait that is being closed */
	__s64 n_kstack, n_ustack; /* bytes; of the last blocker, of the last sleep */
	__u64 kstack[LULL_STACK], ustack[LULL_STACK];
	__u64 pad2[3];
	struct lull_entry entry[LULL_ENTRIES + 1];
	struct lull_label label[LULL_VICTIM_LABELS];
	__u32 hist[LULL_VICTIM_HISTS][LULL_SLOTS1 + 1];
	__u32 gap[LULL_SLOTS2 + 1], wake[LULL_SLOTS2 + 1], preempted[LULL_SLOTS2 + 1];
} LULL_LINES;

/* A thread that KVM runs as a vCPU; index -1: which one is not known. */
struct lull_mark {
	__u32 tid;
	__s32 index;
};

/* A stall, through the ring buffer. */
struct lull_stall {
	__u64 at_ns, duration_ns; /* at: CLOCK_MONOTONIC */
	__u32 victim, cpu;	  /* slot number */
	__u64 waker;
	__u64 waker_comm[2];
	__u32 n_segments, segments_dropped, first_segment, mode;
	struct lull_segment segment[LULL_SEGMENTS];
	__s64 n_kstack, n_ustack;
	__u64 kstack[LULL_STACK], ustack[LULL_STACK];
};
/* What is sent without --stacks. */
#define LULL_STALL_SHORT __builtin_offsetof(struct lull_stall, n_kstack)

_Static_assert(sizeof(struct lull_cause) == 48, "lull_cause");
_Static_assert(sizeof(struct lull_entry) == 32, "lull_entry");
_Static_assert(sizeof(struct lull_label) == 16, "lull_label");
_Static_assert(sizeof(struct lull_event) == 32, "lull_event");
_Static_assert(__builtin_offsetof(struct lull_cpu, frame) == 128, "lull_cpu");
_Static_assert(__builtin_offsetof(struct lull_cpu, moment) % 64 == 0, "lull_cpu");
_Static_assert(sizeof(struct lull_cpu) <= (128UL + (LULL_CPU_HISTS - 18) * 5UL) * 512, "lull_cpu");
_Static_assert(__builtin_offsetof(struct lull_victim, segment) == 128, "lull_victim");
_Static_assert(__builtin_offsetof(struct lull_victim, gap_sum) % 64 == 0, "lull_victim");
_Static_assert(__builtin_offsetof(struct lull_victim, entry) % 64 == 0, "lull_victim");
_Static_assert(sizeof(struct lull_victim) <= 96UL * 1024, "lull_victim");
_Static_assert(LULL_SLOTS1 == 528 && LULL_SLOTS2 == 3840, "slots");

/*
 * Position of the highest set bit; 0 for 0. By smear and de Bruijn multiplication: clang 14's BPF
 * back end cannot compile __builtin_clzll.
 */
static inline __u32 lull_log2(__u64 v)
{
	static const unsigned char table[64] = {
		0,  58, 1,  59, 47, 53, 2,  60, 39, 48, 27, 54, 33, 42, 3,  61,
		51, 37, 40, 49, 18, 28, 20, 55, 30, 34, 11, 43, 14, 22, 4,  62,
		57, 46, 52, 38, 26, 32, 41, 50, 36, 17, 19, 29, 10, 13, 21, 56,
		45, 25, 31, 35, 16, 9,	12, 44, 24, 15, 8,  23, 7,  6,	5,  63,
	};

	v |= v >> 1;
	v |= v >> 2;
	v |= v >> 4;
	v |= v >> 8;
	v |= v >> 16;
	v |= v >> 32;
	return table[(v * 0x03f6eaf2cd271461ULL) >> 58];
}

/* The cause of all tasks of one comm, 16 bytes as two words. */
static inline __u64 lull_comm_cause(const __u64 comm[2])
{
	__u64 h = (comm[0] * 0x9e3779b97f4a7c15ULL) ^ (comm[1] * 0xc2b2ae3d27d4eb4fULL);

	return LULL_CAUSE(LULL_KIND_COMM, (__u32)(h >> 40), (__u32)(h >> 20));
}

/* Is a sleep of this vCPU a halt of its guest? Where reasons are known its exit tells. */
static inline int lull_is_halt(const struct lull_victim *v)
{
	return v->mode == LULL_MODE_EXIT &&
	       (v->reason == LULL_EXIT_HLT_VMX || v->reason == LULL_EXIT_HLT_SVM);
}

/* The place of an entry that is found by number; LULL_ENTRIES: it is found by hash. */
static inline __u32 lull_entry_place(__u32 row, __u64 cause)
{
	__u32 nth = LULL_CAUSE_KIND(cause) - LULL_KIND_VECTOR; /* 0: vectors, 1: softirqs */

	if (!cause)
		return row & (LULL_ENTRY_ROWS - 1);
	if (nth > 1 || row != LULL_ROW_VECTOR + nth)
		return LULL_ENTRIES;
	return LULL_ENTRY_VECTOR + nth * (LULL_ENTRY_SOFTIRQ - LULL_ENTRY_VECTOR) +
	       (LULL_CAUSE_ID(cause) & 15);
}

/* The first of the LULL_ENTRY_PROBE places in which an entry is looked for. */
static inline __u32 lull_entry_hash(__u64 key)
{
	__u64 h = (key * 0x9e3779b97f4a7c15ULL) >> 32;

	return LULL_ENTRY_HASHED + (__u32)((h * LULL_ENTRY_SPAN) >> 32);
}

/* The bin of @value were there no limit: LULL_SLOTS or more from 2^LULL_HIST_BITS on. HdrHistogram's. */
static inline __u32 lull_slot_any(__u64 value, __u32 sub_bits)
{
	__u32 bucket = lull_log2(value | ((1U << sub_bits) - 1)) + 1 - sub_bits;

	return (bucket << (sub_bits - 1)) + (__u32)(value >> bucket);
}

/* The bin of @value; the overflow bin (LULL_SLOTS) from 2^LULL_HIST_BITS on. */
static inline __u32 lull_slot(__u64 value, __u32 sub_bits)
{
	__u32 slot = lull_slot_any(value, sub_bits), overflow = LULL_SLOTS(sub_bits);

	return slot < overflow ? slot : overflow;
}

#endif
