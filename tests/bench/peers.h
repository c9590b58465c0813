/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * peers: other programs that measure some of what lull does, started and ended.
 */
#ifndef LULL_TESTS_BENCH_PEERS_H
#define LULL_TESTS_BENCH_PEERS_H

#include <stdbool.h>
#include <sys/types.h>

#include "bench/bench.h"

#define PEERS_MAX 4
struct peers {
	pid_t pids[PEERS_MAX];
	unsigned int n;
};

/* Is @arm one of theirs, and can its programs run here? @ret_why says what is missing, static. */
bool peers_has(enum arm arm, const char **ret_why);
/* Starts them, and gives them their time. -ENOEXEC: one has ended by then. */
int peers_start(enum arm arm, struct peers *peers);
void peers_stop(struct peers *peers);

#endif
