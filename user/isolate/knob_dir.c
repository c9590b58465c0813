/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * knob_dir: reads a directory whole and sorts it. Names are as the kernel has them, not sanitised.
 */
#include "isolate/knob_dir.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

void knob_dir_done(struct knob_dir *dir)
{
	if (!dir)
		return;
	for (unsigned int i = 0; i < dir->n; i++)
		free(dir->names[i]);
	free(dir->names);
	*dir = (struct knob_dir){ .names = NULL };
}

static int compare(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

static int add(struct knob_dir *dir, unsigned int *cap, const char *name)
{
	char *copy;

	if (dir->n == *cap) {
		unsigned int more = *cap ? *cap * 2 : 64;
		char **grown = reallocarray(dir->names, more, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		dir->names = grown;
		*cap = more;
	}
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	dir->names[dir->n++] = copy;
	return 0;
}

static int read_all(DIR *stream, struct knob_dir *dir)
{
	const struct dirent *entry;
	unsigned int cap = 0;
	int err = 0;

	for (;;) {
		errno = 0;
		entry = readdir(stream);
		if (!entry)
			return -errno;
		if (entry->d_name[0] != '.')
			err = add(dir, &cap, entry->d_name);
		if (err)
			return err;
	}
}

int knob_dir_read(const struct root *root, struct knob_dir *ret, const char *fmt, ...)
{
	auto_knob_dir struct knob_dir dir = { .names = NULL };
	auto_closedir DIR *stream = NULL;
	char path[PATH_MAX];
	va_list ap;
	int err, len;

	va_start(ap, fmt);
	len = vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	if (len < 0 || (size_t)len >= sizeof(path))
		return -ENAMETOOLONG;
	err = fs_opendir(root, &stream, "%s", path);
	if (!err)
		err = read_all(stream, &dir);
	if (err && err != -ENOENT && err != -ENODEV) /* a cgroup that goes meanwhile: ENODEV */
		return err;
	if (dir.n)
		qsort(dir.names, dir.n, sizeof(*dir.names), compare);
	*ret = dir;
	dir = (struct knob_dir){ .names = NULL };
	return 0;
}
