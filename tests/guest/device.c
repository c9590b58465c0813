/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * device: the group interface of VFIO with its first kind of IOMMU (type 1), which every kernel
 * with VFIO has; see Documentation/driver-api/vfio.rst. Registers are written by 32 bits.
 */
#include "device.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/vfio.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"

#define NS_PER_SEC 1000000000ULL

/* Registers of edu (QEMU's docs/specs/edu.rst) and of the 82574 (its data sheet), in bytes. */
enum {
	EDU_RAISE = 0x60,
	EDU_ACK = 0x64,
	E1000E_CTRL_EXT = 0x18,
	E1000E_ICS = 0xc8,
	E1000E_IMS = 0xd0,
	E1000E_EIAC = 0xdc,
	E1000E_IVAR = 0xe4,
};

/* The five causes that have a vector each; the first is bit 20. */
#define E1000E_CAUSES 0x1f00000U
#define E1000E_CAUSE  20
#define PCI_COMMAND   4

struct device_kind {
	const char *name;
	uint16_t vendor, device;
	uint32_t irq_index;
	unsigned int vectors;
	void (*set_up)(volatile uint32_t *bar);
	void (*raise)(volatile uint32_t *bar, unsigned int vector);
	void (*ack)(volatile uint32_t *bar);
};

static void edu_set_up(volatile uint32_t *bar)
{
	bar[EDU_ACK / 4] = 1;
}

static void edu_raise(volatile uint32_t *bar, unsigned int vector)
{
	(void)vector;
	bar[EDU_RAISE / 4] = 1;
}

/* Cause n gets vector n, unmasked, and is cleared by being sent. */
static void e1000e_set_up(volatile uint32_t *bar)
{
	uint32_t ivar = 1U << 31;

	for (uint32_t n = 0; n < DEVICE_VECTORS_MAX; n++)
		ivar |= (8 | n) << (4 * n);
	bar[E1000E_CTRL_EXT / 4] |= 1U << 31;
	bar[E1000E_IVAR / 4] = ivar;
	bar[E1000E_EIAC / 4] = E1000E_CAUSES;
	bar[E1000E_IMS / 4] = E1000E_CAUSES;
}

static void e1000e_raise(volatile uint32_t *bar, unsigned int vector)
{
	bar[E1000E_ICS / 4] = 1U << (E1000E_CAUSE + vector);
	bar[E1000E_IMS / 4] = E1000E_CAUSES;
}

static void e1000e_ack(volatile uint32_t *bar)
{
	(void)bar;
}

static const struct device_kind kinds[] = {
	{ .name = "edu",
	  .vendor = 0x1234,
	  .device = 0x11e8,
	  .irq_index = VFIO_PCI_MSI_IRQ_INDEX,
	  .vectors = 1,
	  .set_up = edu_set_up,
	  .raise = edu_raise,
	  .ack = edu_set_up },
	{ .name = "e1000e",
	  .vendor = 0x8086,
	  .device = 0x10d3,
	  .irq_index = VFIO_PCI_MSIX_IRQ_INDEX,
	  .vectors = DEVICE_VECTORS_MAX,
	  .set_up = e1000e_set_up,
	  .raise = e1000e_raise,
	  .ack = e1000e_ack },
};

/* ---- taking it */

static int open_group(const char *bdf)
{
	char path[160], target[128];
	const char *number;
	ssize_t len;
	int fd;

	(void)snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", bdf);
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return -errno;
	target[len] = '\0';
	number = strrchr(target, '/');
	(void)snprintf(path, sizeof(path), "/dev/vfio/%s", number ? number + 1 : target);
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int join_container(struct device *dev)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };

	if (ioctl(dev->group, VFIO_GROUP_GET_STATUS, &status) < 0)
		return -errno;
	if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE))
		return -EBUSY; /* a device of the group has another driver */
	if (ioctl(dev->group, VFIO_GROUP_SET_CONTAINER, &dev->container) < 0)
		return -errno;
	return ioctl(dev->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) < 0 ? -errno : 0;
}

static int get_region(const struct device *dev, uint32_t index, struct vfio_region_info *ret)
{
	*ret = (struct vfio_region_info){ .argsz = sizeof(*ret), .index = index };
	return ioctl(dev->fd, VFIO_DEVICE_GET_REGION_INFO, ret) < 0 ? -errno : 0;
}

/* Finds out what it is, and lets it answer at its memory and send. */
static int configure(struct device *dev)
{
	struct vfio_region_info config;
	uint16_t ids[2], command;
	int err = get_region(dev, VFIO_PCI_CONFIG_REGION_INDEX, &config);
	off_t at = (off_t)config.offset;

	if (err)
		return err;
	if (pread(dev->fd, ids, sizeof(ids), at) != sizeof(ids))
		return -EIO;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].vendor == ids[0] && kinds[i].device == ids[1])
			dev->kind = &kinds[i];
	if (!dev->kind)
		return -ENODEV;
	if (pread(dev->fd, &command, sizeof(command), at + PCI_COMMAND) != sizeof(command))
		return -EIO;
	command |= 6; /* memory space, bus master */
	return pwrite(dev->fd, &command, sizeof(command), at + PCI_COMMAND) == sizeof(command)
		       ? 0
		       : -EIO;
}

static int map_registers(struct device *dev)
{
	struct vfio_region_info region;
	int err = get_region(dev, VFIO_PCI_BAR0_REGION_INDEX, &region);
	void *bar;

	if (err)
		return err;
	bar = mmap(NULL, region.size, PROT_READ | PROT_WRITE, MAP_SHARED, dev->fd,
		   (off_t)region.offset);
	if (bar == MAP_FAILED)
		return -errno;
	dev->bar = bar;
	dev->bar_size = region.size;
	return 0;
}

static int take(const char *bdf, struct device *dev)
{
	int err;

	dev->container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (dev->container < 0)
		return -errno;
	dev->group = open_group(bdf);
	if (dev->group < 0)
		return dev->group;
	err = join_container(dev);
	if (err)
		return err;
	dev->fd = ioctl(dev->group, VFIO_GROUP_GET_DEVICE_FD, bdf);
	if (dev->fd < 0)
		return -errno;
	(void)snprintf(dev->bdf, sizeof(dev->bdf), "%s", bdf);
	err = configure(dev);
	return err ?: map_registers(dev);
}

int device_open(const char *bdf, struct device *ret)
{
	struct device dev = { .container = -1, .group = -1, .fd = -1 };
	int err = take(bdf, &dev);

	if (err) {
		device_close(&dev);
		return err;
	}
	*ret = dev;
	return 0;
}

void device_close(struct device *dev)
{
	if (dev->bar)
		(void)munmap((void *)(uintptr_t)dev->bar, dev->bar_size);
	cleanup_close_fd(&dev->fd);
	cleanup_close_fd(&dev->group);
	cleanup_close_fd(&dev->container);
	*dev = (struct device){ .container = -1, .group = -1, .fd = -1 };
}

int device_map(const struct device *dev, void *memory, size_t size)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)memory,
		.size = size,
	};

	return ioctl(dev->container, VFIO_IOMMU_MAP_DMA, &map) < 0 ? -errno : 0;
}

unsigned int device_vectors(const struct device *dev)
{
	return dev->kind->vectors;
}

const char *device_name(const struct device *dev)
{
	return dev->kind->name;
}

int device_enable(struct device *dev, const int *eventfds, unsigned int count)
{
	union {
		struct vfio_irq_set set;
		uint8_t room[sizeof(struct vfio_irq_set) + sizeof(int) * DEVICE_VECTORS_MAX];
	} irqs = { .set = {
			   .flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
			   .index = dev->kind->irq_index,
			   .count = count,
		   } };

	if (count == 0 || count > dev->kind->vectors)
		return -ERANGE;
	irqs.set.argsz = (uint32_t)(sizeof(irqs.set) + sizeof(*eventfds) * count);
	memcpy(irqs.set.data, eventfds, sizeof(*eventfds) * count);
	if (ioctl(dev->fd, VFIO_DEVICE_SET_IRQS, &irqs.set) < 0)
		return -errno;
	dev->vectors = count;
	dev->kind->set_up(dev->bar);
	return 0;
}

/* ---- raising */

static uint64_t now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_SEC + (uint64_t)ts.tv_nsec;
}

static void sleep_until(uint64_t at_ns)
{
	struct timespec at = { .tv_sec = (time_t)(at_ns / NS_PER_SEC),
			       .tv_nsec = (long)(at_ns % NS_PER_SEC) };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
		;
}

/* Late ones are not made up for: that would be a burst. */
static int raise_all(const struct device *dev, const struct device_load *load, uint32_t count)
{
	uint32_t arrived[DEVICE_VECTORS_MAX] = { 0 };
	uint64_t next_ns = now_ns();
	uint32_t lost = 0;

	for (uint32_t i = 0; i < count && !lost; i++) {
		unsigned int vector = i % dev->vectors;

		dev->kind->raise(dev->bar, vector);
		if (load->await(load->ctx, vector))
			arrived[vector]++;
		else
			lost++;
		dev->kind->ack(dev->bar);
		next_ns = max(next_ns + NS_PER_SEC / load->rate_hz, now_ns());
		sleep_until(next_ns);
	}
	(void)printf("{\"raised\":%u,\"lost\":%u,\"arrived\":[", count, lost);
	for (unsigned int i = 0; i < dev->vectors; i++)
		(void)printf("%s%u", i ? "," : "", arrived[i]);
	(void)printf("]}\n");
	(void)fflush(stdout);
	return lost ? -EIO : 0;
}

static bool has_input(const struct device_load *load, FILE *in)
{
	struct pollfd wait[] = { { .fd = fileno(in), .events = POLLIN },
				 { .fd = load->stop, .events = POLLIN } };

	while (poll(wait, ARRAY_SIZE(wait), -1) < 0 && errno == EINTR)
		;
	return wait[1].revents == 0;
}

int device_serve(const struct device *dev, const struct device_load *load, FILE *in)
{
	char line[16];

	while (has_input(load, in) && fgets(line, sizeof(line), in)) {
		uint32_t count;
		int err;

		line[strcspn(line, "\n")] = '\0';
		err = parse_u32(line, &count);
		if (err)
			return err;
		err = raise_all(dev, load, count);
		if (err)
			return err;
	}
	return 0;
}

/* ---- the kernel's count, in /sys/kernel/irq/N */

/* @ret receives a line of a file there, without its end. */
static int read_line(const char *irq, const char *name, char *ret, size_t size)
{
	char path[288];
	auto_fclose FILE *file = NULL;

	(void)snprintf(path, sizeof(path), "/sys/kernel/irq/%s/%s", irq, name);
	file = fopen(path, "re");
	if (!file || !fgets(ret, (int)size, file))
		return -ENOENT;
	ret[strcspn(ret, "\n")] = '\0';
	return 0;
}

static uint64_t sum_of_list(const char *list)
{
	uint64_t sum = 0;
	char *end;

	for (;; list = end + 1) {
		sum += strtoull(list, &end, 10);
		if (*end != ',')
			return sum;
	}
}

static int line_count(DIR *irqs, const char *actions, uint64_t *ret)
{
	const struct dirent *entry;

	while ((entry = readdir(irqs))) {
		char line[1024];

		if (entry->d_name[0] == '.' ||
		    read_line(entry->d_name, "actions", line, sizeof(line)) ||
		    !streq(line, actions))
			continue;
		if (read_line(entry->d_name, "per_cpu_count", line, sizeof(line)))
			return -ENOENT;
		*ret = sum_of_list(line);
		return 0;
	}
	return -ENOENT;
}

int device_line_count(const struct device *dev, uint64_t *ret)
{
	DIR *irqs = opendir("/sys/kernel/irq");
	char actions[48];
	int err;

	if (!irqs)
		return -errno;
	(void)snprintf(actions, sizeof(actions), "vfio-msi%s[0](%s)",
		       dev->kind->irq_index == VFIO_PCI_MSIX_IRQ_INDEX ? "x" : "", dev->bdf);
	err = line_count(irqs, actions, ret);
	(void)closedir(irqs);
	return err;
}
