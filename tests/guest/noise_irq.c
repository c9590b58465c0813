/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * noise_irq: interrupts in known numbers. A perf event bound to a CPU gives the two that bring no
 * task with them: reading it from elsewhere sends that CPU one function call, and sampling it
 * arms a timer there. Waking a task is the third; it interrupts and takes the CPU.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "noise.h"

/* @period_ns 0: a counter that never interrupts by itself. The descriptor or -errno. */
static int open_event(uint32_t cpu, uint64_t period_ns)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = period_ns ? PERF_COUNT_SW_CPU_CLOCK : PERF_COUNT_SW_DUMMY,
		.sample_period = period_ns,
	};
	long fd = syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : (int)fd;
}

int noise_ipi(const struct noise_options *opts)
{
	struct noise_pace pace = { .period_ns = NS_PER_SEC / opts->rate_hz };
	auto_close int fd = -1;
	struct noise_run run;
	uint64_t sent = 0, value;
	int err;

	if (opts->cpu == opts->from_cpu)
		return -EINVAL; /* a CPU does not interrupt itself */
	err = noise_pin(opts->from_cpu);
	if (err)
		return err;
	fd = open_event(opts->cpu, 0);
	if (fd < 0)
		return fd;
	noise_start(opts, &run);
	while (noise_next(&run, &pace)) {
		if (read(fd, &value, sizeof(value)) != sizeof(value))
			return -EIO;
		sent++;
	}
	noise_report(opts, &run, ",\"from\":%u,\"sent\":%" PRIu64 ",\"missed\":%" PRIu64,
		     opts->from_cpu, sent, pace.missed);
	return 0;
}

struct sleeper {
	const struct noise_options *opts;
	int event_fd;
	atomic_ullong woken;
	int err;
};

/* The task on the other CPU: only counts how often it was woken, until a round of 0 length. */
static void *sleep_and_count(void *arg)
{
	struct sleeper *sleeper = arg;
	sigset_t all;
	uint64_t value;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, NULL); /* signals are for the pacing thread */
	sleeper->err = noise_pin(sleeper->opts->cpu);
	while (read(sleeper->event_fd, &value, sizeof(value)) == sizeof(value)) {
		if (value > UINT32_MAX)
			break;
		atomic_fetch_add(&sleeper->woken, 1);
	}
	return NULL;
}

static int wake_until_over(const struct noise_options *opts, int event_fd, uint64_t *ret_sent)
{
	struct noise_pace pace = { .period_ns = NS_PER_SEC / opts->rate_hz };
	const uint64_t one = 1, end = 1ULL << 32;
	struct noise_run run;
	uint64_t sent = 0;

	noise_start(opts, &run);
	while (noise_next(&run, &pace)) {
		if (write(event_fd, &one, sizeof(one)) != sizeof(one))
			return -EIO;
		sent++;
	}
	*ret_sent = sent;
	return write(event_fd, &end, sizeof(end)) == sizeof(end) ? 0 : -EIO;
}

int noise_wake(const struct noise_options *opts)
{
	auto_close int fd = eventfd(0, EFD_CLOEXEC);
	struct sleeper sleeper = { .opts = opts, .event_fd = fd };
	struct noise_run run;
	uint64_t sent = 0;
	pthread_t thread;
	int err;

	if (fd < 0)
		return -errno;
	err = -pthread_create(&thread, NULL, sleep_and_count, &sleeper);
	if (err)
		return err;
	err = noise_pin(opts->from_cpu);
	noise_start(opts, &run);
	if (!err)
		err = wake_until_over(opts, fd, &sent);
	if (err)
		return err; /* the process ends, and the thread with it */
	(void)pthread_join(thread, NULL);
	noise_report(opts, &run, ",\"from\":%u,\"sent\":%" PRIu64 ",\"woken\":%llu", opts->from_cpu,
		     sent, atomic_load(&sleeper.woken));
	return sleeper.err;
}

/*
 * A ring that is mapped read-only is overwritten for ever, and its head is the number of bytes
 * written: with no sample fields that is one bare header per timer interrupt.
 */
static int count_timers(const struct noise_options *opts, int fd)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const struct perf_event_mmap_page *ring =
		mmap(NULL, 2 * page, PROT_READ, MAP_SHARED, fd, 0);
	struct noise_run run;
	uint64_t bytes;

	if (ring == MAP_FAILED)
		return -errno;
	noise_start(opts, &run);
	bytes = __atomic_load_n(&ring->data_head, __ATOMIC_ACQUIRE);
	while (!noise_is_over(&run))
		noise_sleep_until(
			min(run.end_ns, noise_clock_ns(CLOCK_MONOTONIC) + NS_PER_SEC / 10));
	bytes = __atomic_load_n(&ring->data_head, __ATOMIC_ACQUIRE) - bytes;
	noise_report(opts, &run, ",\"fired\":%" PRIu64, bytes / sizeof(struct perf_event_header));
	return 0;
}

int noise_timer(const struct noise_options *opts)
{
	auto_close int fd = open_event(opts->cpu, NS_PER_SEC / opts->rate_hz);

	return fd < 0 ? fd : count_timers(opts, fd);
}
