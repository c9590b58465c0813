/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_systemd: sd-bus as the server of one connection after the other.
 */
#include "fake_systemd.h"

#include <stddef.h>

#include "test.h"

#if LULL_WITH_SYSTEMD

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/cpuset.h"
#include "base/fs.h"
#include "base/str.h"
#include "machines.h"

struct fake {
	const char *dir;
	enum fake_mood mood;
	struct root root;
};

static pid_t fake_pid;

static int put(const struct fake *fake, const char *text, const char *dir, const char *unit,
	       const char *file)
{
	auto_free char *path = NULL, *line = NULL;

	if (asprintf(&path, "%s%s%s", dir, unit, file) < 0 || asprintf(&line, "%s\n", text) < 0)
		return -ENOMEM;
	machines_put(fake->dir, path, line);
	return 0;
}

static int note(const struct fake *fake, const char *unit, const char *list)
{
	auto_free char *path = NULL;
	auto_fclose FILE *file = NULL;

	if (asprintf(&path, "%s/fake/calls", fake->dir) < 0)
		return -ENOMEM;
	file = fopen(path, "a");
	if (!file)
		return -errno;
	(void)fprintf(file, "%s %s\n", unit, list);
	return 0;
}

static int change(const struct fake *fake, const char *unit, const char *list)
{
	int err = note(fake, unit, list);

	err = err ?: put(fake, list, "fake/", unit, "");
	err = err ?: put(fake, list, "run/systemd/system.control/", unit, ".d/50-AllowedCPUs.conf");
	if (*list)
		err = err ?: put(fake, list, "sys/fs/cgroup/", unit, "/cpuset.cpus.effective");
	return err;
}

static int set(const struct fake *fake, sd_bus_message *call)
{
	const char *unit, *name;
	const void *data;
	const unsigned char *bytes;
	size_t n = 0;
	int is_runtime;
	struct cpuset cpus;
	auto_free char *list = NULL;

	if (sd_bus_message_read(call, "sb", &unit, &is_runtime) < 0 || !is_runtime ||
	    sd_bus_message_enter_container(call, 'a', "(sv)") < 0 ||
	    sd_bus_message_enter_container(call, 'r', "sv") < 0 ||
	    sd_bus_message_read(call, "s", &name) < 0 || !streq(name, "AllowedCPUs") ||
	    sd_bus_message_enter_container(call, 'v', "ay") < 0 ||
	    sd_bus_message_read_array(call, 'y', &data, &n) < 0)
		return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_INVALID_ARGS, "not this");
	if (fake->mood == FAKE_DENIES)
		return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_ACCESS_DENIED, "no");
	cpuset_clear(&cpus);
	bytes = data;
	for (unsigned int cpu = 0; cpu < n * 8; cpu++)
		if (bytes[cpu / 8] >> (cpu % 8) & 1)
			cpuset_add(&cpus, cpu);
	list = cpuset_format(&cpus);
	if (!list || change(fake, unit, list))
		return -EIO;
	return sd_bus_reply_method_return(call, "");
}

static int reply_cpus(sd_bus_message *call, const char *list)
{
	unsigned char bytes[8] = { 0 };
	sd_bus_message *reply = NULL;
	struct cpuset cpus;
	int cpu, err = cpuset_parse(list, &cpus);

	if (err)
		return err;
	for_each_cpu(cpu, &cpus)
		bytes[cpu / 8] |= (unsigned char)(1U << (cpu % 8));
	err = sd_bus_message_new_method_return(call, &reply);
	if (err >= 0)
		err = sd_bus_message_open_container(reply, 'v', "ay");
	if (err >= 0)
		err = sd_bus_message_append_array(reply, 'y', bytes,
						  cpuset_is_empty(&cpus) ? 0 : sizeof(bytes));
	if (err >= 0)
		err = sd_bus_message_close_container(reply);
	if (err >= 0)
		err = sd_bus_send(NULL, reply, NULL);
	sd_bus_message_unref(reply);
	return err;
}

static int get(const struct fake *fake, sd_bus_message *call)
{
	const char *interface, *property;
	auto_free char *unit = NULL, *list = NULL;
	bool is_known;

	if (sd_bus_message_read(call, "ss", &interface, &property) < 0 ||
	    sd_bus_path_decode(sd_bus_message_get_path(call), "/org/freedesktop/systemd1/unit",
			       &unit) <= 0)
		return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_INVALID_ARGS, "not this");
	is_known = fs_read_line(&fake->root, &list, "fake/%s", unit) == 0;
	if (streq(property, "LoadState"))
		return sd_bus_reply_method_return(call, "v", "s",
						  is_known ? "loaded" : "not-found");
	if (!streq(property, "AllowedCPUs") || strstr(interface, ".Unit"))
		return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_UNKNOWN_PROPERTY, "no");
	return reply_cpus(call, is_known ? list : "");
}

static int answer(sd_bus_message *call, void *data, sd_bus_error *error)
{
	const struct fake *fake = data;

	(void)error;
	if (sd_bus_message_is_method_call(call, NULL, "Hello"))
		return sd_bus_reply_method_return(call, "s", ":1.1");
	if (sd_bus_message_is_method_call(call, NULL, "SetUnitProperties"))
		return set(fake, call);
	if (sd_bus_message_is_method_call(call, NULL, "Get"))
		return get(fake, call);
	return 0;
}

static void serve(struct fake *fake, int fd)
{
	sd_bus *bus = NULL;
	sd_id128_t id = { .bytes = { 1 } };
	int n = sd_bus_new(&bus);

	if (n < 0 || sd_bus_set_fd(bus, fd, fd) < 0 || sd_bus_set_server(bus, 1, id) < 0 ||
	    sd_bus_set_anonymous(bus, 1) < 0 || sd_bus_add_filter(bus, NULL, answer, fake) < 0 ||
	    sd_bus_start(bus) < 0)
		_exit(1);
	while ((n = sd_bus_process(bus, NULL)) >= 0)
		if (!n && sd_bus_wait(bus, UINT64_MAX) < 0)
			break;
	sd_bus_flush_close_unref(bus);
}

static void serve_all(struct fake *fake, int listener)
{
	for (int n = 0;; n++) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			_exit(1);
		if (fake->mood != FAKE_SILENT)
			serve(fake, fd);
	}
}

/* Root asks systemd itself, everybody else the bus. */
static int make_listener(const char *dir)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	machines_put(dir, geteuid() ? "run/dbus/x" : "run/systemd/x", "");
	CHECK(snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/%s", dir,
		       geteuid() ? "run/dbus/system_bus_socket" : "run/systemd/private") <
	      (int)sizeof(addr.sun_path));
	CHECK(fd >= 0);
	CHECK_EQ(bind(fd, (const struct sockaddr *)&addr, sizeof(addr)), 0);
	CHECK_EQ(listen(fd, 8), 0);
	return fd;
}

void fake_systemd_start(const char *dir, enum fake_mood mood)
{
	struct fake fake = { .dir = dir, .mood = mood };
	int listener = make_listener(dir);

	machines_put(dir, "fake/calls", "");
	fake_pid = fork();
	CHECK(fake_pid >= 0);
	if (!fake_pid) {
		/* A test that fails does not end it. */
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (!fs_root_open(&fake.root, dir))
			serve_all(&fake, listener);
		_exit(1);
	}
	(void)close(listener);
}

void fake_systemd_end(void)
{
	CHECK_EQ(kill(fake_pid, SIGKILL), 0);
	CHECK_EQ(waitpid(fake_pid, NULL, 0), fake_pid);
}

#else

void fake_systemd_start(const char *dir, enum fake_mood mood)
{
	(void)dir;
	(void)mood;
	SKIP("built without libsystemd");
}

void fake_systemd_end(void)
{
}

#endif
