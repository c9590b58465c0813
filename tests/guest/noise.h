/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * noise: what the kinds of noise share: the options, the end of the run, the CPU it happens on and
 * the line of JSON that says what was really done. Nothing here is part of lull itself.
 */
#ifndef LULL_GUEST_NOISE_H
#define LULL_GUEST_NOISE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define NS_PER_SEC 1000000000ULL

struct noise_options {
	const char *kind;
	const char *comm; /* the task's name; NULL: noise-KIND */
	const char *file;
	uint32_t cpu;	   /* where the noise is heard */
	uint32_t from_cpu; /* where it is made, for ipi */
	uint32_t priority; /* of SCHED_FIFO, for fifo */
	bool is_free;	   /* bound to no CPU, for fifo */
	uint32_t rate_hz;
	uint64_t run_ns, every_ns;
	uint64_t duration_ns; /* 0: until a signal */
};

/* One kind of noise: makes it until noise_is_over() and reports it. 0 or -errno. */
typedef int noise_kind_fn(const struct noise_options *opts);
noise_kind_fn noise_fifo, noise_spin;		  /* noise_cpu.c: takes the CPU */
noise_kind_fn noise_ipi, noise_wake, noise_timer; /* noise_irq.c: interrupts it */
/* noise_io.c: makes devices interrupt it */
noise_kind_fn noise_udp, noise_disk, noise_work, noise_rng;

/* What this thread has used so far, by the clocks that lull is compared with. */
struct noise_usage {
	uint64_t clock_ns;     /* CLOCK_MONOTONIC, not a usage: the time of the reading */
	uint64_t thread_ns;    /* CLOCK_THREAD_CPUTIME_ID */
	uint64_t schedstat_ns; /* /proc/thread-self/schedstat: ran */
	uint64_t wait_ns;      /* the same file: waited for the CPU */
};

uint64_t noise_clock_ns(clockid_t clock);
void noise_usage_read(struct noise_usage *ret);

/* A run in progress, from noise_start to noise_report. */
struct noise_run {
	struct noise_usage start;
	uint64_t end_ns; /* UINT64_MAX: when a signal comes */
};

/* Pins the calling thread to one CPU. -errno. */
int noise_pin(uint32_t cpu);
void noise_start(const struct noise_options *opts, struct noise_run *ret);
bool noise_is_over(const struct noise_run *run);
/* Sleeps until @until_ns of CLOCK_MONOTONIC; a signal that ends the run ends the sleep. */
void noise_sleep_until(uint64_t until_ns);

/* Rounds at a fixed rate: waits for the next one. False: the run is over. Late ones are dropped. */
struct noise_pace {
	uint64_t next_ns, period_ns;
	uint64_t missed;
};

bool noise_next(const struct noise_run *run, struct noise_pace *pace);

/* The one line of JSON: what every kind says, and then @fmt, members that begin with a comma. */
void noise_report(const struct noise_options *opts, const struct noise_run *run, const char *fmt,
		  ...) __attribute__((format(printf, 3, 4)));

#endif
