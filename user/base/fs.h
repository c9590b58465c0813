/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fs: every file of the system is opened here, below a struct root, so that a recorded /proc and
 * /sys can stand in for the machine (--sysroot). Paths are relative ("proc/interrupts").
 */
#ifndef LULL_BASE_FS_H
#define LULL_BASE_FS_H

#include <dirent.h>
#include <stddef.h>

struct stat;

struct root {
	int fd;		  /* a directory, O_PATH */
	const char *path; /* as the user gave it, for messages; "/" for the machine itself */
};

/* Opens @path, which must outlive it, as a root. -errno. fs_root_done closes it. */
int fs_root_open(struct root *ret, const char *path);
void fs_root_done(struct root *root);
/* Is this the machine that lull runs on? */
int fs_root_is_live(const struct root *root);

/*
 * Opens a file below the root, O_CLOEXEC added; -errno or the descriptor. No link, absolute or by
 * "..", leads out of a root that is not the machine itself.
 */
int fs_open(const struct root *root, int flags, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/*
 * The whole file, NUL-terminated, allocated; @ret_len may be NULL. Procfs short reads handled.
 * -EFBIG above 256 MiB.
 */
int fs_read_file(const struct root *root, char **ret, size_t *ret_len, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* The first line, without its newline, allocated. An empty file gives "". */
int fs_read_line(const struct root *root, char **ret, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int fs_read_u64(const struct root *root, unsigned long long *ret, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The target of a symbolic link, allocated. */
int fs_read_link(const struct root *root, char **ret, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Opens a directory for readdir(); close with closedir(). */
int fs_opendir(const struct root *root, DIR **ret, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* What fstat() says of it; a link is followed. */
int fs_stat(const struct root *root, struct stat *ret, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* 1 when it can be reached, else 0. */
int fs_exists(const struct root *root, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * Writes @text to a file that exists, in one write() as the kernel's files want it; close() is
 * checked. Below a root that is not the machine itself the file is replaced whole, since a plain
 * file would keep the end of a longer text. -ENOENT, or what the kernel says to the write.
 */
int fs_write_file(const struct root *root, const char *text, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Writes all of @len bytes; EINTR and short writes handled. 0 or -errno. */
int fs_write_all(int fd, const void *data, size_t len);

void fs_closedir(DIR **dir);
#define auto_closedir __attribute__((cleanup(fs_closedir)))

#endif
