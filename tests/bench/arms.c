/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arms: attaches what one arm measures, by lull's own loader, and takes it away again. After each
 * change the kernel gets time to patch its code and to free what was there.
 */
#include "bench/bench.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/cpuset.h"
#include "bench/peers.h"
#include "lull_abi.h"
#include "measure/capture.h"
#include "measure/hooks.h"
#include "sys/topo.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <clock.skel.h>
#include <empty.skel.h>

#define SETTLE_NS    60000000
#define TRACE_NS     10000000
#define PEERS_EVERY  2 /* rounds */
#define PROOF_SLICES 2000

struct arms {
	const struct root *root;
	struct cpuset none, one, all;
	struct capture_target workers[N_WORK_TIDS], self;

	struct empty_bpf *empty;
	struct clock_bpf *clock;
	struct hook_types types;
	bool on[LULL_N_HOOKS];
	struct hook_links links;

	struct peers peers;
	const char *lacks[N_ARMS]; /* why it is left out */

	struct capture_config config;
	struct capture *cap;
};

static int ignore_missing(const char *text, void *ctx)
{
	(void)text;
	(void)ctx;
	return 0;
}

static int floor_load(struct arms *a, struct bpf_object *obj)
{
	int err = hooks_select(obj, &a->types, a->on, ignore_missing, NULL);

	return err ?: bpf_object__load(obj);
}

static int floors_open(struct arms *a)
{
	int err = hooks_types_open(a->root, &a->types);

	if (err)
		return err;
	a->empty = empty_bpf__open();
	a->clock = a->empty ? clock_bpf__open() : NULL;
	if (!a->clock)
		return -errno;
	return floor_load(a, a->empty->obj) ?: floor_load(a, a->clock->obj);
}

int arms_open(const struct root *root, int cpu, const pid_t *tids, bool peers, struct arms **ret,
	      struct str *why)
{
	struct arms *a = calloc(1, sizeof(*a));
	int err;

	if (!a)
		return -ENOMEM;
	a->root = root;
	cpuset_add(&a->one, (unsigned int)cpu);
	err = topo_read_online(root, &a->all);
	err = err ?: floors_open(a);
	if (err) {
		(void)str_addf(why, "the empty programs: %s", strerror(-err));
		arms_free(a);
		return err;
	}
	for (unsigned int i = 0; i < N_WORK_TIDS; i++)
		a->workers[i] =
			(struct capture_target){ .tid = tids[i], .pid = getpid(), .vcpu = -1 };
	a->self = (struct capture_target){ .tid = getpid(), .pid = getpid(), .vcpu = -1 };
	for (unsigned int arm = ARM_ALL + 1; arm < N_ARMS; arm++)
		a->lacks[arm] = peers ? peers_lack((enum arm)arm) : "not asked for";
	*ret = a;
	return 0;
}

void arms_free(struct arms *a)
{
	if (!a)
		return;
	(void)arms_detach(a);
	empty_bpf__destroy(a->empty);
	clock_bpf__destroy(a->clock);
	hooks_types_done(&a->types);
	free(a);
}

static int floor_attach(struct arms *a, const struct bpf_object *obj)
{
	for (unsigned int i = 0; i < LULL_N_HOOKS; i++) {
		struct bpf_program *prog;
		int err;

		if (!a->on[i])
			continue;
		prog = bpf_object__find_program_by_name(obj, hook_at(i)->name);
		err = hooks_attach(prog, &a->types, &a->links);
		if (err)
			return err;
	}
	return 0;
}

static int lull_attach(struct arms *a, enum arm arm, uint64_t stall_ns, struct str *why)
{
	bool is_all = arm == ARM_ALL || arm == ARM_TRACE;

	a->config = (struct capture_config){
		.root = a->root,
		.cpus = is_all ? &a->all : (arm == ARM_CPU ? &a->one : &a->none),
		.trace_ns = arm == ARM_TRACE ? TRACE_NS : 0,
		.stall_ns = stall_ns,
		.stalls_max = 1000,
	};
	if (is_all) {
		a->config.targets = a->workers;
		a->config.n_targets = N_WORK_TIDS;
	} else if (arm == ARM_IDLE) {
		a->config.targets = &a->self;
		a->config.n_targets = 1;
	}
	return capture_open(&a->config, &a->cap, why);
}

static void settle(void)
{
	const struct timespec pause = { .tv_nsec = SETTLE_NS };

	(void)nanosleep(&pause, NULL);
}

int arms_attach(struct arms *a, enum arm arm, uint64_t stall_ns, struct str *why)
{
	int err = 0;

	if (arm == ARM_EMPTY)
		err = floor_attach(a, a->empty->obj);
	else if (arm == ARM_CLOCK)
		err = floor_attach(a, a->clock->obj);
	else if (arm > ARM_ALL)
		err = peers_start(arm, &a->peers);
	else if (arm != ARM_NONE && arm != ARM_NONE2)
		err = lull_attach(a, arm, stall_ns, why);
	if (err)
		return err;
	settle();
	return a->cap ? capture_start(a->cap) : 0;
}

int arms_poll(struct arms *a, uint64_t *ret_stalls)
{
	struct capture_progress progress = { 0 };
	int err = a->cap ? capture_poll(a->cap, &progress) : 0;

	if (!err && ret_stalls)
		*ret_stalls = progress.stalls;
	return err;
}

int arms_detach(struct arms *a)
{
	int err = 0;

	hooks_detach(&a->links);
	peers_stop(&a->peers);
	if (a->cap)
		err = capture_stop(a->cap);
	capture_free(a->cap);
	a->cap = NULL;
	settle();
	return err;
}

uint64_t arms_count(const struct arms *a, const char *program)
{
	const struct bpf_program *prog = bpf_object__find_program_by_name(a->empty->obj, program);
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);
	int fd = prog ? bpf_program__fd(prog) : -1;

	return fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len) ? 0 : info.run_cnt;
}

bool arms_has(const struct arms *a, enum arm arm, const char **ret_why)
{
	if (ret_why)
		*ret_why = a->lacks[arm];
	return !a->lacks[arm];
}

void arms_leave_out(struct arms *a, enum arm arm, const char *why)
{
	a->lacks[arm] = why;
}

/* Each of them, by signs of its own. Some write or look only now and then. */
bool arms_measure(const struct arms *a, struct work *work)
{
	static const enum work_kind kinds[] = { WORK_PING, WORK_UDP, WORK_DISK };
	auto_close int stats = bpf_enable_stats(BPF_STATS_RUN_TIME);
	struct peers_signs before;
	double ns;

	if (stats < 0)
		return false;
	peers_look(&a->peers, &before);
	for (unsigned int i = 0; i < PROOF_SLICES; i++) {
		enum work_kind kind = kinds[i % ARRAY_SIZE(kinds)];
		struct peers_signs after;

		if (work_has(work, kind) && work_slice(work, kind, &ns))
			return false;
		peers_look(&a->peers, &after);
		if (peers_all_went_on(&a->peers, &before, &after))
			return true;
	}
	return false;
}

unsigned int arms_every(enum arm arm)
{
	return arm > ARM_ALL ? PEERS_EVERY : 1;
}

const char *arms_name(enum arm arm)
{
	static const char *const names[] = {
		[ARM_NONE] = "none",
		[ARM_NONE2] = "none again",
		[ARM_EMPTY] = "empty",
		[ARM_CLOCK] = "clock reads",
		[ARM_IDLE] = "unwatched",
		[ARM_CPU] = "CPU watched",
		[ARM_TRACE] = "with --trace",
		[ARM_ALL] = "all watched",
		[ARM_HARDIRQS] = "hardirqs",
		[ARM_SOFTIRQS] = "softirqs",
		[ARM_RUNQLAT] = "runqlat",
		[ARM_CPUDIST] = "cpudist",
		[ARM_RUNQSLOWER] = "runqslower",
		[ARM_FOUR] = "four tools",
		[ARM_PERF_SCHED] = "perf sched",
		[ARM_BPFTRACE] = "bpftrace",
		[ARM_OSNOISE] = "osnoise",
	};

	return names[arm];
}
