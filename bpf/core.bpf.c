/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * core: the one place where configuration, tables and counters are defined. No program lives here.
 */
#include "core.bpf.h"

/* Defaults reach every branch, so that a bare load verifies everything. */
const volatile struct lull_cfg lull_cfg = {
	.stall_ns = 100000,
	.n_cpu_slots = 1,
	.n_victims = 1,
	.stacks = 0,
	.rt = 0,
	.trace_events = 1,
};

const volatile __u32 lull_probe_reads = 1; /* see untyped */

__u32 lull_cpu_slot[LULL_MAX_CPUS];
__u16 lull_cpu_sibling[LULL_MAX_CPUS];
__u64 lull_victim_tab[LULL_VICTIM_TAB];
__u64 lull_fns[LULL_FNS];
struct lull_sender lull_senders[LULL_SENDERS];
__u64 lull_anomalies[LULL_N_ANOMALIES];
__u64 lull_dropped;
__u32 lull_cpus_used, lull_victims_used;
__u32 lull_vm_tgid;
__u64 lull_stall_floor_ns;

struct lull_cpus lull_cpus SEC(".maps");
struct lull_victims lull_victims SEC(".maps");
struct lull_ring lull_stalls SEC(".maps");
struct lull_events lull_events SEC(".maps");

char LICENSE[] SEC("license") = "GPL";
