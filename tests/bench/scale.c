/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scale: how long lull takes over a large host and a large recording, and how that grows with ten
 * times the input. Both are made here, in a directory of their own; lull itself reads them. Its CPU
 * time is what counts: it is the same on a busy machine, and lull waits for nothing.
 */
#include "bench/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include <bpf/bpf.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "bench/scale.h"
#include "lull_abi.h"
#include "sys/irqs.h"

#define RUNS	      5
#define INTERRUPTS    4100
#define CPUS	      1152
#define LINES_13MB    1020 /* of so many CPUs */
#define SNAPSHOT_CPUS 1024
#define MB	      (1024.0 * 1024)

/* CPU time of each run; the most memory of any. */
struct result {
	double ms[RUNS], mb;
};

static double cpu_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static double to_ms(const struct timeval *tv)
{
	return (double)tv->tv_sec * 1e3 + (double)tv->tv_usec / 1e3;
}

/* A child begins with what its parent held at most, until it runs a program of its own. */
static void forget_most_memory(void)
{
	auto_close int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

	if (fd >= 0)
		(void)!write(fd, "5", 1);
}

/* Runs @argv to its end, which must be good, or tell of a finding or of too little data. */
static int run_once(char *const argv[], double *ret_ms, double *ret_mb)
{
	posix_spawn_file_actions_t actions;
	struct rusage usage;
	pid_t pid = 0;
	int err, status = 0;

	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	(void)posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	forget_most_memory();
	err = posix_spawn(&pid, argv[0], &actions, NULL, argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	if (err)
		return -err;
	if (wait4(pid, &status, 0, &usage) < 0)
		return -errno;
	if (!WIFEXITED(status) || WEXITSTATUS(status) == 1 || WEXITSTATUS(status) > 3)
		return -EIO;
	*ret_ms = to_ms(&usage.ru_utime) + to_ms(&usage.ru_stime);
	*ret_mb = (double)usage.ru_maxrss / 1024;
	return 0;
}

/* @words: separated by blanks, after the program. */
static int run_lull(const struct bench *b, const char *words, struct result *ret)
{
	auto_free char *copy = NULL, *program = strdup(b->options.lull);
	char *argv[16] = { program }, *state = NULL;
	struct result all = { 0 };
	unsigned int n = 1;

	copy = strdup(words);
	if (!copy || !program)
		return -ENOMEM;
	for (char *word = strtok_r(copy, " ", &state); word && n + 1 < ARRAY_SIZE(argv);
	     word = strtok_r(NULL, " ", &state))
		argv[n++] = word;
	for (unsigned int i = 0; i < RUNS; i++) {
		double mb = 0;
		int err = run_once(argv, &all.ms[i], &mb);

		if (err)
			return err;
		all.mb = max(all.mb, mb);
	}
	*ret = all;
	return 0;
}

static void add(struct bench *b, const char *what, enum unit unit, double value, double budget,
		int err)
{
	const struct figure f = {
		.what = what,
		.unit = unit,
		.measured = { value, value, value },
		.budget = budget,
		.missing = err ? strerror(-err) : NULL,
	};

	figures_add(b, &f);
}

/* The most it is worth to wait for in a quick run. */
static unsigned int part(const struct bench *b, unsigned int n)
{
	return b->options.quick ? max(n / 10, 1) : n;
}

/* One large input and one of a tenth. */
struct pair {
	const char *what, *growth;
	double budget_ms;
};

static void add_pair(struct bench *b, const struct pair *p, const struct result *small,
		     const struct result *large, int err)
{
	struct figure time = { .what = p->what, .unit = UNIT_MS, .budget = p->budget_ms };
	struct figure growth = { .what = p->growth, .unit = UNIT_TIMES, .budget = 10 };

	time.missing = growth.missing = err ? strerror(-err) : NULL;
	if (!err) {
		time.measured = stats_median_of(large->ms, RUNS);
		growth.measured = stats_ratio(large->ms, small->ms, RUNS);
	}
	figures_add(b, &time);
	figures_add(b, &growth);
}

static void collect_reading(struct bench *b, const char *dir)
{
	static const struct pair pair = { "reading /proc/interrupts of 13 MB",
					  "  with ten times the lines", 50 };
	struct result results[2] = { { { 0 }, 0 } };
	int err = 0;

	for (unsigned int large = 0; large < 2 && !err; large++) {
		struct root root;

		err = scale_make_host(dir, part(b, LINES_13MB) / (large ? 1 : 10), CPUS);
		err = err ?: fs_root_open(&root, dir);
		for (unsigned int i = 0; i < RUNS && !err; i++) {
			struct irq_table table;
			double began = cpu_ms();

			err = irqs_read(&root, &table, NULL);
			results[large].ms[i] = cpu_ms() - began;
			if (!err)
				irqs_done(&table);
		}
		fs_root_done(&root);
	}
	add_pair(b, &pair, &results[0], &results[1], err);
}

static void collect_plan(struct bench *b, const char *dir)
{
	static const struct pair pair = { "planning for 4,096 interrupts and 1,152 CPUs",
					  "  with ten times the interrupts", 500 };
	struct result results[2] = { { { 0 }, 0 } };
	char words[256];
	int err = 0;

	(void)snprintf(words, sizeof(words), "plan -c 576-1151 --sysroot %s", dir);
	for (unsigned int large = 0; large < 2 && !err; large++) {
		err = scale_make_host(dir, part(b, INTERRUPTS) / (large ? 1 : 10), CPUS);
		err = err ?: run_lull(b, words, &results[large]);
	}
	add_pair(b, &pair, &results[0], &results[1], err);
}

/* What is done with a recording; @twice: with two, the same. */
static const struct use {
	const char *what, *words;
	bool twice;
} uses[] = {
	{ "explain: 128 vCPUs, 10,000 stalls", "explain", false },
	{ "compare: the same, twice", "compare", true },
	{ "export as CSV: the same", "export --format csv", false },
	{ "export for Prometheus: the same", "export --format prom", false },
	{ "export as HdrHistogram log: the same", "export --format hlog", false },
};

static int use_recording(const struct bench *b, const struct use *use, const char *file,
			 struct result *ret)
{
	auto_str struct str words = { 0 };
	int err = str_addf(&words, "%s %s %s", use->words, file, use->twice ? file : "");

	return err ?: run_lull(b, words.s, ret);
}

/* In a child, which takes the memory for it away with it. */
static int make_recording(const char *path, unsigned int vcpus, unsigned int stalls)
{
	int status = 0;
	pid_t pid = fork();

	if (!pid)
		_exit(scale_make_recording(path, vcpus, stalls) != 0);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -errno;
	return status ? -EIO : 0;
}

static void collect_recordings(struct bench *b, const char *dir)
{
	char files[2][64];
	double mb = 0;
	int made = 0, err = 0;

	for (unsigned int large = 0; large < 2; large++) {
		(void)snprintf(files[large], sizeof(files[0]), "%s/%u.json", dir, large);
		made = made
			       ?: make_recording(files[large], part(b, 128) / (large ? 1 : 10),
						 part(b, 10000) / (large ? 1 : 10));
	}
	for (size_t i = 0; i < ARRAY_SIZE(uses); i++) {
		const struct pair pair = { uses[i].what, "  with ten times all", 1000 };
		struct result results[2] = { { { 0 }, 0 } };

		err = made;
		for (unsigned int large = 0; large < 2 && !err; large++)
			err = use_recording(b, &uses[i], files[large], &results[large]);
		mb = max(mb, results[1].mb);
		add_pair(b, &pair, &results[0], &results[1], err);
	}
	add(b, "memory for these, at most", UNIT_MB, mb, 200, err);
}

/* What the kernel sets aside for a table of so many CPUs, as it says itself. */
static int kernel_bytes(unsigned int cpus, uint64_t *ret)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	auto_close int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "bench", 4, sizeof(struct lull_cpu),
					   cpus, &opts);
	char path[64], text[1024] = "";
	auto_close int info = -1;
	char *at;

	if (fd < 0)
		return -errno;
	(void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = open(path, O_RDONLY | O_CLOEXEC);
	if (info < 0 || read(info, text, sizeof(text) - 1) <= 0)
		return -EIO;
	at = strstr(text, "memlock:\t");
	if (!at)
		return -ENODATA;
	at += strlen("memlock:\t");
	at[strcspn(at, "\n")] = '\0';
	return parse_u64(at, ret);
}

static void collect_memory(struct bench *b)
{
	const double allowed = 64 + 2.5 * (LULL_CPU_HISTS - 18);
	uint64_t bytes = 0;
	int err = kernel_bytes(SNAPSHOT_CPUS, &bytes);

	add(b, "kernel memory per watched CPU, of 1,024", UNIT_KB,
	    (double)bytes / SNAPSHOT_CPUS / 1024, allowed, err);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

void scale_collect(struct bench *b)
{
	char dir[] = "/tmp/lull-bench.XXXXXX";

	collect_memory(b);
	if (!mkdtemp(dir))
		return;
	collect_reading(b, dir);
	collect_plan(b, dir);
	collect_recordings(b, dir);
	(void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
