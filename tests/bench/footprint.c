/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * footprint: what is not time per event: how soon lull measures, how much memory it holds, how
 * long a look at all its counters takes. The first two by the real program, started here.
 */
#include "bench/footprint.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <stddef.h>
#include <time.h>

#include <bpf/bpf.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/parse.h"
#include "base/str.h"
#include "lull_abi.h"

#define STARTS		  11	    /* 3 in a quick run */
#define SETTLE_NS	  200000000 /* lull waits that long on purpose */
#define RECORDING_NS	  1500000000
#define SNAPSHOT_CPUS	  1024
#define SNAPSHOT_USED	  60 /* causes in use on a CPU */
#define SNAPSHOT_CHANGED  6  /* of them, since the last snapshot */
#define SNAPSHOTS	  21
#define SNAPSHOT_BYTES	  (SNAPSHOT_CPUS * sizeof(struct lull_cpu))
#define SNAPSHOT_MIN_FREE (2ULL << 30)

static uint64_t now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* The time, and the CPU time that the parent has taken by then. */
int footprint_stamp(void)
{
	char path[64], text[64] = "";
	auto_close int fd = -1;

	(void)snprintf(path, sizeof(path), "/proc/%d/schedstat", getppid());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return 1;
	text[strcspn(text, " ")] = '\0';
	return printf("%" PRIu64 " %s\n", now_ns(), text) < 0;
}

/* Starts @argv with its output in a pipe; messages are dropped. */
static int spawn(char *const argv[], pid_t *ret_pid, int *ret_out)
{
	posix_spawn_file_actions_t actions;
	int pipefd[2], err;

	if (pipe2(pipefd, O_CLOEXEC))
		return -errno;
	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawn_file_actions_adddup2(&actions, pipefd[1], STDOUT_FILENO);
	(void)posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	err = posix_spawn(ret_pid, argv[0], &actions, NULL, argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)close(pipefd[1]);
	if (err) {
		(void)close(pipefd[0]);
		return -err;
	}
	*ret_out = pipefd[0];
	return 0;
}

/* When the stamp of @argv was made, after its start, and what its parent had taken. */
static int time_to_stamp(char *const argv[], uint64_t *ret_ns, uint64_t *ret_cpu_ns)
{
	auto_close int out = -1;
	char text[64] = "", *blank;
	uint64_t began = now_ns(), at;
	pid_t pid = 0;
	ssize_t n;
	int err = spawn(argv, &pid, &out);

	if (err)
		return err;
	n = read(out, text, sizeof(text) - 1);
	(void)waitpid(pid, NULL, 0);
	if (n <= 0)
		return -EIO;
	text[strcspn(text, "\n")] = '\0';
	blank = strchr(text, ' ');
	if (!blank)
		return -EIO;
	*blank = '\0';
	err = parse_u64(text, &at) ?: parse_u64(blank + 1, ret_cpu_ns);
	if (!err)
		*ret_ns = at - began;
	return err;
}

/*
 * lull starts a command when its window opens, so a command that says the time tells when that
 * was. What starting the command alone takes is taken off, and so is the time to settle.
 */
int footprint_start(const char *lull, const char *self, bool quick, struct interval *ret_ms,
		    struct interval *ret_cpu_ms)
{
	auto_free char *program = strdup(lull), *bench = strdup(self);
	char record[] = "record", quiet[] = "-q", output[] = "-o", none[] = "none", dashes[] = "--",
	     stamp[] = "--stamp";
	char *const with[] = { program, record, quiet, output, none, dashes, bench, stamp, NULL };
	char *const without[] = { bench, stamp, NULL };
	const unsigned int starts = quick ? 3 : STARTS;
	double ms[STARTS], cpu[STARTS];

	if (!program || !bench)
		return -ENOMEM;
	for (unsigned int i = 0; i < starts; i++) {
		uint64_t all, alone, taken, unused;
		int err = time_to_stamp(with, &all, &taken);

		err = err ?: time_to_stamp(without, &alone, &unused);
		if (err)
			return err;
		ms[i] = ((double)all - (double)alone - SETTLE_NS) / 1e6;
		cpu[i] = (double)taken / 1e6;
	}
	*ret_cpu_ms = stats_median_of(cpu, starts);
	*ret_ms = stats_median_of(ms, starts);
	return 0;
}

static int status_mb(const char *status, const char *field, double *ret_mb)
{
	const char *at = strstr(status, field);
	char digits[24];
	uint64_t kb;
	int err;

	if (!at)
		return -ENOENT;
	at += strlen(field);
	at += strspn(at, " \t");
	str_copy(digits, sizeof(digits), at, strspn(at, "0123456789"));
	err = parse_u64(digits, &kb);
	if (!err)
		*ret_mb = (double)kb / 1024;
	return err;
}

int footprint_memory(const struct root *root, const char *lull, int cpu, double *ret_rss_mb,
		     double *ret_peak_mb)
{
	const struct timespec recording = { .tv_sec = RECORDING_NS / 1000000000,
					    .tv_nsec = RECORDING_NS % 1000000000 };
	auto_free char *program = strdup(lull), *status = NULL;
	char record[] = "record", quiet[] = "-q", output[] = "-o", none[] = "none", c[] = "-c";
	char list[16];
	char *const argv[] = { program, record, quiet, output, none, c, list, NULL };
	auto_close int out = -1;
	double rss = 0, peak = 0;
	pid_t pid = 0;
	int err;

	(void)snprintf(list, sizeof(list), "%d", cpu);
	err = program ? spawn(argv, &pid, &out) : -ENOMEM;
	if (err)
		return err;
	(void)nanosleep(&recording, NULL);
	err = fs_read_file(root, &status, NULL, "proc/%d/status", pid);
	err = err ?: status_mb(status, "VmRSS:", &rss);
	err = err ?: status_mb(status, "VmHWM:", &peak);
	(void)kill(pid, SIGINT);
	(void)waitpid(pid, NULL, 0);
	if (err)
		return err;
	*ret_rss_mb = rss;
	*ret_peak_mb = peak;
	return 0;
}

/* A CPU's part of a snapshot: its head, and each cause that was counted since, with its histogram. */
static void copy_changed(struct lull_cpu *to, const struct lull_cpu *from)
{
	memcpy(to, from, offsetof(struct lull_cpu, moment));
	for (unsigned int i = 0; i <= LULL_CAUSES; i++) {
		const struct lull_cause *cause = &from->cause[i];

		if (!cause->key || cause->count == to->cause[i].count)
			continue;
		to->cause[i] = *cause;
		if (cause->hist)
			memcpy(to->hist[cause->hist - 1], from->hist[cause->hist - 1],
			       sizeof(from->hist[0]));
	}
}

static void fill(struct lull_cpu *cpus)
{
	for (unsigned int i = 0; i < SNAPSHOT_CPUS; i++) {
		memset(&cpus[i], 0, sizeof(cpus[i]));
		for (unsigned int k = 0; k < SNAPSHOT_USED; k++) {
			struct lull_cause *cause = &cpus[i].cause[k * 7 % LULL_CAUSES];

			cause->key = k + 1;
			cause->hist = (__u16)(k % LULL_CPU_HISTS + 1);
		}
	}
}

/* Of this thread: a busy machine leaves that alone. */
static uint64_t cpu_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static double time_snapshot(struct lull_cpu *to, struct lull_cpu *cpus, unsigned int round)
{
	uint64_t began;

	for (unsigned int i = 0; i < SNAPSHOT_CPUS; i++)
		for (unsigned int k = 0; k < SNAPSHOT_CHANGED; k++)
			cpus[i].cause[(k + round) % SNAPSHOT_USED * 7 % LULL_CAUSES].count++;
	began = cpu_ns();
	for (unsigned int i = 0; i < SNAPSHOT_CPUS; i++)
		copy_changed(&to[i], &cpus[i]);
	return (double)(cpu_ns() - began) / 1e6;
}

/* 0, or 1 if the kernel had to end a child that may make no system call but its last. */
static int count_calls(struct lull_cpu *to, const struct lull_cpu *cpus, unsigned int *ret)
{
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT))
			_exit(1);
		for (unsigned int i = 0; i < SNAPSHOT_CPUS; i++)
			copy_changed(&to[i], &cpus[i]);
		(void)syscall(SYS_exit, 0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -errno;
	if (WIFEXITED(status) && WEXITSTATUS(status))
		return -EOPNOTSUPP;
	*ret = WIFSIGNALED(status) ? 1 : 0;
	return 0;
}

/* Kernel memory for a table of each CPU, as lull maps it; NULL, and errno. The mapping holds it. */
static struct lull_cpu *map_tables(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	auto_close int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "bench", 4, sizeof(struct lull_cpu),
					   SNAPSHOT_CPUS, &opts);
	void *mem = MAP_FAILED;

	if (fd >= 0)
		mem = mmap(NULL, SNAPSHOT_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return mem == MAP_FAILED ? NULL : mem;
}

int footprint_snapshot(struct interval *ret_ms, unsigned int *ret_calls)
{
	long pages = sysconf(_SC_AVPHYS_PAGES), page = sysconf(_SC_PAGESIZE);
	struct lull_cpu *cpus, *copy;
	double ms[SNAPSHOTS];
	int err = -ENOMEM;

	if ((unsigned long long)pages * (unsigned long long)page < SNAPSHOT_MIN_FREE)
		return -ENOMEM;
	cpus = map_tables();
	if (!cpus)
		return -errno;
	copy = calloc(1, SNAPSHOT_BYTES);
	if (copy) {
		fill(cpus);
		fill(copy);
		for (unsigned int i = 0; i < SNAPSHOTS; i++)
			ms[i] = time_snapshot(copy, cpus, i);
		err = count_calls(copy, cpus, ret_calls);
	}
	(void)munmap(cpus, SNAPSHOT_BYTES);
	free(copy);
	if (!err)
		*ret_ms = stats_median_of(ms, SNAPSHOTS);
	return err;
}
