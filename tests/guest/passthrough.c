/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "passthrough.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <time.h>

#include "base/cleanup.h"
#include "vm.h"

#define AWAIT_TRIES 25000
#define AWAIT_NS    200000

static int set_up(const struct guest_vm *vm, const char *bdf, unsigned int dest,
		  struct passthrough *pass)
{
	int err = device_open(bdf, &pass->dev);

	if (err)
		return err;
	err = device_map(&pass->dev, vm->mem, guest_vm_size());
	if (err)
		return err;
	pass->eventfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (pass->eventfd < 0)
		return -errno;
	pass->stop = eventfd(0, EFD_CLOEXEC);
	if (pass->stop < 0)
		return -errno;
	err = guest_vm_route(vm, pass->eventfd, dest);
	if (err)
		return err;
	err = device_enable(&pass->dev, &pass->eventfd, 1);
	return err ?: device_line_count(&pass->dev, &pass->line);
}

int passthrough_open(const struct guest_vm *vm, const char *bdf, unsigned int dest,
		     struct passthrough *ret)
{
	struct passthrough pass = { .dev = { .container = -1, .group = -1, .fd = -1 },
				    .eventfd = -1,
				    .stop = -1 };
	int err = set_up(vm, bdf, dest, &pass);

	if (err) {
		passthrough_close(&pass);
		return err;
	}
	*ret = pass;
	return 0;
}

void passthrough_close(struct passthrough *pass)
{
	cleanup_close_fd(&pass->eventfd);
	cleanup_close_fd(&pass->stop);
	pass->eventfd = pass->stop = -1;
	device_close(&pass->dev);
}

/* Under an emulator a guest may take one interrupt twice; it never skips one. */
static bool await_guest(void *ctx, unsigned int vector)
{
	const struct timespec nap = { .tv_nsec = AWAIT_NS };
	struct passthrough *pass = ctx;
	uint64_t line;

	(void)vector;
	for (unsigned int i = 0; i < AWAIT_TRIES; i++) {
		if (device_line_count(&pass->dev, &line))
			return false;
		if (line != pass->line && pass->guest->device != pass->taken) {
			pass->line = line;
			pass->taken = pass->guest->device;
			return true;
		}
		(void)nanosleep(&nap, NULL);
	}
	return false;
}

static void *raise_thread(void *arg)
{
	struct passthrough *pass = arg;
	const struct device_load load = {
		.rate_hz = pass->rate_hz,
		.stop = pass->stop,
		.await = await_guest,
		.ctx = pass,
	};
	int err;

	(void)prctl(PR_SET_NAME, "device");
	(void)setvbuf(stdin, NULL, _IONBF, 0);
	err = device_serve(&pass->dev, &load, stdin);
	if (err)
		(void)fprintf(stderr, "miniguest: the device: %s\n", strerror(-err));
	return NULL;
}

int passthrough_start(struct passthrough *pass, const volatile struct guest_counters *guest,
		      uint32_t rate_hz)
{
	pass->guest = guest;
	pass->rate_hz = rate_hz;
	return -pthread_create(&pass->thread, NULL, raise_thread, pass);
}

void passthrough_stop(struct passthrough *pass)
{
	(void)eventfd_write(pass->stop, 1);
	(void)pthread_join(pass->thread, NULL);
}
