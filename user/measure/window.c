/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * window: opens and closes the measuring window, and looks after it while it is open. Programs
 * stay attached and idle outside: a CPU without a slot and a thread without a place in the table
 * are turned away at once.
 */
#define LULL_MEASURE_PRIVATE
#include <errno.h>
#include <linux/membarrier.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>

#include "base/cleanup.h"
#include "measure/capture_p.h"
#include "sys/kvmstats.h"

#define FOLD_EVERY_NS 10000000000ULL
#define TRACE_KEPT    1000000 /* events in our memory: 32 MB */

static uint64_t clock_unix_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static uint64_t own_cpu_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void count_programs(const struct capture *cap, struct program_count counts[LULL_N_HOOKS])
{
	for (unsigned int i = 0; i < LULL_N_HOOKS; i++) {
		struct bpf_prog_info info = { 0 };
		__u32 len = sizeof(info);
		const struct bpf_program *prog;

		if (!cap->on[i])
			continue;
		prog = bpf_object__find_program_by_name(cap->skel->obj, hook_at(i)->name);
		if (bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &len))
			continue;
		counts[i] = (struct program_count){
			.run_cnt = info.run_cnt,
			.run_ns = info.run_time_ns,
			.misses = info.recursion_misses,
		};
	}
}

/* Puts a thread into the table of tids. -ENOSPC. */
static int tid_insert(struct capture *cap, pid_t tid, unsigned int slot)
{
	uint32_t h = ((uint32_t)tid * 2654435761U) >> 20;

	for (unsigned int i = 0; i < LULL_VICTIM_PROBE; i++) {
		__u64 *e = &cap->skel->bss->lull_victim_tab[(h + i) & (LULL_VICTIM_TAB - 1)];

		if (*e && (uint32_t)*e != UINT32_MAX)
			continue;
		__atomic_store_n(e, (__u64)(slot + 1) << 32 | (uint32_t)tid, __ATOMIC_RELEASE);
		return 0;
	}
	return -ENOSPC;
}

static void victim_init(struct lull_victim *v, const struct capture_target *t, unsigned int slot,
			uint64_t now)
{
	v->tid = (uint32_t)t->tid;
	v->tgid = (uint32_t)t->pid;
	v->slot = slot;
	v->inherit = t->inherit;
	v->start_ns = now;
	v->since_ns = now;
	__atomic_store_n(&v->state, LULL_STATE_UNKNOWN, __ATOMIC_RELEASE);
}

static int take_audit(struct capture *cap, enum audit_point point)
{
	auto_free pid_t *tids = calloc(cap->n_targets + 1, sizeof(*tids));

	if (!tids)
		return -ENOMEM;
	for (unsigned int i = 0; i < cap->n_targets; i++)
		tids[i] = cap->targets[i].tid;
	return audit_take(&cap->audit, point,
			  &(struct audit_sources){
				  .root = cap->config->root,
				  .tids = tids,
				  .n_tids = cap->n_targets,
				  .kvm = cap->kvm,
			  });
}

/*
 * From here on the programs count. First what they look up, then the slots of the CPUs, which turn
 * them on. Threads are known before: until lull_cpus_used says so, their wake-ups take no slot.
 */
static int window_open(struct capture *cap)
{
	unsigned int slot = 0;
	int cpu, err;

	cap->opened_unix_ns = clock_unix_ns();
	cap->opened_ns = capture_now();
	cap->opened_tsc = capture_tsc();
	cap->folded_ns = cap->opened_ns;
	cap->skel->bss->lull_victims_used = cap->n_targets;
	for (unsigned int i = 0; i < cap->n_targets; i++) {
		victim_init(&cap->victims[i], &cap->targets[i], i, cap->opened_ns);
		err = tid_insert(cap, cap->targets[i].tid, i);
		if (err)
			return err;
	}
	for (unsigned int i = 0; i < cap->n_cpus; i++)
		cap->cpus[i].trace_base = i * cap->trace_events;
	for_each_cpu(cpu, &cap->cpus_watched) {
		struct lull_cpu *c = &cap->cpus[slot++];

		c->cpu = (uint32_t)cpu;
		c->opened_ns = c->last_ns = cap->opened_ns;
		c->fresh = 2;
	}
	cap->skel->bss->lull_vm_tgid = (__u32)cap->config->vm_pid;
	slot = 0;
	for_each_cpu(cpu, &cap->cpus_watched) {
		__atomic_store_n(&cap->skel->bss->lull_cpu_slot[cpu], ++slot, __ATOMIC_RELEASE);
	}
	__atomic_store_n(&cap->skel->bss->lull_cpus_used, slot, __ATOMIC_RELEASE);
	return 0;
}

int capture_start(struct capture *cap)
{
	int err;

	cap->n_targets = cap->config->n_targets;
	memcpy(cap->targets, cap->config->targets, cap->n_targets * sizeof(*cap->targets));
	cap->skel->bss->lull_stall_floor_ns = 0;
	count_programs(cap, cap->before);
	cap->self_cpu_ns = own_cpu_ns();
	err = take_audit(cap, AUDIT_BEFORE_OPEN);
	if (err)
		return err;
	err = window_open(cap);
	return err ?: take_audit(cap, AUDIT_AFTER_OPEN);
}

static int fold_cpu(struct capture *cap, unsigned int i)
{
	const uint32_t *words = (const uint32_t *)(const void *)&cap->cpus[i] + CAPTURE_CPU_WORD;
	struct fold *fold = &cap->cpu_folds[i];
	bool due = false;

	for (unsigned int k = 0; k < LULL_N_HOOKS && !due; k++)
		due = fold_is_due(fold, k, words[k]);
	for (unsigned int k = 0; k <= LULL_CAUSES && !due; k++) {
		size_t word = offsetof(struct lull_cpu, cause[k].count) / 4 - CAPTURE_CPU_WORD;

		due = fold_is_due(fold, (unsigned int)word, words[word]);
	}
	return due ? fold_take(fold, words, sizeof(struct lull_cpu) / 4 - CAPTURE_CPU_WORD) : 0;
}

static int fold_victim(struct capture *cap, unsigned int i)
{
	const uint32_t *words =
		(const uint32_t *)(const void *)&cap->victims[i] + CAPTURE_VICTIM_WORD;
	struct fold *fold = &cap->victim_folds[i];
	bool due = false;

	for (unsigned int k = 0; k <= LULL_ENTRIES && !due; k++) {
		size_t word =
			offsetof(struct lull_victim, entry[k].count) / 4 - CAPTURE_VICTIM_WORD;

		due = fold_is_due(fold, (unsigned int)word, words[word]);
	}
	return due ? fold_take(fold, words, sizeof(struct lull_victim) / 4 - CAPTURE_VICTIM_WORD)
		   : 0;
}

static int fold_tables(struct capture *cap)
{
	int err = 0;

	for (unsigned int i = 0; i < cap->n_cpus && !err; i++)
		err = fold_cpu(cap, i);
	for (unsigned int i = 0; i < cap->n_victims && !err; i++)
		err = fold_victim(cap, i);
	return err;
}

int capture_trace_init(struct capture *cap)
{
	const struct traces_tables tables = {
		.cpus = cap->cpus,
		.victims = cap->victims,
		.rings = cap->events,
		.n_cpus = cap->n_cpus,
		.n_victims = cap->n_victims,
		.places = cap->trace_events,
	};

	return cap->events ? traces_init(&cap->traces, &tables, cap->config->trace_ns, TRACE_KEPT)
			   : 0;
}

/* Takes the stalls, and what surrounds them up to @now. */
static int drain(struct capture *cap, uint64_t now)
{
	int n = ring_buffer__consume(cap->ring);

	if (n < 0)
		return n;
	__atomic_store_n(&cap->skel->bss->lull_stall_floor_ns, stalls_floor_ns(&cap->stalls),
			 __ATOMIC_RELAXED);
	return cap->events ? traces_take(&cap->traces, now) : 0;
}

int capture_poll(struct capture *cap, struct capture_progress *ret)
{
	struct capture_progress p = { 0 };
	uint64_t now = capture_now();
	int err = drain(cap, now);

	if (!err && now - cap->folded_ns >= FOLD_EVERY_NS) {
		cap->folded_ns = now;
		err = fold_tables(cap);
	}
	if (err)
		return err;
	for (unsigned int i = 0; i < cap->n_victims; i++) {
		const struct lull_victim *v = &cap->victims[i];

		p.stalls += v->stalls;
		p.victims_alive += v->state != LULL_STATE_FREE && v->state != LULL_STATE_DEAD;
	}
	p.elapsed_ns = now - cap->opened_ns;
	p.stall_max_ns = cap->stalls.longest_ns;
	*ret = p;
	return 0;
}

/* Turns the programs off; those that run now end within the grace. */
static void window_close(struct capture *cap)
{
	const struct timespec grace = { .tv_nsec = 5000000 };

	cap->skel->bss->lull_vm_tgid = 0;
	__atomic_store_n(&cap->skel->bss->lull_cpus_used, 0, __ATOMIC_RELEASE);
	for (unsigned int i = 0; i < LULL_VICTIM_TAB; i++)
		__atomic_store_n(&cap->skel->bss->lull_victim_tab[i], 0, __ATOMIC_RELEASE);
	for (unsigned int i = 0; i < LULL_MAX_CPUS; i++)
		if (cap->skel->bss->lull_cpu_slot[i])
			__atomic_store_n(&cap->skel->bss->lull_cpu_slot[i], 0, __ATOMIC_RELEASE);
	cap->closed_ns = capture_now();
	cap->closed_tsc = capture_tsc();
	(void)nanosleep(&grace, NULL);
}

/*
 * Returns when no program is in the middle of its work, however long its CPU was kept from it: the
 * kernel then waits until each has left what cannot be preempted. With nohz_full it refuses, and the
 * grace of window_close has to do.
 */
static void programs_wait(void)
{
	(void)syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

int capture_pause(struct capture *cap)
{
	int err = take_audit(cap, AUDIT_BEFORE_CLOSE), after;

	window_close(cap);
	after = take_audit(cap, AUDIT_AFTER_CLOSE);
	programs_wait();
	cap->self_cpu_ns = own_cpu_ns() - cap->self_cpu_ns;
	count_programs(cap, cap->after);
	err = err ?: after;
	return err ?: drain(cap, cap->closed_ns);
}

int capture_stop(struct capture *cap)
{
	int err = capture_pause(cap);

	/* What is held of a VM that has ended keeps KVM's part of it, and its devices, alive. */
	kvmstats_free(cap->kvm);
	cap->kvm = NULL;
	hooks_detach(&cap->links);
	return err;
}

int capture_rewind(struct capture *cap)
{
	for (unsigned int i = 0; i < cap->n_cpus; i++)
		fold_done(&cap->cpu_folds[i]);
	for (unsigned int i = 0; i < cap->n_victims; i++)
		fold_done(&cap->victim_folds[i]);
	memset(cap->cpus, 0, cap->n_cpus * sizeof(*cap->cpus));
	memset(cap->victims, 0, cap->n_victims * sizeof(*cap->victims));
	memset(cap->targets, 0, cap->n_victims * sizeof(*cap->targets));
	memset(cap->skel->bss->lull_fns, 0, sizeof(cap->skel->bss->lull_fns));
	memset(cap->skel->bss->lull_senders, 0, sizeof(cap->skel->bss->lull_senders));
	memset(cap->skel->bss->lull_anomalies, 0, sizeof(cap->skel->bss->lull_anomalies));
	cap->skel->bss->lull_victims_used = 0;
	cap->skel->bss->lull_dropped = 0;
	audit_done(&cap->audit);
	stalls_done(&cap->stalls);
	traces_done(&cap->traces);
	return stalls_init(&cap->stalls, cap->config->stalls_max) ?: capture_trace_init(cap);
}
