/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "measure/tryout.h"

#include <errno.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "measure/capture.h"
#include "measure/hooks.h"
#include "measure/lockdown.h"
#include "measure/messages.h"
#include "measure/skel.h"
#include "measure/trial.h"
#include "model/recording.h"
#include "sys/topo.h"

/* Of bpf(), and there will not be one; bit 16 says that more arguments follow, on some kernels. */
#define NO_COMMAND 0x7fff

/* Sources, by the lines of sources.def. */
static const char *const holds[] = {
#define SOURCE(id, name, label, help) [LULL_SRC_##id] = help,
#include "sources.def"
};

static _Noreturn void ask(void)
{
	union bpf_attr attr = { 0 };

	_exit(syscall(__NR_bpf, NO_COMMAND, &attr, sizeof(attr)) < 0 ? errno & 0xff : 0);
}

int tryout_syscall(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (!pid)
		ask();
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (WIFSIGNALED(status))
		return -EINTR;
	return -WEXITSTATUS(status);
}

static void skel_free(struct lull_bpf **skel)
{
	lull_bpf__destroy(*skel);
}

/* What is missing is said group by group from on[]; the words here name the tracepoints. */
static int ignore(const char *text, void *ctx)
{
	(void)text;
	(void)ctx;
	return 0;
}

static bool is_first(unsigned int i)
{
	return !i || !hook_same_group(hook_at(i - 1), hook_at(i));
}

/* "this kernel has no tracepoint kvm_entry": of the programs of a group that is not on. */
static int add_lacking(const struct lull_bpf *skel, const struct hook_types *types,
		       const struct hook *group, struct str *to)
{
	int err = str_add(to, "this kernel has no tracepoint");
	size_t len = to->len;

	for (unsigned int i = 0; i < LULL_N_HOOKS && !err; i++) {
		const struct bpf_program *prog;
		const char *slash;

		if (!hook_same_group(hook_at(i), group))
			continue;
		prog = bpf_object__find_program_by_name(skel->obj, hook_at(i)->name);
		slash = prog ? strchr(bpf_program__section_name(prog), '/') : NULL;
		if (slash && !hooks_types_have(types, slash + 1))
			err = str_addf(to, " %s", slash + 1);
	}
	return err || to->len > len ? err : str_add(to, " of its kind");
}

/* Takes the reason over, which may be none. */
static int add_group(struct tryout *to, const struct hook *hook, struct str *why)
{
	struct tryout_group *grown =
		reallocarray(to->groups, to->n_groups + 1, sizeof(*to->groups));

	if (!grown)
		return -ENOMEM;
	to->groups = grown;
	grown[to->n_groups++] = (struct tryout_group){
		.source = hook_source_name(hook->source),
		.holds = holds[hook->source],
		.why = take_ptr(why->s),
		.is_label = hook_source_is_label(hook->source),
	};
	return 0;
}

static int add_groups(const struct lull_bpf *skel, const struct hook_types *types,
		      const bool on[LULL_N_HOOKS], const bool refused[LULL_N_HOOKS],
		      struct tryout *to)
{
	for (unsigned int i = 0; i < LULL_N_HOOKS; i++) {
		auto_str struct str why = { 0 };
		int err = 0;

		if (!is_first(i))
			continue;
		if (!on[i])
			err = add_lacking(skel, types, hook_at(i), &why);
		else if (refused[i])
			err = str_addf(&why, "this kernel's verifier refuses %s", hook_at(i)->name);
		err = err ?: add_group(to, hook_at(i), &why);
		if (err)
			return err;
	}
	return 0;
}

/* Loads all at once, which is one trial for each; only when that fails each group alone. */
static int load(const struct root *root, const struct hook_types *types, struct tryout *to)
{
	struct lull_bpf *skel __attribute__((cleanup(skel_free))) = skel_open();
	bool on[LULL_N_HOOKS] = { false }, refused[LULL_N_HOOKS] = { false };
	bool probe_reads = !lockdown_hides_memory(root);
	int err;

	if (!skel)
		return -ENOMEM;
	skel->rodata->lull_probe_reads = probe_reads;
	(void)bpf_map__set_autocreate(skel->maps.lull_selftest, false);
	err = hooks_select(skel->obj, types, on, ignore, NULL);
	if (err)
		return err;
	to->load = lull_bpf__load(skel);
	if (to->load == -ENOMEM)
		return to->load;
	if (to->load == -EPERM)
		return 0;
	if (to->load) {
		err = trial_groups(on, probe_reads, refused);
		if (err < 0)
			return err;
		if (!err)
			return 0; /* each loads, not all together: the error stands */
		to->load = 0;
	}
	return add_groups(skel, types, on, refused, to);
}

int tryout_sources(const struct root *root, struct tryout *ret)
{
	struct tryout to = { .load = 1 };
	struct hook_types types = { 0 };
	auto_str struct str lack = { 0 };
	int err = 0;

	messages_take();
	to.types = hooks_types_open(root, &types);
	if (to.types == -ENOMEM)
		return -ENOMEM;
	if (!to.types) {
		to.have_entry = hooks_types_have(&types, "kvm_entry");
		err = hooks_types_lack(&types, &lack);
		to.lack = take_ptr(lack.s);
		if (!err && !to.lack)
			err = load(root, &types, &to);
		hooks_types_done(&types);
	}
	if (err) {
		tryout_done(&to);
		return err;
	}
	*ret = to;
	return 0;
}

void tryout_done(struct tryout *tryout)
{
	for (unsigned int i = 0; i < tryout->n_groups; i++)
		free(tryout->groups[i].why);
	free(tryout->groups);
	free(tryout->lack);
	*tryout = (struct tryout){ 0 };
}

static void capture_done(struct capture **cap)
{
	capture_free(*cap);
}

/* Time in which a thread had a CPU. */
static uint64_t ran_ns(const struct rec_thread *thread)
{
	static const char *const rows[] = { "guest", "exit", "user", "run" };
	uint64_t ns = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		ns += rec_thread_row_ns(thread, rows[i]);
	return ns;
}

static uint64_t count_entries(const struct rec_thread *thread)
{
	uint64_t n = 0;

	for (unsigned int i = 0; i < thread->n_ledger; i++)
		if (streq(thread->ledger[i].kind, "guest"))
			n += thread->ledger[i].count;
	return n;
}

static int measure(struct capture *cap, uint64_t window_ns, struct recording *rec)
{
	const struct timespec window = { .tv_sec = (time_t)(window_ns / 1000000000),
					 .tv_nsec = (long)(window_ns % 1000000000) };
	int err = capture_start(cap);

	if (err)
		return err;
	(void)nanosleep(&window, NULL);
	err = capture_stop(cap);
	return err ?: capture_harvest(cap, rec);
}

int tryout_entries(const struct root *root, const struct capture_target *targets,
		   unsigned int n_targets, uint64_t window_ns, struct tryout_entries *ret)
{
	struct capture *cap __attribute__((cleanup(capture_done))) = NULL;
	struct tryout_entries entries = { 0 };
	auto_str struct str why = { 0 };
	struct recording rec = { 0 };
	struct cpuset online;
	const struct capture_config config = {
		.root = root,
		.targets = targets,
		.n_targets = n_targets,
		.cpus = &online,
		.stall_ns = 1000000000,
	};
	int err = topo_read_online(root, &online);

	err = err ?: capture_open(&config, &cap, &why);
	err = err ?: measure(cap, window_ns, &rec);
	for (unsigned int i = 0; i < rec.n_threads && !err; i++) {
		entries.entries += count_entries(&rec.threads[i]);
		entries.n_ran += ran_ns(&rec.threads[i]) > 0;
	}
	entries.window_ns = rec.duration_ns;
	recording_done(&rec);
	if (!err)
		*ret = entries;
	return err;
}
