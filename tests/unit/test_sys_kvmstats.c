/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of sys/kvmstats: hand-made statistics files, cut and hostile ones, and live VMs. The VMM
 * of the live tests is a child of this program that makes a VM of two vCPUs, and holds their
 * statistics open as QEMU 8.1 does, or not.
 */
#include "sys/kvmstats.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "test.h"

/* ---- hand-made files */

#define NAME_SIZE 16

/* A struct kvm_stats_desc, which cannot be a member because it ends in a flexible array. */
struct entry {
	uint32_t flags;
	int16_t exponent;
	uint16_t size;
	uint32_t offset, bucket_size;
	char name[NAME_SIZE];
};

_Static_assert(offsetof(struct entry, name) == sizeof(struct kvm_stats_desc), "the kernel's");
_Static_assert(offsetof(struct entry, offset) == offsetof(struct kvm_stats_desc, offset), "too");

/* What the kernel gives: header, id, descriptors, values. */
struct file {
	struct kvm_stats_header header;
	char id[NAME_SIZE];
	struct entry entries[3];
	uint64_t values[34];
};

static struct file make_file(void)
{
	return (struct file){
		.header = {
			.name_size = NAME_SIZE,
			.num_desc = 3,
			.id_offset = offsetof(struct file, id),
			.desc_offset = offsetof(struct file, entries),
			.data_offset = offsetof(struct file, values),
		},
		.id = "kvm-1/vcpu-0",
		.entries = {
			{ .size = 1, .offset = 8, .name = "exits" },
			{ .flags = KVM_STATS_TYPE_LOG_HIST, .size = 32, .offset = 16,
			  .name = "halt_wait_hist" },
			{ .size = 1, .offset = 0, .name = "halt_exits" },
		},
	};
}

static int find(const struct file *file, const char *name, size_t *ret)
{
	return kvmstats_find(file, sizeof(*file), name, ret);
}

TEST(kvmstats_find__gives_the_place_of_the_value)
{
	struct file file = make_file();
	size_t offset = 0;

	CHECK_EQ(find(&file, "exits", &offset), 0);
	CHECK_EQ(offset, offsetof(struct file, values) + 8);
	CHECK_EQ(find(&file, "halt_exits", &offset), 0);
	CHECK_EQ(offset, offsetof(struct file, values));
}

TEST(kvmstats_find__knows_neither_other_names_nor_histograms)
{
	struct file file = make_file();
	size_t offset = 1234;

	CHECK_EQ(find(&file, "exit", &offset), -ENOENT);
	CHECK_EQ(find(&file, "", &offset), -ENOENT);
	CHECK_EQ(find(&file, "halt_wait_hist", &offset), -ENOENT);
	CHECK_EQ(offset, 1234);
}

TEST(kvmstats_find__finds_nothing_in_an_empty_table)
{
	struct file file = make_file();
	size_t offset;

	file.header.num_desc = 0;
	CHECK_EQ(find(&file, "exits", &offset), -ENOENT);
}

/* On the heap and of the exact length, so that the sanitizer sees a byte too many. */
TEST(kvmstats_find__refuses_every_cut)
{
	struct file file = make_file();
	size_t whole = offsetof(struct file, values) + 16, offset;

	for (size_t len = 0; len <= whole; len++) {
		auto_free char *cut = malloc(len + !len);

		CHECK(cut);
		memcpy(cut, &file, len);
		CHECK_EQ(kvmstats_find(cut, len, "exits", &offset), len < whole ? -EPROTO : 0);
	}
}

TEST(kvmstats_find__refuses_hostile_headers)
{
	static const struct kvm_stats_header headers[] = {
		{ .name_size = 0, .num_desc = 3, .desc_offset = 24 },
		{ .name_size = UINT32_MAX, .num_desc = 3, .desc_offset = 24 },
		{ .name_size = UINT32_MAX - 15, .num_desc = 3, .desc_offset = 24 },
		{ .name_size = NAME_SIZE, .num_desc = UINT32_MAX, .desc_offset = 24 },
		{ .name_size = NAME_SIZE, .num_desc = 1000, .desc_offset = 24 },
		{ .name_size = NAME_SIZE, .num_desc = 1, .desc_offset = UINT32_MAX },
		{ .name_size = NAME_SIZE, .num_desc = 1, .desc_offset = sizeof(struct file) - 31 },
	};
	struct file file = make_file();
	size_t offset;

	for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
		file.header = headers[i];
		CHECK_EQ(find(&file, "exits", &offset), -EPROTO);
	}
}

TEST(kvmstats_find__refuses_a_value_outside_the_file)
{
	struct file file = make_file();
	size_t offset;

	file.entries[0].offset = sizeof(file.values) - 7;
	CHECK_EQ(find(&file, "exits", &offset), -EPROTO);
	file.entries[0].offset = UINT32_MAX;
	CHECK_EQ(find(&file, "exits", &offset), -EPROTO);
	file.header.data_offset = UINT32_MAX;
	CHECK_EQ(find(&file, "exits", &offset), -EPROTO);
	file.entries[0].offset = 8;
	CHECK_EQ(find(&file, "exits", &offset), -EPROTO);
}

TEST(kvmstats_find__refuses_a_name_without_end)
{
	struct file file = make_file();
	size_t offset;

	memset(file.entries[1].name, 'x', NAME_SIZE);
	CHECK_EQ(find(&file, "halt_exits", &offset), -EPROTO);
}

/* ---- live */

enum { N_VCPUS = 2, N_ROUNDS = 50, PORT = 0x10 };

/* The test's ends of two pipes to a VMM: a byte asks for a round, a number answers. */
struct vmm {
	pid_t pid;
	int ask, answer;
};

/* A guest in real mode that writes to a port for ever. */
static int make_vm(int *ret_vm, void **ret_mem)
{
	static const uint8_t code[] = { 0xe6, PORT, 0xeb, 0xfc }; /* 1: out %al, $PORT; jmp 1b */
	struct kvm_userspace_memory_region region = { .memory_size = 4096 };
	void *mem = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC), vm;

	if (kvm < 0 || mem == MAP_FAILED)
		return -1;
	memcpy(mem, code, sizeof(code));
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	region.userspace_addr = (uintptr_t)mem;
	if (vm < 0 || ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region))
		return -1;
	*ret_vm = vm;
	*ret_mem = mem;
	return 0;
}

#ifdef __x86_64__
static int make_vcpu(int vm, int index)
{
	struct kvm_regs regs = { .rflags = 2 };
	struct kvm_sregs sregs;
	int vcpu = ioctl(vm, KVM_CREATE_VCPU, (unsigned long)index);

	if (vcpu < 0 || ioctl(vcpu, KVM_GET_SREGS, &sregs))
		return -1;
	sregs.cs.base = sregs.cs.selector = 0;
	if (ioctl(vcpu, KVM_SET_SREGS, &sregs) || ioctl(vcpu, KVM_SET_REGS, &regs))
		return -1;
	return vcpu;
}
#else
/* The guest's code is x86's. */
static int make_vcpu(int vm, int index)
{
	(void)vm;
	(void)index;
	return -ENOTSUP;
}
#endif

/* Of the first statistic called @name; by hand, as a second opinion. */
static uint64_t read_own(int stats, const char *name)
{
	struct kvm_stats_header header;
	struct kvm_stats_desc desc;
	uint64_t value = UINT64_MAX;
	char full[256];

	if (pread(stats, &header, sizeof(header), 0) != (ssize_t)sizeof(header) ||
	    header.name_size >= sizeof(full))
		return UINT64_MAX;
	for (uint32_t i = 0; i < header.num_desc; i++) {
		off_t at = (off_t)(header.desc_offset + i * (sizeof(desc) + header.name_size));

		(void)!pread(stats, &desc, sizeof(desc), at);
		(void)!pread(stats, full, header.name_size, at + (off_t)sizeof(desc));
		if (streq(full, name))
			(void)!pread(stats, &value, sizeof(value),
				     header.data_offset + desc.offset);
	}
	return value;
}

/* Runs vCPU 1 for some exits for each byte that comes, then tells what KVM has counted. */
static void run_rounds(int vcpu, int stats, int ask, int answer)
{
	uint64_t exits;
	char byte;

	while (read(ask, &byte, 1) == 1) {
		for (int i = 0; i < N_ROUNDS; i++)
			if (ioctl(vcpu, KVM_RUN, 0))
				_exit(3);
		exits = read_own(stats, "exits");
		if (write(answer, &exits, sizeof(exits)) != (ssize_t)sizeof(exits))
			_exit(4);
	}
}

/* The VMM; never returns. Its first answer is whether the VM exists. */
static void be_vmm(int ask, int answer, bool holds_stats)
{
	int vm, vcpus[N_VCPUS], stats[N_VCPUS] = { -1, -1 };
	uint64_t is_made = 0;
	void *mem;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (make_vm(&vm, &mem))
		_exit(1);
	for (int i = 0; i < N_VCPUS; i++) {
		vcpus[i] = make_vcpu(vm, i);
		if (vcpus[i] < 0)
			_exit(2);
		if (holds_stats)
			stats[i] = ioctl(vcpus[i], KVM_GET_STATS_FD, NULL);
	}
	is_made = !holds_stats || stats[N_VCPUS - 1] >= 0;
	(void)!write(answer, &is_made, sizeof(is_made));
	run_rounds(vcpus[1], stats[1], ask, answer);
	_exit(0);
}

static bool get_answer(const struct vmm *vmm, uint64_t *ret)
{
	return read(vmm->answer, ret, sizeof(*ret)) == (ssize_t)sizeof(*ret);
}

static void end_vmm(struct vmm *vmm)
{
	(void)kill(vmm->pid, SIGKILL);
	(void)waitpid(vmm->pid, NULL, 0);
	(void)close(vmm->ask);
	(void)close(vmm->answer);
}

static struct vmm start_vmm(bool holds_stats)
{
	struct vmm vmm;
	int ask[2], answer[2];
	uint64_t is_made = 0;

	if (access("/dev/kvm", R_OK | W_OK))
		SKIP("no /dev/kvm that may be opened");
	CHECK(!pipe2(ask, O_CLOEXEC) && !pipe2(answer, O_CLOEXEC));
	vmm.pid = fork();
	CHECK(vmm.pid >= 0);
	if (!vmm.pid) {
		(void)close(ask[1]);
		(void)close(answer[0]);
		be_vmm(ask[0], answer[1], holds_stats);
	}
	(void)close(ask[0]);
	(void)close(answer[1]);
	vmm.ask = ask[1];
	vmm.answer = answer[0];
	if (!get_answer(&vmm, &is_made) || !is_made) {
		end_vmm(&vmm);
		SKIP("/dev/kvm makes no VM, or has no binary statistics");
	}
	return vmm;
}

static int open_stats(pid_t pid, struct kvmstats **ret)
{
	struct root root;
	int err = fs_root_open(&root, "/");

	if (err)
		return err;
	err = kvmstats_open(&root, pid, ret);
	fs_root_done(&root);
	return err;
}

/* One round; whether KVM's count, read here, is what the VMM reads itself and came forward. */
static bool counts_agree(const struct vmm *vmm, const struct kvmstats *ks, uint64_t *last)
{
	uint64_t theirs = 0, ours = 1;

	if (write(vmm->ask, "x", 1) != 1 || !get_answer(vmm, &theirs) ||
	    kvmstats_read(ks, 1, "exits", &ours) || theirs != ours)
		return false;
	if (ours < *last + N_ROUNDS) {
		printf("# %llu exits, then %llu\n", (unsigned long long)*last,
		       (unsigned long long)ours);
		return false;
	}
	*last = ours;
	return true;
}

TEST(kvmstats_read__is_what_the_vmm_reads)
{
	struct vmm vmm = start_vmm(true);
	struct kvmstats *ks = NULL;
	uint64_t last = 0, other = 0;
	int err = open_stats(vmm.pid, &ks);
	bool agree = !err && counts_agree(&vmm, ks, &last) && counts_agree(&vmm, ks, &last);
	int other_err = ks ? kvmstats_read(ks, 0, "halt_exits", &other) : 0;

	end_vmm(&vmm);
	CHECK_EQ(err, 0);
	CHECK_EQ(kvmstats_n_vcpus(ks), N_VCPUS);
	CHECK_EQ(kvmstats_vcpu_index(ks, 0), 0);
	CHECK_EQ(kvmstats_vcpu_index(ks, 1), 1);
	CHECK(agree);
	CHECK_EQ(other_err, 0);
	CHECK_EQ(other, 0);
	CHECK_EQ(kvmstats_read(ks, 0, "no_such_thing", &other), -ENOENT);
	CHECK_EQ(kvmstats_read(ks, 2, "exits", &other), -EINVAL);
	kvmstats_free(ks);
}

/* The exit status of a child that has become nobody: 0 when it still reads. */
static int read_as_nobody(const struct vmm *vmm, const struct kvmstats *ks)
{
	uint64_t last = 0;
	struct kvmstats *again;

	if (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))
		return 1;
	if (open_stats(vmm->pid, &again) != -EPERM)
		return 2;
	return counts_agree(vmm, ks, &last) ? 0 : 3;
}

TEST(kvmstats_read__needs_no_privilege)
{
	struct vmm vmm = start_vmm(true);
	struct kvmstats *ks = NULL;
	int err = open_stats(vmm.pid, &ks), status = -1;
	pid_t child = err || geteuid() ? -1 : fork();

	if (!child)
		_exit(read_as_nobody(&vmm, ks));
	if (child > 0)
		(void)waitpid(child, &status, 0);
	kvmstats_free(ks);
	end_vmm(&vmm);
	if (geteuid())
		SKIP("not root");
	CHECK_EQ(err, 0);
	CHECK_EQ(status, 0);
}

TEST(kvmstats_read__survives_the_vmm)
{
	struct vmm vmm = start_vmm(true);
	struct kvmstats *ks = NULL;
	uint64_t last = 0, exits = 0;
	int err = open_stats(vmm.pid, &ks);
	bool agree = !err && counts_agree(&vmm, ks, &last);

	end_vmm(&vmm);
	CHECK_EQ(err, 0);
	CHECK(agree);
	CHECK_EQ(kvmstats_read(ks, 1, "exits", &exits), 0);
	CHECK(exits >= last);
	kvmstats_free(ks);
}

TEST(kvmstats_open__says_when_the_vmm_did_not_open_them)
{
	struct vmm vmm = start_vmm(false);
	struct kvmstats *ks = NULL;
	int err = open_stats(vmm.pid, &ks);

	end_vmm(&vmm);
	CHECK_EQ(err, -EOPNOTSUPP);
	CHECK(!ks);
}

static int count_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* With one descriptor more each time, until it can be done. */
TEST(kvmstats_open__leaves_nothing_open_without_descriptors)
{
	struct vmm vmm = start_vmm(true);
	struct kvmstats *ks = NULL;
	struct rlimit old, few;
	int n_fds = count_fds(), n_tries = 0, err = -EMFILE;

	(void)getrlimit(RLIMIT_NOFILE, &old);
	few = old;
	for (few.rlim_cur = 0; err == -EMFILE && few.rlim_cur < 256; few.rlim_cur++) {
		(void)setrlimit(RLIMIT_NOFILE, &few);
		err = open_stats(vmm.pid, &ks);
		(void)setrlimit(RLIMIT_NOFILE, &old);
		n_tries++;
	}
	kvmstats_free(ks);
	n_fds -= count_fds();
	end_vmm(&vmm);
	CHECK_EQ(err, 0);
	CHECK(n_tries > 2 + 2 * N_VCPUS);
	CHECK_EQ(n_fds, 0);
}

TEST(kvmstats_open__refuses_what_is_no_vmm)
{
	struct kvmstats *ks = NULL;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (!pid)
		_exit(0);
	(void)waitpid(pid, NULL, 0);
	CHECK_EQ(open_stats(pid, &ks), -ESRCH);
	CHECK_EQ(open_stats(getpid(), &ks), -ENODEV);
	CHECK(!ks);
}

TEST(kvmstats_open__refuses_a_recorded_machine)
{
	struct kvmstats *ks = NULL;
	struct root root;

	CHECK_EQ(fs_root_open(&root, test_tmpdir()), 0);
	CHECK_EQ(kvmstats_open(&root, getpid(), &ks), -EOPNOTSUPP);
	fs_root_done(&root);
}
