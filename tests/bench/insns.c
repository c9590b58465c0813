/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * insns: counts, in the programs that this process has loaded and as the verifier left them, what
 * no clock can show: the most clock reads on any path, and lookups that are real calls. A lookup
 * in an array is inlined by the verifier and does not count.
 */
#include "bench/bench.h"

#include <errno.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "sys/kallsyms.h"

#define PROGRAMS_MAX 64
#define COST_MAX     9 /* a read inside a loop would count up for ever */

/* What calls are measured from, in the instructions that the kernel shows. */
static int read_call_base(const struct root *root, uint64_t *ret)
{
	auto_free char *text = NULL;
	const char *at;
	char addr[17];
	int err = fs_read_file(root, &text, NULL, "proc/kallsyms");

	if (err)
		return err;
	at = strstr(text, " T __bpf_call_base\n");
	if (!at || at - text < 16)
		return -ENOENT;
	str_copy(addr, sizeof(addr), at - 16, 16);
	return parse_hex64(addr, ret);
}

static bool is_helper_call(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == 0;
}

static bool is_clock(const char *name)
{
	return strstr(name, "ktime_get") != NULL;
}

static bool is_lookup(const char *name)
{
	return strstr(name, "htab") || strstr(name, "map_lookup") || strstr(name, "storage_get");
}

/* Where the instruction may go besides the next one, or -1. */
static int jump_target(const struct bpf_insn *insn, int at)
{
	unsigned int class = BPF_CLASS(insn->code), op = BPF_OP(insn->code);

	if ((class != BPF_JMP && class != BPF_JMP32) || op == BPF_CALL || op == BPF_EXIT)
		return -1;
	return at + 1 + (class == BPF_JMP32 && op == BPF_JA ? insn->imm : insn->off);
}

static bool falls_through(const struct bpf_insn *insn)
{
	unsigned int class = BPF_CLASS(insn->code), op = BPF_OP(insn->code);

	return (class != BPF_JMP && class != BPF_JMP32) || (op != BPF_JA && op != BPF_EXIT);
}

/* The function that is called here, or handed to bpf_loop; -1: none of ours. */
static int called_function(const struct bpf_insn *insn, int at)
{
	if (insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL)
		return at + 1 + insn->off;
	if (insn->code == (BPF_LD | BPF_IMM | BPF_DW) && insn->src_reg == BPF_PSEUDO_FUNC)
		return at + 1 + insn->imm;
	return -1;
}

static unsigned int at_cost(const unsigned char *cost, int n, int at)
{
	return at >= 0 && at < n ? cost[at] : 0;
}

/*
 * The most clock reads from the first instruction to the end of its function. Costs grow from the
 * ends towards the start until nothing changes.
 */
static int most_reads(const struct bpf_insn *insns, const char *const *names, int n,
		      unsigned int *ret)
{
	auto_free unsigned char *cost = calloc((size_t)n, 1);
	bool changed = true;

	if (!cost)
		return -ENOMEM;
	while (changed) {
		changed = false;
		for (int i = n - 1; i >= 0; i--) {
			unsigned int jumped = at_cost(cost, n, jump_target(&insns[i], i));
			unsigned int next = falls_through(&insns[i]) ? at_cost(cost, n, i + 1) : 0;
			unsigned int c = max(next, jumped);

			c += at_cost(cost, n, called_function(&insns[i], i));
			c += names[i] && is_clock(names[i]);
			c = min(c, COST_MAX);
			changed |= c > cost[i];
			cost[i] = (unsigned char)max(c, cost[i]);
		}
	}
	*ret = cost[0];
	return 0;
}

/* names[i]: the helper that instruction i calls. */
static int count_program(const struct bpf_insn *insns, int n, const char *program,
			 const struct kallsyms_query *helpers, struct insn_counts *counts)
{
	auto_free const char **names = calloc((size_t)n, sizeof(*names));
	unsigned int reads;
	int err;

	if (!names)
		return -ENOMEM;
	for (int i = 0; i < n; i++) {
		if (!is_helper_call(&insns[i]))
			continue;
		names[i] = (helpers++)->name;
		counts->hash_lookups += names[i] && is_lookup(names[i]);
	}
	err = most_reads(insns, names, n, &reads);
	if (err)
		return err;
	counts->programs++;
	if (reads > counts->clock_reads) {
		counts->clock_reads = reads;
		str_copy(counts->worst, sizeof(counts->worst), program, strlen(program));
	}
	return 0;
}

static int resolve_helpers(const struct bpf_insn *insns, int n, uint64_t base, int kallsyms,
			   struct kallsyms_query *helpers)
{
	unsigned int calls = 0;

	for (int i = 0; i < n; i++)
		if (is_helper_call(&insns[i]))
			helpers[calls++].addr = base + (uint64_t)(int64_t)insns[i].imm;
	return calls ? kallsyms_resolve(kallsyms, helpers, calls) : 0;
}

static int read_program(int fd, uint64_t base, int kallsyms, struct insn_counts *counts)
{
	struct bpf_prog_info info = { 0 };
	auto_free struct kallsyms_query *helpers = NULL;
	auto_free struct bpf_insn *insns = NULL;
	__u32 len = sizeof(info), bytes;
	int err, n;

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	if (info.type != BPF_PROG_TYPE_TRACING && info.type != BPF_PROG_TYPE_RAW_TRACEPOINT)
		return 0;
	bytes = info.xlated_prog_len;
	n = (int)(bytes / sizeof(*insns));
	insns = calloc((size_t)n + 1, sizeof(*insns));
	helpers = calloc((size_t)n + 1, sizeof(*helpers));
	if (!insns || !helpers)
		return -ENOMEM;
	info = (struct bpf_prog_info){ .xlated_prog_insns = (__u64)(uintptr_t)insns,
				       .xlated_prog_len = bytes };
	len = sizeof(info);
	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	if (!info.xlated_prog_insns)
		return -EPERM;
	err = resolve_helpers(insns, n, base, kallsyms, helpers);
	err = err ?: count_program(insns, n, info.name, helpers, counts);
	kallsyms_done(helpers, (unsigned int)n);
	return err;
}

/* Descriptors of all programs of this process. */
static int list_programs(const struct root *root, int fds[PROGRAMS_MAX], unsigned int *ret_n)
{
	auto_closedir DIR *dir = NULL;
	unsigned int n = 0;
	int err = fs_opendir(root, &dir, "proc/self/fd");
	struct dirent *e;

	while (!err && (e = readdir(dir)) && n < PROGRAMS_MAX) {
		auto_free char *target = NULL;
		uint32_t fd;

		if (parse_u32(e->d_name, &fd) ||
		    fs_read_link(root, &target, "proc/self/fd/%s", e->d_name))
			continue;
		if (streq(target, "anon_inode:bpf-prog"))
			fds[n++] = (int)fd;
	}
	*ret_n = n;
	return err;
}

int insns_count(const struct root *root, struct insn_counts *ret)
{
	struct insn_counts counts = { 0 };
	auto_close int kallsyms = -1;
	int fds[PROGRAMS_MAX], err;
	unsigned int n;
	uint64_t base;

	err = list_programs(root, fds, &n);
	err = err ?: read_call_base(root, &base);
	err = err ?: kallsyms_open(root, &kallsyms);
	for (unsigned int i = 0; i < n && !err; i++)
		err = read_program(fds[i], base, kallsyms, &counts);
	if (!err)
		*ret = counts;
	return err;
}
