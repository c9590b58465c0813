/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * irqbalance: tells a running irqbalance to put no interrupts on the guests' CPUs, by its socket
 * (/run/irqbalance/irqbalance<PID>.sock). It is not restarted, which would move all interrupts at
 * once, and no file of its is edited. It does not see cpuset partitions by itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "isolate/knob.h"
#include "isolate/knob_dir.h"
#include "sys/threads.h"

#define OBJECT	    "socket/irqbalance"
#define TIMEOUT_S   2
#define MESSAGE_MAX 480	  /* it takes 500 bytes */
#define REPLY_MAX   65536 /* the CPUs come last, after the interrupts that are banned */
#define SYSTEM_CPUS "sys/devices/system/cpu/"

/* The process; with several, the first. -ENOENT: it does not run. */
static int find(const struct root *root, pid_t *ret, uint64_t *ret_start)
{
	auto_knob_dir struct knob_dir dir = { .names = NULL };
	struct thread_stat stat;
	uint32_t pid;
	int err = knob_dir_read(root, &dir, "proc");

	for (unsigned int i = 0; i < dir.n && !err; i++) {
		if (parse_u32(dir.names[i], &pid) ||
		    threads_read_stat(root, (pid_t)pid, (pid_t)pid, &stat) ||
		    !streq(stat.comm, "irqbalance") || stat.state == 'Z')
			continue;
		*ret = (pid_t)pid;
		*ret_start = stat.start_ticks;
		return 0;
	}
	return err ?: -ENOENT;
}

static int connect_to(int fd, const struct root *root, pid_t pid)
{
	auto_close int file = fs_open(root, O_PATH, "run/irqbalance/irqbalance%d.sock", (int)pid);
	const struct timeval timeout = { .tv_sec = TIMEOUT_S };
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (file < 0)
		return file;
	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "/proc/self/fd/%d", file);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) ||
	    connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len))
		return -errno;
	return peer.uid == 0 || peer.uid == getuid() ? 0 : -EACCES;
}

/* It looks at who sends: root alone is answered. */
static int send_message(int fd, const char *message)
{
	const struct ucred us = { .pid = getpid(), .uid = getuid(), .gid = getgid() };
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(us))];
	} control = { .bytes = { 0 } };
	auto_free char *text = strdup(message);
	struct iovec part = { .iov_base = text, .iov_len = strlen(message) };
	struct msghdr msg = { .msg_iov = &part,
			      .msg_iovlen = 1,
			      .msg_control = control.bytes,
			      .msg_controllen = sizeof(control.bytes) };

	if (!text)
		return -ENOMEM;
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_CREDENTIALS;
	control.header.cmsg_len = CMSG_LEN(sizeof(us));
	memcpy(CMSG_DATA(&control.header), &us, sizeof(us));
	if (sendmsg(fd, &msg, MSG_NOSIGNAL) < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	return 0;
}

/* Until it closes, which says that the message was dealt with. */
static int receive(int fd, struct str *to)
{
	char bytes[4096];
	ssize_t n;
	int err = str_add(to, "");

	while (!err && to->len < REPLY_MAX) {
		n = recv(fd, bytes, sizeof(bytes), 0);
		if (n < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		if (!n)
			return 0;
		err = str_addn(to, bytes, (size_t)n);
	}
	return err ?: -EFBIG;
}

static int talk(const struct root *root, pid_t pid, const char *message, struct str *reply)
{
	auto_close int fd = -1;
	int err;

	if (!fs_root_is_live(root))
		return -EOPNOTSUPP;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	err = connect_to(fd, root, pid);
	err = err ?: send_message(fd, message);
	return err ?: receive(fd, reply);
}

/* The CPUs that are banned now: "SLEEP 10 IRQ 4 LOAD 0 ... BANNED 00000000,0000000c". */
static int read_banned(const struct root *root, pid_t pid, struct cpuset *ret)
{
	auto_str struct str reply = { .s = NULL };
	char *mask;
	int err = talk(root, pid, "setup", &reply);

	if (err)
		return err;
	if (!reply.len) /* closed without a word */
		return -EACCES;
	mask = strstr(reply.s, "BANNED ");
	if (!mask)
		return -EPROTO;
	mask += strlen("BANNED ");
	mask[strcspn(mask, " \n")] = '\0';
	return cpuset_parse_mask(mask, ret);
}

static void add_list(const struct root *root, const char *file, struct cpuset *to)
{
	auto_free char *line = NULL;
	struct cpuset cpus;

	/* nohz_full may read "(null)". */
	if (!fs_read_line(root, &line, SYSTEM_CPUS "%s", file) && !cpuset_parse(line, &cpus))
		cpuset_or(to, &cpus);
}

/* What it bans when nobody tells it: by its environment, else what was isolated at boot. */
static int read_automatic(const struct root *root, pid_t pid, struct cpuset *ret)
{
	static const char list[] = "IRQBALANCE_BANNED_CPULIST=", mask[] = "IRQBALANCE_BANNED_CPUS=";
	auto_free char *text = NULL;
	struct cpuset cpus;
	size_t len;
	int err = fs_read_file(root, &text, &len, "proc/%d/environ", (int)pid);

	if (err)
		return err;
	cpuset_clear(&cpus);
	add_list(root, "isolated", &cpus);
	add_list(root, "nohz_full", &cpus);
	for (size_t at = 0; at < len; at += strlen(text + at) + 1) {
		const char *word = text + at;

		if (str_starts(word, list) && word[sizeof(list) - 1])
			err = cpuset_parse(word + sizeof(list) - 1, &cpus);
		else if (str_starts(word, mask) && word[sizeof(mask) - 1])
			err = cpuset_parse_mask(word + sizeof(mask) - 1, &cpus);
	}
	if (!err)
		*ret = cpus;
	return err;
}

static int plan_irqbalance(const struct root *root, const struct goal *goal, struct plan *plan)
{
	struct plan_change change = { .object = OBJECT,
				      .name = "CPUs that irqbalance leaves alone",
				      .why = "irqbalance would put interrupts back" };
	struct cpuset now, want;
	char identity[48];
	uint64_t start;
	pid_t pid;
	int err = goal->n_layers ? find(root, &pid, &start) : -ENOENT;

	if (err)
		return err == -ENOENT ? 0 : err;
	err = read_banned(root, pid, &now);
	if (err == -ENOMEM)
		return err;
	if (err == -ENOENT || err == -ECONNREFUSED)
		return plan_stay(plan, "irqbalance",
				 "has no socket to be told by, and may move interrupts back: stop "
				 "it, or set IRQBALANCE_BANNED_CPULIST");
	if (err)
		return plan_stay(plan, "irqbalance", "does not answer: %s",
				 err == -EOPNOTSUPP ? "a recorded machine" : strerror(-err));
	(void)snprintf(identity, sizeof(identity), "%d %llu", (int)pid, (unsigned long long)start);
	change.identity = identity;
	err = plan_orig_cpus(plan, OBJECT, identity, &now, &want);
	cpuset_or(&want, &goal->guest);
	return err ?: plan_change_cpus(plan, &change, &now, &want);
}

static int identify(const struct root *root, const struct plan_step *step, char **ret)
{
	char *identity = NULL;
	uint64_t start;
	pid_t pid;
	int err = find(root, &pid, &start);

	(void)step;
	if (err)
		return err;
	if (asprintf(&identity, "%d %llu", (int)pid, (unsigned long long)start) < 0)
		return -ENOMEM;
	*ret = identity;
	return 0;
}

static int read_list(const struct root *root, const struct plan_step *step, char **ret)
{
	struct cpuset cpus;
	uint64_t start;
	pid_t pid;
	int err = find(root, &pid, &start);

	(void)step;
	err = err ?: read_banned(root, pid, &cpus);
	return err ?: knob_format_cpus(&cpus, ret);
}

/* What it would ban by itself is said by "NULL": it knows no list that is empty. */
static int write_list(const struct root *root, const struct plan_step *step, const char *value)
{
	auto_str struct str message = { .s = NULL }, reply = { .s = NULL };
	struct cpuset cpus, automatic;
	uint64_t start;
	pid_t pid;
	int err = fs_root_is_live(root) ? find(root, &pid, &start) : -EOPNOTSUPP;

	(void)step;
	err = err ?: cpuset_parse(value, &cpus);
	err = err ?: read_automatic(root, pid, &automatic);
	if (err)
		return err;
	err = str_addf(&message, "settings cpus %s",
		       cpuset_is_equal(&cpus, &automatic) || !*value ? "NULL" : value);
	if (!err && message.len > MESSAGE_MAX)
		return -EMSGSIZE;
	return err ?: talk(root, pid, message.s, &reply);
}

static int shell(const struct plan_step *step, const char *value, struct str *to)
{
	(void)step;
	return str_addf(to, "# irqbalance-ui: set banned CPUs to %s\n", *value ? value : "none");
}

const struct knob_ops knob_irqbalance = {
	.plan = plan_irqbalance,
	.identify = identify,
	.read = read_list,
	.write = write_list,
	.shell = shell,
	.is_late = true,
};
