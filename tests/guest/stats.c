/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stats: a header, an array of descriptors and an array of values, read from one descriptor; see
 * "KVM_GET_STATS_FD" in the kernel's Documentation/virt/kvm/api.rst. Only plain counters are
 * taken: gauges, peaks and histograms are left out.
 */
#include "stats.h"

#include <errno.h>
#include <linux/kvm.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>

#include "base/cleanup.h"

static int read_at(int fd, void *to, size_t len, uint64_t offset)
{
	ssize_t n = pread(fd, to, len, (off_t)offset);

	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

static bool is_counter(const struct kvm_stats_desc *desc)
{
	return (desc->flags & KVM_STATS_TYPE_MASK) == KVM_STATS_TYPE_CUMULATIVE && desc->size == 1;
}

static int print_all(int fd, const struct kvm_stats_header *header, FILE *out)
{
	size_t step = sizeof(struct kvm_stats_desc) + header->name_size;
	const char *comma = "";
	auto_free uint8_t *block = calloc(header->num_desc, step);
	int err;

	if (!block)
		return -ENOMEM;
	err = read_at(fd, block, header->num_desc * step, header->desc_offset);
	if (err)
		return err;
	for (size_t i = 0; i < header->num_desc; i++) {
		const struct kvm_stats_desc *desc = (const void *)(block + i * step);
		uint64_t value;

		if (!is_counter(desc) ||
		    read_at(fd, &value, sizeof(value), header->data_offset + desc->offset) ||
		    value == 0)
			continue;
		(void)fprintf(out, "%s\"%s\":%llu", comma, desc->name, (unsigned long long)value);
		comma = ",";
	}
	return 0;
}

int guest_stats_print(int fd, FILE *out)
{
	struct kvm_stats_header header;
	int err;

	if (fd < 0)
		return -EBADF;
	err = read_at(fd, &header, sizeof(header), 0);
	if (err)
		return err;
	return print_all(fd, &header, out);
}
