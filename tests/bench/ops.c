/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/ops.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/cleanup.h"
#include "bench/exits.h"
#include "bench/frames.h"
#include "bench/kick.h"

#include <kick.skel.h>

#define SLEEP_NS   20000
#define DISK_BLOCK 4096
#define DISK_BYTES (16U << 20) /* of a file that is read in jumps */

struct ops {
	int ping, pong, udp;
	int disk; /* -1: no file system here that reads past its cache */
	void *block;
	unsigned int jump;
	struct kick_bpf *kick;
	struct ring_buffer *kicked;
	struct frames frames;
	struct exits exits;
	volatile bool stop; /* the helper shall end */
};

static int do_ping(const struct ops *o, unsigned int n)
{
	uint64_t v = 1;

	for (unsigned int i = 0; i < n; i++)
		if (write(o->ping, &v, sizeof(v)) < 0 || read(o->pong, &v, sizeof(v)) < 0)
			return -errno;
	return 0;
}

static void help_ping(const struct ops *o)
{
	uint64_t v = 1;

	while (read(o->ping, &v, sizeof(v)) > 0 && v == 1)
		if (write(o->pong, &v, sizeof(v)) < 0)
			return;
}

static int do_udp(const struct ops *o, unsigned int n)
{
	char byte = 0;

	for (unsigned int i = 0; i < n; i++)
		if (send(o->udp, &byte, 1, 0) < 0 || recv(o->udp, &byte, 1, 0) < 0)
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
static int do_kicks(const struct ops *o, unsigned int n)
{
	int fd = bpf_program__fd(o->kick->progs.kick);

	for (unsigned int i = 0; i < n; i += KICKS) {
		LIBBPF_OPTS(bpf_test_run_opts, opts);
		int err = bpf_prog_test_run_opts(fd, &opts);

		if (err)
			return err;
		if (opts.retval != KICKS)
			return -ENOSPC;
		(void)ring_buffer__consume(o->kicked);
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

static int do_reads(struct ops *o, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		o->jump = (o->jump + 1021) % (DISK_BYTES / DISK_BLOCK);
		if (pread(o->disk, o->block, DISK_BLOCK, (off_t)o->jump * DISK_BLOCK) < 0)
			return -errno;
	}
	return 0;
}

int ops_do(struct ops *o, enum work_kind kind, unsigned int n)
{
	switch (kind) {
	case WORK_YIELD:
		for (unsigned int i = 0; i < n; i++)
			(void)sched_yield();
		return 0;
	case WORK_PING:
		return do_ping(o, n);
	case WORK_SOFTIRQ:
		return frames_send(&o->frames, n);
	case WORK_UDP:
		return do_udp(o, n);
	case WORK_VECTOR:
		return do_kicks(o, n);
	case WORK_EXIT:
		return exits_do(&o->exits, n);
	case WORK_TIMER:
		return do_sleeps(n);
	case WORK_DISK:
		return do_reads(o, n);
	default:
		for (unsigned int i = 0; i < n; i++)
			(void)syscall(SYS_getppid);
		return 0;
	}
}

void ops_begin(struct ops *o)
{
	o->stop = false;
}

void ops_help(const struct ops *o, enum work_kind kind)
{
	if (kind == WORK_PING)
		help_ping(o);
	while (kind == WORK_YIELD && !o->stop)
		(void)sched_yield();
}

void ops_end(struct ops *o, enum work_kind kind)
{
	uint64_t v = 2;

	o->stop = true;
	if (kind == WORK_PING)
		(void)!write(o->ping, &v, sizeof(v));
}

unsigned int ops_batch(enum work_kind kind)
{
	static const unsigned int batches[N_WORKS] = {
		[WORK_SOFTIRQ] = FRAMES,
		[WORK_VECTOR] = KICKS,
		[WORK_EXIT] = EXITS,
	};

	return max(batches[kind], 1);
}

bool ops_has(const struct ops *o, enum work_kind kind)
{
	switch (kind) {
	case WORK_SOFTIRQ:
		return o->frames.fd >= 0;
	case WORK_VECTOR:
		return o->kick;
	case WORK_EXIT:
		return o->exits.vcpu >= 0;
	case WORK_DISK:
		return o->disk >= 0;
	default:
		return true;
	}
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
static void kick_open(struct ops *o)
{
	o->kick = kick_bpf__open_and_load();
	if (o->kick)
		o->kicked =
			ring_buffer__new(bpf_map__fd(o->kick->maps.ring), take_kick, NULL, NULL);
	if (o->kicked)
		return;
	kick_bpf__destroy(o->kick);
	o->kick = NULL;
}

/* A file of zeros that nobody else sees, in the working directory: /tmp may be memory. */
static void disk_open(struct ops *o)
{
	char name[] = "bench.XXXXXX";
	auto_close int fd = mkostemp(name, O_DIRECT | O_CLOEXEC);

	o->disk = -1;
	if (fd < 0)
		return;
	(void)unlink(name);
	if (posix_memalign(&o->block, DISK_BLOCK, DISK_BLOCK))
		return;
	memset(o->block, 0, DISK_BLOCK);
	for (unsigned int at = 0; at < DISK_BYTES; at += DISK_BLOCK)
		if (pwrite(fd, o->block, DISK_BLOCK, (off_t)at) != DISK_BLOCK)
			return;
	o->disk = take_fd(fd);
}

int ops_open(struct ops **ret)
{
	struct ops *o = calloc(1, sizeof(*o));
	int err = 0;

	if (!o)
		return -ENOMEM;
	o->udp = -1;
	o->ping = eventfd(0, EFD_CLOEXEC);
	o->pong = eventfd(0, EFD_CLOEXEC);
	if (o->ping < 0 || o->pong < 0)
		err = -errno;
	err = err ?: udp_open(&o->udp);
	frames_open(&o->frames);
	exits_open(&o->exits);
	kick_open(o);
	disk_open(o);
	if (err) {
		ops_free(o);
		return err;
	}
	*ret = o;
	return 0;
}

void ops_free(struct ops *o)
{
	if (!o)
		return;
	ring_buffer__free(o->kicked);
	kick_bpf__destroy(o->kick);
	frames_done(&o->frames);
	exits_done(&o->exits);
	cleanup_close_fd(&o->ping);
	cleanup_close_fd(&o->pong);
	cleanup_close_fd(&o->udp);
	cleanup_close_fd(&o->disk);
	free(o->block);
	free(o);
}
