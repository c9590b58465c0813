/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * faults: shields and their lifting on a small recorded machine, with a fault at each system call: a
 * kill, a kill and another one in the recovery, an error that the kernel returns. After each the
 * next run has to end with the host as before or as after, and lifting all with the very bytes that
 * were there. Needs no root: the machine is a folder. Prints one line per mode.
 *
 *   faults DIR kill|double|errors|control|parallel [STRIDE]   every STRIDE-th point only
 *
 * DIR is a copy of tests/fixtures/shield: four CPUs, interrupts of several masks, one passed through.
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/parse.h"
#include "base/str.h"
#include "isolate/apply.h"
#include "isolate/knob.h"

#define N_IRQS 5
#define FIRST  24

enum op { OP_NONE, OP_ADD_A, OP_ADD_B, OP_DEL_A, OP_DEL_B, OP_DEL_ALL };

/* What is done to the child at its call number @at. */
struct fault {
	long at;
	int error;	  /* 0: killed; else the call is not made and fails with it */
	bool no_intent;	  /* every rename pretends: the control run */
	bool was_reached; /* out */
	long number;	  /* out: of the system call */
	long n_calls;	  /* out */
	int exit_code;	  /* out: of the operation; -1 killed */
};

static const char *dir;
static struct root machine_root;
static long n_points, n_violations;

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static const char *const start_masks[N_IRQS] = { "0-3", "0-3", "2-3", "0-1", "3" };

static void make_machine(void)
{
	int err = fs_write_file(&machine_root, "f\n", "proc/irq/default_smp_affinity");

	for (int i = 0; i < N_IRQS && !err; i++) {
		char line[16];

		(void)snprintf(line, sizeof(line), "%s\n", start_masks[i]);
		err = fs_write_file(&machine_root, line, "proc/irq/%d/smp_affinity_list",
				    FIRST + i);
	}
	if (err)
		die("the machine");
}

/* All values, and what lies in the state directory, as text. */
static char *snapshot(bool with_state)
{
	struct str text = { 0 };
	char *line = NULL;
	DIR *state = NULL;

	if (fs_read_line(&machine_root, &line, "proc/irq/default_smp_affinity"))
		die("default_smp_affinity");
	(void)str_addf(&text, "%s", line);
	free(line);
	for (int i = 0; i < N_IRQS; i++) {
		if (fs_read_file(&machine_root, &line, NULL, "proc/irq/%d/smp_affinity_list",
				 FIRST + i))
			die("smp_affinity");
		line[strcspn(line, "\n")] = '\0';
		(void)str_addf(&text, " %s", line);
		free(line);
	}
	if (with_state && !fs_opendir(&machine_root, &state, "run/lull")) {
		for (const struct dirent *e; (e = readdir(state));)
			if (e->d_name[0] != '.' && !streq(e->d_name, "lock"))
				(void)str_addf(&text, " +%s", e->d_name);
		fs_closedir(&state);
	}
	return text.s;
}

static void forget_state(void)
{
	static const char *const names[] = { "journal", "journal.tmp", "lock" };
	char path[4096];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/run/lull/%s", dir, names[i]);
		(void)unlink(path);
	}
}

static int layer_of(enum op op, char *id, struct layer *ret)
{
	bool is_a = op == OP_ADD_A || op == OP_DEL_A;

	*ret = (struct layer){ .id = id, .name = id };
	(void)snprintf(id, 8, "%s", is_a ? "A" : "B");
	return cpuset_parse(is_a ? "2-3" : "1", &ret->guest)
		       ?: knob_parse_set("irq-default,irq", &ret->knobs, NULL);
}

/*
 * 0; 1: failed and says that nothing was changed; 2: failed in the midst; 3: no such layer; 4: the
 * kernel refused a step for good, as it does with what it manages, and all else was done.
 */
static int operate(enum op op, uint64_t wait_ns)
{
	const struct apply_config config = { .root = &machine_root, .wait_ns = wait_ns };
	struct apply a;
	struct layer layer;
	bool is_refused = false;
	char id[8];
	int err = apply_open_writer(&a, &config), code;

	if (err) {
		code = a.has_begun ? 2 : 1;
		apply_close(&a);
		return code;
	}
	err = layer_of(op, id, &layer);
	if (op == OP_ADD_A || op == OP_ADD_B)
		err = err ?: apply_add(&a, &layer);
	else if (op != OP_NONE)
		err = err ?: apply_lift(&a, op == OP_DEL_ALL ? NULL : id);
	for (unsigned int i = 0; !err && i < a.plan.n_steps; i++)
		if (a.plan.steps[i].state == STEP_FAILED)
			err = -EIO;
	for (unsigned int i = 0; !err && i < a.plan.n_steps; i++)
		is_refused |= a.plan.steps[i].state == STEP_REFUSED;
	code = is_refused				? 4
	       : !err					? 0
	       : err == -ENOENT				? 3
	       : a.has_begun || a.n_owed || err == -EIO ? 2
							: 1;
	apply_close(&a);
	return code;
}

#ifdef __x86_64__
static long call_number(pid_t pid)
{
	struct user_regs_struct regs;

	return ptrace(PTRACE_GETREGS, pid, 0, &regs) ? -1 : (long)regs.orig_rax;
}

/* Before the call: it is not made. After it: what it returns. */
static void set_register(pid_t pid, bool is_result, long value)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, pid, 0, &regs))
		die("PTRACE_GETREGS");
	*(is_result ? &regs.rax : &regs.orig_rax) = (unsigned long long)value;
	if (ptrace(PTRACE_SETREGS, pid, 0, &regs))
		die("PTRACE_SETREGS");
}

#define RENAMEAT_NR   264
#define EXIT_GROUP_NR 231
#define HAS_ERRORS    1
#else
static long call_number(pid_t pid)
{
	(void)pid;
	return -1;
}

static void set_register(pid_t pid, bool is_result, long value)
{
	(void)pid;
	(void)is_result;
	(void)value;
}

#define RENAMEAT_NR   -2
#define EXIT_GROUP_NR -2
#define HAS_ERRORS    0
#endif

/* Is it the rename of the journal, the fourth argument of which is its name? */
static bool is_journal_rename(pid_t pid)
{
#ifdef __x86_64__
	struct user_regs_struct regs;
	long word;

	if (ptrace(PTRACE_GETREGS, pid, 0, &regs) || regs.orig_rax != RENAMEAT_NR)
		return false;
	errno = 0;
	word = ptrace(PTRACE_PEEKDATA, pid, regs.r10, 0);
	return !errno && !memcmp(&word, "journal", sizeof(word));
#else
	(void)pid;
	return false;
#endif
}

static void wait_for(pid_t pid, int *status)
{
	if (waitpid(pid, status, 0) != pid)
		die("waitpid");
}

static void kill_child(pid_t pid)
{
	int status;

	(void)kill(pid, SIGKILL);
	wait_for(pid, &status);
}

/* Goes on to the next stop; false: the child has ended, *status says how. */
static bool next_stop(pid_t pid, int *status)
{
	if (ptrace(PTRACE_SYSCALL, pid, 0, 0))
		die("PTRACE_SYSCALL");
	wait_for(pid, status);
	return WIFSTOPPED(*status);
}

/* At the entry of a call: lets it happen, fails it, or kills. False: the child is no more. */
static bool one_call(pid_t pid, struct fault *fault, int *status)
{
	bool pretend = fault->no_intent && is_journal_rename(pid);
	bool fail = fault->at == fault->n_calls && call_number(pid) != EXIT_GROUP_NR;

	if (fail)
		fault->number = call_number(pid);
	if (fail && !fault->error) {
		fault->was_reached = true;
		kill_child(pid);
		fault->exit_code = -1;
		return false;
	}
	if (pretend || fail)
		set_register(pid, false, -1);
	if (!next_stop(pid, status))
		return false;
	if (pretend || fail)
		set_register(pid, true, fail ? -fault->error : 0);
	fault->was_reached |= fail;
	return true;
}

/* Runs the operation in a child under the fault. */
static void run(enum op op, struct fault *fault)
{
	pid_t pid = fork();
	int status;

	fault->was_reached = false;
	fault->n_calls = 0;
	if (pid < 0)
		die("fork");
	if (!pid) {
		if (ptrace(PTRACE_TRACEME, 0, 0, 0) || raise(SIGSTOP))
			_exit(99);
		_exit(operate(op, 0));
	}
	wait_for(pid, &status);
	if (ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD))
		die("PTRACE_SETOPTIONS");
	while (next_stop(pid, &status)) {
		fault->n_calls++;
		if (!one_call(pid, fault, &status))
			break;
	}
	if (fault->exit_code >= 0 || !fault->was_reached || fault->error)
		fault->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

static void complain(enum op op, const struct fault *fault, const char *what, const char *now)
{
	n_violations++;
	if (n_violations <= 10)
		printf("# op %d, call %ld (number %ld), error %d: %s: %s\n", op, fault->at,
		       fault->number, fault->error, what, now ? now : "");
}

/* From scratch up to before @op. */
static void prepare(enum op op)
{
	static const enum op way[] = { OP_ADD_A, OP_ADD_B, OP_DEL_A, OP_DEL_B };

	forget_state();
	make_machine();
	for (size_t i = 0; i < ARRAY_SIZE(way) && way[i] != op; i++)
		if (operate(way[i], 0))
			die("a run without a fault");
}

/* The host is old or new, and can be brought back to how it began. */
static void judge(enum op op, const struct fault *fault, const char *before, const char *after)
{
	auto_free char *now = NULL, *end = NULL, *start = NULL;

	if (operate(OP_NONE, 0))
		complain(op, fault, "the recovery fails", NULL);
	now = snapshot(false);
	if (fault->exit_code != 4 && !streq(now, before) && !streq(now, after))
		complain(op, fault, "in between", now);
	if (operate(OP_DEL_ALL, 0))
		complain(op, fault, "lifting all fails", NULL);
	end = snapshot(true);
	make_machine();
	start = snapshot(false);
	if (!streq(end, start))
		complain(op, fault, "not as it began", end);
}

struct bounds {
	char *before, *after;
};

static struct bounds bounds_of(enum op op)
{
	struct bounds b;

	prepare(op);
	b.before = snapshot(false);
	if (operate(op, 0))
		die("a run without a fault");
	b.after = snapshot(false);
	return b;
}

static void kill_at_each(enum op op, long stride, bool no_intent)
{
	struct bounds b = bounds_of(op);
	struct fault fault = { .at = 1, .no_intent = no_intent };

	for (;; fault.at += stride) {
		fault.exit_code = 0;
		prepare(op);
		run(op, &fault);
		if (!fault.was_reached)
			break;
		n_points++;
		judge(op, &fault, b.before, b.after);
	}
	free(b.before);
	free(b.after);
}

/* Killed, and then the recovery is killed at each of its calls. */
static void kill_twice(enum op op, long stride)
{
	struct bounds b = bounds_of(op);
	struct fault first = { .at = 1 }, second = { .at = 1 };
	long point = 0;

	for (;; first.at += 1 + stride / 16) {
		for (second.at = 1 + point % stride;; second.at += stride) {
			first.exit_code = second.exit_code = 0;
			prepare(op);
			run(op, &first);
			if (!first.was_reached)
				break;
			run(OP_NONE, &second);
			if (!second.was_reached)
				break;
			n_points++;
			judge(op, &first, b.before, b.after);
		}
		if (!first.was_reached)
			break;
		point++;
	}
	free(b.before);
	free(b.after);
}

/* One call fails: what the operation says of it is true. */
static void fail_at_each(enum op op, int error, long stride)
{
	struct bounds b = bounds_of(op);
	struct fault fault = { .at = 1, .error = error };

	for (;; fault.at += stride) {
		auto_free char *now = NULL;

		fault.exit_code = 0;
		prepare(op);
		run(op, &fault);
		if (!fault.was_reached)
			break;
		n_points++;
		now = snapshot(false);
		if (!fault.exit_code && !streq(now, b.after))
			complain(op, &fault, "silent", now);
		if (fault.exit_code == 1 && !streq(now, b.before))
			complain(op, &fault, "says nothing was changed", now);
		judge(op, &fault, b.before, b.after);
	}
	free(b.before);
	free(b.after);
}

/* Two writers at random; then all is lifted. */
static void race(unsigned int rounds)
{
	static const enum op ways[][2] = { { OP_ADD_A, OP_DEL_A }, { OP_ADD_B, OP_DEL_B } };
	auto_free char *start = NULL, *end = NULL;
	pid_t pids[2];
	int status;

	forget_state();
	make_machine();
	start = snapshot(false);
	for (int who = 0; who < 2; who++) {
		pids[who] = fork();
		if (pids[who] < 0)
			die("fork");
		if (pids[who])
			continue;
		srandom((unsigned int)who + 1);
		for (unsigned int i = 0; i < rounds; i++) {
			int code = operate(ways[who][random() & 1], 10000000000ULL);

			if (code != 0 && code != 3)
				_exit(1);
		}
		_exit(0);
	}
	for (int who = 0; who < 2; who++) {
		wait_for(pids[who], &status);
		n_violations += status != 0;
		n_points += rounds;
	}
	if (operate(OP_DEL_ALL, 0))
		n_violations++;
	end = snapshot(true);
	if (!streq(start, end)) {
		n_violations++;
		printf("# %s, not %s\n", end, start);
	}
}

static void all_ops(const char *mode, long stride)
{
	static const int errors[] = { EIO, EPERM, EINVAL, ENOSPC, EBUSY, EROFS, EINTR };

	for (enum op op = OP_ADD_A; op <= OP_DEL_B; op++) {
		if (streq(mode, "kill"))
			kill_at_each(op, stride, false);
		else if (streq(mode, "control"))
			kill_at_each(op, stride, true);
		else if (streq(mode, "double"))
			kill_twice(op, stride);
		for (size_t i = 0; streq(mode, "errors") && i < ARRAY_SIZE(errors); i++)
			fail_at_each(op, errors[i], stride);
	}
}

int main(int argc, char **argv)
{
	uint32_t stride = 1;

	if (argc < 3 || (argc > 3 && (parse_u32(argv[3], &stride) || !stride))) {
		(void)fprintf(stderr, "usage: faults DIR MODE [STRIDE]\n");
		return 2;
	}
	dir = argv[1];
	if (fs_root_open(&machine_root, dir))
		die(dir);
	if (!HAS_ERRORS && (streq(argv[2], "errors") || streq(argv[2], "control"))) {
		printf("%s: not on this architecture\n", argv[2]);
		return 77;
	}
	make_machine();
	if (streq(argv[2], "parallel"))
		race(stride);
	else
		all_ops(argv[2], stride);
	printf("%s: %ld points, %ld violations\n", argv[2], n_points, n_violations);
	fs_root_done(&machine_root);
	return n_violations > 0;
}
