/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * topo: which CPUs there are and which share a core. Online and possible come from sysfs always,
 * cores from hwloc when it is built in and knows, else from sysfs. Only reads, and never moves to
 * another CPU to ask it.
 */
#include "sys/topo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/str.h"

#if LULL_WITH_HWLOC
#include <hwloc.h>
#endif

#define CPU_DIR "sys/devices/system/cpu"

/* Very old or trimmed trees lack the list: a CPU without a file `online`, or with 1, is online. */
static int read_online_dirs(const struct root *root, struct cpuset *ret)
{
	auto_closedir DIR *dir = NULL;
	const struct dirent *entry;
	unsigned long long online;
	uint32_t cpu;
	int err;

	err = fs_opendir(root, &dir, CPU_DIR);
	if (err)
		return err;
	cpuset_clear(ret);
	while ((entry = readdir(dir))) {
		if (!str_starts(entry->d_name, "cpu") || parse_u32(entry->d_name + 3, &cpu) ||
		    cpu >= CPUSET_MAX)
			continue;
		if (fs_read_u64(root, &online, CPU_DIR "/cpu%u/online", cpu) || online)
			cpuset_add(ret, cpu);
	}
	return cpuset_is_empty(ret) ? -ENOENT : 0;
}

static int read_list(const struct root *root, const char *name, struct cpuset *ret)
{
	auto_free char *line = NULL;
	int err;

	err = fs_read_line(root, &line, CPU_DIR "/%s", name);
	return err ? err : cpuset_parse(line, ret);
}

int topo_read_online(const struct root *root, struct cpuset *ret)
{
	struct cpuset set;
	int err;

	err = read_list(root, "online", &set);
	if (err == -ENOENT)
		err = read_online_dirs(root, &set);
	if (!err)
		*ret = set;
	return err;
}

int topo_read_possible(const struct root *root, unsigned int *ret_n)
{
	struct cpuset set;
	unsigned int n = 0;
	int err, cpu;

	err = read_list(root, "possible", &set);
	if (err == -ENOENT)
		err = read_list(root, "present", &set);
	if (err == -ENOENT)
		err = topo_read_online(root, &set);
	if (err)
		return err;
	for_each_cpu(cpu, &set)
		n = (unsigned int)cpu + 1;
	if (!n)
		return -EINVAL;
	*ret_n = n;
	return 0;
}

/* Links the CPUs of one core into a ring; CPUs beyond @n are left out. */
static void link_core(const struct cpuset *core, int *siblings, unsigned int n)
{
	int cpu, first = -1, last = -1;

	for_each_cpu(cpu, core) {
		if ((unsigned int)cpu >= n)
			break;
		if (first < 0)
			first = cpu;
		else
			siblings[last] = cpu;
		last = cpu;
	}
	if (last >= 0)
		siblings[last] = first;
}

/* core_cpus_list is 5.3's name of thread_siblings_list; the masks are the oldest form. */
static int read_core(const struct root *root, unsigned int cpu, struct cpuset *ret)
{
	static const char *const lists[] = { "core_cpus_list", "thread_siblings_list" };
	auto_free char *mask = NULL;
	int err;

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		auto_free char *line = NULL;

		err = fs_read_line(root, &line, CPU_DIR "/cpu%u/topology/%s", cpu, lists[i]);
		if (err != -ENOENT)
			return err ? err : cpuset_parse(line, ret);
	}
	err = fs_read_line(root, &mask, CPU_DIR "/cpu%u/topology/thread_siblings", cpu);
	return err ? err : cpuset_parse_mask(mask, ret);
}

static int link_from_sysfs(const struct root *root, const struct cpuset *online, int *siblings,
			   unsigned int n)
{
	struct cpuset core, seen;
	int err, cpu;

	cpuset_clear(&seen);
	for_each_cpu(cpu, online) {
		if (cpuset_has(&seen, (unsigned int)cpu))
			continue;
		err = read_core(root, (unsigned int)cpu, &core);
		/* No topology: some virtual machines and architectures have none. */
		if (err == -ENOENT)
			continue;
		if (err)
			return err;
		cpuset_and(&core, online);
		cpuset_subtract(&core, &seen);
		cpuset_or(&seen, &core);
		link_core(&core, siblings, n);
	}
	return 0;
}

#if LULL_WITH_HWLOC

/* hwloc takes another root from the environment only, which is put back at once. */
static int load_hwloc(const struct root *root, hwloc_topology_t topology)
{
	static const char name[] = "HWLOC_FSROOT";
	const char *old = getenv(name);
	auto_free char *kept = NULL;
	char path[32];
	int err;

	if (fs_root_is_live(root))
		return hwloc_topology_load(topology) ? -EIO : 0;
	if (old && !(kept = strdup(old)))
		return -ENOMEM;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", root->fd);
	if (setenv(name, path, 1))
		return -ENOMEM;
	err = hwloc_topology_load(topology) ? -EIO : 0;
	if (kept ? setenv(name, kept, 1) : unsetenv(name))
		return -ENOMEM;
	return err;
}

static void link_hwloc_cores(hwloc_topology_t topology, const struct cpuset *online, int *siblings,
			     unsigned int n)
{
	hwloc_obj_t obj = NULL;
	struct cpuset core;

	while ((obj = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_CORE, obj))) {
		cpuset_clear(&core);
		for (int cpu = hwloc_bitmap_first(obj->cpuset); cpu >= 0;
		     cpu = hwloc_bitmap_next(obj->cpuset, cpu))
			if ((unsigned int)cpu < n)
				cpuset_add(&core, (unsigned int)cpu);
		cpuset_and(&core, online);
		link_core(&core, siblings, n);
	}
}

/*
 * Cores only, with the CPUs that our own cgroup may not use. The x86 component is off also on
 * the machine itself: it would bind this process to every CPU in turn, isolated ones too.
 */
static int link_from_hwloc(const struct root *root, const struct cpuset *online, int *siblings,
			   unsigned int n)
{
	hwloc_topology_t topology;
	int err = -EIO;

	if (hwloc_topology_init(&topology))
		return -ENOMEM;
	if (!hwloc_topology_set_components(topology, HWLOC_TOPOLOGY_COMPONENTS_FLAG_BLACKLIST,
					   "x86") &&
	    !hwloc_topology_set_flags(topology, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED) &&
	    !hwloc_topology_set_all_types_filter(topology, HWLOC_TYPE_FILTER_KEEP_NONE) &&
	    !hwloc_topology_set_type_filter(topology, HWLOC_OBJ_CORE, HWLOC_TYPE_FILTER_KEEP_ALL))
		err = load_hwloc(root, topology);
	if (!err && hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_CORE) <= 0)
		err = -ENOENT;
	if (!err)
		link_hwloc_cores(topology, online, siblings, n);
	hwloc_topology_destroy(topology);
	return err;
}

#else

static int link_from_hwloc(const struct root *root, const struct cpuset *online,
			   const int *siblings, unsigned int n)
{
	(void)root;
	(void)online;
	(void)siblings;
	(void)n;
	return -ENOTSUP;
}

#endif

int topo_read_siblings(const struct root *root, int **ret, unsigned int *ret_n)
{
	auto_free int *siblings = NULL;
	struct cpuset online;
	unsigned int n;
	int err;

	err = topo_read_possible(root, &n);
	if (!err)
		err = topo_read_online(root, &online);
	if (err)
		return err;
	siblings = malloc(n * sizeof(*siblings));
	if (!siblings)
		return -ENOMEM;
	for (unsigned int cpu = 0; cpu < n; cpu++)
		siblings[cpu] = (int)cpu;
	if (link_from_hwloc(root, &online, siblings, n))
		err = link_from_sysfs(root, &online, siblings, n);
	if (err)
		return err;
	*ret = take_ptr(siblings);
	*ret_n = n;
	return 0;
}
