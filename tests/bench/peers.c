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

#define START_NS 1000000000
#define END_MS	 3000

enum { HARDIRQS, SOFTIRQS, RUNQLAT, CPUDIST, RUNQSLOWER, PERF_SCHED, N_PROGRAMS };

/* Given as people would: histograms, no end. */
static const char *const programs[N_PROGRAMS][8] = {
	[HARDIRQS] = { "/usr/sbin/hardirqs", "-d", "1000" },
	[SOFTIRQS] = { "/usr/sbin/softirqs", "-d", "1000" },
	[RUNQLAT] = { "/usr/sbin/runqlat", "1000" },
	[CPUDIST] = { "/usr/sbin/cpudist", "1000" },
	[RUNQSLOWER] = { "/usr/sbin/runqslower", "10000" },
	[PERF_SCHED] = { "/usr/bin/perf", "sched", "record", "-o", "/dev/null" },
};

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
	default:
		return 0;
	}
}

bool peers_has(enum arm arm)
{
	unsigned int wanted = programs_of(arm);

	for (unsigned int i = 0; i < N_PROGRAMS; i++)
		if (wanted & 1U << i && access(programs[i][0], X_OK))
			return false;
	return wanted != 0;
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
	const struct timespec pause = { .tv_sec = START_NS / 1000000000,
					.tv_nsec = START_NS % 1000000000 };
	unsigned int wanted = programs_of(arm);

	for (unsigned int i = 0; i < N_PROGRAMS; i++) {
		int err;

		if (!(wanted & 1U << i))
			continue;
		err = start(programs[i], &peers->pids[peers->n]);
		if (err)
			return err;
		peers->n++;
	}
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
