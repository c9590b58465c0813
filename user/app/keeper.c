/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keeper: one loop. Twice a second it looks whether the set of interrupts is another one, of which
 * the kernel sends no message, and every 5 s at all values. The end of the VM, signals and the
 * kernel's messages of CPUs wake it at once. The lock is held only while something is done.
 */
#include "app/keeper.h"

#include <errno.h>
#include <limits.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "app/cmd.h"
#include "app/fights.h"
#include "app/shielding.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "isolate/knob.h"
#include "sys/irqs.h"

#define LOOK_MS	   500
#define FULL_NS	   5000000000ULL
#define WAIT_NS	   10000000000ULL
#define HASH_START 0xcbf29ce484222325ULL

/*
 * Which interrupts there are and whose; their counts do not matter. A guest's driver that is loaded
 * again can have its old number before the next look: then the inode tells, and the mask. One whose
 * mask is not there yet is another one when it is.
 */
struct signature {
	uint64_t lines, inodes, masks;
};

struct keeper {
	struct shielding *s;
	const struct keeper_config *config;
	struct signature signature;
	uint64_t next_full_ns;
	bool has_reset;
	bool is_lifted; /* by somebody else */
	int uevents;
	int watched;	   /* becomes readable when it ends; -1: it is looked at instead */
	uint64_t until_ns; /* 0: no limit */
	struct fights fights;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

/* Tells the service manager, if there is one; its protocol is one datagram. */
static void notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	auto_close int fd = -1;
	size_t len = path ? strlen(path) : 0;

	if (!len || len >= sizeof(to.sun_path) || (*path != '/' && *path != '@'))
		return;
	memcpy(to.sun_path, path, len);
	if (*path == '@')
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		(void)sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&to,
			     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
}

/* A descriptor, or -errno: then the look every 5 s has to do. */
static int open_uevents(void)
{
	struct sockaddr_nl from = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	auto_close int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
				   NETLINK_KOBJECT_UEVENT);

	if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof(from)))
		return -errno;
	return take_fd(fd);
}

/* A CPU went or came: the kernel has rewritten masks. */
static void read_uevents(struct keeper *k)
{
	char text[4096];
	ssize_t n;

	while ((n = recv(k->uevents, text, sizeof(text) - 1, MSG_DONTWAIT)) > 0) {
		text[n] = '\0';
		if (strstr(text, "/devices/system/cpu/cpu") &&
		    (str_starts(text, "online@") || str_starts(text, "offline@"))) {
			k->has_reset = true;
			k->next_full_ns = 0;
		}
	}
}

static uint64_t add_text(uint64_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3ULL;
	return (hash ^ 0xff) * 0x100000001b3ULL;
}

static void add_passed_through(const struct root *root, const char *name, struct signature *sum)
{
	auto_free char *mask = NULL;
	char inode[24] = "";
	struct stat st;

	if (!fs_stat(root, &st, "sys/kernel/irq/%s", name))
		(void)snprintf(inode, sizeof(inode), "%llu", (unsigned long long)st.st_ino);
	if (fs_read_line(root, &mask, "proc/irq/%s/smp_affinity_list", name))
		mask = NULL;
	sum->inodes = add_text(sum->inodes, mask ? inode : "?");
	sum->masks = add_text(sum->masks, mask ? mask : "");
}

static int read_signature(const struct root *root, struct signature *ret)
{
	struct irq_table table = { 0 };
	struct signature sum = { .lines = HASH_START, .inodes = HASH_START, .masks = HASH_START };
	int err = irqs_read(root, &table, NULL);

	for (unsigned int i = 0; !err && i < table.n_lines; i++) {
		const struct irq_line *line = &table.lines[i];

		sum.lines = add_text(sum.lines, line->name);
		sum.lines = add_text(sum.lines, line->actions);
		if (strstr(line->actions, "vfio-"))
			add_passed_through(root, line->name, &sum);
	}
	irqs_done(&table);
	if (!err)
		*ret = sum;
	return err;
}

/* Takes drifted steps back whose time has come; says whose they are. */
static bool claim(struct keeper *k)
{
	const struct plan *plan = &k->s->apply.plan;
	bool has_claimed = false;

	(void)shielding_name_culprits(k->s); /* no memory: then nobody is named */
	for (unsigned int i = 0; i < plan->n_steps; i++) {
		const struct plan_step *step = &plan->steps[i];
		const char *knob = step->knob->name;

		if (step->state != STEP_DRIFTED ||
		    !fights_is_due(&k->fights, knob, step->object, now_ns()) ||
		    apply_claim(&k->s->apply, step->knob, step->object))
			continue;
		log_warn("%s was changed to %s%s%s; taken back to %s", step->name,
			 step->now ? step->now : "?", step->by ? " by " : "",
			 step->by ? step->by : "", step->next);
		/* no memory: then it is taken back as soon again */
		(void)fights_note(&k->fights, knob, step->object, now_ns());
		has_claimed = true;
	}
	return has_claimed;
}

static void reopen(struct keeper *k)
{
	apply_close(&k->s->apply);
	k->s->is_open = false;
}

/* One look at everything: what has appeared is placed, what was changed is taken back. */
static int again(struct keeper *k)
{
	struct shielding *s = k->s;
	int err, code;

	shielding_read_vms(s);
	code = shielding_open_journal(s, "shield", true, WAIT_NS);
	if (code) {
		reopen(k);
		return code;
	}
	k->is_lifted = !apply_layer(&s->apply, s->layer->id);
	s->apply.config.has_reset = k->has_reset;
	err = apply_again(&s->apply);
	if (!err && claim(k))
		err = apply_again(&s->apply);
	if (!err) {
		k->has_reset = false;
		if (shielding_forget_error(s))
			log_warn("the shield is looked after again");
	}
	code = err ? shielding_error(s, "shield", err) : 0;
	reopen(k);
	k->next_full_ns = now_ns() + FULL_NS;
	return code;
}

static bool is_same_set(const struct signature *a, const struct signature *b)
{
	return a->lines == b->lines && a->inodes == b->inodes;
}

/*
 * A failure to look is said once, and tried again: it ends nothing. What appeared while everything was
 * looked at is new at the next look; masks are remembered as they were made.
 */
static void look(struct keeper *k)
{
	struct signature before = k->signature, after;
	bool is_new = !read_signature(&k->s->root, &before) &&
		      (!is_same_set(&before, &k->signature) || before.masks != k->signature.masks);

	if ((!is_new && now_ns() < k->next_full_ns) || again(k))
		return;
	k->signature = before;
	if (!read_signature(&k->s->root, &after) && is_same_set(&after, &before))
		k->signature.masks = after.masks;
}

static int lift(struct keeper *k)
{
	struct shielding *s = k->s;
	int err, code;

	notify("STOPPING=1");
	(void)shielding_forget_error(s);
	code = shielding_open_journal(s, "shield", true, WAIT_NS);
	if (code)
		return code;
	err = apply_lift(&s->apply, s->layer->id);
	if (err == -ENOENT) {
		(void)printf("the shield was lifted already\n");
		return EXIT_GOOD;
	}
	return err ? shielding_error(s, "shield", err) : shielding_tell_lifted(s);
}

/* A thread that is no process has no descriptor, and kernels before 5.3 have none at all. */
static int open_watched(const struct owner *watched)
{
	return watched->kind == OWNER_NOBODY ? -1 : (int)syscall(SYS_pidfd_open, watched->pid, 0);
}

/* For poll(): up to when there is nothing to do by itself; -1: for ever. */
static int timeout_ms(const struct keeper *k)
{
	uint64_t now = now_ns(), left = UINT64_MAX;

	if (k->config->is_keeping || (k->watched < 0 && k->config->watched.kind != OWNER_NOBODY))
		left = LOOK_MS;
	if (k->until_ns)
		left = min(left, now < k->until_ns ? (k->until_ns - now) / 1000000 + 1 : 0);
	return left == UINT64_MAX ? -1 : (int)min(left, (uint64_t)INT_MAX);
}

static bool is_over(const struct keeper *k)
{
	return k->is_lifted || (k->until_ns && now_ns() >= k->until_ns) ||
	       !apply_owner_is_alive(&k->s->root, &k->config->watched);
}

int keeper_run(struct shielding *s, const struct keeper_config *config)
{
	struct keeper k = { .s = s, .config = config, .uevents = -1 };
	int code;

	reopen(&k);
	if (config->duration_ns)
		k.until_ns = now_ns() + config->duration_ns;
	k.watched = open_watched(&config->watched);
	if (config->is_keeping)
		k.uevents = open_uevents();
	notify("READY=1");
	while (!is_over(&k)) {
		struct pollfd fds[] = { { .fd = config->signals, .events = POLLIN },
					{ .fd = k.uevents, .events = POLLIN },
					{ .fd = k.watched, .events = POLLIN } };

		(void)poll(fds, ARRAY_SIZE(fds), timeout_ms(&k));
		if (fds[0].revents || fds[2].revents)
			break;
		if (fds[1].revents)
			read_uevents(&k);
		if (config->is_keeping)
			look(&k);
	}
	code = lift(&k);
	cleanup_close_fd(&k.uevents);
	cleanup_close_fd(&k.watched);
	fights_done(&k.fights);
	return code;
}
