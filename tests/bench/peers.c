/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * peers: other programs that measure some of what lull does, as people start them: their output
 * goes nowhere. What is not installed is left out. They get their time to start, and to end.
 */
#include "bench/peers.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>

#include "base/cleanup.h"

#define START_MS 700
#define END_MS	 3000

enum {
	HARDIRQS,
	SOFTIRQS,
	RUNQLAT,
	CPUDIST,
	RUNQSLOWER,
	PERF_SCHED,
	BPFTRACE,
	OSNOISE,
	N_PROGRAMS
};

/* runqlat in bpftrace's language. */
#define RUNQLAT_BT                                                                                  \
	"tracepoint:sched:sched_wakeup, tracepoint:sched:sched_wakeup_new "                         \
	"{ @at[args->pid] = nsecs; } tracepoint:sched:sched_switch "                                \
	"{ if (args->prev_state == 0) { @at[args->prev_pid] = nsecs; } $at = @at[args->next_pid]; " \
	"if ($at) { @us = hist((nsecs - $at) / 1000); } delete(@at[args->next_pid]); }"

/* Given as people would: histograms, no end. */
static const char *const programs[N_PROGRAMS][8] = {
	[HARDIRQS] = { "/usr/sbin/hardirqs", "-d", "1000" },
	[SOFTIRQS] = { "/usr/sbin/softirqs", "-d", "1000" },
	[RUNQLAT] = { "/usr/sbin/runqlat", "1000" },
	[CPUDIST] = { "/usr/sbin/cpudist", "1000" },
	[RUNQSLOWER] = { "/usr/sbin/runqslower", "10000" },
	[PERF_SCHED] = { "/usr/bin/perf", "sched", "record", "-o", "/dev/null" },
	[BPFTRACE] = { "/usr/bin/bpftrace", "-e", RUNQLAT_BT },
	[OSNOISE] = { "/usr/bin/rtla", "osnoise", "top", "-q" },
};

/* How long each takes until it measures. */
static const unsigned int start_ms[N_PROGRAMS] = { [BPFTRACE] = 3000, [OSNOISE] = 2000 };

/* The programs of an arm, as bits. */
static unsigned int programs_of(enum arm arm)
{
	switch (arm) {
	case ARM_HARDIRQS:
		return 1U << HARDIRQS;
	case ARM_SOFTIRQS:
		return 1U << SOFTIRQS;
	case ARM_RUNQLAT:
		return 1U << RUNQLAT;
	case ARM_CPUDIST:
		return 1U << CPUDIST;
	case ARM_RUNQSLOWER:
		return 1U << RUNQSLOWER;
	case ARM_FOUR:
		return 1U << HARDIRQS | 1U << SOFTIRQS | 1U << RUNQLAT | 1U << CPUDIST;
	case ARM_PERF_SCHED:
		return 1U << PERF_SCHED;
	case ARM_BPFTRACE:
		return 1U << BPFTRACE;
	case ARM_OSNOISE:
		return 1U << OSNOISE;
	default:
		return 0;
	}
}

static bool kernel_has_osnoise(void)
{
	char text[512] = "";
	auto_close int fd = open("/sys/kernel/tracing/available_tracers", O_RDONLY | O_CLOEXEC);

	return fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 && strstr(text, "osnoise");
}

/* Where bpftrace looks for tracepoints. */
static bool has_tracefs(void)
{
	return !access("/sys/kernel/tracing/events/sched", F_OK) ||
	       !access("/sys/kernel/debug/tracing/events/sched", F_OK);
}

bool peers_has(enum arm arm, const char **ret_why)
{
	unsigned int wanted = programs_of(arm);

	*ret_why = "not installed";
	for (unsigned int i = 0; i < N_PROGRAMS; i++)
		if (wanted & 1U << i && access(programs[i][0], X_OK))
			return false;
	*ret_why = "tracefs is not mounted";
	if (arm == ARM_BPFTRACE)
		return has_tracefs();
	*ret_why = "this kernel has no such tracer, or tracefs is not mounted";
	return wanted && (arm != ARM_OSNOISE || kernel_has_osnoise());
}

static int start(const char *const *program, pid_t *ret)
{
	char *argv[ARRAY_SIZE(programs[0]) + 1] = { NULL };
	posix_spawn_file_actions_t actions;
	int err = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(programs[0]) && program[i] && !err; i++) {
		argv[i] = strdup(program[i]);
		err = argv[i] ? 0 : ENOMEM;
	}
	(void)posix_spawn_file_actions_init(&actions);
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		(void)posix_spawn_file_actions_addopen(&actions, fd, "/dev/null",
						       fd ? O_WRONLY : O_RDONLY, 0);
	err = err ?: posix_spawn(ret, argv[0], &actions, NULL, argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	for (unsigned int i = 0; i < ARRAY_SIZE(argv); i++)
		free(argv[i]);
	return -err;
}

int peers_start(enum arm arm, struct peers *peers)
{
	unsigned int wanted = programs_of(arm), ms = START_MS;
	struct timespec pause;

	for (unsigned int i = 0; i < N_PROGRAMS; i++) {
		int err;

		if (!(wanted & 1U << i))
			continue;
		err = start(programs[i], &peers->pids[peers->n]);
		if (err)
			return err;
		peers->n++;
		ms = max(ms, start_ms[i]);
	}
	pause = (struct timespec){ .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };
	(void)nanosleep(&pause, NULL);
	/* One that has ended by now does not measure. */
	for (unsigned int i = 0; i < peers->n; i++)
		if (waitpid(peers->pids[i], NULL, WNOHANG)) {
			peers->pids[i] = 0;
			return -ENOEXEC;
		}
	return 0;
}

void peers_stop(struct peers *peers)
{
	const struct timespec pause = { .tv_nsec = 1000000 };

	for (unsigned int i = 0; i < peers->n; i++)
		if (peers->pids[i])
			(void)kill(peers->pids[i], SIGINT);
	for (unsigned int i = 0; i < peers->n; i++) {
		bool gone = !peers->pids[i];

		for (unsigned int ms = 0; ms < END_MS && !gone; ms++) {
			gone = waitpid(peers->pids[i], NULL, WNOHANG) != 0;
			(void)nanosleep(&pause, NULL);
		}
		if (gone)
			continue;
		(void)kill(peers->pids[i], SIGKILL);
		(void)waitpid(peers->pids[i], NULL, 0);
	}
	peers->n = 0;
}
