/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * noise: makes noise of a known kind and amount on one CPU, and says on stdout what it really did.
 * scripts/demo and the live tests compare that with what lull saw. It changes no setting of the
 * host; SIGTERM and SIGINT end it early and the report still comes.
 */
#include "noise.h"

#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"

static const struct {
	const char *name;
	noise_kind_fn *make;
	const char *help;
} kinds[] = {
	{ "fifo", noise_fifo,
	  "--run 3ms --every 20ms: a SCHED_FIFO task, exact in its CPU time; with --free it is\n"
	  "         bound to no CPU, but goes there whenever it may" },
	{ "spin", noise_spin, "a busy thread; prints {\"tid\":N} at once" },
	{ "ipi", noise_ipi, "--from A: one function call interrupt per round, no task" },
	{ "wake", noise_wake, "--from A: wakes a task on the CPU from another one" },
	{ "timer", noise_timer, "one timer interrupt per round, no task" },
	{ "udp", noise_udp, "a datagram over the loopback per round: NET_RX softirqs" },
	{ "work", noise_work, "--from A: a line to a pseudo-terminal per round: a kernel worker" },
	{ "disk", noise_disk, "--file F: an uncached read of 4 KiB per round" },
	{ "rng", noise_rng, "--from A: 64 bytes of /dev/hwrng per round: its device interrupts" },
};

static const char usage[] =
	"usage: noise KIND --cpu C [--rate PER_SECOND] [--secs TIME] [--comm NAME]\n"
	"             [--from CPU] [--run TIME] [--every TIME] [--prio N] [--free] [--file F]\n";

static volatile sig_atomic_t noise_stopped;

static void stop(int sig)
{
	(void)sig;
	noise_stopped = 1;
}

uint64_t noise_clock_ns(clockid_t clock)
{
	struct timespec ts;

	(void)clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_SEC + (uint64_t)ts.tv_nsec;
}

void noise_usage_read(struct noise_usage *ret)
{
	auto_fclose FILE *file = fopen("/proc/thread-self/schedstat", "re");
	char line[96] = "";
	char *rest = line;

	/* A kernel without schedstat leaves both 0, which the reader can tell from a measurement. */
	if (file && !fgets(line, sizeof(line), file))
		line[0] = '\0';
	ret->schedstat_ns = strtoull(rest, &rest, 10);
	ret->wait_ns = strtoull(rest, &rest, 10);
	ret->thread_ns = noise_clock_ns(CLOCK_THREAD_CPUTIME_ID);
	ret->clock_ns = noise_clock_ns(CLOCK_MONOTONIC);
}

int noise_pin(uint32_t cpu)
{
	cpu_set_t set;

	if (cpu >= CPU_SETSIZE)
		return -EINVAL;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

void noise_start(const struct noise_options *opts, struct noise_run *ret)
{
	noise_usage_read(&ret->start);
	ret->end_ns = opts->duration_ns ? ret->start.clock_ns + opts->duration_ns : UINT64_MAX;
}

bool noise_is_over(const struct noise_run *run)
{
	return noise_stopped || noise_clock_ns(CLOCK_MONOTONIC) >= run->end_ns;
}

void noise_sleep_until(uint64_t until_ns)
{
	struct timespec until = { .tv_sec = (time_t)(until_ns / NS_PER_SEC),
				  .tv_nsec = (long)(until_ns % NS_PER_SEC) };

	(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

bool noise_next(const struct noise_run *run, struct noise_pace *pace)
{
	uint64_t now = noise_clock_ns(CLOCK_MONOTONIC);

	if (pace->next_ns == 0)
		pace->next_ns = now;
	pace->next_ns += pace->period_ns;
	while (pace->next_ns < now) {
		pace->next_ns += pace->period_ns;
		pace->missed++;
	}
	if (pace->next_ns >= run->end_ns)
		return false;
	noise_sleep_until(pace->next_ns);
	return !noise_is_over(run);
}

void noise_report(const struct noise_options *opts, const struct noise_run *run, const char *fmt,
		  ...)
{
	struct noise_usage now;
	va_list args;

	noise_usage_read(&now);
	(void)printf("{\"noise\":\"%s\",\"tid\":%d,\"cpu\":%u,\"elapsed_ns\":%llu,"
		     "\"thread_cpu_ns\":%llu,\"schedstat_ns\":%llu,\"wait_ns\":%llu",
		     opts->kind, gettid(), opts->cpu,
		     (unsigned long long)(now.clock_ns - run->start.clock_ns),
		     (unsigned long long)(now.thread_ns - run->start.thread_ns),
		     (unsigned long long)(now.schedstat_ns - run->start.schedstat_ns),
		     (unsigned long long)(now.wait_ns - run->start.wait_ns));
	va_start(args, fmt);
	(void)vprintf(fmt, args);
	va_end(args);
	(void)printf("}\n");
}

static int parse_option(int option, const char *value, struct noise_options *opts)
{
	switch (option) {
	case 'c':
		return parse_u32(value, &opts->cpu);
	case 'f':
		return parse_u32(value, &opts->from_cpu);
	case 'p':
		return parse_u32(value, &opts->priority);
	case 'r':
		return parse_u32(value, &opts->rate_hz);
	case 'u':
		return parse_duration_ns(value, &opts->run_ns);
	case 'e':
		return parse_duration_ns(value, &opts->every_ns);
	case 's':
		return parse_duration_ns(value, &opts->duration_ns);
	case 'n':
		opts->comm = value;
		return 0;
	case 'i':
		opts->file = value;
		return 0;
	case 'l':
		opts->is_free = true;
		return 0;
	default:
		return -EINVAL;
	}
}

static int parse_options(int argc, char **argv, struct noise_options *opts)
{
	static const struct option table[] = {
		{ .name = "cpu", .has_arg = required_argument, .val = 'c' },
		{ .name = "to", .has_arg = required_argument, .val = 'c' },
		{ .name = "from", .has_arg = required_argument, .val = 'f' },
		{ .name = "prio", .has_arg = required_argument, .val = 'p' },
		{ .name = "rate", .has_arg = required_argument, .val = 'r' },
		{ .name = "run", .has_arg = required_argument, .val = 'u' },
		{ .name = "every", .has_arg = required_argument, .val = 'e' },
		{ .name = "secs", .has_arg = required_argument, .val = 's' },
		{ .name = "comm", .has_arg = required_argument, .val = 'n' },
		{ .name = "file", .has_arg = required_argument, .val = 'i' },
		{ .name = "free", .has_arg = no_argument, .val = 'l' },
		{ .name = NULL },
	};
	int option, err;

	while ((option = getopt_long(argc, argv, "", table, NULL)) != -1) {
		err = parse_option(option, optarg, opts);
		if (err)
			return err;
	}
	if (optind != argc - 1 || opts->rate_hz == 0 || opts->rate_hz > 100000)
		return -EINVAL;
	if (opts->run_ns >= opts->every_ns)
		return -EINVAL; /* it would never give the CPU back */
	opts->kind = argv[optind];
	return 0;
}

static void print_usage(void)
{
	(void)fputs(usage, stderr);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		(void)fprintf(stderr, "  %-6s %s\n", kinds[i].name, kinds[i].help);
}

static int make_noise(const struct noise_options *opts)
{
	const struct sigaction end = { .sa_handler = stop };
	char comm[16];

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!streq(kinds[i].name, opts->kind))
			continue;
		(void)snprintf(comm, sizeof(comm), "noise-%s", opts->kind);
		(void)prctl(PR_SET_NAME, opts->comm ?: comm);
		(void)sigaction(SIGTERM, &end, NULL);
		(void)sigaction(SIGINT, &end, NULL);
		return kinds[i].make(opts);
	}
	print_usage();
	return -EINVAL;
}

int main(int argc, char **argv)
{
	struct noise_options opts = {
		.priority = 50,
		.rate_hz = 1000,
		.run_ns = 3000000,
		.every_ns = 20000000,
	};
	int err;

	if (parse_options(argc, argv, &opts)) {
		print_usage();
		return 1;
	}
	err = make_noise(&opts);
	if (err)
		(void)fprintf(stderr, "noise: %s on CPU %u: %s\n", opts.kind, opts.cpu,
			      strerror(-err));
	return err ? 1 : 0;
}
