/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app/session.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/cpuset.h"
#include "base/str.h"
#include "measure/capture.h"
#include "model/recording.h"
#include "sys/topo.h"

#define POLL_NS	   100000000
#define LOOK_NS	   1000000000
#define SUSPEND_NS 50000000

/* As epoll_wait() says it. */
#define FOREVER (-1)

enum event { EVENT_TIMER, EVENT_SIGNAL, EVENT_VM, EVENT_CHILD };

struct loop {
	const struct session_config *config;
	struct capture *cap;
	struct recording *rec;
	struct session *session;
	int epoll, timer, vm, child;
	unsigned int polls;
	struct cpuset online;
	int64_t asleep_ns; /* what CLOCK_BOOTTIME is ahead of CLOCK_MONOTONIC: time suspended */
};

int session_signals(void)
{
	sigset_t set;
	int fd;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGQUIT);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

static int64_t suspended_ns(void)
{
	struct timespec boot, mono;

	(void)clock_gettime(CLOCK_MONOTONIC, &mono);
	(void)clock_gettime(CLOCK_BOOTTIME, &boot);
	return (boot.tv_sec - mono.tv_sec) * 1000000000LL + (boot.tv_nsec - mono.tv_nsec);
}

static int watch(const struct loop *loop, int fd, enum event event)
{
	struct epoll_event e = { .events = EPOLLIN, .data.u32 = event };

	return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &e) ? -errno : 0;
}

static int watch_pid(const struct loop *loop, pid_t pid, enum event event, int *ret)
{
	if (!pid)
		return 0;
	*ret = pidfd_open(pid, 0);
	if (*ret < 0)
		return -errno;
	return watch(loop, *ret, event);
}

static uint64_t poll_ns(const struct session_config *config)
{
	return config->poll_ns ? config->poll_ns : POLL_NS;
}

static int loop_open(struct loop *loop)
{
	const struct timespec each = { .tv_nsec = (long)poll_ns(loop->config) };
	const struct itimerspec tick = { each, each };
	int err;

	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	loop->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (loop->epoll < 0 || loop->timer < 0 || timerfd_settime(loop->timer, 0, &tick, NULL))
		return -errno;
	err = watch(loop, loop->timer, EVENT_TIMER);
	err = err ?: watch(loop, loop->config->signals, EVENT_SIGNAL);
	err = err ?: watch_pid(loop, loop->config->child, EVENT_CHILD, &loop->child);
	if (err)
		return err;
	err = watch_pid(loop, loop->config->vm_pid, EVENT_VM, &loop->vm);
	if (err == -ESRCH)
		loop->session->ended_by = "the VM stopped";
	return err == -ESRCH ? 0 : err;
}

static void loop_close(struct loop *loop)
{
	cleanup_close_fd(&loop->epoll);
	cleanup_close_fd(&loop->timer);
	cleanup_close_fd(&loop->vm);
	cleanup_close_fd(&loop->child);
}

static void show_progress(const struct loop *loop, const struct capture_progress *p)
{
	char longest[32] = "";

	if (!loop->config->progress)
		return;
	if (p->stall_max_ns)
		(void)str_format_ns(p->stall_max_ns, longest, sizeof(longest));
	(void)fprintf(stderr, "\r%s%.1f s", loop->config->label ?: "", (double)p->elapsed_ns / 1e9);
	if (loop->config->duration_ns)
		(void)fprintf(stderr, " of %.1f s", (double)loop->config->duration_ns / 1e9);
	(void)fprintf(stderr, "  %llu stalls%s%s\033[K", (unsigned long long)p->stalls,
		      p->stall_max_ns ? ", longest " : "", longest);
	(void)fflush(stderr);
}

/* Once a second: has the machine changed under us? */
static int look_around(struct loop *loop)
{
	struct cpuset online;

	if (!topo_read_online(loop->config->root, &online) &&
	    !cpuset_is_equal(&online, &loop->online)) {
		loop->online = online;
		loop->session->ended_by = "CPU hotplug";
		return recording_add_incomplete(loop->rec, "a CPU went on- or offline");
	}
	if (suspended_ns() - loop->asleep_ns > SUSPEND_NS) {
		loop->session->ended_by = "suspend";
		return recording_add_incomplete(loop->rec, "the machine was suspended");
	}
	return 0;
}

static int on_timer(struct loop *loop)
{
	const struct session_config *config = loop->config;
	struct capture_progress p;
	uint64_t expired;
	int err;

	(void)!read(loop->timer, &expired, sizeof(expired));
	err = capture_poll(loop->cap, &p);
	if (err)
		return err;
	if (!(loop->polls % (POLL_NS / poll_ns(config))))
		show_progress(loop, &p);
	if (config->stop_over_ns && p.stall_max_ns >= config->stop_over_ns) {
		loop->session->stalled_over = true;
		loop->session->ended_by = "stop-over";
	} else if (config->victims && !p.victims_alive) {
		loop->session->ended_by = "all watched threads ended";
	} else if (config->duration_ns && p.elapsed_ns >= config->duration_ns) {
		loop->session->ended_by = "duration";
	}
	return ++loop->polls % (LOOK_NS / poll_ns(config)) ? 0 : look_around(loop);
}

static int on_child(struct loop *loop)
{
	if (waitpid(loop->config->child, &loop->session->child_status, WNOHANG) > 0)
		loop->session->ended_by = "the command ended";
	return 0;
}

static int dispatch(struct loop *loop, enum event event)
{
	switch (event) {
	case EVENT_TIMER:
		return on_timer(loop);
	case EVENT_SIGNAL:
		loop->session->ended_by = "interrupted";
		return 0;
	case EVENT_VM:
		loop->session->ended_by = "the VM stopped";
		return 0;
	case EVENT_CHILD:
		return on_child(loop);
	}
	return 0;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* The last stretch to the end of the duration is waited for exactly, not to the next poll. */
static int until_due_ms(const struct loop *loop, uint64_t began_ns)
{
	uint64_t due = began_ns + loop->config->duration_ns, at = now_ns();

	if (!loop->config->duration_ns)
		return FOREVER;
	if (at >= due)
		return 0;
	return (int)min((due - at + 999999) / 1000000, poll_ns(loop->config) / 1000000);
}

static int loop_run(struct loop *loop)
{
	uint64_t began = now_ns();
	int err = 0;

	while (!err && !loop->session->ended_by) {
		int wait_ms = until_due_ms(loop, began);
		struct epoll_event e;
		int n = epoll_wait(loop->epoll, &e, 1, wait_ms);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			err = dispatch(loop, (enum event)e.data.u32);
		else if (!until_due_ms(loop, began))
			loop->session->ended_by = "duration";
	}
	return err;
}

int session_run(struct capture *cap, const struct session_config *config, struct recording *rec,
		struct session *ret)
{
	struct pollfd ended = { .fd = config->signals, .events = POLLIN };
	struct loop loop = {
		.config = config,
		.cap = cap,
		.rec = rec,
		.session = ret,
		.epoll = -1,
		.timer = -1,
		.vm = -1,
		.child = -1,
	};
	int err, stopped;

	*ret = (struct session){ 0 };
	(void)topo_read_online(config->root, &loop.online);
	loop.asleep_ns = suspended_ns();
	err = loop_open(&loop);
	if (err)
		goto out_close;
	(void)poll(&ended, 1, (int)(config->settle_ns / 1000000));
	err = capture_start(cap);
	if (err)
		goto out_close;
	if (config->begin)
		err = config->begin(config->begin_arg);
	if (!err)
		err = loop_run(&loop);
	stopped = config->is_one_of_many ? capture_pause(cap) : capture_stop(cap);
	err = err ?: stopped;
	if (config->progress && !config->label)
		(void)fputs("\r\033[K", stderr);

out_close:
	loop_close(&loop);
	return err;
}
