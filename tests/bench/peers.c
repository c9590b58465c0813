/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * peers: other programs that measure some of what lull does, as people start them: their output
 * goes nowhere. What is not installed is left out. They get their time to start, and to end. Where
 * tracefs is not mounted they have one in a mount namespace of their own, and nobody else sees it.
 */
#include "bench/peers.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/parse.h"

#define TRACEFS	 "/sys/kernel/tracing"
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

/* What grows in /proc/PID/io while it measures; NULL: its BPF programs run. */
static const char *const signs[N_PROGRAMS] = { [PERF_SCHED] = "wchar:", [OSNOISE] = "rchar:" };

/* In a child. What fails here shows when the program does not measure. */
static void mount_tracefs(void)
{
	if (!access(TRACEFS "/events", F_OK) || unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return;
	(void)mount("tracefs", TRACEFS, "tracefs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

static bool tracers_have(const char *name)
{
	char text[512] = "";
	auto_close int fd = open(TRACEFS "/available_tracers", O_RDONLY | O_CLOEXEC);

	return fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 && strstr(text, name);
}

static bool kernel_has_tracer(const char *name)
{
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		mount_tracefs();
		_exit(!tracers_have(name));
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && !status;
}

const char *peers_lack(enum arm arm)
{
	unsigned int wanted = programs_of(arm);

	if (arm == ARM_OSNOISE && !kernel_has_tracer("osnoise"))
		return "this kernel has no such tracer";
	for (unsigned int i = 0; i < N_PROGRAMS; i++)
		if (wanted & 1U << i && access(programs[i][0], X_OK))
			return "not installed";
	return NULL;
}

/* In a child: becomes the program. */
static _Noreturn void become(char **argv)
{
	int null = open("/dev/null", O_RDWR);

	mount_tracefs();
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		(void)dup2(null, fd);
	(void)execv(argv[0], argv);
	_exit(127);
}

static int start(const char *const *program, pid_t *ret)
{
	char *argv[ARRAY_SIZE(programs[0]) + 1] = { NULL };
	int err = 0;
	pid_t pid = -1;

	for (unsigned int i = 0; i < ARRAY_SIZE(programs[0]) && program[i] && !err; i++) {
		argv[i] = strdup(program[i]);
		err = argv[i] ? 0 : -ENOMEM;
	}
	if (!err) {
		pid = fork();
		if (!pid)
			become(argv);
		err = pid < 0 ? -errno : 0;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(argv); i++)
		free(argv[i]);
	if (!err)
		*ret = pid;
	return err;
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
		peers->programs[peers->n++] = i;
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

/* The sum of all numbers behind @field in the lines of a file. */
static uint64_t sum_field(const char *path, const char *field)
{
	auto_fclose FILE *file = fopen(path, "re");
	char line[256];
	uint64_t sum = 0;

	while (file && fgets(line, sizeof(line), file)) {
		char *at = line + strlen(field);
		uint64_t value;

		if (strncmp(line, field, strlen(field)) != 0)
			continue;
		at += strspn(at, " \t");
		at[strcspn(at, "\n")] = '\0';
		if (!parse_u64(at, &value))
			sum += value;
	}
	return sum;
}

/* Of all BPF programs that @pid holds. */
static uint64_t sum_runs(pid_t pid)
{
	char path[512];
	auto_closedir DIR *dir = NULL;
	const struct dirent *e;
	uint64_t sum = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/fdinfo", pid);
	dir = opendir(path);
	while (dir && (e = readdir(dir))) {
		(void)snprintf(path, sizeof(path), "/proc/%d/fdinfo/%s", pid, e->d_name);
		sum += sum_field(path, "run_cnt:");
	}
	return sum;
}

void peers_look(const struct peers *peers, struct peers_signs *ret)
{
	for (unsigned int i = 0; i < peers->n; i++) {
		const char *sign = signs[peers->programs[i]];
		char path[64];

		(void)snprintf(path, sizeof(path), "/proc/%d/io", peers->pids[i]);
		ret->counts[i] = sign ? sum_field(path, sign) : sum_runs(peers->pids[i]);
	}
}

bool peers_all_went_on(const struct peers *peers, const struct peers_signs *before,
		       const struct peers_signs *after)
{
	for (unsigned int i = 0; i < peers->n; i++)
		if (after->counts[i] <= before->counts[i])
			return false;
	return true;
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
