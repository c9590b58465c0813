/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "insns.h"

#include <errno.h>
#include <stdio.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/parse.h"
#include "base/str.h"
#include "sys/kallsyms.h"

#define FDS_MAX	 256
#define COST_MAX 9 /* a read inside a loop would count up for ever */

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

/* A call that costs: the number of the CPU is inlined from 6.10 on, and cheap before. */
static bool is_costly(const char *name)
{
	return !strstr(name, "smp_processor_id");
}

static unsigned int at_cost(const unsigned char *cost, int n, int at)
{
	return at >= 0 && at < n ? cost[at] : 0;
}

/* The instructions of a program; names[i]: the helper that instruction i calls, or NULL. */
struct text {
	const struct bpf_insn *insns;
	const char **names;
	int n;
};

/*
 * The most clock reads from the first instruction to the end of its function. Costs grow from the
 * ends towards the start until nothing changes.
 */
static int most_reads(const struct text *t, unsigned int *ret)
{
	auto_free unsigned char *cost = calloc((size_t)t->n, 1);
	bool changed = true;

	if (!cost)
		return -ENOMEM;
	while (changed) {
		changed = false;
		for (int i = t->n - 1; i >= 0; i--) {
			const struct bpf_insn *insn = &t->insns[i];
			unsigned int jumped = at_cost(cost, t->n, jump_target(insn, i));
			unsigned int next = falls_through(insn) ? at_cost(cost, t->n, i + 1) : 0;
			unsigned int c = max(next, jumped);

			c += at_cost(cost, t->n, called_function(insn, i));
			c += t->names[i] && is_clock(t->names[i]);
			c = min(c, COST_MAX);
			changed |= c > cost[i];
			cost[i] = (unsigned char)max(c, cost[i]);
		}
	}
	*ret = cost[0];
	return 0;
}

/* The least calls from the first instruction to an end: costs sink towards the start. */
static int least_calls(const struct text *t, unsigned int *ret)
{
	auto_free unsigned char *cost = malloc((size_t)t->n);
	bool changed = true;

	if (!cost)
		return -ENOMEM;
	memset(cost, COST_MAX, (size_t)t->n);
	while (changed) {
		changed = false;
		for (int i = t->n - 1; i >= 0; i--) {
			const struct bpf_insn *insn = &t->insns[i];
			bool ends = insn->code == (BPF_JMP | BPF_EXIT);
			int to = jump_target(insn, i);
			unsigned int c = ends ? 0 : COST_MAX;

			if (to >= 0)
				c = min(c, at_cost(cost, t->n, to));
			if (falls_through(insn))
				c = min(c, at_cost(cost, t->n, i + 1));
			c += at_cost(cost, t->n, called_function(insn, i));
			c += t->names[i] && is_costly(t->names[i]);
			c = min(c, COST_MAX);
			changed |= c < cost[i];
			cost[i] = (unsigned char)min(c, cost[i]);
		}
	}
	*ret = cost[0];
	return 0;
}

static int count_program(const struct bpf_insn *insns, int n, const struct kallsyms_query *helpers,
			 struct insn_program *program)
{
	auto_free const char **names = calloc((size_t)n, sizeof(*names));
	const struct text text = { .insns = insns, .names = names, .n = n };

	if (!names)
		return -ENOMEM;
	for (int i = 0; i < n; i++) {
		if (!is_helper_call(&insns[i]))
			continue;
		names[i] = (helpers++)->name;
		program->lookups += names[i] && is_lookup(names[i]);
		program->calls += names[i] && is_costly(names[i]);
	}
	return most_reads(&text, &program->clock_reads)
		       ?: least_calls(&text, &program->calls_least);
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

/* 1: it is of no kind that we hook with. */
static int read_program(int fd, uint64_t base, int kallsyms, struct insn_program *ret)
{
	struct bpf_prog_info info = { 0 };
	auto_free struct kallsyms_query *helpers = NULL;
	auto_free struct bpf_insn *insns = NULL;
	__u32 len = sizeof(info), bytes;
	int err, n;

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	if (info.type != BPF_PROG_TYPE_TRACING && info.type != BPF_PROG_TYPE_RAW_TRACEPOINT)
		return 1;
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
	*ret = (struct insn_program){ 0 };
	str_copy(ret->name, sizeof(ret->name), info.name, strnlen(info.name, sizeof(info.name)));
	err = resolve_helpers(insns, n, base, kallsyms, helpers);
	err = err ?: count_program(insns, n, helpers, ret);
	kallsyms_done(helpers, (unsigned int)n);
	return err;
}

/* Descriptors of this process that are @kind. */
static int list_fds(const struct root *root, const char *kind, int fds[FDS_MAX],
		    unsigned int *ret_n)
{
	auto_closedir DIR *dir = NULL;
	unsigned int n = 0;
	int err = fs_opendir(root, &dir, "proc/self/fd");
	struct dirent *e;

	while (!err && (e = readdir(dir)) && n < FDS_MAX) {
		auto_free char *target = NULL;
		uint32_t fd;

		if (parse_u32(e->d_name, &fd) ||
		    fs_read_link(root, &target, "proc/self/fd/%s", e->d_name))
			continue;
		if (streq(target, kind))
			fds[n++] = (int)fd;
	}
	*ret_n = n;
	return err;
}

int insns_each(const struct root *root, int (*each)(const struct insn_program *program, void *ctx),
	       void *ctx)
{
	auto_close int kallsyms = -1;
	int fds[FDS_MAX], err;
	unsigned int n = 0;
	uint64_t base;

	err = list_fds(root, "anon_inode:bpf-prog", fds, &n);
	err = err ?: read_call_base(root, &base);
	err = err ?: kallsyms_open(root, &kallsyms);
	for (unsigned int i = 0; i < n && !err; i++) {
		struct insn_program program;

		err = read_program(fds[i], base, kallsyms, &program);
		err = err == 1 ? 0 : (err ?: each(&program, ctx));
	}
	return err;
}

int insns_attached(const struct root *root, unsigned int *ret_most, char *ret_name)
{
	char names[FDS_MAX][64] = { { 0 } };
	unsigned int n = 0, most = 0;
	int fds[FDS_MAX], err;

	err = list_fds(root, "anon_inode:bpf_link", fds, &n);
	for (unsigned int i = 0; i < n && !err; i++) {
		struct bpf_link_info info = { 0 };
		__u32 len = sizeof(info);
		unsigned int same = 1;

		info.raw_tracepoint.tp_name = (__u64)(uintptr_t)names[i];
		info.raw_tracepoint.tp_name_len = sizeof(names[i]);
		if (bpf_obj_get_info_by_fd(fds[i], &info, &len))
			return -errno;
		for (unsigned int k = 0; k < i; k++)
			same += streq(names[i], names[k]);
		if (same > most)
			memcpy(ret_name, names[i], sizeof(names[i]));
		most = max(most, same);
	}
	if (!err)
		*ret_most = most;
	return err;
}
