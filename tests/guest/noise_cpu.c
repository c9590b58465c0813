/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * noise_cpu: noise that takes the CPU away, or wants it: a real-time task in bursts, bound to the
 * CPU or not, and a plain busy thread. Memory is locked, so that no page fault adds to what was asked for.
 */
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "noise.h"

static int set_up(const struct noise_options *opts, int policy, uint32_t priority)
{
	struct sched_param param = { .sched_priority = (int)priority };
	int err = noise_pin(opts->cpu);

	if (err)
		return err;
	(void)mlockall(MCL_CURRENT | MCL_FUTURE); /* without the right to, a fault is survivable */
	return sched_setscheduler(0, policy, &param) ? -errno : 0;
}

/* Where it may run, as it was started; with --free. */
static int free_set(cpu_set_t *ret)
{
	return sched_getaffinity(0, sizeof(*ret), ret) ? -errno : 0;
}

/* To the CPU, and then bound to none again; where a shield keeps it from there, it stays. */
static void go_home(const struct noise_options *opts, const cpu_set_t *all)
{
	if (noise_pin(opts->cpu) == 0)
		(void)sched_setaffinity(0, sizeof(*all), all);
}

/*
 * Every burst ends when the thread's own CPU time reaches a multiple of --run: what waking and
 * sleeping cost is part of the next burst, so that the sum is exact whatever the host's speed.
 */
int noise_fifo(const struct noise_options *opts)
{
	struct noise_pace pace = { .period_ns = opts->every_ns };
	uint64_t bursts = 0, burst_ns = 0, target_ns;
	struct noise_run run;
	cpu_set_t all;
	int err = free_set(&all);

	err = err ?: set_up(opts, SCHED_FIFO, opts->priority);
	if (err)
		return err;
	if (opts->is_free)
		go_home(opts, &all);
	noise_start(opts, &run);
	target_ns = run.start.thread_ns;
	while (noise_next(&run, &pace)) {
		uint64_t woke_ns = noise_clock_ns(CLOCK_MONOTONIC);

		if (opts->is_free)
			go_home(opts, &all);
		target_ns += opts->run_ns;
		while (noise_clock_ns(CLOCK_THREAD_CPUTIME_ID) < target_ns)
			;
		burst_ns += noise_clock_ns(CLOCK_MONOTONIC) - woke_ns;
		bursts++;
	}
	noise_report(opts, &run,
		     ",\"bursts\":%" PRIu64 ",\"missed\":%" PRIu64 ",\"wall_ns\":%" PRIu64, bursts,
		     pace.missed, burst_ns);
	return 0;
}

int noise_spin(const struct noise_options *opts)
{
	struct noise_run run;
	int err = set_up(opts, SCHED_OTHER, 0);

	if (err)
		return err;
	(void)printf("{\"tid\":%d}\n", gettid());
	(void)fflush(stdout);
	noise_start(opts, &run);
	while (!noise_is_over(&run))
		;
	noise_report(opts, &run, "%s", "");
	return 0;
}
