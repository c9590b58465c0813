/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * topo: which CPUs there are and what they share. Online, possible and NUMA nodes come from sysfs
 * always, cores, packages and caches from hwloc when it is built in and knows, else from sysfs.
 * Only reads. What the CPUs are good for is not decided here.
 */
#include "sys/topo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/str.h"

#include "sys/topo_p.h"

#define CPU_DIR	 "sys/devices/system/cpu"
#define NODE_DIR "sys/devices/system/node"

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

void topo_add_core(struct topo *topo, const struct cpuset *cpus)
{
	struct cpuset core = *cpus;
	int cpu, first;

	cpuset_and(&core, &topo->online);
	first = cpuset_next(&core, 0);
	for_each_cpu(cpu, &core)
		topo->cpus[cpu].core = first;
}

void topo_add_package(struct topo *topo, int package, const struct cpuset *cpus)
{
	int cpu;

	for_each_cpu(cpu, cpus)
		if (cpuset_has(&topo->online, (unsigned int)cpu))
			topo->cpus[cpu].package = package;
}

int topo_add_cache(struct topo *topo, const struct topo_cache *cache)
{
	struct topo_cache *added = topo->caches;

	/* Doubles at each power of two. */
	if (!(topo->n_caches & (topo->n_caches - 1)))
		added = reallocarray(topo->caches, topo->n_caches ? 2 * topo->n_caches : 1,
				     sizeof(*added));
	if (!added)
		return -ENOMEM;
	topo->caches = added;
	added += topo->n_caches;
	*added = *cache;
	cpuset_and(&added->cpus, &topo->online);
	topo->n_caches += !cpuset_is_empty(&added->cpus);
	return 0;
}

int topo_init(const struct root *root, struct topo *ret)
{
	struct topo topo = { .cpus = NULL };
	int err, cpu;

	err = topo_read_possible(root, &topo.n_cpus);
	if (!err)
		err = topo_read_online(root, &topo.online);
	if (err)
		return err;
	/* A recorded list of the possible CPUs may be the older one. */
	for_each_cpu(cpu, &topo.online)
		topo.n_cpus = max(topo.n_cpus, (unsigned int)cpu + 1);
	topo.cpus = calloc(topo.n_cpus, sizeof(*topo.cpus));
	if (!topo.cpus)
		return -ENOMEM;
	for (unsigned int i = 0; i < topo.n_cpus; i++)
		topo.cpus[i] = (struct topo_cpu){
			.online = cpuset_has(&topo.online, i),
			.core = (int)i,
			.package = -1,
			.node = -1,
			.l3 = -1,
		};
	*ret = topo;
	return 0;
}

static int add_node(const struct root *root, uint32_t id, struct topo *topo)
{
	auto_free char *line = NULL;
	struct topo_node node = { .id = (int)id }, *added;
	int err, cpu;

	err = fs_read_line(root, &line, NODE_DIR "/node%u/cpulist", id);
	if (!err) {
		err = cpuset_parse(line, &node.cpus);
	} else if (err == -ENOENT) {
		err = fs_read_line(root, &line, NODE_DIR "/node%u/cpumap", id);
		err = err ?: cpuset_parse_mask(line, &node.cpus);
	}
	if (err)
		return err;
	added = reallocarray(topo->nodes, topo->n_nodes + 1, sizeof(*added));
	if (!added)
		return -ENOMEM;
	topo->nodes = added;
	cpuset_and(&node.cpus, &topo->online);
	added[topo->n_nodes++] = node;
	for_each_cpu(cpu, &node.cpus)
		topo->cpus[cpu].node = (int)id;
	return 0;
}

static int by_node(const void *a, const void *b)
{
	const struct topo_node *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static int add_nodes(const struct root *root, struct topo *topo)
{
	auto_closedir DIR *dir = NULL;
	const struct dirent *entry;
	uint32_t id;
	int err;

	err = fs_opendir(root, &dir, NODE_DIR);
	if (err)
		return err == -ENOENT ? 0 : err;
	while ((entry = readdir(dir))) {
		if (!str_starts(entry->d_name, "node") || parse_u32(entry->d_name + 4, &id) ||
		    id > INT32_MAX)
			continue;
		err = add_node(root, id, topo);
		if (err && err != -ENOENT)
			return err;
	}
	if (topo->n_nodes)
		qsort(topo->nodes, topo->n_nodes, sizeof(*topo->nodes), by_node);
	return 0;
}

static int by_cache(const void *a, const void *b)
{
	const struct topo_cache *x = a, *y = b;
	int cpu_x = cpuset_next(&x->cpus, 0), cpu_y = cpuset_next(&y->cpus, 0);

	if (x->level != y->level)
		return x->level < y->level ? -1 : 1;
	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	return (cpu_x > cpu_y) - (cpu_x < cpu_y);
}

int topo_finish(const struct root *root, struct topo *topo)
{
	int cpu;

	if (topo->n_caches)
		qsort(topo->caches, topo->n_caches, sizeof(*topo->caches), by_cache);
	/* By rising level: the last one that holds a CPU wins. */
	for (unsigned int i = 0; i < topo->n_caches; i++) {
		const struct topo_cache *cache = &topo->caches[i];

		if (cache->type == 'i')
			continue;
		for_each_cpu(cpu, &cache->cpus)
			topo->cpus[cpu].l3 = cpuset_next(&cache->cpus, 0);
	}
	return add_nodes(root, topo);
}

/* Without the file, or with "(null)" in it as older kernels have it, there is none of them. */
static void read_boot_list(const struct root *root, const char *name, struct cpuset *ret)
{
	struct cpuset cpus;

	if (!read_list(root, name, &cpus))
		*ret = cpus;
}

static int fill(const struct root *root, bool cores_only, struct topo *topo)
{
	int err = topo_fill_hwloc(root, cores_only, topo);

	return err && err != -ENOMEM ? topo_fill_sysfs(root, cores_only, topo) : err;
}

int topo_read(const struct root *root, struct topo *ret)
{
	struct topo topo;
	int err = topo_init(root, &topo);

	if (err)
		return err;
	read_boot_list(root, "isolated", &topo.isolated);
	read_boot_list(root, "nohz_full", &topo.tickless);
	err = fill(root, false, &topo) ?: topo_finish(root, &topo);
	if (err)
		topo_done(&topo);
	else
		*ret = topo;
	return err;
}

void topo_done(struct topo *topo)
{
	if (!topo)
		return;
	free(topo->cpus);
	free(topo->caches);
	free(topo->nodes);
	*topo = (struct topo){ .cpus = NULL };
}

void topo_core_cpus(const struct topo *topo, unsigned int cpu, struct cpuset *ret)
{
	cpuset_clear(ret);
	cpuset_add(ret, cpu);
	for (unsigned int i = 0; i < topo->n_cpus; i++)
		if (cpu < topo->n_cpus && topo->cpus[i].online &&
		    topo->cpus[i].core == topo->cpus[cpu].core)
			cpuset_add(ret, i);
}

void topo_l3_cpus(const struct topo *topo, unsigned int cpu, struct cpuset *ret)
{
	cpuset_clear(ret);
	cpuset_add(ret, cpu);
	for (unsigned int i = 0; i < topo->n_cpus; i++)
		if (cpu < topo->n_cpus && topo->cpus[cpu].l3 >= 0 &&
		    topo->cpus[i].l3 == topo->cpus[cpu].l3)
			cpuset_add(ret, i);
}

int topo_read_siblings(const struct root *root, int **ret, unsigned int *ret_n)
{
	auto_free int *siblings = NULL;
	auto_topo struct topo topo = { .cpus = NULL };
	int err, cpu;

	err = topo_init(root, &topo);
	if (!err)
		err = fill(root, true, &topo);
	if (err)
		return err;
	siblings = malloc(topo.n_cpus * sizeof(*siblings));
	if (!siblings)
		return -ENOMEM;
	for (unsigned int i = 0; i < topo.n_cpus; i++)
		siblings[i] = (int)i;
	/* Inserts each CPU behind its core's first: from the last one down, the ring rises. */
	for (cpu = (int)topo.n_cpus - 1; cpu >= 0; cpu--) {
		int first = topo.cpus[cpu].core;

		if (first == cpu)
			continue;
		siblings[cpu] = siblings[first];
		siblings[first] = cpu;
	}
	*ret = take_ptr(siblings);
	*ret_n = topo.n_cpus;
	return 0;
}
