/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fs: files below a struct root. Below a recorded root the kernel resolves links as chroot would,
 * by openat2(RESOLVE_IN_ROOT), Linux 5.6; where a sandbox denies that call, a walk in user space
 * does the same. The walk is not safe against a tree that changes under it; recorded ones do not.
 * On the machine itself paths are opened as they are, so that magic links of /proc work.
 */
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"

#define READ_FIRST  16384 /* one read for nearly every file of /proc and /sys */
#define READ_MAX    ((size_t)256 << 20)
#define LINKS_MAX   40 /* the kernel's own limit, MAXSYMLINKS */
#define AGAIN_MAX   16
#define CREATE_MODE 0644

int fs_root_open(struct root *ret, const char *path)
{
	struct root root = { .fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC), .path = path };
	struct stat here, machine;

	if (root.fd < 0)
		return -errno;
	if (!fstat(root.fd, &here) && !stat("/", &machine) && here.st_dev == machine.st_dev &&
	    here.st_ino == machine.st_ino)
		root.path = "/";
	*ret = root;
	return 0;
}

void fs_root_done(struct root *root)
{
	if (!root)
		return;
	cleanup_close_fd(&root->fd);
	*root = (struct root){ .fd = -1, .path = "" };
}

int fs_root_is_live(const struct root *root)
{
	return streq(root->path, "/");
}

/* A walk below a root: @done is resolved and holds no link, @todo is what remains. */
struct walk {
	int root_fd;
	unsigned int n_links;
	char done[PATH_MAX];
	char todo[PATH_MAX];
};

/* Puts a link's target before what remains. */
static int walk_follow(struct walk *walk, const char *target)
{
	auto_free char *joined = NULL;
	int len = asprintf(&joined, "%s/%s", target, walk->todo);

	if (len < 0) {
		joined = NULL;
		return -ENOMEM;
	}
	if ((size_t)len >= sizeof(walk->todo))
		return -ENAMETOOLONG;
	if (++walk->n_links > LINKS_MAX)
		return -ELOOP;
	memcpy(walk->todo, joined, (size_t)len + 1);
	if (target[0] == '/')
		walk->done[0] = '\0';
	return 0;
}

/* Appends a component, and takes it away again when it was a link that is to be followed. */
static int walk_enter(struct walk *walk, const char *name, bool follow)
{
	size_t len = strlen(walk->done), name_len = strlen(name);
	char target[PATH_MAX];
	ssize_t n;

	if (len + 1 + name_len >= sizeof(walk->done))
		return -ENAMETOOLONG;
	if (len)
		walk->done[len] = '/';
	memcpy(walk->done + len + !!len, name, name_len + 1);
	n = follow ? readlinkat(walk->root_fd, walk->done, target, sizeof(target) - 1) : -1;
	if (n < 0)
		return 0; /* no link, or not there: opening it will tell */
	target[n] = '\0';
	walk->done[len] = '\0';
	return walk_follow(walk, target);
}

static void walk_leave(struct walk *walk)
{
	char *slash = strrchr(walk->done, '/');

	*(slash ? slash : walk->done) = '\0';
}

static int walk_step(struct walk *walk, bool follow_last)
{
	const char *rest = walk->todo + strspn(walk->todo, "/");
	size_t len = strcspn(rest, "/");
	char name[NAME_MAX + 1];

	if (len > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(name, rest, len);
	name[len] = '\0';
	rest += len;
	memmove(walk->todo, rest, strlen(rest) + 1);
	if (streq(name, "") || streq(name, "."))
		return 0;
	if (streq(name, "..")) {
		walk_leave(walk);
		return 0;
	}
	return walk_enter(walk, name, follow_last || walk->todo[0]);
}

static int open_by_walk(int root_fd, const char *path, int flags)
{
	struct walk walk = { .root_fd = root_fd };
	int err, fd;

	memcpy(walk.todo, path, strlen(path) + 1);
	while (walk.todo[0]) {
		err = walk_step(&walk, !(flags & O_NOFOLLOW));
		if (err)
			return err;
	}
	fd = openat(root_fd, walk.done[0] ? walk.done : ".", flags | O_NOFOLLOW, CREATE_MODE);
	return fd < 0 ? -errno : fd;
}

static int open_in_root(int root_fd, const char *path, int flags)
{
	struct open_how how = {
		.flags = (unsigned int)flags,
		.mode = flags & O_CREAT ? CREATE_MODE : 0,
		.resolve = RESOLVE_IN_ROOT,
	};
	long fd = -1;

	/* EAGAIN: something was renamed while ".." was resolved. */
	for (int i = 0; i < AGAIN_MAX; i++) {
		fd = syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	if (fd >= 0)
		return (int)fd;
	/* EPERM is a seccomp filter that does not know the call, or a real refusal: ask again. */
	if (errno == ENOSYS || errno == EPERM)
		return open_by_walk(root_fd, path, flags);
	return -errno;
}

__attribute__((format(printf, 3, 0))) static int open_va(const struct root *root, int flags,
							 const char *fmt, va_list ap)
{
	char path[PATH_MAX];
	int len = vsnprintf(path, sizeof(path), fmt, ap), fd;

	if (len < 0)
		return -EINVAL;
	if ((size_t)len >= sizeof(path))
		return -ENAMETOOLONG;
	flags |= O_CLOEXEC;
	if (!fs_root_is_live(root))
		return open_in_root(root->fd, path, flags);
	fd = openat(root->fd, path, flags, CREATE_MODE);
	return fd < 0 ? -errno : fd;
}

int fs_open(const struct root *root, int flags, const char *fmt, ...)
{
	va_list ap;
	int fd;

	va_start(ap, fmt);
	fd = open_va(root, flags, fmt, ap);
	va_end(ap);
	return fd;
}

/* Sizes of files in /proc are 0, so the end is where a read returns nothing. */
static int read_to_end(int fd, char **ret, size_t *ret_len)
{
	auto_free char *buf = NULL;
	size_t len = 0, cap = 0;

	for (;;) {
		ssize_t n;

		if (cap - len < 2) {
			size_t more = cap ? cap * 2 : READ_FIRST;
			char *grown = more <= READ_MAX ? realloc(buf, more) : NULL;

			if (!grown)
				return more <= READ_MAX ? -ENOMEM : -EFBIG;
			buf = grown;
			cap = more;
		}
		n = read(fd, buf + len, cap - len - 1);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (!n)
			break;
		len += n > 0 ? (size_t)n : 0;
	}
	buf[len] = '\0';
	*ret = take_ptr(buf);
	if (ret_len)
		*ret_len = len;
	return 0;
}

__attribute__((format(printf, 4, 0))) static int
read_va(const struct root *root, char **ret, size_t *ret_len, const char *fmt, va_list ap)
{
	auto_close int fd = open_va(root, O_RDONLY, fmt, ap);

	return fd < 0 ? fd : read_to_end(fd, ret, ret_len);
}

__attribute__((format(printf, 3, 0))) static int read_line_va(const struct root *root, char **ret,
							      const char *fmt, va_list ap)
{
	char *text = NULL;
	int err = read_va(root, &text, NULL, fmt, ap);

	if (!text) /* untouched on failure */
		return err;
	text[strcspn(text, "\n")] = '\0';
	*ret = text;
	return 0;
}

int fs_read_file(const struct root *root, char **ret, size_t *ret_len, const char *fmt, ...)
{
	va_list ap;
	int err;

	va_start(ap, fmt);
	err = read_va(root, ret, ret_len, fmt, ap);
	va_end(ap);
	return err;
}

int fs_read_line(const struct root *root, char **ret, const char *fmt, ...)
{
	va_list ap;
	int err;

	va_start(ap, fmt);
	err = read_line_va(root, ret, fmt, ap);
	va_end(ap);
	return err;
}

int fs_read_u64(const struct root *root, unsigned long long *ret, const char *fmt, ...)
{
	auto_free char *line = NULL;
	uint64_t value;
	va_list ap;
	int err;

	va_start(ap, fmt);
	err = read_line_va(root, &line, fmt, ap);
	va_end(ap);
	if (!err)
		err = parse_u64(line, &value);
	if (!err)
		*ret = value;
	return err;
}

int fs_read_link(const struct root *root, char **ret, const char *fmt, ...)
{
	auto_close int fd = -1;
	char target[PATH_MAX];
	va_list ap;
	ssize_t n;

	va_start(ap, fmt);
	fd = open_va(root, O_PATH | O_NOFOLLOW, fmt, ap);
	va_end(ap);
	if (fd < 0)
		return fd;
	n = readlinkat(fd, "", target, sizeof(target));
	if (n < 0) /* readlinkat() says ENOENT for the empty path of what is no link */
		return errno == ENOENT ? -EINVAL : -errno;
	if ((size_t)n == sizeof(target))
		return -ENAMETOOLONG;
	*ret = strndup(target, (size_t)n);
	return *ret ? 0 : -ENOMEM;
}

int fs_opendir(const struct root *root, DIR **ret, const char *fmt, ...)
{
	auto_close int fd = -1;
	va_list ap;
	DIR *dir;

	va_start(ap, fmt);
	fd = open_va(root, O_RDONLY | O_DIRECTORY, fmt, ap);
	va_end(ap);
	if (fd < 0)
		return fd;
	dir = fdopendir(fd);
	if (!dir)
		return -errno;
	(void)take_fd(fd);
	*ret = dir;
	return 0;
}

int fs_stat(const struct root *root, struct stat *ret, const char *fmt, ...)
{
	auto_close int fd = -1;
	struct stat st;
	va_list ap;

	va_start(ap, fmt);
	fd = open_va(root, O_PATH, fmt, ap);
	va_end(ap);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st))
		return -errno;
	*ret = st;
	return 0;
}

int fs_exists(const struct root *root, const char *fmt, ...)
{
	auto_close int fd = -1;
	va_list ap;

	va_start(ap, fmt);
	fd = open_va(root, O_PATH, fmt, ap);
	va_end(ap);
	return fd >= 0;
}

int fs_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

void fs_closedir(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir);
	*dir = NULL;
}

/* Puts @text at @name in @dir_fd by a rename, with the mode that the file had. */
static int replace_file(int dir_fd, const char *name, const char *text)
{
	auto_close int fd = -1;
	char temporary[NAME_MAX + 1];
	struct stat st;
	int err;

	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (snprintf(temporary, sizeof(temporary), ".%s.new", name) >= (int)sizeof(temporary))
		return -ENAMETOOLONG;
	fd = openat(dir_fd, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
		    CREATE_MODE);
	if (fd < 0)
		return -errno;
	err = fs_write_all(fd, text, strlen(text));
	if (!err && fchmod(fd, st.st_mode & 07777))
		err = -errno;
	if (!err && renameat(dir_fd, temporary, dir_fd, name))
		err = -errno;
	if (err)
		(void)unlinkat(dir_fd, temporary, 0);
	return err;
}

static int write_recorded(const struct root *root, const char *path, const char *text)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	auto_close int dir_fd = fs_open(root, O_PATH | O_DIRECTORY, "./%.*s",
					(int)(slash ? slash - path : 0), path);

	return dir_fd < 0 ? dir_fd : replace_file(dir_fd, name, text);
}

static int write_live(const struct root *root, const char *path, const char *text)
{
	size_t len = strlen(text);
	int fd = fs_open(root, O_WRONLY | O_TRUNC, "%s", path), err = 0;
	ssize_t n;

	if (fd < 0)
		return fd;
	n = write(fd, text, len);
	if (n < 0)
		err = -errno;
	else if ((size_t)n != len)
		err = -EIO;
	if (close(fd) && !err)
		err = -errno;
	return err;
}

int fs_write_file(const struct root *root, const char *text, const char *fmt, ...)
{
	char path[PATH_MAX];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	if (len < 0)
		return -EINVAL;
	if ((size_t)len >= sizeof(path))
		return -ENAMETOOLONG;
	return fs_root_is_live(root) ? write_live(root, path, text)
				     : write_recorded(root, path, text);
}
