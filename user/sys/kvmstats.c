/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvmstats: copies the VMM's own kvm-vcpu-stats descriptors by pidfd_getfd (Linux 5.6). It does
 * not call KVM_GET_STATS_FD on a copied vCPU: KVM refuses vCPU calls from another address space
 * (EIO), and would make the caller wait while the vCPU runs. The file's format is described in
 * the kernel's Documentation/virt/kvm/api.rst, 4.131; all of it is checked before it is believed.
 */
#include "sys/kvmstats.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/str.h"

#define FILE_MAX      (256U << 10) /* about 6 KB on x86 */
#define NAME_SIZE_MAX 256U	   /* 48 in the kernel, KVM_STATS_NAME_SIZE */
#define DESC_MAX      4096U
#define FDS_MAX	      16384U /* the kernel allows 4096 vCPUs, each with two descriptors here */

enum fd_kind { FD_VCPU, FD_STATS };

/* A descriptor of the VMM. */
struct vmm_fd {
	enum fd_kind kind;
	int index; /* of the vCPU */
	int fd;
};

struct vmm_fds {
	struct vmm_fd *fds; /* by index, then kind, then fd */
	unsigned int n;
};

struct vcpu_stats {
	int index;
	int fd;
	/*
	 * Keeps the vCPU that fd reads from: before 6.5, 6.1.43 and 5.15.124 (eed3013faa40) a
	 * statistics descriptor held no reference, and was read after free once the VMM was gone.
	 */
	int vcpu_fd;
};

struct kvmstats {
	void *file; /* of the first vCPU; only values differ between them */
	size_t len;
	struct vcpu_stats *vcpus;
	unsigned int n;
};

int kvmstats_find(const void *file, size_t len, const char *name, size_t *ret_offset)
{
	const char *bytes = file;
	struct kvm_stats_header header;
	struct kvm_stats_desc desc;
	size_t step;

	if (len < sizeof(header))
		return -EPROTO;
	memcpy(&header, bytes, sizeof(header));
	if (!header.name_size || header.name_size > NAME_SIZE_MAX || header.num_desc > DESC_MAX)
		return -EPROTO;
	step = sizeof(desc) + header.name_size;
	if (header.desc_offset > len || header.num_desc > (len - header.desc_offset) / step)
		return -EPROTO;
	for (size_t i = 0; i < header.num_desc; i++) {
		const char *at = bytes + header.desc_offset + i * step;
		const char *at_name = at + sizeof(desc);
		uint64_t offset;

		if (!memchr(at_name, '\0', header.name_size))
			return -EPROTO;
		if (!streq(at_name, name))
			continue;
		memcpy(&desc, at, sizeof(desc));
		if (desc.size != 1)
			return -ENOENT;
		offset = (uint64_t)header.data_offset + desc.offset;
		if (offset + sizeof(uint64_t) > len)
			return -EPROTO;
		*ret_offset = (size_t)offset;
		return 0;
	}
	return -ENOENT;
}

/* "anon_inode:kvm-vcpu:3" and "anon_inode:kvm-vcpu-stats:3". No file can have such a name. */
static bool parse_link(const char *link, struct vmm_fd *ret)
{
	static const struct {
		const char *prefix;
		enum fd_kind kind;
	} kinds[] = {
		{ .prefix = "anon_inode:kvm-vcpu:", .kind = FD_VCPU },
		{ .prefix = "anon_inode:kvm-vcpu-stats:", .kind = FD_STATS },
	};
	uint32_t index;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!str_starts(link, kinds[i].prefix))
			continue;
		if (parse_u32(link + strlen(kinds[i].prefix), &index) || index > INT32_MAX)
			return false;
		ret->kind = kinds[i].kind;
		ret->index = (int)index;
		return true;
	}
	return false;
}

static int by_index(const void *a, const void *b)
{
	const struct vmm_fd *x = a, *y = b;

	if (x->index != y->index)
		return x->index < y->index ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return (x->fd > y->fd) - (x->fd < y->fd);
}

static int fds_add(struct vmm_fds *fds, const struct vmm_fd *fd)
{
	struct vmm_fd *grown;

	if (fds->n == FDS_MAX)
		return -E2BIG;
	grown = realloc(fds->fds, (fds->n + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	fds->fds = grown;
	fds->fds[fds->n++] = *fd;
	return 0;
}

static void fds_done(struct vmm_fds *fds)
{
	free(fds->fds);
}

static int read_fds(const struct root *root, pid_t pid, struct vmm_fds *fds)
{
	auto_closedir DIR *dir = NULL;
	const struct dirent *entry;
	int err;

	err = fs_opendir(root, &dir, "proc/%d/fd", (int)pid);
	if (err)
		return err;
	while ((entry = readdir(dir))) {
		auto_free char *link = NULL;
		struct vmm_fd fd;
		uint32_t number;

		if (parse_u32(entry->d_name, &number) || number > INT32_MAX)
			continue;
		err = fs_read_link(root, &link, "proc/%d/fd/%s", (int)pid, entry->d_name);
		/* Closed since it was listed, or too long to be what is looked for. */
		if (err == -ENOENT || err == -ESRCH || err == -ENAMETOOLONG)
			continue;
		if (err)
			return err;
		if (!parse_link(link, &fd))
			continue;
		fd.fd = (int)number;
		err = fds_add(fds, &fd);
		if (err)
			return err;
	}
	if (!fds->n)
		return -ENODEV;
	qsort(fds->fds, fds->n, sizeof(*fds->fds), by_index);
	return 0;
}

/* -EBADF: the VMM has closed it, or put something else in its place, since it was listed. */
static int copy_fd(const struct root *root, int pidfd, const struct vmm_fd *theirs, int *ret)
{
	auto_close int fd = (int)syscall(SYS_pidfd_getfd, pidfd, theirs->fd, 0);
	auto_free char *link = NULL;
	struct vmm_fd ours;
	int err;

	if (fd < 0)
		return -errno;
	err = fs_read_link(root, &link, "proc/self/fd/%d", fd);
	if (err)
		return err;
	if (!parse_link(link, &ours) || ours.kind != theirs->kind || ours.index != theirs->index)
		return -EBADF;
	*ret = take_fd(fd);
	return 0;
}

/* The whole file, but for the values that follow while it is read. */
static int read_stats_file(int fd, void **ret, size_t *ret_len)
{
	auto_free char *buf = malloc(FILE_MAX);
	size_t len = 0;
	char *cut;

	if (!buf)
		return -ENOMEM;
	while (len < FILE_MAX) {
		ssize_t n = pread(fd, buf + len, FILE_MAX - len, (off_t)len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (!n)
			break;
		len += n > 0 ? (size_t)n : 0;
	}
	if (len == FILE_MAX)
		return -EPROTO;
	cut = realloc(buf, max(len, (size_t)1));
	if (cut)
		buf = cut;
	*ret = take_ptr(buf);
	*ret_len = len;
	return 0;
}

/* The layout is that of the running KVM, so the first vCPU's stands for all; trusted, but checked. */
static int read_layout(struct kvmstats *ks, int fd)
{
	struct kvm_stats_header header;
	size_t offset;
	int err;

	if (ks->file) {
		if (pread(fd, &header, sizeof(header), 0) != (ssize_t)sizeof(header))
			return -EPROTO;
		return memcmp(ks->file, &header, sizeof(header)) ? -EPROTO : 0;
	}
	err = read_stats_file(fd, &ks->file, &ks->len);
	if (err)
		return err;
	err = kvmstats_find(ks->file, ks->len, "exits", &offset);
	return err == -ENOENT ? 0 : err;
}

/* @vcpu and @stats are the VMM's descriptors of one vCPU. */
static int add_vcpu(struct kvmstats *ks, const struct root *root, int pidfd,
		    const struct vmm_fd *vcpu, const struct vmm_fd *stats)
{
	auto_close int vcpu_fd = -1;
	auto_close int fd = -1;
	int err;

	err = copy_fd(root, pidfd, vcpu, &vcpu_fd);
	if (err)
		return err;
	err = copy_fd(root, pidfd, stats, &fd);
	if (err)
		return err;
	err = read_layout(ks, fd);
	if (err)
		return err;
	ks->vcpus[ks->n++] = (struct vcpu_stats){
		.index = vcpu->index,
		.fd = take_fd(fd),
		.vcpu_fd = take_fd(vcpu_fd),
	};
	return 0;
}

/* Pairs the descriptors of each vCPU; of several of one kind the first is taken. */
static int add_vcpus(struct kvmstats *ks, const struct root *root, int pidfd,
		     const struct vmm_fds *fds)
{
	const struct vmm_fd *vcpu = NULL;

	ks->vcpus = calloc(fds->n, sizeof(*ks->vcpus));
	if (!ks->vcpus)
		return -ENOMEM;
	for (unsigned int i = 0; i < fds->n; i++) {
		const struct vmm_fd *fd = &fds->fds[i];
		int err;

		if (fd->kind == FD_VCPU && (!vcpu || vcpu->index != fd->index))
			vcpu = fd;
		if (fd->kind != FD_STATS || !vcpu || vcpu->index != fd->index ||
		    (ks->n && ks->vcpus[ks->n - 1].index == fd->index))
			continue;
		err = add_vcpu(ks, root, pidfd, vcpu, fd);
		if (err && err != -EBADF)
			return err;
	}
	return 0;
}

/* Why a VM has vCPUs, and nothing that could be copied. */
static int why_none(const struct root *root)
{
	auto_close int fd = fs_open(root, O_RDWR, "dev/kvm");

	if (fd >= 0 && ioctl(fd, KVM_CHECK_EXTENSION, KVM_CAP_BINARY_STATS_FD) == 0)
		return -ENOSYS;
	return -EOPNOTSUPP;
}

static int open_all(struct kvmstats *ks, const struct root *root, pid_t pid, struct vmm_fds *fds)
{
	/* Opened first: whatever is listed then belongs to it, or cannot be copied. */
	auto_close int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	int err;

	if (pidfd < 0)
		return -errno;
	err = read_fds(root, pid, fds);
	if (!err)
		err = add_vcpus(ks, root, pidfd, fds);
	if (err)
		return err;
	return ks->n ? 0 : why_none(root);
}

int kvmstats_open(const struct root *root, pid_t pid, struct kvmstats **ret)
{
	struct vmm_fds fds = { .fds = NULL };
	struct kvmstats *ks;
	int err;

	if (!fs_root_is_live(root))
		return -EOPNOTSUPP;
	ks = calloc(1, sizeof(*ks));
	if (!ks)
		return -ENOMEM;
	err = open_all(ks, root, pid, &fds);
	fds_done(&fds);
	if (err) {
		kvmstats_free(ks);
		/* What /proc says of a process that is gone, and of one that is somebody else's. */
		if (err == -ENOENT)
			return -ESRCH;
		return err == -EACCES ? -EPERM : err;
	}
	*ret = ks;
	return 0;
}

void kvmstats_free(struct kvmstats *ks)
{
	if (!ks)
		return;
	for (unsigned int i = 0; i < ks->n; i++) {
		cleanup_close_fd(&ks->vcpus[i].fd);
		cleanup_close_fd(&ks->vcpus[i].vcpu_fd);
	}
	free(ks->vcpus);
	free(ks->file);
	free(ks);
}

unsigned int kvmstats_n_vcpus(const struct kvmstats *ks)
{
	return ks->n;
}

int kvmstats_vcpu_index(const struct kvmstats *ks, unsigned int i)
{
	return ks->vcpus[i].index;
}

int kvmstats_read(const struct kvmstats *ks, unsigned int i, const char *name, uint64_t *ret)
{
	uint64_t value;
	size_t offset;
	ssize_t n;
	int err;

	if (i >= ks->n)
		return -EINVAL;
	err = kvmstats_find(ks->file, ks->len, name, &offset);
	if (err)
		return err;
	n = pread(ks->vcpus[i].fd, &value, sizeof(value), (off_t)offset);
	if (n < 0)
		return -errno;
	if (n != (ssize_t)sizeof(value))
		return -EIO;
	*ret = value;
	return 0;
}
