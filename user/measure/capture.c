/* SPDX-License-Identifier: GPL-2.0-or-later */
#define LULL_MEASURE_PRIVATE
#include "measure/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

#include "base/cleanup.h"
#include "measure/capture_p.h"
#include "measure/lockdown.h"
#include "measure/messages.h"
#include "measure/trial.h"
#include "model/recording.h"
#include "sys/kallsyms.h"
#include "sys/kvmstats.h"
#include "sys/symbols.h"
#include "sys/topo.h"

#define RING_BYTES     (1U << 20)
#define TRACE_EVENTS   (1U << 13)   /* places per CPU: 80 ms at 100,000 events a second */
#define TRACE_BYTES    (64UL << 20) /* in the kernel, of all CPUs */
#define SPARE_CPUS     4	    /* for victims that turn up on CPUs that nobody named */
#define ALL_CPUS_UP_TO 64	    /* online CPUs: with so few, each has a slot */
#define SPARE_VICTIMS  8	    /* vCPUs plugged in later */
#define SPARE_INHERIT  128	    /* threads born later */

uint64_t capture_tsc(void)
{
#if defined(__x86_64__)
	return __builtin_ia32_rdtsc();
#else
	return 0;
#endif
}

uint64_t capture_now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static int note_missing(const char *text, void *ctx)
{
	struct capture *cap = ctx;

	return recording_add_missing(cap->texts, text);
}

static void table_sizes(struct capture *cap, unsigned int online)
{
	const struct capture_config *config = cap->config;
	unsigned int spare = SPARE_VICTIMS;

	cap->n_cpus = cpuset_count(&cap->cpus_watched);
	cap->n_cpus = online <= ALL_CPUS_UP_TO ? online : min(online, cap->n_cpus + SPARE_CPUS);
	for (unsigned int i = 0; i < config->n_targets; i++)
		if (config->targets[i].inherit)
			spare = SPARE_INHERIT;
	cap->n_victims = config->n_targets + spare;
}

/* The SMT siblings of watched CPUs must be watched too: what runs there is a figure of its own. */
static int watch_siblings(struct capture *cap)
{
	struct cpuset online, wanted = *cap->config->cpus;
	auto_free int *siblings = NULL;
	unsigned int n;
	int cpu, err;

	err = topo_read_online(cap->config->root, &online);
	err = err ?: topo_read_siblings(cap->config->root, &siblings, &n);
	if (err)
		return err;
	for_each_cpu(cpu, cap->config->cpus) {
		if ((unsigned int)cpu >= n || cpu >= LULL_MAX_CPUS)
			continue;
		for (int at = siblings[cpu]; at != cpu; at = siblings[at])
			cpuset_add(&wanted, (unsigned int)at);
	}
	cpuset_and(&wanted, &online);
	cap->cpus_watched = wanted;
	table_sizes(cap, cpuset_count(&online));
	for (unsigned int i = 0; i < n && i < LULL_MAX_CPUS; i++)
		if (siblings[i] != (int)i)
			cap->skel->bss->lull_cpu_sibling[i] = (__u16)(siblings[i] + 1);
	return 0;
}

/* What the verifier refused on its own. */
static int leave_out(struct capture *cap)
{
	int err = 0;

	for (unsigned int i = 0; i < LULL_N_HOOKS && !err; i++) {
		auto_str struct str text = { 0 };

		if (!cap->refused[i] || !cap->on[i])
			continue;
		cap->on[i] = false;
		(void)bpf_program__set_autoload(
			bpf_object__find_program_by_name(cap->skel->obj, hook_at(i)->name), false);
		err = str_addf(&text, "%s: this kernel's verifier refuses %s",
			       hook_source_name(hook_at(i)->source), hook_at(i)->name);
		err = err ?: note_missing(text.s, cap);
	}
	return err;
}

/* The flight recorder's places, and the size of its table, which there is also without it. */
static int configure_trace(struct capture *cap)
{
	const struct capture_config *config = cap->config;
	uint32_t n = config->trace_events ? config->trace_events : TRACE_EVENTS;

	while (n > 1 && (size_t)n * cap->n_cpus * sizeof(struct lull_event) > TRACE_BYTES)
		n /= 2;
	cap->trace_events = config->trace_ns ? n : 0;
	cap->skel->rodata->lull_cfg.trace_events = cap->trace_events;
	return bpf_map__set_max_entries(cap->skel->maps.lull_events,
					config->trace_ns ? n * cap->n_cpus : 1);
}

static int configure(struct capture *cap)
{
	const struct capture_config *config = cap->config;
	unsigned int ring = config->ring_bytes ? config->ring_bytes : RING_BYTES;
	struct lull_bpf *skel = cap->skel;
	int err;

	err = watch_siblings(cap);
	err = err ?: configure_trace(cap);
	if (err)
		return err;
	skel->rodata->lull_cfg.stall_ns = config->stall_ns;
	skel->rodata->lull_cfg.stacks = config->stacks;
	skel->rodata->lull_cfg.n_cpu_slots = cap->n_cpus;
	skel->rodata->lull_cfg.n_victims = cap->n_victims;
	skel->rodata->lull_probe_reads = !lockdown_hides_memory(config->root);
	skel->rodata->lull_cfg.rt = fs_exists(config->root, "sys/kernel/realtime");
	err = bpf_map__set_autocreate(skel->maps.lull_selftest, false);
	err = err ?: bpf_map__set_max_entries(skel->maps.lull_cpus, cap->n_cpus);
	err = err ?: bpf_map__set_max_entries(skel->maps.lull_victims, cap->n_victims);
	err = err ?: bpf_map__set_max_entries(skel->maps.lull_stalls, ring);
	err = err ?: hooks_select(skel->obj, &cap->types, cap->on, note_missing, cap);
	return err ?: leave_out(cap);
}

static int map_table(const struct bpf_map *map, size_t bytes, void **ret)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);

	if (at == MAP_FAILED)
		return -errno;
	*ret = at;
	return 0;
}

static size_t trace_bytes(const struct capture *cap)
{
	return (size_t)cap->trace_events * cap->n_cpus * sizeof(*cap->events);
}

static int map_tables(struct capture *cap)
{
	void *cpus = NULL, *victims = NULL, *events = NULL;
	int err;

	err = map_table(cap->skel->maps.lull_cpus, cap->n_cpus * sizeof(struct lull_cpu), &cpus);
	if (err)
		return err;
	cap->cpus = cpus;
	err = map_table(cap->skel->maps.lull_victims, cap->n_victims * sizeof(struct lull_victim),
			&victims);
	if (err)
		return err;
	cap->victims = victims;
	if (cap->trace_events) {
		err = map_table(cap->skel->maps.lull_events, trace_bytes(cap), &events);
		if (err)
			return err;
		cap->events = events;
	}
	cap->cpu_folds = calloc(cap->n_cpus, sizeof(*cap->cpu_folds));
	cap->victim_folds = calloc(cap->n_victims, sizeof(*cap->victim_folds));
	cap->targets = calloc(cap->n_victims, sizeof(*cap->targets));
	if (!cap->cpu_folds || !cap->victim_folds || !cap->targets)
		return -ENOMEM;
	return capture_trace_init(cap);
}

static int take_stall(void *ctx, void *data, size_t len)
{
	struct capture *cap = ctx;
	const struct lull_stall *raw = data;
	int err = stalls_add(&cap->stalls, data, len);

	if (!err && cap->events)
		err = traces_want(&cap->traces, raw->at_ns, raw->duration_ns);
	return err;
}

static int attach_all(struct capture *cap)
{
	for (unsigned int i = 0; i < LULL_N_HOOKS; i++) {
		struct bpf_program *prog;
		int err;

		if (!cap->on[i])
			continue;
		prog = bpf_object__find_program_by_name(cap->skel->obj, hook_at(i)->name);
		err = hooks_attach(prog, &cap->types, &cap->links);
		if (err)
			return err;
	}
	return 0;
}

/* Why opening failed, for people. */
static int refuse(struct str *why, int err, const char *what)
{
	if (err == -EACCES && !geteuid())
		(void)str_addf(why, "%s: the kernel refused one; lull record -vv shows its words",
			       what);
	else if (err == -EPERM || err == -EACCES)
		(void)str_addf(why,
			       "%s: not permitted; lull record needs root (or CAP_BPF and "
			       "CAP_PERFMON)",
			       what);
	else
		(void)str_addf(why, "%s: %s", what, strerror(-err));
	return err;
}

static int load_once(struct capture *cap, struct str *why)
{
	int err;

	recording_done(cap->texts);
	lull_bpf__destroy(cap->skel);
	cap->skel = skel_open();
	if (!cap->skel)
		return refuse(why, -errno, "opening the BPF object");
	err = configure(cap);
	if (err)
		return refuse(why, err, "preparing the BPF object");
	return lull_bpf__load(cap->skel);
}

/* Not one program loads, or one does not: is the kernel too old, or can it be done without that one? */
static int load_without(struct capture *cap, int err, struct str *why)
{
	auto_str struct str lack = { 0 };
	int n;

	if (hooks_types_lack(&cap->types, &lack) == -ENOMEM)
		return -ENOMEM;
	if (lack.s) {
		(void)str_addf(
			why,
			"this kernel is too old to measure; it lacks%s lull record needs 6.1 "
			"or later",
			lack.s);
		return -EOPNOTSUPP;
	}
	/* Without the scheduler there is no ledger; all else can be left out. */
	n = trial_groups(cap->on, !lockdown_hides_memory(cap->config->root), cap->refused);
	return n > 0 && !cap->refused[LULL_HOOK_sched__switch] ? load_once(cap, why) : err;
}

static int load(struct capture *cap, struct str *why)
{
	int err;

	messages_take();
	err = hooks_types_open(cap->config->root, &cap->types);
	if (err == -ENOENT) {
		(void)str_add(why,
			      "this kernel has no BTF (/sys/kernel/btf/vmlinux): it must be built "
			      "with CONFIG_DEBUG_INFO_BTF=y");
		return err;
	}
	if (err)
		return refuse(why, err, "reading the kernel's BTF");
	/* What else a kernel may lack shows when the programs are refused. */
	err = hooks_types_have(&cap->types, "irq_handler_entry") ? load_once(cap, why)
								 : -EOPNOTSUPP;
	if (err && err != -EPERM && !why->s)
		err = load_without(cap, err, why);
	return err && !why->s ? refuse(why, err, "loading the BPF programs") : err;
}

/* User stacks are named at the end, but what names them is opened while we may. */
static void open_symbols(struct capture *cap)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < cap->config->n_targets && n < CAPTURE_SYMBOLS; i++) {
		pid_t pid = cap->config->targets[i].pid;
		bool known = false;

		for (unsigned int k = 0; k < n; k++)
			known |= cap->symbols_of[k] == pid;
		if (!known && !symbols_open(cap->config->root, pid, &cap->symbols[n]))
			cap->symbols_of[n++] = pid;
	}
}

/* What the audit needs of the type information, which is large and not kept. */
static void note_vectors(struct capture *cap)
{
#define VECTOR(id, nr, tp, label, name) \
	cap->have_vector[LULL_VECTOR_##id] = hooks_types_have(&cap->types, #tp "_entry");
#include "vectors.def"
}

int capture_open(const struct capture_config *config, struct capture **ret, struct str *why)
{
	struct capture *cap = calloc(1, sizeof(*cap));
	int err;

	if (!cap)
		return -ENOMEM;
	cap->config = config;
	cap->kallsyms = cap->stats = -1;
	cap->texts = calloc(1, sizeof(*cap->texts));
	err = cap->texts ? stalls_init(&cap->stalls, config->stalls_max) : -ENOMEM;
	err = err ?: load(cap, why);
	if (err)
		goto out_free;
	err = map_tables(cap);
	if (!err) {
		cap->ring = ring_buffer__new(bpf_map__fd(cap->skel->maps.lull_stalls), take_stall,
					     cap, NULL);
		err = cap->ring ? attach_all(cap) : -errno;
	}
	if (err) {
		refuse(why, err, "attaching the BPF programs");
		goto out_free;
	}
	note_vectors(cap);
	if (config->stacks)
		open_symbols(cap);
	if (config->vm_pid && kvmstats_open(config->root, config->vm_pid, &cap->kvm))
		cap->kvm = NULL;
	hooks_types_done(&cap->types);
	(void)malloc_trim(0);
	if (kallsyms_open(config->root, &cap->kallsyms))
		cap->kallsyms = -1;
	if (config->self)
		cap->stats = bpf_enable_stats(BPF_STATS_RUN_TIME);
	*ret = cap;
	return 0;

out_free:
	capture_free(cap);
	return err;
}

void capture_free(struct capture *cap)
{
	if (!cap)
		return;
	hooks_detach(&cap->links);
	ring_buffer__free(cap->ring);
	for (unsigned int i = 0; cap->cpu_folds && i < cap->n_cpus; i++)
		fold_done(&cap->cpu_folds[i]);
	for (unsigned int i = 0; cap->victim_folds && i < cap->n_victims; i++)
		fold_done(&cap->victim_folds[i]);
	free(cap->cpu_folds);
	free(cap->victim_folds);
	free(cap->targets);
	if (cap->cpus)
		(void)munmap(cap->cpus, cap->n_cpus * sizeof(struct lull_cpu));
	if (cap->victims)
		(void)munmap(cap->victims, cap->n_victims * sizeof(struct lull_victim));
	if (cap->events)
		(void)munmap(cap->events, trace_bytes(cap));
	traces_done(&cap->traces);
	lull_bpf__destroy(cap->skel);
	hooks_types_done(&cap->types);
	kvmstats_free(cap->kvm);
	stalls_done(&cap->stalls);
	audit_done(&cap->audit);
	if (cap->texts)
		recording_done(cap->texts);
	free(cap->texts);
	for (unsigned int i = 0; i < CAPTURE_SYMBOLS; i++)
		symbols_free(cap->symbols[i]);
	cleanup_close_fd(&cap->kallsyms);
	cleanup_close_fd(&cap->stats);
	free(cap);
}
