/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * replay: runs recorded sequences of events through the ledger's own BPF code, in this kernel, by
 * the program selftest__run, and compares all that it counted with what the sequence must give:
 * what is not listed must not be there, and every ledger sums to its wall time. Prints TAP.
 * It attaches nothing: what hooks read from the kernel is tested live. With --trace the flight recorder
 * is on, and what it kept is compared too.
 *
 *   replay [--trace] [PART-OF-NAME]
 */
#include <errno.h>
#include <stdbool.h>
#include <sys/mman.h>

#include "base/cleanup.h"
#include "measure/settle.h"
#include "measure/skel.h"
#include "measure/traces.h"

#include "../replay/check.h"
#include "../replay/trace.h"
#include "../replay/words.h"

#define N_CPUS	     2
#define N_VICTIMS    4U
#define MAX_EVENTS   8192U
#define MAX_STALLS   32U
#define RING_BYTES   (1U << 18)
#define TRACE_EVENTS 16384U /* per CPU: all of the longest sequence */
#define TRACE_BYTES  (sizeof(struct lull_event) * N_CPUS * TRACE_EVENTS)

struct rig {
	struct lull_bpf *skel;
	struct ring_buffer *ring;
	struct lull_cpu *cpus;
	struct lull_victim *victims;
	struct selftest_event *events;
	struct lull_event *trace; /* NULL: without a flight recorder */
	struct traces traces;
	/* Of the sequence that runs. */
	struct lull_stall stalls[MAX_STALLS];
	unsigned int n_stalls;
};

struct events {
	struct selftest_event *to;
	unsigned int n;
	enum who current[N_CPUS + 1];
};

/* ---- events */

static void task_fill(struct selftest_task *to, enum who who)
{
	static const char *const comms[] = {
		[IDLE] = "swapper",
		[V] = "victim",
		[W] = "witness",
		[CHILD] = "child",
		[A] = "alpha",
		[B] = "beta",
		[C] = "gamma",
		[KWORKER] = "kworker/0:1",
		[KSOFTIRQD] = "ksoftirqd/0",
	};
	const char *comm = who >= G ? "crowd" : comms[who];

	*to = (struct selftest_task){ .tid = TID(who), .cause = TASK(who) };
	memcpy(to->comm, comm, strlen(comm));
}

static void event_add(struct events *events, const struct event *e)
{
	struct selftest_event *to = &events->to[events->n];

	if (e->kind == REPLAY_HIDDEN) {
		events->current[e->cpu] = e->task;
		return;
	}
	if (events->n == MAX_EVENTS)
		return;
	events->n++;
	*to = (struct selftest_event){
		.now = T0 + e->at_us * 1000,
		.cpu = e->cpu,
		.kind = e->kind,
		.a = e->a,
		.b = e->b,
	};
	task_fill(&to->current_task, events->current[e->cpu]);
	if (e->task)
		task_fill(&to->task, e->task);
	if (e->kind == SELFTEST_SWITCH)
		events->current[e->cpu] = e->task;
}

/* ---- sequences of many events */

static void add(struct events *events, struct event e)
{
	event_add(events, &e);
}

static void thirty_occupants(struct events *to)
{
	for (unsigned int i = 0; i < 30; i++)
		add(to, (struct event)SWITCH(100 + 10 * i, 0, (enum who)(G + i)));
	add(to, (struct event)SWITCH(400, 0, V));
	add(to, (struct event)SLEEP(900, 0, IDLE));
}

/* In a wait too short for a stall. */
static void thirty_occupants_short(struct events *to)
{
	for (unsigned int i = 0; i < 30; i++)
		add(to, (struct event)SWITCH(100 + 2 * i, 0, (enum who)(G + i)));
	add(to, (struct event)SWITCH(160, 0, V));
	add(to, (struct event)SLEEP(900, 0, IDLE));
}

static void six_hundred_switches(struct events *to)
{
	for (unsigned int i = 0; i < 600; i++)
		add(to, (struct event)SWITCH(100 + i, 0, i % 2 ? B : A));
	add(to, (struct event)SWITCH(700, 0, V));
	add(to, (struct event)SLEEP(900, 0, IDLE));
}

static void crowd_of_tasks(struct events *to)
{
	for (unsigned int i = 0; i < 450; i++) {
		add(to, (struct event)SWITCH(100 + 5 * i, 0, (enum who)(G + i)));
		add(to, (struct event)SWITCH(101 + 5 * i, 0, V));
	}
	add(to, (struct event)SLEEP(2900, 0, IDLE));
}

static void crowd_of_lines(struct events *to)
{
	for (unsigned int i = 0; i < 700; i++) {
		add(to, (struct event)IRQ(100 + 5 * i, 0, 1000 + i));
		add(to, (struct event)IRQ_END(101 + 5 * i, 0, 1000 + i));
	}
	add(to, (struct event)SLEEP(3900, 0, IDLE));
}

static void crowd_of_functions(struct events *to)
{
	add(to, (struct event)VEC(100, 0, LOC));
	for (unsigned int i = 0; i < 1500; i++) {
		add(to, (struct event)LABEL_ON(100 + i, 0, TIMER(i)));
		add(to, (struct event)LABEL_OFF(101 + i, 0));
	}
	add(to, (struct event)VEC_END(1600, 0, LOC));
	add(to, (struct event)SLEEP(3900, 0, IDLE));
}

static const struct sequence sequences[] = {
#include "../replay/tasks.def"

#include "../replay/interrupts.def"

#include "../replay/vcpus.def"

#include "../replay/limits.def"
};

/* ---- running */

static void tid_insert(struct lull_bpf *skel, uint32_t tid, unsigned int slot)
{
	uint32_t h = (tid * 2654435761U) >> 20;

	while (skel->bss->lull_victim_tab[h % LULL_VICTIM_TAB])
		h++;
	skel->bss->lull_victim_tab[h % LULL_VICTIM_TAB] = (uint64_t)(slot + 1) << 32 | tid;
}

/* As the measurement opens its window. */
static void open_window(struct rig *rig, const struct sequence *seq)
{
	unsigned int n = seq->n_cpus ? seq->n_cpus : N_CPUS, slot = 0;

	memset(rig->skel->bss, 0, sizeof(*rig->skel->bss));
	memset(rig->cpus, 0, N_CPUS * sizeof(*rig->cpus));
	memset(rig->victims, 0, N_VICTIMS * sizeof(*rig->victims));
	rig->n_stalls = 0;
	for (; slot < ARRAY_SIZE(seq->victims); slot++) {
		enum who who = seq->victims[slot] ?: slot ? seq->victims[slot] : V;
		struct lull_victim *v = &rig->victims[slot];

		if (!who)
			break;
		*v = (struct lull_victim){ .tid = TID(who),
					   .tgid = 1,
					   .slot = slot,
					   .inherit = seq->inherit,
					   .start_ns = T0,
					   .since_ns = T0,
					   .state = LULL_STATE_UNKNOWN };
		tid_insert(rig->skel, TID(who), slot);
	}
	rig->skel->bss->lull_victims_used = slot;
	for (unsigned int i = 0; i < N_CPUS; i++)
		rig->cpus[i].trace_base = i * TRACE_EVENTS;
	for (unsigned int i = 0; i < n; i++) {
		rig->cpus[i].cpu = i;
		rig->cpus[i].opened_ns = rig->cpus[i].last_ns = T0;
		rig->cpus[i].fresh = 2;
		for (unsigned int k = 0; seq->waiters_full && k < LULL_WAITERS; k++)
			rig->cpus[i].waiter[k] = N_VICTIMS; /* one that is not in use */
		rig->skel->bss->lull_cpu_slot[i] = i + 1;
		rig->skel->bss->lull_cpu_sibling[i] = seq->siblings ? (__u16)(2 - i) : 0;
	}
	rig->skel->bss->lull_cpus_used = n;
}

/* All that the flight recorder kept of the sequence. */
static int take_trace(struct rig *rig, uint64_t close_ns)
{
	const struct traces_tables tables = {
		.cpus = rig->cpus,
		.victims = rig->victims,
		.rings = rig->trace,
		.n_cpus = N_CPUS,
		.n_victims = N_VICTIMS,
		.places = TRACE_EVENTS,
	};
	int err;

	if (!rig->trace)
		return 0;
	traces_done(&rig->traces);
	err = traces_init(&rig->traces, &tables, 1000, 100000);
	err = err ?: traces_want(&rig->traces, T0, close_ns - T0);
	return err ?: traces_take(&rig->traces, close_ns);
}

/* Runs the sequence and closes the window. How many events the program did not take. */
static int play(struct rig *rig, const struct sequence *seq, uint64_t close_ns)
{
	struct events events = { .to = rig->events };
	struct selftest_run ctx = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &ctx, .ctx_size_in = sizeof(ctx));
	unsigned int refused = 0;
	int err;

	for (unsigned int i = 0; i <= N_CPUS; i++)
		events.current[i] = i < N_CPUS && seq->on[i] ? seq->on[i] : IDLE;
	for (const struct event *e = seq->events; e && e->kind; e++)
		event_add(&events, e);
	if (seq->more)
		seq->more(&events);
	open_window(rig, seq);
	for (; ctx.event < events.n; ctx.event++) {
		err = bpf_prog_test_run_opts(bpf_program__fd(rig->skel->progs.selftest__run),
					     &opts);
		if (err)
			return err;
		refused += opts.retval != 0;
	}
	err = ring_buffer__consume(rig->ring);
	if (err < 0)
		return err;
	err = take_trace(rig, close_ns);
	if (err)
		return err;
	settle_tables(&(struct settle_tables){ .cpus = rig->cpus,
					       .victims = rig->victims,
					       .n_cpus = N_CPUS,
					       .n_victims = N_VICTIMS,
					       .closed_ns = close_ns,
					       .siblings = rig->skel->bss->lull_cpu_sibling,
					       .stall_ns = rig->skel->rodata->lull_cfg.stall_ns });
	return (int)refused;
}

static unsigned int compare(const struct rig *rig, const struct sequence *seq)
{
	const struct check_tables tables = {
		.cpus = rig->cpus,
		.n_cpus = N_CPUS,
		.victims = rig->victims,
		.n_victims = N_VICTIMS,
		.stalls = rig->stalls,
		.n_stalls = rig->n_stalls,
		.fns = rig->skel->bss->lull_fns,
		.senders = rig->skel->bss->lull_senders,
		.anomalies = rig->skel->bss->lull_anomalies,
		.dropped = rig->skel->bss->lull_dropped,
	};

	return check_sequence(seq, &tables) +
	       (rig->trace ? check_trace(&rig->traces, rig->cpus, N_CPUS) : 0);
}

/* ---- the rig */

static int take_stall(void *ctx, void *data, size_t len)
{
	struct rig *rig = ctx;

	if (len < LULL_STALL_SHORT || rig->n_stalls == MAX_STALLS)
		return -ENOSPC;
	memcpy(&rig->stalls[rig->n_stalls++], data, LULL_STALL_SHORT);
	return 0;
}

static void *map_table(const struct bpf_map *map, size_t bytes)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);

	return at == MAP_FAILED ? NULL : at;
}

static void rig_close(struct rig *rig)
{
	if (!rig)
		return;
	ring_buffer__free(rig->ring);
	if (rig->cpus)
		(void)munmap(rig->cpus, N_CPUS * sizeof(*rig->cpus));
	if (rig->victims)
		(void)munmap(rig->victims, N_VICTIMS * sizeof(*rig->victims));
	if (rig->events)
		(void)munmap(rig->events, MAX_EVENTS * sizeof(*rig->events));
	if (rig->trace)
		(void)munmap(rig->trace, TRACE_BYTES);
	traces_done(&rig->traces);
	lull_bpf__destroy(rig->skel);
	free(rig);
}

/* What it opened, rig_close frees, also after a failure. */
static int rig_open(struct rig *rig, bool trace)
{
	struct lull_bpf *skel = lull_bpf__open();
	struct bpf_program *prog;
	int err;

	rig->skel = skel;
	if (!skel)
		return -errno;
	bpf_object__for_each_program(prog, skel->obj)
		(void)bpf_program__set_autoload(prog, prog == skel->progs.selftest__run);
	skel->rodata->lull_cfg.stall_ns = 100000;
	skel->rodata->lull_cfg.n_cpu_slots = N_CPUS;
	skel->rodata->lull_cfg.n_victims = N_VICTIMS;
	skel->rodata->lull_cfg.trace_events = trace ? TRACE_EVENTS : 0;
	err = bpf_map__set_max_entries(skel->maps.lull_cpus, N_CPUS);
	err = err ?: bpf_map__set_max_entries(skel->maps.lull_victims, N_VICTIMS);
	err = err ?: bpf_map__set_max_entries(skel->maps.lull_stalls, RING_BYTES);
	err = err ?: bpf_map__set_max_entries(skel->maps.lull_selftest, MAX_EVENTS);
	err = err ?: bpf_map__set_max_entries(skel->maps.lull_events, N_CPUS * TRACE_EVENTS);
	err = err ?: lull_bpf__load(skel);
	if (err)
		return err;
	rig->trace = trace ? map_table(skel->maps.lull_events, TRACE_BYTES) : NULL;
	if (trace && !rig->trace)
		return -errno;
	rig->cpus = map_table(skel->maps.lull_cpus, N_CPUS * sizeof(*rig->cpus));
	rig->victims = map_table(skel->maps.lull_victims, N_VICTIMS * sizeof(*rig->victims));
	rig->events = map_table(skel->maps.lull_selftest, MAX_EVENTS * sizeof(*rig->events));
	rig->ring = ring_buffer__new(bpf_map__fd(skel->maps.lull_stalls), take_stall, rig, NULL);
	return rig->cpus && rig->victims && rig->events && rig->ring ? 0 : -errno;
}

static bool is_wanted(const struct sequence *seq, const char *part)
{
	return !part || strstr(seq->name, part);
}

int main(int argc, char **argv)
{
	bool trace = argc > 1 && streq(argv[1], "--trace");
	const char *part = argc > 1 + trace ? argv[1 + trace] : NULL;
	unsigned int n = 0, n_failed = 0;
	struct rig *rig = calloc(1, sizeof(*rig));
	int err = rig ? rig_open(rig, trace) : -ENOMEM;

	if (err) {
		(void)printf("Bail out! loading the self-test: %s\n", strerror(-err));
		rig_close(rig);
		return 1;
	}
	for (size_t i = 0; i < ARRAY_SIZE(sequences); i++)
		n += is_wanted(&sequences[i], part);
	(void)printf(n ? "1..%u\n" : "1..%u # SKIP no sequence has such a name\n", n);
	n = 0;
	for (size_t i = 0; i < ARRAY_SIZE(sequences); i++) {
		const struct sequence *seq = &sequences[i];
		unsigned int bad;

		if (!is_wanted(seq, part))
			continue;
		err = play(rig, seq, T0 + 1000 * (seq->close_us ? seq->close_us : 1000));
		if (err)
			(void)printf("#   running it: %d\n", err);
		bad = err ? 1 : compare(rig, seq);
		n_failed += bad > 0;
		(void)printf("%s %u - %s\n", bad ? "not ok" : "ok", ++n, seq->name);
	}
	rig_close(rig);
	return n_failed > 0;
}
