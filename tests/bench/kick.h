/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kick: what the workload of interrupts and its program agree on.
 */
#ifndef LULL_TESTS_BENCH_KICK_H
#define LULL_TESTS_BENCH_KICK_H

#define KICKS 64 /* interrupts per call */

#endif
