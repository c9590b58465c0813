/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app/host.h"

#include <errno.h>
#include <sys/utsname.h>

#include "base/cleanup.h"
#include "base/cpuset.h"
#include "base/str.h"
#include "model/recording.h"
#include "sys/topo.h"

/* A file that may be missing reads "". */
static char *line_or_empty(const struct root *root, const char *path)
{
	char *line = NULL;

	if (fs_read_line(root, &line, "%s", path))
		return strdup("");
	str_sanitize(line);
	return line;
}

static char *command_line(int argc, char **argv)
{
	struct str s = { 0 };
	int err = str_add(&s, "lull");

	for (int i = 0; i < argc && !err; i++)
		err = str_addf(&s, " %s", argv[i]);
	if (err) {
		str_done(&s);
		return NULL;
	}
	str_sanitize(s.s);
	return s.s;
}

int host_describe(const struct root *root, int argc, char **argv, struct recording *rec)
{
	struct utsname un;
	struct cpuset online;

	cpuset_clear(&online);
	(void)topo_read_online(root, &online);
	if (uname(&un))
		return -errno;
	rec->hostname = strdup(un.nodename);
	if (rec->hostname)
		str_sanitize(rec->hostname);
	rec->kernel = strdup(un.release);
	rec->boot_id = line_or_empty(root, "proc/sys/kernel/random/boot_id");
	rec->cpus_online = cpuset_format(&online);
	rec->cmdline = line_or_empty(root, "proc/cmdline");
	rec->lull_version = strdup(LULL_VERSION);
	rec->command = command_line(argc, argv);
	return rec->hostname && rec->kernel && rec->boot_id && rec->cpus_online && rec->cmdline &&
			       rec->lull_version && rec->command
		       ? 0
		       : -ENOMEM;
}
