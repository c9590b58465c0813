/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * machines: finds recorded machines for the tests, and makes small ones. Holds no data itself.
 */
#include "machines.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "test.h"

const char *machines_dir(void)
{
	const char *dir = getenv("LULL_MACHINES");

	if (!dir)
		dir = "../shared/machines";
	if (access(dir, R_OK | X_OK))
		SKIP("no recorded machines beside the tree (LULL_MACHINES)");
	return dir;
}

struct root machines_fixture(const char *name)
{
	struct root root = { .fd = -1 };
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "tests/fixtures/%s", name);
	CHECK_EQ(fs_root_open(&root, path), 0);
	root.path = name; /* that one lives on */
	return root;
}

static void unpack(const char *archive, const char *dir)
{
	char command[2 * PATH_MAX];
	int status;
	pid_t pid;

	(void)snprintf(command, sizeof(command), "tar -xzf '%s' -C '%s' --no-same-owner", archive,
		       dir);
	pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		(void)execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

struct root machines_lscpu(const char *name)
{
	const char *dir = machines_dir(), *tmp = test_tmpdir();
	struct root root = { .fd = -1 };
	char path[PATH_MAX];

	printf("# %s\n", name);
	(void)snprintf(path, sizeof(path), "%s/topology/lscpu-%s.tar.gz", dir, name);
	unpack(path, tmp);
	(void)snprintf(path, sizeof(path), "%s/%s", tmp, name);
	CHECK_EQ(fs_root_open(&root, path), 0);
	root.path = name;
	return root;
}

void machines_put(const char *dir, const char *path, const char *text)
{
	auto_close int fd = -1;
	char full[PATH_MAX];

	(void)snprintf(full, sizeof(full), "%s/%s", dir, path);
	for (char *p = full + strlen(dir) + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		(void)mkdir(full, 0700);
		*p = '/';
	}
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	CHECK(fd >= 0);
	CHECK_EQ(fs_write_all(fd, text, strlen(text)), 0);
}
