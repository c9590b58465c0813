/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * probe: a process that only looks at the clock, on one CPU, and notes each time that it was away.
 * It knows nothing of lull's programs and asks the kernel for nothing while it runs, so that what it
 * sees is what a guest would feel there. It takes the whole of its CPU.
 */
#ifndef LULL_MEASURE_PROBE_H
#define LULL_MEASURE_PROBE_H

#include <stdint.h>

struct hist;
struct probe;

#define PROBE_GAP_NS 500 /* shorter ones are the loop's own */

/* Starts it; it waits. -errno. */
int probe_open(int cpu, struct probe **ret);
void probe_free(struct probe *probe);
/* Looks at the clock from now on; a round. */
void probe_start(struct probe *probe);
/* Until here. Adds the gaps to @gaps, which has two digits. How long it looked, and was away. */
void probe_stop(struct probe *probe, struct hist *gaps, uint64_t *ret_ns, uint64_t *ret_away_ns);

#endif
