/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * frames: a workload: frames that nobody receives. Each costs one soft interrupt, NET_RX, and as
 * little else as user space can have it: a ring shared with the kernel, no queue, no protocol. They
 * go to the loopback device, under the protocol number for experiments on the spot.
 */
#ifndef LULL_TESTS_BENCH_FRAMES_H
#define LULL_TESTS_BENCH_FRAMES_H

#include <stdint.h>

#define FRAMES 64 /* sent by one call */

struct frames {
	int fd; /* -1: not to be had here */
	uint8_t *ring;
};

void frames_open(struct frames *frames);
void frames_done(struct frames *frames);
/* @n is a multiple of FRAMES. */
int frames_send(struct frames *frames, unsigned int n);

#endif
