/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * work: the workloads. Two SCHED_FIFO threads on the measured CPU live as long as the bench, so
 * that all arms see the same ones. A slice lasts less than a millisecond. Before and after it a
 * fixed loop of system calls tells how fast the CPU is just now: in a virtual machine that changes
 * by a third from second to second, so many short slices tell more than few long ones.
 */
#include "bench/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/cleanup.h"
#include "bench/kick.h"

#include <kick.skel.h>

#define SLICE_NS    400000
#define CALLS	    300 /* of a look at the CPU's speed; the best of LOOKS */
#define LOOKS	    3
#define TRIES	    4 /* for a slice during which the speed stays the same */
#define SPEED_DRIFT 0.03

#define SLEEP_NS    20000
#define DISK_BLOCK  4096
#define DISK_BYTES  (16U << 20) /* of a file that is read in jumps */

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
	unsigned int ops[N_WORKS];
	int ping, pong, udp;
	int disk; /* -1: no file system here that reads past its cache */
	void *block;
	unsigned int jump;
	struct kick_bpf *kick;
	struct ring_buffer *kicked;

	/* The order of the day. */
	enum work_kind kind;
	unsigned int n;
	bool quit;
	volatile bool stop; /* the helper shall end */
	int err;
	double op_ns; /* scaled */
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void do_syscalls(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		(void)syscall(SYS_getppid);
}

/* How long the fixed loop takes, per call. */
static double look_at_speed(void)
{
	double best = 1e18;

	for (unsigned int i = 0; i < LOOKS; i++) {
		uint64_t began = now_ns();

		do_syscalls(CALLS);
		best = min(best, (double)(now_ns() - began) / CALLS);
	}
	return best;
}

static int do_ping(const struct work *w, unsigned int n)
{
	uint64_t v = 1;

	for (unsigned int i = 0; i < n; i++)
		if (write(w->ping, &v, sizeof(v)) < 0 || read(w->pong, &v, sizeof(v)) < 0)
			return -errno;
	return 0;
}

static void help_ping(const struct work *w)
{
	uint64_t v = 1;

	while (read(w->ping, &v, sizeof(v)) > 0 && v == 1)
		if (write(w->pong, &v, sizeof(v)) < 0)
			return;
}

static int do_udp(const struct work *w, unsigned int n)
{
	char byte = 0;

	for (unsigned int i = 0; i < n; i++)
		if (send(w->udp, &byte, 1, 0) < 0 || recv(w->udp, &byte, 1, 0) < 0)
			return -errno;
	return 0;
}

static int take_kick(void *ctx, void *data, size_t len)
{
	(void)ctx;
	(void)data;
	(void)len;
	return 0;
}

/* @n is a multiple of KICKS. */
static int do_kicks(const struct work *w, unsigned int n)
{
	int fd = bpf_program__fd(w->kick->progs.kick);

	for (unsigned int i = 0; i < n; i += KICKS) {
		LIBBPF_OPTS(bpf_test_run_opts, opts);
		int err = bpf_prog_test_run_opts(fd, &opts);

		if (err)
			return err;
		if (opts.retval != KICKS)
			return -ENOSPC;
		(void)ring_buffer__consume(w->kicked);
	}
	return 0;
}

static int do_sleeps(unsigned int n)
{
	const struct timespec pause = { .tv_nsec = SLEEP_NS };

	for (unsigned int i = 0; i < n; i++)
		if (clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL))
			return -EINTR;
	return 0;
}

static int do_reads(struct work *w, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		w->jump = (w->jump + 1021) % (DISK_BYTES / DISK_BLOCK);
		if (pread(w->disk, w->block, DISK_BLOCK, (off_t)w->jump * DISK_BLOCK) < 0)
			return -errno;
	}
	return 0;
}

static int do_work(struct work *w, unsigned int n)
{
	switch (w->kind) {
	case WORK_YIELD:
		for (unsigned int i = 0; i < n; i++)
			(void)sched_yield();
		return 0;
	case WORK_PING:
		return do_ping(w, n);
	case WORK_UDP:
		return do_udp(w, n);
	case WORK_VECTOR:
		return do_kicks(w, n);
	case WORK_TIMER:
		return do_sleeps(n);
	case WORK_DISK:
		return do_reads(w, n);
	default:
		do_syscalls(n);
		return 0;
	}
}

/* One try of a slice; how much the speed changed meanwhile. */
static double try_slice(struct work *w)
{
	double before = look_at_speed(), after, ns;
	uint64_t began = now_ns();

	w->err = do_work(w, w->n);
	ns = (double)(now_ns() - began) / w->n;
	after = look_at_speed();
	w->op_ns = ns * CALL_NS / ((before + after) / 2);
	return after > before ? after / before - 1 : before / after - 1;
}

/* The leader measures; a short start warms the caches. */
static void lead(struct work *w)
{
	uint64_t v = 2;

	w->err = do_work(w, min(w->n, KICKS));
	for (unsigned int i = 0; i < TRIES && !w->err; i++)
		if (try_slice(w) < SPEED_DRIFT)
			break;
	w->stop = true;
	if (w->kind == WORK_PING)
		(void)!write(w->ping, &v, sizeof(v));
}

static void help(const struct work *w)
{
	if (w->kind == WORK_PING)
		help_ping(w);
	while (w->kind == WORK_YIELD && !w->stop)
		(void)sched_yield();
}

static void *worker_main(void *arg)
{
	struct worker *me = arg;

	me->tid = (pid_t)syscall(SYS_gettid);
	(void)sem_post(&me->done);
	for (;;) {
		while (sem_wait(&me->go))
			;
		if (me->work->quit)
			return NULL;
		if (me->number == LEADER)
			lead(me->work);
		else
			help(me->work);
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

/* A socket that is connected to itself. */
static int udp_open(int *ret)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	auto_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&at, sizeof(at)) ||
	    getsockname(fd, (struct sockaddr *)&at, &len) ||
	    connect(fd, (const struct sockaddr *)&at, sizeof(at)))
		return -errno;
	*ret = take_fd(fd);
	return 0;
}

/* Not everywhere: a kernel without the program type, or an architecture without the vector. */
static void kick_open(struct work *w)
{
	w->kick = kick_bpf__open_and_load();
	if (w->kick)
		w->kicked =
			ring_buffer__new(bpf_map__fd(w->kick->maps.ring), take_kick, NULL, NULL);
	if (w->kicked)
		return;
	kick_bpf__destroy(w->kick);
	w->kick = NULL;
}

/* A file of zeros that nobody else sees, in the working directory: /tmp may be memory. */
static void disk_open(struct work *w)
{
	char name[] = "bench.XXXXXX";
	auto_close int fd = mkostemp(name, O_DIRECT | O_CLOEXEC);

	w->disk = -1;
	if (fd < 0)
		return;
	(void)unlink(name);
	if (posix_memalign(&w->block, DISK_BLOCK, DISK_BLOCK))
		return;
	memset(w->block, 0, DISK_BLOCK);
	for (unsigned int at = 0; at < DISK_BYTES; at += DISK_BLOCK)
		if (pwrite(fd, w->block, DISK_BLOCK, (off_t)at) != DISK_BLOCK)
			return;
	w->disk = take_fd(fd);
}

static int run(struct work *w, enum work_kind kind, unsigned int n)
{
	w->kind = kind;
	w->n = n;
	w->stop = false;
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
		err = run(w, (enum work_kind)kind, 4 * KICKS);
		if (err)
			return err;
		n = max((unsigned int)(SLICE_NS / max(w->op_ns, 50)), 1);
		w->ops[kind] = kind == WORK_VECTOR ? max(n / KICKS, 1) * KICKS : n;
	}
	return 0;
}

int work_open(int cpu, struct work **ret)
{
	struct work *w = calloc(1, sizeof(*w));
	int err = 0;

	if (!w)
		return -ENOMEM;
	w->cpu = cpu;
	w->udp = -1;
	w->ping = eventfd(0, EFD_CLOEXEC);
	w->pong = eventfd(0, EFD_CLOEXEC);
	if (w->ping < 0 || w->pong < 0)
		err = -errno;
	err = err ?: udp_open(&w->udp);
	kick_open(w);
	disk_open(w);
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
	ring_buffer__free(w->kicked);
	kick_bpf__destroy(w->kick);
	cleanup_close_fd(&w->ping);
	cleanup_close_fd(&w->pong);
	cleanup_close_fd(&w->udp);
	cleanup_close_fd(&w->disk);
	free(w->block);
	free(w);
}

const pid_t *work_tids(const struct work *w)
{
	return w->tids;
}

bool work_has(const struct work *w, enum work_kind kind)
{
	if (kind == WORK_DISK)
		return w->disk >= 0;
	return kind != WORK_VECTOR || w->kick;
}

int work_slice(struct work *w, enum work_kind kind, double *ret_ns)
{
	int err = run(w, kind, w->ops[kind]);

	if (!err)
		*ret_ns = w->op_ns;
	return err;
}

const char *work_name(enum work_kind kind)
{
	static const char *const names[] = {
		[WORK_YIELD] = "yield",	    [WORK_PING] = "ping-pong", [WORK_UDP] = "udp",
		[WORK_VECTOR] = "vector",   [WORK_TIMER] = "timer",    [WORK_DISK] = "disk read",
		[WORK_SYSCALL] = "getppid",
	};

	return names[kind];
}
