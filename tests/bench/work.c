/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * work: the workloads. Two SCHED_FIFO threads on the measured CPU live as long as the bench, so
 * that all arms see the same ones. A slice lasts less than a millisecond. Before and after it a
 * fixed loop tells how fast the CPU is just now: in a virtual machine that changes by a third from
 * second to second, so many short slices tell more than few long ones.
 */
#include "bench/bench.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <time.h>

#include "base/cleanup.h"
#include "bench/ops.h"

#define SLICE_NS    400000
#define LOOKS	    3 /* at the CPU's speed: the best counts */
#define FIRST_LOOKS 200
#define STEPS	    3000 /* of one */
#define TABLE	    512
#define TRIES	    4 /* for a slice during which the speed stays the same */
#define SPEED_DRIFT 0.03
#define WARM_UP	    64 /* operations, at most */

enum { LEADER, HELPER };

struct worker {
	struct work *work;
	unsigned int number;
	pthread_t thread;
	pid_t tid;
	sem_t go, done;
};

struct work {
	int cpu;
	struct worker workers[N_WORK_TIDS];
	pid_t tids[N_WORK_TIDS];
	unsigned int started;
	unsigned int slice[N_WORKS]; /* operations */
	struct ops *ops;
	volatile uint64_t table[TABLE];
	double speed; /* as the loop took at the start, at best: all times are scaled to that */

	/* The order of the day. */
	enum work_kind kind;
	unsigned int n;
	bool quit;
	int err;
	double op_ns;  /* scaled */
	uint64_t done; /* operations, ever */
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/*
 * How long a fixed loop takes, in user space alone: what shares the core slows it down as it does
 * the workloads. A loop of system calls is no measure: it takes 7 % more or less from one moment to
 * the next, at the same speed of everything else.
 */
static double look_at_speed(struct work *w, unsigned int looks)
{
	double best = 1e18;

	for (unsigned int look = 0; look < looks; look++) {
		uint64_t began = now_ns(), a = 1, b = 2, c = 3;

		for (unsigned int i = 0; i < STEPS; i++) {
			a += w->table[i % TABLE];
			b ^= a << 3;
			c = c * 5 + w->table[(i + 7) % TABLE];
			w->table[(i + 64) % TABLE] = b ^ c;
			if ((b ^ c) & 1)
				a ^= c;
		}
		best = min(best, (double)(now_ns() - began));
	}
	return best;
}

/* One try of a slice; how much the speed changed meanwhile. */
static double try_slice(struct work *w)
{
	double before = look_at_speed(w, LOOKS), after, ns;
	uint64_t began = now_ns();

	w->err = ops_do(w->ops, w->kind, w->n);
	w->done += w->n;
	ns = (double)(now_ns() - began) / w->n;
	after = look_at_speed(w, LOOKS);
	w->op_ns = ns * w->speed / ((before + after) / 2);
	return after > before ? after / before - 1 : before / after - 1;
}

/* A whole number of batches. */
static unsigned int round_up(enum work_kind kind, unsigned int n)
{
	unsigned int batch = ops_batch(kind);

	return max((n + batch - 1) / batch, 1) * batch;
}

/* The leader measures; a short start warms the caches. */
static void lead(struct work *w)
{
	unsigned int few = round_up(w->kind, min(w->n, WARM_UP));

	w->err = ops_do(w->ops, w->kind, few);
	w->done += few;
	for (unsigned int i = 0; i < TRIES && !w->err; i++)
		if (try_slice(w) < SPEED_DRIFT)
			break;
	ops_end(w->ops, w->kind);
}

static void *worker_main(void *arg)
{
	struct worker *me = arg;

	me->tid = (pid_t)syscall(SYS_gettid);
	if (me->number == LEADER)
		me->work->speed = look_at_speed(me->work, FIRST_LOOKS);
	(void)sem_post(&me->done);
	for (;;) {
		while (sem_wait(&me->go))
			;
		if (me->work->quit)
			return NULL;
		if (me->number == LEADER)
			lead(me->work);
		else
			ops_help(me->work->ops, me->work->kind);
		(void)sem_post(&me->done);
	}
}

static int worker_start(struct work *w, unsigned int number)
{
	struct worker *me = &w->workers[number];
	struct sched_param param = { .sched_priority = 10 };
	pthread_attr_t attr;
	cpu_set_t cpus;
	int err;

	me->work = w;
	me->number = number;
	CPU_ZERO(&cpus);
	CPU_SET((size_t)w->cpu, &cpus);
	(void)sem_init(&me->go, 0, 0);
	(void)sem_init(&me->done, 0, 0);
	(void)pthread_attr_init(&attr);
	err = pthread_attr_setaffinity_np(&attr, sizeof(cpus), &cpus);
	err = err ?: pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
	err = err ?: pthread_attr_setschedpolicy(&attr, SCHED_FIFO);
	err = err ?: pthread_attr_setschedparam(&attr, &param);
	err = err ?: pthread_create(&me->thread, &attr, worker_main, me);
	(void)pthread_attr_destroy(&attr);
	if (err)
		return -err;
	w->started++;
	while (sem_wait(&me->done))
		;
	w->tids[number] = me->tid;
	return 0;
}

static int run(struct work *w, enum work_kind kind, unsigned int n)
{
	w->kind = kind;
	w->n = n;
	ops_begin(w->ops);
	(void)sem_post(&w->workers[HELPER].go);
	(void)sem_post(&w->workers[LEADER].go);
	for (unsigned int i = 0; i < N_WORK_TIDS; i++)
		while (sem_wait(&w->workers[i].done))
			;
	return w->err;
}

/* How many operations make a slice. */
static int calibrate(struct work *w)
{
	for (unsigned int kind = 0; kind < N_WORKS; kind++) {
		unsigned int n;
		int err;

		if (!work_has(w, (enum work_kind)kind))
			continue;
		err = run(w, (enum work_kind)kind, round_up((enum work_kind)kind, 256));
		if (err)
			return err;
		n = (unsigned int)(SLICE_NS / max(w->op_ns, 50));
		w->slice[kind] = round_up((enum work_kind)kind, n);
	}
	return 0;
}

int work_open(int cpu, struct work **ret)
{
	struct work *w = calloc(1, sizeof(*w));
	int err;

	if (!w)
		return -ENOMEM;
	w->cpu = cpu;
	err = ops_open(&w->ops);
	for (unsigned int i = 0; i < N_WORK_TIDS; i++)
		err = err ?: worker_start(w, i);
	err = err ?: calibrate(w);
	if (err) {
		work_free(w);
		return err;
	}
	*ret = w;
	return 0;
}

void work_free(struct work *w)
{
	if (!w)
		return;
	w->quit = true;
	for (unsigned int i = 0; i < w->started; i++) {
		(void)sem_post(&w->workers[i].go);
		(void)pthread_join(w->workers[i].thread, NULL);
	}
	ops_free(w->ops);
	free(w);
}

const pid_t *work_tids(const struct work *w)
{
	return w->tids;
}

bool work_has(const struct work *w, enum work_kind kind)
{
	return ops_has(w->ops, kind);
}

uint64_t work_done(const struct work *w)
{
	return w->done;
}

int work_slice(struct work *w, enum work_kind kind, double *ret_ns)
{
	int err = run(w, kind, w->slice[kind]);

	if (!err)
		*ret_ns = w->op_ns;
	return err;
}

const char *work_name(enum work_kind kind)
{
	static const char *const names[] = {
		[WORK_YIELD] = "yield",	  [WORK_PING] = "ping-pong",  [WORK_UDP] = "udp",
		[WORK_VECTOR] = "vector", [WORK_SOFTIRQ] = "softirq", [WORK_EXIT] = "VM exit",
		[WORK_TIMER] = "timer",	  [WORK_DISK] = "disk read",  [WORK_SYSCALL] = "getppid",
	};

	return names[kind];
}
