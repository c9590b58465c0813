/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vms_tsc: sys/kernel/debug/kvm/PID-FD/vcpuN has tsc-offset and, where the processor can scale the
 * counter, tsc-scaling-ratio with tsc-scaling-ratio-frac-bits (arch/x86/kvm/debugfs.c since 4.7).
 */
#include "sys/vms_tsc.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/parse.h"
#include "base/str.h"

#define KVM_DIR "sys/kernel/debug/kvm"

/* "-1234", of 64 bits. */
static int parse_offset(const char *text, int64_t *ret)
{
	bool is_negative = *text == '-';
	uint64_t value;
	int err = parse_u64(text + is_negative, &value);

	if (err)
		return err;
	if (value > INT64_MAX)
		return -ERANGE;
	*ret = is_negative ? -(int64_t)value : (int64_t)value;
	return 0;
}

static int read_vcpu(const struct root *root, const char *vm, const char *vcpu,
		     struct vcpu_tsc *ret)
{
	struct vcpu_tsc tsc = { .ratio = 0 };
	unsigned long long ratio, bits;
	auto_free char *line = NULL;
	int err = fs_read_line(root, &line, KVM_DIR "/%s/%s/tsc-offset", vm, vcpu);

	err = err ?: parse_offset(line, &tsc.offset);
	if (err)
		return err;
	if (!fs_read_u64(root, &ratio, KVM_DIR "/%s/%s/tsc-scaling-ratio", vm, vcpu) &&
	    !fs_read_u64(root, &bits, KVM_DIR "/%s/%s/tsc-scaling-ratio-frac-bits", vm, vcpu) &&
	    ratio && bits < 64) {
		tsc.ratio = ratio;
		tsc.ratio_bits = bits;
	}
	*ret = tsc;
	return 0;
}

static int find_in_vm(const struct root *root, const char *vm, pid_t tid, struct vcpu_tsc *ret)
{
	auto_closedir DIR *dir = NULL;
	const struct dirent *entry;
	unsigned long long pid;

	if (fs_opendir(root, &dir, KVM_DIR "/%s", vm))
		return -ENOENT; /* it may just have ended */
	while ((entry = readdir(dir))) {
		if (!str_starts(entry->d_name, "vcpu") ||
		    fs_read_u64(root, &pid, KVM_DIR "/%s/%s/pid", vm, entry->d_name) ||
		    pid != (unsigned long long)tid)
			continue;
		return read_vcpu(root, vm, entry->d_name, ret);
	}
	return -ENOENT;
}

int vcpu_tsc_read(const struct root *root, pid_t tid, struct vcpu_tsc *ret)
{
	auto_closedir DIR *dir = NULL;
	const struct dirent *entry;
	int err = fs_opendir(root, &dir, KVM_DIR);

	if (err)
		return -ENOENT;
	err = -ENOENT;
	while (err == -ENOENT && (entry = readdir(dir)))
		if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9')
			err = find_in_vm(root, entry->d_name, tid, ret);
	return err;
}
