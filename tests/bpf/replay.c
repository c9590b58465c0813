/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * replay: runs recorded sequences of events through the ledger's own BPF code, in this kernel, by
 * the program selftest__run, and compares all that it counted with what the sequence must give:
 * what is not listed must not be there, and every ledger sums to its wall time. Prints TAP.
 * It attaches nothing: the programs that read the kernel's structs are tested live.
 *
 *   replay [PART-OF-NAME]
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <sys/mman.h>

#include "base/cleanup.h"
#include "measure/settle.h"
#include "measure/skel.h"

#include "replay.h"

#define N_CPUS	   2
#define N_VICTIMS  4
#define MAX_EVENTS 8192U
#define MAX_STALLS 32
#define MAX_WANTS  128
#define T0	   1000000000000ULL /* CLOCK_MONOTONIC when the window opens */
#define RING_BYTES (1U << 18)

struct rig {
	struct lull_bpf *skel;
	struct ring_buffer *ring;
	struct lull_cpu *cpus;
	struct lull_victim *victims;
	struct selftest_event *events;
};

struct events {
	struct selftest_event *to;
	unsigned int n;
	enum who current[N_CPUS + 1];
	enum who slots[N_VICTIMS];
};

/* One sequence while it runs. */
struct run {
	const struct rig *rig;
	const struct sequence *seq;
	struct events events;
	struct lull_stall stalls[MAX_STALLS];
	unsigned int n_stalls, n_failed, at; /* at: the last line of a stall that matched */
	bool seen[MAX_WANTS];
};

/* What was counted, in the shape of what is wanted but in ns. */
struct got {
	enum want_kind kind;
	uint32_t who, row;
	uint64_t cause, label, count, at_ns, sum_ns, max_ns;
};

static const char *const row_names[] = {
#define ROW_NAME(id, name, theft, help) [LULL_ROW_##id] = name,
#undef ROW
#define ROW ROW_NAME
#include "rows.def"
#undef ROW
};

static const char *const anomaly_names[] = {
#undef ANOMALY
#define ANOMALY(id, words) [LULL_ANOMALY_##id] = #id,
#include "anomalies.def"
#undef ANOMALY
};
