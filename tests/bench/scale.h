/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scale: large inputs for lull, made up: a host with many interrupts, a recording of many vCPUs.
 */
#ifndef LULL_TESTS_BENCH_SCALE_H
#define LULL_TESTS_BENCH_SCALE_H

/* Writes below @dir what lull reads of a host; what is there already is written anew. */
int scale_make_host(const char *dir, unsigned int interrupts, unsigned int cpus);

/* A recording like tests/golden/noise.json, with so many vCPUs, as many CPUs, and stalls. */
int scale_make_recording(const char *path, unsigned int vcpus, unsigned int stalls);

#endif
