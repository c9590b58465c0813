/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * recording: what one measurement found, as plain data. Capture fills it, exporters and the
 * summary read it. Names are sanitised text; all times are integer nanoseconds; a pointer that
 * may be NULL says so. The JSON form (schema lull.recording/1) has the same shape and names.
 */
#ifndef LULL_MODEL_RECORDING_H
#define LULL_MODEL_RECORDING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "model/hist.h"

/* Refines an entry: a timer function, a work function, an IPI's function or sender. */
struct rec_label {
	char *name; /* "hrtimer tick_nohz_handler", "csd flush_tlb_func", "from 812 qemu (kick)" */
	uint64_t count, sum_ns; /* sum_ns 0: counted only */
};

/* One entry of a ledger or of a CPU: a kind (row or source) and a name, disjoint from all others. */
struct rec_entry {
	const char *kind; /* static text of model/rows.h: row ("preempted") or source ("irq") */
	char *name; /* "131 nvme0q3 (0000:01:00.0 nvme)", "local timer", "" for guest, run, ... */
	char *id;   /* "131", "LOC", "3", "4242": see DESIGN's source id; in a ledger may be "" */
	bool id_is_number;
	uint64_t count, sum_ns, max_ns;
	struct hist hist; /* digits 0: no histogram was kept for this entry */
	struct rec_label *labels;
	unsigned int n_labels;
};

struct rec_cpu {
	int cpu;
	uint64_t wall_ns;
	struct rec_entry *sources;
	unsigned int n_sources;
};

struct rec_thread {
	pid_t tid, pid;
	char *comm;
	char *vm;	      /* NULL: not a VM's */
	int vcpu;	      /* -1: not a vCPU */
	bool has_kvm_entries; /* guest, exit and user rows instead of run */
	bool ended;	      /* the thread ended during the recording */
	uint64_t wall_ns;     /* == sum of ledger[].sum_ns, exactly */
	struct rec_entry *ledger;
	unsigned int n_ledger;
	struct hist gap, wake, preempted; /* two digits */
	uint64_t sibling_ns; /* host tasks ran on an SMT sibling while this thread was on a CPU */
	bool has_sibling;
	uint64_t stalls, stalls_ns; /* over the threshold, kept or not */
};

struct rec_segment {
	const char *row; /* static text, as rec_entry.kind */
	char *name;
	uint64_t ns;
};

struct rec_stall {
	uint64_t at_ns; /* from the start of the recording to the start of the stall */
	pid_t tid;
	int cpu; /* where it ended */
	uint64_t duration_ns;
	struct rec_segment *segments; /* in the order in which they first occurred */
	unsigned int n_segments, n_stack;
	unsigned int segments_dropped; /* beyond the kernel's limit, their time is in the last */
	char *waker;		       /* NULL, or "812 qemu-system-x86 (irq 131)" */
	char **stack;		       /* --stacks: innermost first; n_stack 0 without */
};

/* What the kernel itself counted beside what we counted; n.a. in lull: has_lull false. */
struct rec_audit {
	char *what; /* "cpu1 LOC", "cpu1 irq 131", "tid 4242 run_ns", "cpu1 steal_ns" */
	uint64_t kernel, kernel_min, kernel_max, lull; /* min, max: reads just inside and outside */
	bool has_lull;
};

struct rec_program {
	char *name;
	uint64_t events;	  /* 0: not known without statistics */
	uint64_t run_cnt, run_ns; /* 0 unless --self or the second outside the window */
	uint64_t recursion_misses;
};

struct rec_counter {
	char *name; /* in words: "unmatched exits", "ring buffer full" */
	uint64_t count;
};

struct recording {
	char *hostname, *kernel, *boot_id, *cpus_online, *cmdline, *lull_version;
	uint64_t started_unix_ns, started_mono_ns, duration_ns; /* mono 0: not known */
	char *command;						/* the arguments, for reproducing */
	char *watch_cpus;					/* kernel list */
	char *ended_by; /* "duration", "interrupted", "target ended", "stop-over", "cpu hotplug", ... */
	uint64_t stall_threshold_ns;
	struct rec_place *places; /* online CPUs, model/rec_place.h; none: not known */
	struct rec_cache *caches; /* and CPUs that were not watched: model/rec_host.h */
	struct rec_host_cpu *host_cpus;
	struct rec_cpu *cpus;
	struct rec_thread *threads;
	struct rec_stall *stalls; /* sorted: longest first */
	uint64_t stalls_total, stalls_total_ns;
	struct rec_tsc *tsc;	 /* the time stamp counter, model/rec_tsc.h; NULL: not known */
	struct rec_trace *trace; /* around stalls, model/rec_trace.h; NULL: without --trace */
	struct rec_audit *audit;
	unsigned int n_caches, n_host_cpus, n_places, n_cpus, n_threads, n_stalls, n_audit;
	/* loss */
	bool complete;
	uint64_t dropped;		/* stall records that did not fit the ring buffer */
	uint64_t recursion_misses;	/* all programs */
	struct rec_counter *anomalies;	/* only those that are not 0 */
	struct rec_counter *incomplete; /* reasons besides counters: hotplug, suspend; count 1 */
	unsigned int n_anomalies, n_incomplete; /* self */
	uint64_t self_events, self_cpu_ns;
	struct rec_program *programs;
	char **missing; /* sources that this kernel lacks, with the reason, in words */
	char **notes; /* what a reader must know: "no kvm_entry came: run stands for guest, exit" */
	unsigned int n_programs, n_missing, n_notes;
};

/* Frees all contents and zeroes; accepts a half-built one. */
void recording_done(struct recording *rec);
/*
 * Growing helpers for those who build one; -ENOMEM. The new element is zeroed (a thread's vcpu is
 * -1); a pointer to an element holds until the next one is added to the same array.
 */
int recording_add_cpu(struct recording *rec, struct rec_cpu **ret);
int recording_add_thread(struct recording *rec, struct rec_thread **ret);
int recording_add_stall(struct recording *rec, struct rec_stall **ret);
int recording_add_audit(struct recording *rec, struct rec_audit **ret);
int recording_add_anomaly(struct recording *rec, const char *name, uint64_t count);
int recording_add_incomplete(struct recording *rec, const char *name);
int recording_add_program(struct recording *rec, struct rec_program **ret);
int recording_add_missing(struct recording *rec, const char *text);
int recording_add_note(struct recording *rec, const char *text);
/* For the entries[] of a CPU or a thread. */
int rec_entry_add(struct rec_entry **entries, unsigned int *n, struct rec_entry **ret);
int rec_label_add(struct rec_entry *entry, const char *name, uint64_t count, uint64_t sum_ns);
int rec_segment_add(struct rec_stall *stall, const char *row, const char *name, uint64_t ns);
int rec_frame_add(struct rec_stall *stall, const char *frame);

/* Sum of a thread's entries of one row; NULL sums all. */
uint64_t rec_thread_row_ns(const struct rec_thread *thread, const char *row);

#endif
