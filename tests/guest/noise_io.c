/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * noise_io: noise that arrives through devices: datagrams over the loopback, received in the
 * softirq of the sending CPU, uncached reads, completed by the disk's interrupt on the CPU that
 * the disk's line is routed to, random numbers of a device, which come by its interrupt, and lines
 * written to a pseudo-terminal, which a kernel worker carries over. Reads only; the file must be at
 * least 4 KiB long.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "noise.h"

#define BLOCK 4096

/* A socket on the loopback that is connected to itself. */
static int open_loopback(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(addr);
	auto_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) ||
	    getsockname(fd, (struct sockaddr *)&addr, &len) ||
	    connect(fd, (struct sockaddr *)&addr, len))
		return -errno;
	return take_fd(fd);
}

int noise_udp(const struct noise_options *opts)
{
	struct noise_pace pace = { .period_ns = NS_PER_SEC / opts->rate_hz };
	auto_close int fd = open_loopback();
	uint64_t sent = 0, received = 0;
	struct noise_run run;
	char byte = 0;
	int err;

	if (fd < 0)
		return fd;
	err = noise_pin(opts->cpu);
	if (err)
		return err;
	noise_start(opts, &run);
	while (noise_next(&run, &pace)) {
		sent += send(fd, &byte, 1, 0) == 1;
		received += recv(fd, &byte, 1, MSG_DONTWAIT) == 1;
	}
	noise_report(opts, &run,
		     ",\"sent\":%" PRIu64 ",\"received\":%" PRIu64 ",\"missed\":%" PRIu64, sent,
		     received, pace.missed);
	return 0;
}

/* Steps through the file so that a device with a cache of its own has to work for it. */
static int read_until_over(const struct noise_options *opts, int fd, off_t size)
{
	struct noise_pace pace = { .period_ns = NS_PER_SEC / opts->rate_hz };
	off_t blocks = size / BLOCK;
	auto_free void *buffer = NULL;
	struct noise_run run;
	uint64_t reads = 0;

	if (blocks == 0)
		return -EINVAL;
	if (posix_memalign(&buffer, BLOCK, BLOCK))
		return -ENOMEM;
	noise_start(opts, &run);
	while (noise_next(&run, &pace)) {
		if (pread(fd, buffer, BLOCK, (off_t)(reads % (uint64_t)blocks) * BLOCK) != BLOCK)
			return -errno ?: -EIO;
		reads++;
	}
	noise_report(opts, &run, ",\"reads\":%" PRIu64 ",\"missed\":%" PRIu64, reads, pace.missed);
	return 0;
}

int noise_disk(const struct noise_options *opts)
{
	auto_close int fd = -1;
	struct stat st;
	int err = noise_pin(opts->cpu);

	if (err)
		return err;
	if (!opts->file)
		return -EINVAL;
	fd = open(opts->file, O_RDONLY | O_DIRECT | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		return -errno;
	return read_until_over(opts, fd, st.st_size);
}

/* A line for the worker to look at character by character; fits a terminal's buffer. */
#define LINE 2000

static int open_terminal(int *ret_slave)
{
	auto_close int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct termios mode;
	char name[64];

	if (master < 0 || grantpt(master) || unlockpt(master) ||
	    ptsname_r(master, name, sizeof(name)))
		return -errno;
	*ret_slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (*ret_slave < 0 || tcgetattr(*ret_slave, &mode))
		return -errno;
	mode.c_lflag &= ~(tcflag_t)ECHO;
	return tcsetattr(*ret_slave, TCSANOW, &mode) ? -errno : take_fd(master);
}

/* Made on the other CPU; on which one the worker runs, the mask of the work queues decides. */
int noise_work(const struct noise_options *opts)
{
	struct noise_pace pace = { .period_ns = NS_PER_SEC / opts->rate_hz };
	auto_close int slave = -1;
	auto_close int master = open_terminal(&slave);
	char line[LINE], back[2 * LINE];
	struct noise_run run;
	uint64_t lines = 0;
	int err;

	if (master < 0)
		return master;
	err = noise_pin(opts->from_cpu);
	if (err)
		return err;
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	noise_start(opts, &run);
	while (noise_next(&run, &pace)) {
		if (write(master, line, sizeof(line)) != sizeof(line) ||
		    read(slave, back, sizeof(back)) <= 0)
			return noise_is_over(&run) ? 0 : -EIO;
		lines++;
	}
	noise_report(opts, &run, ",\"lines\":%" PRIu64 ",\"missed\":%" PRIu64, lines, pace.missed);
	return 0;
}

/*
 * A virtual machine's device gives 64 bytes at a time, one interrupt each, and no more than its host
 * lets it. Where the numbers come without an interrupt, none is made.
 */
#define RNG_BYTES 64

int noise_rng(const struct noise_options *opts)
{
	struct noise_pace pace = { .period_ns = NS_PER_SEC / opts->rate_hz };
	auto_close int fd = open("/dev/hwrng", O_RDONLY | O_CLOEXEC);
	struct noise_run run;
	char bytes[RNG_BYTES];
	uint64_t reads = 0;
	int err;

	if (fd < 0)
		return -errno;
	err = noise_pin(opts->from_cpu);
	if (err)
		return err;
	noise_start(opts, &run);
	while (noise_next(&run, &pace)) {
		if (read(fd, bytes, sizeof(bytes)) > 0)
			reads++;
		else if (errno != EINTR)
			return -errno ?: -EIO;
	}
	noise_report(opts, &run, ",\"reads\":%" PRIu64 ",\"missed\":%" PRIu64, reads, pace.missed);
	return 0;
}
