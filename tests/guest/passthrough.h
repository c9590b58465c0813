/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * passthrough: a device of the host given to a guest. Its interrupts go from the host's vector
 * through an irqfd to one vCPU, and no thread of this process sees them. So one has arrived when the
 * kernel's count of the line and the guest's own have both grown. They are raised as device_serve()
 * says, from stdin.
 */
#ifndef LULL_GUEST_PASSTHROUGH_H
#define LULL_GUEST_PASSTHROUGH_H

#include <pthread.h>

#include "device.h"

struct guest_vm;
struct guest_counters;

struct passthrough {
	struct device dev;
	int eventfd, stop;
	uint32_t rate_hz;
	const volatile struct guest_counters *guest;
	uint64_t line, taken; /* both counts, when the last one had arrived */
	pthread_t thread;
};

/* Gives the first vector of the device at @bdf to vCPU @dest. -errno. */
int passthrough_open(const struct guest_vm *vm, const char *bdf, unsigned int dest,
		     struct passthrough *ret);
void passthrough_close(struct passthrough *pass);

/* A thread that raises what stdin says, until its end; @guest counts. @pass stays where it is. */
int passthrough_start(struct passthrough *pass, const volatile struct guest_counters *guest,
		      uint32_t rate_hz);
/* Ends it, once the last that it was told to raise has arrived. */
void passthrough_stop(struct passthrough *pass);

#endif
