/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * journal: where the journal lies and how it is replaced. Every open is relative to a directory that
 * was checked, follows no link, and what takes its place is whole and synced first.
 */
#include "isolate/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/parse.h"

#define DIR_PATH     "run/lull"
#define SIZE_LIMIT   ((off_t)4 << 20)
#define LOCK_POLL_MS 20
#define NS_PER_S     1000000000ULL

void journal_done(struct journal *journal)
{
	if (!journal)
		return;
	for (unsigned int i = 0; i < journal->n_layers; i++)
		layer_free(&journal->layers[i]);
	for (unsigned int i = 0; i < journal->n_steps; i++)
		plan_step_done(&journal->steps[i]);
	free(journal->layers);
	free(journal->steps);
	*journal = (struct journal){ .seq = 0 };
}

/* Root's, or below a recorded root ours; and writable for nobody else. */
static int check_mine(const struct root *root, const struct stat *st)
{
	bool is_mine = !st->st_uid || (!fs_root_is_live(root) && st->st_uid == geteuid());

	return is_mine && !(st->st_mode & 022) ? 0 : -EPERM;
}

static int make_dir(const struct root *root)
{
	auto_close int run = fs_open(root, O_PATH | O_DIRECTORY, "run");

	if (run < 0)
		return run;
	return mkdirat(run, "lull", 0755) && errno != EEXIST ? -errno : 0;
}

static int open_dir(const struct root *root)
{
	int fd = fs_open(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, DIR_PATH);
	auto_free char *target = NULL;

	if (fd == -ENOTDIR && !fs_read_link(root, &target, DIR_PATH))
		return -ELOOP;
	return fd;
}

int journal_dir_open(const struct root *root, bool is_writer, struct journal_dir *ret)
{
	auto_close int fd = open_dir(root);
	struct stat st;
	int err = 0;

	if (fd == -ENOENT && is_writer) {
		err = make_dir(root);
		fd = err ?: open_dir(root);
	}
	if (fd < 0)
		return fd;
	if (fstat(fd, &st))
		return -errno;
	err = check_mine(root, &st);
	if (err)
		return err;
	*ret = (struct journal_dir){ .fd = take_fd(fd), .lock = -1 };
	return 0;
}

void journal_dir_close(struct journal_dir *dir)
{
	cleanup_close_fd(&dir->fd);
	cleanup_close_fd(&dir->lock);
	*dir = (struct journal_dir){ .fd = -1, .lock = -1 };
}

static uint64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	(void)clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

/* Who has the lock, as it wrote itself; 0 when it did not. */
static pid_t read_holder(int lock)
{
	char text[16];
	ssize_t n = pread(lock, text, sizeof(text) - 1, 0);
	uint32_t pid = 0;

	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return parse_u32(text, &pid) ? 0 : (pid_t)pid;
}

static int write_holder(int lock)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d\n", getpid());

	if (ftruncate(lock, 0))
		return -errno;
	return pwrite(lock, text, (size_t)len, 0) == len ? 0 : -errno;
}

/* -EWOULDBLOCK after @wait_ns. */
static int lock_within(int lock, int how, uint64_t wait_ns)
{
	uint64_t until = now_ns(CLOCK_MONOTONIC) + wait_ns;

	while (flock(lock, how | LOCK_NB)) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		if (now_ns(CLOCK_MONOTONIC) >= until)
			return -EWOULDBLOCK;
		(void)poll(NULL, 0, LOCK_POLL_MS);
	}
	return 0;
}

int journal_dir_await(const struct journal_dir *dir, uint64_t wait_ns, int *ret_fd)
{
	auto_close int lock = openat(dir->fd, "lock", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int err;

	if (lock < 0 && errno != ENOENT)
		return -errno;
	err = lock < 0 ? 0 : lock_within(lock, LOCK_SH, wait_ns);
	if (!err)
		*ret_fd = take_fd(lock);
	return err;
}

int journal_dir_lock(struct journal_dir *dir, uint64_t wait_ns, pid_t *ret_holder)
{
	/* Nobody but root may open it: a lock on it would stop every shield. */
	auto_close int lock =
		openat(dir->fd, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	int err;

	if (lock < 0)
		return -errno;
	err = lock_within(lock, LOCK_EX, wait_ns);
	if (err == -EWOULDBLOCK)
		*ret_holder = read_holder(lock);
	if (err)
		return err;
	(void)write_holder(lock); /* for the message of who waits only */
	dir->lock = take_fd(lock);
	return 0;
}

static int read_boot_id(const struct root *root, char *to, size_t cap)
{
	auto_free char *line = NULL;
	int err = fs_read_line(root, &line, "proc/sys/kernel/random/boot_id");

	if (err)
		return err;
	if (!*line || strlen(line) >= cap || strchr(line, ' '))
		return -EINVAL;
	str_copy(to, cap, line, strlen(line));
	return 0;
}

/* The time that this boot has slept: a recorded machine does not. */
uint64_t journal_slept_ns(const struct root *root)
{
	uint64_t up;

	if (!fs_root_is_live(root))
		return 0;
	up = now_ns(CLOCK_MONOTONIC);
	return now_ns(CLOCK_BOOTTIME) - up;
}

uint64_t journal_now_ns(const struct root *root)
{
	return fs_root_is_live(root) ? now_ns(CLOCK_BOOTTIME) : 0;
}

static int read_text(const struct root *root, const struct journal_dir *dir, char **ret,
		     size_t *ret_len)
{
	auto_close int fd = openat(dir->fd, "journal", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	auto_free char *text = NULL;
	struct stat st;
	size_t len = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) || check_mine(root, &st))
		return -EPERM;
	if (st.st_size > SIZE_LIMIT)
		return -EBADMSG;
	text = malloc((size_t)st.st_size + 1);
	if (!text)
		return -ENOMEM;
	while (len < (size_t)st.st_size) {
		ssize_t n = read(fd, text + len, (size_t)st.st_size - len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (!n)
			break;
		len += n > 0 ? (size_t)n : 0;
	}
	text[len] = '\0';
	*ret = take_ptr(text);
	*ret_len = len;
	return 0;
}

/* Of another boot: its settings ended with that kernel. Kept for whoever wonders. */
static int set_aside(const struct journal_dir *dir, const struct journal *stale)
{
	char name[64];

	if (dir->lock < 0)
		return 0;
	(void)snprintf(name, sizeof(name), "stale-%s", stale->boot_id);
	for (char *c = name; *c; c++)
		if (*c == '/')
			*c = '_';
	return renameat(dir->fd, "journal", dir->fd, name) ? -errno : 0;
}

int journal_read(const struct root *root, const struct journal_dir *dir, struct journal *ret)
{
	auto_free char *text = NULL;
	struct journal journal = { .seq = 0 };
	char boot_id[sizeof(journal.boot_id)];
	size_t len = 0;
	int err = read_boot_id(root, boot_id, sizeof(boot_id));

	err = err ?: read_text(root, dir, &text, &len);
	if (err == -ENOENT && !text) {
		*ret = journal;
		return 0;
	}
	err = err ?: journal_parse(text, len, &journal);
	if (!err && !streq(journal.boot_id, boot_id)) {
		err = set_aside(dir, &journal);
		journal_done(&journal);
	}
	if (!err)
		*ret = journal;
	return err;
}

static int write_temporary(const struct journal_dir *dir, const struct str *text)
{
	auto_close int fd = -1;
	int err;

	if (unlinkat(dir->fd, "journal.tmp", 0) && errno != ENOENT)
		return -errno;
	fd = openat(dir->fd, "journal.tmp", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0644);
	if (fd < 0)
		return -errno;
	err = fs_write_all(fd, text->s, text->len);
	if (!err && fsync(fd))
		err = -errno;
	if (close(take_fd(fd)) && !err)
		err = -errno;
	return err;
}

int journal_write(const struct root *root, const struct journal_dir *dir, struct journal *journal)
{
	auto_str struct str text = { 0 };
	int err = read_boot_id(root, journal->boot_id, sizeof(journal->boot_id));

	journal->seq++;
	journal->suspended_ns = journal_slept_ns(root);
	err = err ?: journal_format(journal, &text);
	err = err ?: text.len > (size_t)SIZE_LIMIT ? -EFBIG : 0;
	err = err ?: write_temporary(dir, &text);
	if (!err && renameat(dir->fd, "journal.tmp", dir->fd, "journal"))
		err = -errno;
	if (err) {
		(void)unlinkat(dir->fd, "journal.tmp", 0);
		return err;
	}
	return fsync(dir->fd) ? -errno : 0;
}

int journal_remove(const struct journal_dir *dir)
{
	if (unlinkat(dir->fd, "journal", 0) && errno != ENOENT)
		return -errno;
	return fsync(dir->fd) ? -errno : 0;
}
