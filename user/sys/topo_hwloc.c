/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * topo_hwloc: cores, packages and caches as hwloc sees them. Only reads, and never moves to
 * another CPU to ask it; NUMA nodes and the state of CPUs are not asked here.
 */
#include "sys/topo_p.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#if LULL_WITH_HWLOC
#include <hwloc.h>

/* Sets a variable of the environment; *ret_old has what it was (NULL: unset). */
static int swap_env(const char *name, const char *value, char **ret_old)
{
	const char *old = getenv(name);
	char *kept = NULL;

	if (old && !(kept = strdup(old)))
		return -ENOMEM;
	if (value ? setenv(name, value, 1) : unsetenv(name)) {
		free(kept);
		return -ENOMEM;
	}
	*ret_old = kept;
	return 0;
}

static int load_quietly(hwloc_topology_t topology)
{
	static const char name[] = "HWLOC_HIDE_ERRORS";
	auto_free char *old = NULL, *ours = NULL;
	int err;

	/* It would complain on stderr of firmware whose tables do not nest. */
	err = swap_env(name, "2", &old);
	if (err)
		return err;
	err = hwloc_topology_load(topology) ? -EIO : 0;
	return swap_env(name, old, &ours) ?: err;
}

/* hwloc takes another root from the environment only, which is put back at once. */
static int load_hwloc(const struct root *root, hwloc_topology_t topology)
{
	static const char name[] = "HWLOC_FSROOT";
	auto_free char *old = NULL, *ours = NULL;
	char path[32];
	int err;

	if (fs_root_is_live(root))
		return load_quietly(topology);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", root->fd);
	err = swap_env(name, path, &old);
	if (err)
		return err;
	err = load_quietly(topology);
	return swap_env(name, old, &ours) ?: err;
}

static void cpus_of(hwloc_obj_t obj, struct cpuset *ret)
{
	cpuset_clear(ret);
	for (int cpu = hwloc_bitmap_first(obj->cpuset); cpu >= 0 && cpu < CPUSET_MAX;
	     cpu = hwloc_bitmap_next(obj->cpuset, cpu))
		cpuset_add(ret, (unsigned int)cpu);
}

static void add_cores(hwloc_topology_t topology, struct topo *topo)
{
	hwloc_obj_t obj = NULL;
	struct cpuset cpus;

	while ((obj = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_CORE, obj))) {
		cpus_of(obj, &cpus);
		topo_add_core(topo, &cpus);
	}
}

static void add_packages(hwloc_topology_t topology, struct topo *topo)
{
	hwloc_obj_t obj = NULL;
	struct cpuset cpus;

	while ((obj = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_PACKAGE, obj))) {
		cpus_of(obj, &cpus);
		if (obj->os_index <= INT_MAX)
			topo_add_package(topo, (int)obj->os_index, &cpus);
	}
}

static char cache_type(hwloc_obj_t obj)
{
	switch (obj->attr->cache.type) {
	case HWLOC_OBJ_CACHE_DATA:
		return 'd';
	case HWLOC_OBJ_CACHE_INSTRUCTION:
		return 'i';
	default:
		return 'u';
	}
}

static int add_caches(hwloc_topology_t topology, struct topo *topo)
{
	for (hwloc_obj_type_t type = HWLOC_OBJ_L1CACHE; type <= HWLOC_OBJ_L3ICACHE; type++) {
		hwloc_obj_t obj = NULL;

		while ((obj = hwloc_get_next_obj_by_type(topology, type, obj))) {
			struct topo_cache cache = {
				.level = obj->attr->cache.depth,
				.type = cache_type(obj),
				.bytes = obj->attr->cache.size,
			};
			int err;

			cpus_of(obj, &cache.cpus);
			err = topo_add_cache(topo, &cache);
			if (err)
				return err;
		}
	}
	return 0;
}

/*
 * With the CPUs that our own cgroup may not use. The x86 component is off also on the machine
 * itself: it would bind this process to every CPU in turn, isolated ones too.
 */
static int configure(hwloc_topology_t topology, bool cores_only)
{
	const enum hwloc_type_filter_e all = HWLOC_TYPE_FILTER_KEEP_ALL;

	if (hwloc_topology_set_components(topology, HWLOC_TOPOLOGY_COMPONENTS_FLAG_BLACKLIST,
					  "x86") ||
	    hwloc_topology_set_flags(topology, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED) ||
	    hwloc_topology_set_all_types_filter(topology, HWLOC_TYPE_FILTER_KEEP_NONE) ||
	    hwloc_topology_set_type_filter(topology, HWLOC_OBJ_CORE, all))
		return -EIO;
	if (cores_only)
		return 0;
	if (hwloc_topology_set_type_filter(topology, HWLOC_OBJ_PACKAGE, all) ||
	    hwloc_topology_set_cache_types_filter(topology, all) ||
	    hwloc_topology_set_icache_types_filter(topology, all))
		return -EIO;
	return 0;
}

int topo_fill_hwloc(const struct root *root, bool cores_only, struct topo *topo)
{
	hwloc_topology_t topology;
	int err;

	if (hwloc_topology_init(&topology))
		return -ENOMEM;
	err = configure(topology, cores_only);
	if (!err)
		err = load_hwloc(root, topology);
	if (!err && hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_CORE) <= 0)
		err = -ENOENT;
	if (!err) {
		add_cores(topology, topo);
		add_packages(topology, topo);
		err = add_caches(topology, topo);
	}
	hwloc_topology_destroy(topology);
	return err;
}

#else

int topo_fill_hwloc(const struct root *root, bool cores_only, struct topo *topo)
{
	(void)root;
	(void)cores_only;
	(void)topo;
	return -ENOTSUP;
}

#endif
