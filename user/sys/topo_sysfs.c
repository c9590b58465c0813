/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * topo_sysfs: cores, packages and caches from sys/devices/system/cpu, for a build without hwloc
 * and for trees that it does not understand. An offline CPU has neither directory.
 */
#include "sys/topo_p.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/str.h"

#define CPU_DIR "sys/devices/system/cpu"

/* @list below the directory of @cpu, else @mask, which is the oldest form. */
static int read_set(const struct root *root, unsigned int cpu, const char *list, const char *mask,
		    struct cpuset *ret)
{
	auto_free char *line = NULL;
	int err;

	err = fs_read_line(root, &line, CPU_DIR "/cpu%u/%s", cpu, list);
	if (!err)
		return cpuset_parse(line, ret);
	if (err != -ENOENT || !mask)
		return err;
	err = fs_read_line(root, &line, CPU_DIR "/cpu%u/%s", cpu, mask);
	return err ? err : cpuset_parse_mask(line, ret);
}

/* core_cpus_list is 5.3's name of thread_siblings_list, package_cpus_list of core_siblings_list. */
static int read_core(const struct root *root, unsigned int cpu, struct cpuset *ret)
{
	int err = read_set(root, cpu, "topology/core_cpus_list", NULL, ret);

	if (err != -ENOENT)
		return err;
	return read_set(root, cpu, "topology/thread_siblings_list", "topology/thread_siblings",
			ret);
}

static int add_core(const struct root *root, unsigned int cpu, struct topo *topo)
{
	struct cpuset core;
	int err = read_core(root, cpu, &core);

	/* No topology: some virtual machines and architectures have none. */
	if (err)
		return err == -ENOENT ? 0 : err;
	if (cpuset_has(&core, cpu))
		topo_add_core(topo, &core);
	return 0;
}

static void add_package(const struct root *root, unsigned int cpu, struct topo *topo)
{
	auto_free char *line = NULL;
	uint32_t package;

	/* -1: the firmware does not say. */
	if (!fs_read_line(root, &line, CPU_DIR "/cpu%u/topology/physical_package_id", cpu) &&
	    !parse_u32(line, &package) && package <= INT32_MAX)
		topo->cpus[cpu].package = (int)package;
}

/* "32K": the kernel always writes kilobytes. */
static uint64_t parse_size(char *text)
{
	char *end = text + strspn(text, "0123456789");
	uint64_t bytes;
	unsigned int shift = *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;

	if (shift && end[1])
		return 0;
	if (shift)
		*end = '\0';
	return parse_u64(text, &bytes) || bytes > UINT64_MAX >> shift ? 0 : bytes << shift;
}

/* -ENOENT: no such cache, or one that does not say what it is. */
static int read_cache(const struct root *root, unsigned int cpu, unsigned int index,
		      struct topo_cache *ret)
{
	auto_free char *type = NULL, *size = NULL;
	unsigned long long level;
	char list[48], mask[48];
	int err;

	err = fs_read_u64(root, &level, CPU_DIR "/cpu%u/cache/index%u/level", cpu, index);
	if (err)
		return err;
	if (fs_read_line(root, &type, CPU_DIR "/cpu%u/cache/index%u/type", cpu, index))
		return -ENOENT;
	(void)snprintf(list, sizeof(list), "cache/index%u/shared_cpu_list", index);
	(void)snprintf(mask, sizeof(mask), "cache/index%u/shared_cpu_map", index);
	err = read_set(root, cpu, list, mask, &ret->cpus);
	if (err)
		return err;
	ret->level = (unsigned int)level;
	ret->type = streq(type, "Data") ? 'd' : streq(type, "Instruction") ? 'i' : 'u';
	ret->bytes = 0;
	if (!fs_read_line(root, &size, CPU_DIR "/cpu%u/cache/index%u/size", cpu, index))
		ret->bytes = parse_size(size);
	return 0;
}

/* A cache is added by the lowest online CPU that it belongs to. */
static int add_caches(const struct root *root, unsigned int cpu, struct topo *topo)
{
	for (unsigned int index = 0; fs_exists(root, CPU_DIR "/cpu%u/cache/index%u", cpu, index);
	     index++) {
		struct topo_cache cache;
		int err = read_cache(root, cpu, index, &cache);

		if (err == -ENOENT)
			continue;
		if (err)
			return err;
		cpuset_and(&cache.cpus, &topo->online);
		if (cpuset_next(&cache.cpus, 0) == (int)cpu)
			err = topo_add_cache(topo, &cache);
		if (err)
			return err;
	}
	return 0;
}

int topo_fill_sysfs(const struct root *root, bool cores_only, struct topo *topo)
{
	int err, cpu;

	for_each_cpu(cpu, &topo->online) {
		/* A core is added by its lowest CPU. */
		if (topo->cpus[cpu].core == cpu) {
			err = add_core(root, (unsigned int)cpu, topo);
			if (err)
				return err;
		}
		if (cores_only)
			continue;
		add_package(root, (unsigned int)cpu, topo);
		err = add_caches(root, (unsigned int)cpu, topo);
		if (err)
			return err;
	}
	return 0;
}
