/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * systemd: the only file that includes sd-bus. Sockets are opened below the root like all files, so
 * a test can put its own there.
 */
#include "isolate/systemd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/str.h"

#if LULL_WITH_SYSTEMD

#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-bus.h>
#include <time.h>

#define NAME	"org.freedesktop.systemd1"
#define MANAGER "/org/freedesktop/systemd1"
#define UNITS	"/org/freedesktop/systemd1/unit"

struct systemd {
	sd_bus *bus;
};

static uint64_t now_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* A connected socket, or -errno. */
static int connect_to(const struct root *root, const char *path)
{
	auto_close int file = fs_open(root, O_PATH, "%s", path);
	auto_close int fd = -1;
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (file < 0)
		return file;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "/proc/self/fd/%d", file);
	if (connect(fd, (const struct sockaddr *)&addr, sizeof(addr)))
		return errno == EAGAIN ? -ETIMEDOUT : -errno; /* its queue is full */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len))
		return -errno;
	return peer.uid == 0 || peer.uid == getuid() ? take_fd(fd) : -EACCES;
}

/* The limit of a call does not count while the two sides introduce each other. */
static int wait_until_ready(sd_bus *bus, uint64_t limit_us)
{
	uint64_t end = now_us() + limit_us;
	int ready;

	while ((ready = sd_bus_is_ready(bus)) == 0) {
		uint64_t now = now_us();
		int n = sd_bus_process(bus, NULL);

		if (n < 0)
			return n;
		if (now >= end)
			return -ETIMEDOUT;
		if (n == 0)
			n = sd_bus_wait(bus, end - now);
		if (n < 0 && n != -EINTR)
			return n;
	}
	return ready < 0 ? ready : 0;
}

/* @is_bus: a bus is between us and systemd. Takes @fd in any case. */
static int start(int fd, bool is_bus, uint64_t limit_us, struct systemd **ret)
{
	auto_close int socket_fd = fd;
	auto_systemd struct systemd *systemd = calloc(1, sizeof(*systemd));
	int err;

	if (!systemd)
		return -ENOMEM;
	err = sd_bus_new(&systemd->bus);
	if (err < 0)
		return err;
	err = sd_bus_set_fd(systemd->bus, fd, fd);
	if (err < 0)
		return err;
	(void)take_fd(socket_fd);
	err = sd_bus_set_bus_client(systemd->bus, is_bus);
	if (err >= 0)
		err = sd_bus_set_method_call_timeout(systemd->bus, limit_us);
	if (err >= 0)
		err = sd_bus_start(systemd->bus);
	if (err >= 0)
		err = wait_until_ready(systemd->bus, limit_us);
	if (err < 0)
		return err;
	*ret = take_ptr(systemd);
	return 0;
}

int systemd_open(const struct root *root, uint64_t limit_us, struct systemd **ret)
{
	int fd = geteuid() == 0 ? connect_to(root, "run/systemd/private") : -EACCES;
	bool is_bus = false;

	if (fd == -EACCES || fd == -ENOENT || fd == -ECONNREFUSED) {
		is_bus = true;
		fd = connect_to(root, "run/dbus/system_bus_socket");
	}
	return fd < 0 ? fd : start(fd, is_bus, limit_us, ret);
}

void systemd_close(struct systemd **systemd)
{
	if (!*systemd)
		return;
	/* Nothing is waited for, so nothing needs to be flushed. */
	sd_bus_close((*systemd)->bus);
	sd_bus_unref((*systemd)->bus);
	free(*systemd);
	*systemd = NULL;
}

/* What an answer that is an error means; @err is what the library makes of it. */
static int errno_of(const sd_bus_error *error, int err)
{
	static const struct {
		const char *name;
		int err;
	} names[] = {
		{ "org.freedesktop.systemd1.NoSuchUnit", -ENOENT },
		{ "org.freedesktop.systemd1.LoadFailed", -ENOENT },
		{ SD_BUS_ERROR_UNKNOWN_OBJECT, -ENOENT },
		{ SD_BUS_ERROR_UNKNOWN_PROPERTY, -EOPNOTSUPP },
		{ SD_BUS_ERROR_PROPERTY_READ_ONLY, -EOPNOTSUPP },
		{ SD_BUS_ERROR_ACCESS_DENIED, -EACCES },
		{ SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED, -EACCES },
		{ SD_BUS_ERROR_NO_REPLY, -ETIMEDOUT },
		{ SD_BUS_ERROR_TIMEOUT, -ETIMEDOUT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (sd_bus_error_has_name(error, names[i].name))
			return names[i].err;
	return err;
}

static const char *interface_of(const char *unit)
{
	if (str_ends(unit, ".slice"))
		return NAME ".Slice";
	return str_ends(unit, ".scope") ? NAME ".Scope" : NAME ".Service";
}

/* Bytes, the first with the CPUs 0 to 7. */
static int read_bytes(sd_bus_message *reply, struct cpuset *ret)
{
	const void *data = NULL;
	const unsigned char *bytes;
	struct cpuset cpus;
	size_t n = 0;
	int err = sd_bus_message_read_array(reply, 'y', &data, &n);

	if (err < 0)
		return err;
	if (n > CPUSET_MAX / 8)
		return -ERANGE;
	bytes = data;
	cpuset_clear(&cpus);
	for (unsigned int cpu = 0; cpu < n * 8; cpu++)
		if (bytes[cpu / 8] >> (cpu % 8) & 1)
			cpuset_add(&cpus, cpu);
	*ret = cpus;
	return 0;
}

/* A unit that systemd knows nothing of but its name has properties, too. */
static int check_loaded(sd_bus *bus, const char *path)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	char *state = NULL;
	int err = sd_bus_get_property_string(bus, NAME, path, NAME ".Unit", "LoadState", &error,
					     &state);

	if (err < 0)
		err = errno_of(&error, err);
	else
		err = streq(state, "not-found") ? -ENOENT : 0;
	sd_bus_error_free(&error);
	free(state);
	return err;
}

int systemd_read_cpus(struct systemd *systemd, const char *unit, struct cpuset *ret)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *reply = NULL;
	auto_free char *path = NULL;
	int err = sd_bus_path_encode(UNITS, unit, &path);

	err = err < 0 ? err : check_loaded(systemd->bus, path);
	if (err < 0)
		return err;
	err = sd_bus_get_property(systemd->bus, NAME, path, interface_of(unit), "AllowedCPUs",
				  &error, &reply, "ay");
	if (err < 0)
		err = errno_of(&error, err);
	else
		err = read_bytes(reply, ret);
	sd_bus_error_free(&error);
	sd_bus_message_unref(reply);
	return err;
}

/* As few bytes as hold all; none: the setting is emptied. */
static int append_cpus(sd_bus_message *call, const struct cpuset *cpus)
{
	unsigned char bytes[CPUSET_MAX / 8] = { 0 };
	size_t n = 0;
	int cpu, err;

	for_each_cpu(cpu, cpus) {
		bytes[cpu / 8] |= (unsigned char)(1U << (cpu % 8));
		n = (size_t)cpu / 8 + 1;
	}
	err = sd_bus_message_open_container(call, 'a', "(sv)");
	if (err >= 0)
		err = sd_bus_message_open_container(call, 'r', "sv");
	if (err >= 0)
		err = sd_bus_message_append(call, "s", "AllowedCPUs");
	if (err >= 0)
		err = sd_bus_message_open_container(call, 'v', "ay");
	if (err >= 0)
		err = sd_bus_message_append_array(call, 'y', bytes, n);
	for (int i = 0; i < 3 && err >= 0; i++)
		err = sd_bus_message_close_container(call);
	return err;
}

int systemd_write_cpus(struct systemd *systemd, const char *unit, const struct cpuset *cpus)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *call = NULL;
	int err = sd_bus_message_new_method_call(systemd->bus, &call, NAME, MANAGER,
						 NAME ".Manager", "SetUnitProperties");

	if (err >= 0)
		err = sd_bus_message_append(call, "sb", unit, 1);
	if (err >= 0)
		err = append_cpus(call, cpus);
	if (err >= 0)
		err = sd_bus_call(systemd->bus, call, 0, &error, NULL);
	if (err < 0)
		err = errno_of(&error, err);
	sd_bus_error_free(&error);
	sd_bus_message_unref(call);
	return err < 0 ? err : 0;
}

#else

int systemd_open(const struct root *root, uint64_t limit_us, struct systemd **ret)
{
	(void)root;
	(void)limit_us;
	(void)ret;
	return -EOPNOTSUPP;
}

void systemd_close(struct systemd **systemd)
{
	(void)systemd;
}

int systemd_read_cpus(struct systemd *systemd, const char *unit, struct cpuset *ret)
{
	(void)systemd;
	(void)unit;
	(void)ret;
	return -EOPNOTSUPP;
}

int systemd_write_cpus(struct systemd *systemd, const char *unit, const struct cpuset *cpus)
{
	(void)systemd;
	(void)unit;
	(void)cpus;
	return -EOPNOTSUPP;
}

#endif
