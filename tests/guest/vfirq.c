/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vfirq: owns a passed-through device and makes it interrupt, in numbers that are known to the last
 * one. Each line on stdin is a number; each answer on stdout says what arrived at the eventfds. No
 * guest: where the interrupts of one go, miniguest shows.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "device.h"

#define AWAIT_MS 5000

struct options {
	const char *bdf, *comm;
	uint32_t vectors, rate_hz;
};

static const char usage[] =
	"usage: vfirq BDF [--vectors N] [--rate PER_SECOND] [--comm NAME] <COUNTS\n"
	"  Raises as many interrupts as each line says, one vector after the other (default:\n"
	"  all that the device has), each when the last has arrived and not faster than the rate\n"
	"  (default 500). The end of the input ends it.\n";

static int parse_options(int argc, char **argv, struct options *opts)
{
	static const struct option table[] = {
		{ .name = "vectors", .has_arg = required_argument, .val = 'v' },
		{ .name = "rate", .has_arg = required_argument, .val = 'r' },
		{ .name = "comm", .has_arg = required_argument, .val = 'c' },
		{ .name = NULL },
	};
	int option, err = 0;

	while (!err && (option = getopt_long(argc, argv, "", table, NULL)) != -1) {
		if (option == 'v')
			err = parse_u32(optarg, &opts->vectors);
		else if (option == 'r')
			err = parse_u32(optarg, &opts->rate_hz);
		else if (option == 'c')
			opts->comm = optarg;
		else
			err = -EINVAL;
	}
	if (err || optind != argc - 1 || opts->rate_hz == 0)
		return -EINVAL;
	opts->bdf = argv[optind];
	return 0;
}

/* An eventfd counts, so that one which came twice, or came late, shows as another number than 1. */
static bool await_eventfd(void *ctx, unsigned int vector)
{
	const int *eventfds = ctx;
	struct pollfd wait = { .fd = eventfds[vector], .events = POLLIN };
	uint64_t count;

	return poll(&wait, 1, AWAIT_MS) == 1 &&
	       read(eventfds[vector], &count, sizeof(count)) == sizeof(count) && count == 1;
}

static int serve(const struct options *opts, struct device *dev)
{
	int eventfds[DEVICE_VECTORS_MAX];
	const struct device_load load = {
		.rate_hz = opts->rate_hz,
		.stop = -1,
		.await = await_eventfd,
		.ctx = eventfds,
	};
	int err;

	for (unsigned int i = 0; i < DEVICE_VECTORS_MAX; i++) {
		eventfds[i] = eventfd(0, EFD_CLOEXEC);
		if (eventfds[i] < 0)
			return -errno;
	}
	err = device_enable(dev, eventfds, opts->vectors ?: device_vectors(dev));
	if (err)
		return err;
	(void)printf("{\"pid\":%d,\"device\":\"%s\",\"vectors\":%u}\n", getpid(), device_name(dev),
		     dev->vectors);
	(void)fflush(stdout);
	(void)setvbuf(stdin, NULL, _IONBF, 0);
	return device_serve(dev, &load, stdin);
}

int main(int argc, char **argv)
{
	struct options opts = { .comm = "vfirq", .rate_hz = 500 };
	struct device dev;
	int err;

	if (parse_options(argc, argv, &opts)) {
		(void)fputs(usage, stderr);
		return 1;
	}
	(void)prctl(PR_SET_NAME, opts.comm);
	err = device_open(opts.bdf, &dev);
	if (!err) {
		err = serve(&opts, &dev);
		device_close(&dev);
	}
	if (err)
		(void)fprintf(stderr, "vfirq: %s: %s\n", opts.bdf, strerror(-err));
	return err ? 1 : 0;
}
