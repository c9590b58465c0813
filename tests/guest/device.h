/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * device: a PCI device that belongs to this process through VFIO, and whose interrupts are raised
 * one at a time, each only after the last has arrived: edges that meet merge, and then no count is
 * exact. Knows two devices that QEMU emulates: edu (one MSI) and e1000e (five MSI-X). It moves no
 * data. What the interrupts wake is the caller's: an eventfd each.
 */
#ifndef LULL_GUEST_DEVICE_H
#define LULL_GUEST_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define DEVICE_VECTORS_MAX 5

struct device_kind;

struct device {
	char bdf[16];
	const struct device_kind *kind;
	int container, group, fd;
	volatile uint32_t *bar;
	size_t bar_size;
	unsigned int vectors; /* switched on */
};

/* Takes the device at @bdf, which vfio-pci must be the driver of. -ENODEV: of no known kind. */
int device_open(const char *bdf, struct device *ret);
void device_close(struct device *dev);

/* Lets the device reach @size bytes at @memory as its addresses from 0 on. -errno. */
int device_map(const struct device *dev, void *memory, size_t size);

/* Switches on @count vectors, the first ones, of at most device_vectors(); each writes its eventfd. */
int device_enable(struct device *dev, const int *eventfds, unsigned int count);
unsigned int device_vectors(const struct device *dev);
const char *device_name(const struct device *dev);

/* Waits until vector @vector has arrived; false if it did not for seconds. */
typedef bool device_await_fn(void *ctx, unsigned int vector);

struct device_load {
	uint32_t rate_hz;
	int stop; /* readable: ends it; -1: never */
	device_await_fn *await;
	void *ctx;
};

/*
 * Each line of @in is a number of interrupts to raise, round robin over the vectors; a line of JSON
 * on stdout answers when they are all in. @in must be unbuffered. Returns at its end; -EIO: one was
 * lost.
 */
int device_serve(const struct device *dev, const struct device_load *load, FILE *in);

/* How often vector 0 has interrupted the host, by the kernel's own count. -ENOENT: no such line. */
int device_line_count(const struct device *dev, uint64_t *ret);

#endif
