/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * peers: other programs that measure some of what lull does, started and ended.
 */
#ifndef LULL_TESTS_BENCH_PEERS_H
#define LULL_TESTS_BENCH_PEERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "bench/bench.h"

#define PEERS_MAX 4
struct peers {
	pid_t pids[PEERS_MAX];
	unsigned int programs[PEERS_MAX];
	unsigned int n;
};

/* What the programs of @arm lack here, static; NULL: nothing. */
const char *peers_lack(enum arm arm);
/* Starts them, and gives them their time. -ENOEXEC: one has ended by then. */
int peers_start(enum arm arm, struct peers *peers);
void peers_stop(struct peers *peers);

/* How far each has come: runs of its BPF programs (statistics are on), or what it wrote or read. */
struct peers_signs {
	uint64_t counts[PEERS_MAX];
};
void peers_look(const struct peers *peers, struct peers_signs *ret);
bool peers_all_went_on(const struct peers *peers, const struct peers_signs *before,
		       const struct peers_signs *after);

#endif
