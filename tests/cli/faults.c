/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * faults: shields and their lifting on a recorded machine, with a fault at each system call, or at
 * each that writes or syncs: a kill, a kill and another one in the recovery, an error that the kernel
 * returns. After each the next run has to end with the host as before or as after, and lifting all
 * with the very bytes that were there; and at each a cpuset lies within the one above it, as the
 * kernel wants it. Needs no root: the machine is a folder. Prints one line per mode.
 *
 *   faults DIR kill|double|errors|control all|writes KNOBS [STRIDE]   every STRIDE-th point only
 *
 * DIR is a copy of tests/fixtures/shield or whole; its file "settings" lists what may change.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/parse.h"
#include "base/str.h"
#include "isolate/apply.h"
#include "isolate/knob.h"
#include "machine_part.h"

enum op { OP_NONE, OP_ADD_A, OP_MOVE_A, OP_ADD_B, OP_DEL_A, OP_DEL_B, OP_DEL_ALL };

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

static const char *knobs;
static bool is_all_calls;
static struct machine machine;
static long n_points, n_violations;

static int layer_of(enum op op, char *id, struct layer *ret)
{
	bool is_b = op == OP_ADD_B || op == OP_DEL_B;

	*ret = (struct layer){ .id = id, .name = id };
	(void)snprintf(id, 8, "%s", is_b ? "B" : "A");
	return cpuset_parse(is_b	      ? "3"
			    : op == OP_MOVE_A ? "1-2"
					      : "2-3",
			    &ret->guest)
		       ?: knob_parse_set(knobs, &ret->knobs, NULL);
}

/* Refused for good, as the kernel does with what it manages; not: what no folder can have. */
static bool is_refused(const struct plan *plan)
{
	for (unsigned int i = 0; i < plan->n_steps; i++)
		if (plan->steps[i].state == STEP_REFUSED && plan->steps[i].err != -EOPNOTSUPP)
			return true;
	return false;
}

/*
 * 0; 1: failed and says that nothing was changed; 2: failed in the midst; 3: no such layer; 4: the
 * kernel refused a step for good, and all else was done.
 */
static int operate(enum op op)
{
	const struct apply_config config = { .root = &machine.root };
	struct apply a;
	struct layer layer;
	char id[8];
	int err = apply_open_writer(&a, &config), code;

	if (err) {
		code = a.has_begun ? 2 : 1;
		apply_close(&a);
		return code;
	}
	err = layer_of(op, id, &layer);
	if (op == OP_ADD_A || op == OP_MOVE_A || op == OP_ADD_B)
		err = err ?: apply_add(&a, &layer);
	else if (op != OP_NONE)
		err = err ?: apply_lift(&a, op == OP_DEL_ALL ? NULL : id);
	for (unsigned int i = 0; !err && i < a.plan.n_steps; i++)
		if (a.plan.steps[i].state == STEP_FAILED)
			err = -EIO;
	code = !err && is_refused(&a.plan)		? 4
	       : !err					? 0
	       : err == -ENOENT				? 3
	       : a.has_begun || a.n_owed || err == -EIO ? 2
							: 1;
	apply_close(&a);
	return code;
}

#ifdef __x86_64__
/* Before the call: it is not made, and returns @result. */
static void fake_call(pid_t pid, long result)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, pid, 0, &regs))
		machine_die("PTRACE_GETREGS");
	regs.orig_rax = (unsigned long long)-1;
	regs.rax = (unsigned long long)result;
	if (ptrace(PTRACE_SETREGS, pid, 0, &regs))
		machine_die("PTRACE_SETREGS");
}

static long call_number(pid_t pid)
{
	struct user_regs_struct regs;

	return ptrace(PTRACE_GETREGS, pid, 0, &regs) ? -1 : (long)regs.orig_rax;
}

/* Is it the rename of the journal, the fourth argument of which is its name? */
static bool is_journal_rename(pid_t pid)
{
	struct user_regs_struct regs;
	long word;

	if (ptrace(PTRACE_GETREGS, pid, 0, &regs) || regs.orig_rax != SYS_renameat)
		return false;
	errno = 0;
	word = ptrace(PTRACE_PEEKDATA, pid, regs.r10, 0);
	return !errno && !memcmp(&word, "journal", sizeof(word));
}

#define HAS_ERRORS 1
#else
static void fake_call(pid_t pid, long result)
{
	(void)pid;
	(void)result;
}

static long call_number(pid_t pid)
{
	(void)pid;
	return -1;
}

static bool is_journal_rename(pid_t pid)
{
	(void)pid;
	return false;
}

#define HAS_ERRORS 0
#endif

static void wait_for(pid_t pid, int *status)
{
	if (waitpid(pid, status, 0) != pid)
		machine_die("waitpid");
}

#define STOP_AT(number)                                          \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##number, 0, 1), \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE)

/* From now on the tracer sees each call of this process, or those that write or sync. */
static void trace_calls(void)
{
	static struct sock_filter all[] = { BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE) };
	static struct sock_filter writes[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		STOP_AT(write),
		STOP_AT(fsync),
		STOP_AT(fdatasync),
		STOP_AT(renameat),
		STOP_AT(unlinkat),
		STOP_AT(mkdirat),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog filter = { .len = is_all_calls ? ARRAY_SIZE(all)
							       : ARRAY_SIZE(writes),
					   .filter = is_all_calls ? all : writes };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter))
		_exit(99);
}

static pid_t start(enum op op)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		machine_die("fork");
	if (!pid) {
		if (ptrace(PTRACE_TRACEME, 0, 0, 0) || raise(SIGSTOP))
			_exit(99);
		trace_calls();
		_exit(operate(op));
	}
	wait_for(pid, &status);
	if (ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_EXITKILL | PTRACE_O_TRACESECCOMP))
		machine_die("PTRACE_SETOPTIONS");
	return pid;
}

/* At a call: lets it happen, fails it, or kills. False: the child is no more. */
static bool one_call(pid_t pid, struct fault *fault)
{
	bool fail = fault->at == fault->n_calls && call_number(pid) != SYS_exit_group;
	int status;

	if (fail) {
		fault->number = call_number(pid);
		fault->was_reached = true;
		if (fault->error) {
			fake_call(pid, -fault->error);
			return true;
		}
		(void)kill(pid, SIGKILL);
		wait_for(pid, &status);
		fault->exit_code = -1;
		return false;
	}
	if (fault->no_intent && is_journal_rename(pid))
		fake_call(pid, 0);
	return true;
}

/* Runs the operation in a child under the fault. */
static void run(enum op op, struct fault *fault)
{
	pid_t pid = start(op);
	int status;

	fault->was_reached = false;
	fault->n_calls = 0;
	for (;;) {
		if (ptrace(PTRACE_CONT, pid, 0, 0))
			machine_die("PTRACE_CONT");
		wait_for(pid, &status);
		if (!WIFSTOPPED(status))
			break;
		if (status >> 8 != (SIGTRAP | PTRACE_EVENT_SECCOMP << 8))
			continue;
		fault->n_calls++;
		if (!one_call(pid, fault))
			return;
	}
	fault->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 98;
	if (fault->exit_code == 99) {
		printf("no system calls can be watched here\n");
		exit(77);
	}
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
	static const enum op way[] = { OP_ADD_A, OP_MOVE_A, OP_ADD_B, OP_DEL_A, OP_DEL_B };

	machine_forget(&machine);
	machine_make(&machine);
	for (size_t i = 0; i < ARRAY_SIZE(way) && way[i] != op; i++)
		if (operate(way[i]))
			machine_die("a run without a fault");
}

/* The host is old or new, and can be brought back to how it began. */
static void judge(enum op op, const struct fault *fault, const char *before, const char *after)
{
	auto_free char *now = NULL, *end = NULL, *start = NULL;

	/* After an error the kernel would refuse what follows from it; a folder does not. */
	if (!fault->error && !machine_is_possible(&machine))
		complain(op, fault, "a cpuset beyond the one around it", NULL);
	if (operate(OP_NONE))
		complain(op, fault, "the recovery fails", NULL);
	now = machine_snapshot(&machine, false);
	if (fault->exit_code != 4 && !streq(now, before) && !streq(now, after))
		complain(op, fault, "in between", now);
	if (operate(OP_DEL_ALL))
		complain(op, fault, "lifting all fails", NULL);
	end = machine_snapshot(&machine, true);
	machine_make(&machine);
	start = machine_snapshot(&machine, false);
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
	b.before = machine_snapshot(&machine, false);
	if (operate(op))
		machine_die("a run without a fault");
	b.after = machine_snapshot(&machine, false);
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
		now = machine_snapshot(&machine, false);
		if (!fault.exit_code && !streq(now, b.after))
			complain(op, &fault, "silent", now);
		if (fault.exit_code == 1 && !streq(now, b.before))
			complain(op, &fault, "says nothing was changed", now);
		judge(op, &fault, b.before, b.after);
	}
	free(b.before);
	free(b.after);
}

static void all_ops(const char *mode, long stride)
{
	static const int errors[] = { ENOENT, EIO, EPERM, EINVAL, ENOSPC, EBUSY, EROFS, EINTR };

	for (enum op op = OP_ADD_A; op <= OP_DEL_B; op++) {
		if (streq(mode, "kill"))
			kill_at_each(op, stride, false);
		else if (streq(mode, "control"))
			kill_at_each(op, stride, true);
		else if (streq(mode, "double"))
			kill_twice(op, stride);
		/* A file that is not there to be read is gone, and no failure. */
		for (size_t i = is_all_calls; streq(mode, "errors") && i < ARRAY_SIZE(errors); i++)
			fail_at_each(op, errors[i], stride);
	}
}

int main(int argc, char **argv)
{
	uint32_t stride = 1;
	uint64_t set;

	if (argc < 5 || (argc > 5 && (parse_u32(argv[5], &stride) || !stride)) ||
	    knob_parse_set(argv[4], &set, NULL)) {
		(void)fprintf(stderr, "usage: faults DIR MODE all|writes KNOBS [STRIDE]\n");
		return 2;
	}
	is_all_calls = streq(argv[3], "all");
	knobs = argv[4];
	if (!HAS_ERRORS && (streq(argv[2], "errors") || streq(argv[2], "control"))) {
		printf("%s: not on this architecture\n", argv[2]);
		return 77;
	}
	machine_open(&machine, argv[1]);
	all_ops(argv[2], stride);
	printf("%s at %s calls: %ld points, %ld violations\n", argv[2], argv[3], n_points,
	       n_violations);
	machine_done(&machine);
	return n_violations > 0;
}
