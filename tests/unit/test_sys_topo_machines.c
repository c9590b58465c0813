/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recorded machines of many architectures: what sys/topo finds in each against what lscpu is
 * expected to say of it, and hwloc against our own reading of sysfs. Where lscpu and the truth
 * differ, the table below says why.
 */
#include "sys/topo.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "machines.h"
#include "sys/topo_p.h"
#include "test.h"

static const struct {
	const char *name;
	/*
	 * 0: as many as lscpu's table has different ones. Else that table is wrong: it numbers the
	 * cores of each kind of CPU from 0; 3, 2, 2 and 1 stand in its text.
	 */
	unsigned int cores;
	/*
	 * In the text; the sizes of a sparc64 are in files of their own, which hwloc does not read
	 * either. In s390-nested-virt L3 and L4 come from proc/cpuinfo, without instances: left
	 * out. The others have no size in sysfs, and lscpu says nothing.
	 */
	unsigned int kinds_of_cache;
} machines[] = {
	{ .name = "arm-A510-A710-A715-X3", .cores = 8 },
	{ .name = "armv7" },
	{ .name = "loongarch-loongson_3a5000_hv", .kinds_of_cache = 4 },
	{ .name = "ppc-qemu" },
	/* Two threads of one core, says the kernel, for a board whose cores have one. So do we. */
	{ .name = "rv64-linux", .kinds_of_cache = 3 },
	{ .name = "rv64-visionfive2", .kinds_of_cache = 3 },
	{ .name = "s390-lpar" },
	{ .name = "s390-nested-virt", .kinds_of_cache = 4 },
	{ .name = "sparc64" },
	{ .name = "x86_64-64cpu", .kinds_of_cache = 4 },
};

/* The recorded tree, unpacked, and what lscpu says of it. */
static struct root open_machine(const char *name, char **ret_said)
{
	auto_root struct root all = { .fd = -1 };
	struct root root = machines_lscpu(name);

	CHECK_EQ(fs_root_open(&all, machines_dir()), 0);
	CHECK_EQ(fs_read_file(&all, ret_said, NULL, "topology/lscpu-%s.expected.txt", name), 0);
	return root;
}

/* What follows "@label:", up to the end of its line. */
static const char *said_of(const char *said, const char *label, char *buf, size_t cap)
{
	const char *at = strstr(said, label);

	CHECK(at);
	at += strlen(label);
	at += strspn(at, ": ");
	(void)snprintf(buf, cap, "%.*s", (int)strcspn(at, "\n"), at);
	return buf;
}

static void check_set(const struct cpuset *got, const char *want)
{
	struct cpuset set;

	CHECK_EQ(cpuset_parse(want, &set), 0);
	CHECK(cpuset_is_equal(got, &set));
}

/* Different cores in the first table of CPU,Core,..., by the highest: it counts from 0. */
static unsigned int cores_of_table(const char *said)
{
	const char *row = strstr(said, "# CPU,Core,");
	unsigned long core, cores = 0;

	CHECK(row);
	for (row = strchr(row, '\n') + 1; isdigit((unsigned char)*row);
	     row = strchr(row, '\n') + 1) {
		core = strtoul(strchr(row, ',') + 1, NULL, 10);
		cores = max(cores, core + 1);
	}
	return (unsigned int)cores;
}

static void count_cores(const struct topo *topo, unsigned int *ret_cores, unsigned int *ret_largest)
{
	int cpu;

	*ret_cores = *ret_largest = 0;
	for_each_cpu(cpu, &topo->online) {
		struct cpuset core;

		topo_core_cpus(topo, (unsigned int)cpu, &core);
		*ret_cores += topo->cpus[cpu].core == cpu;
		*ret_largest = max(*ret_largest, cpuset_count(&core));
	}
}

TEST(topo_read__finds_the_cores_that_lscpu_finds)
{
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		auto_free char *said = NULL;
		auto_root struct root root = open_machine(machines[i].name, &said);
		auto_topo struct topo topo = { .cpus = NULL };
		unsigned int cores, threads;
		uint32_t want;
		char buf[64];

		CHECK_EQ(topo_read(&root, &topo), 0);
		check_set(&topo.online, said_of(said, "On-line CPU(s) list", buf, sizeof(buf)));
		count_cores(&topo, &cores, &threads);
		CHECK_EQ(parse_u32(said_of(said, "Thread(s) per core", buf, sizeof(buf)), &want),
			 0);
		CHECK_EQ(threads, want);
		CHECK_EQ(cores, machines[i].cores ?: cores_of_table(said));
	}
}

/* "L1d cache: 256 KiB (4 instances)" */
static bool is_cache_line(const char *line, struct topo_cache *ret, unsigned int *ret_n)
{
	const char *bytes, *n;
	char *unit;

	if (line[0] != 'L' || !isdigit((unsigned char)line[1]))
		return false;
	bytes = strchr(line, ':');
	n = strchr(line, '(');
	if (!bytes || !n || n > line + strcspn(line, "\n"))
		return false;
	ret->level = (unsigned int)(line[1] - '0');
	ret->type = line[2];
	if (line[2] == ' ')
		ret->type = 'u';
	ret->bytes = strtoul(bytes + 1, &unit, 10);
	ret->bytes <<= unit[1] == 'K' ? 10 : 20;
	*ret_n = (unsigned int)strtoul(n + 1, NULL, 10);
	return true;
}

static void check_caches(const struct topo *topo, const struct topo_cache *want,
			 unsigned int want_n)
{
	uint64_t bytes = 0;
	unsigned int n = 0;

	for (unsigned int i = 0; i < topo->n_caches; i++)
		if (topo->caches[i].level == want->level && topo->caches[i].type == want->type) {
			bytes += topo->caches[i].bytes;
			n++;
		}
	CHECK_EQ(n, want_n);
	CHECK_EQ(bytes, want->bytes);
}

TEST(topo_read__finds_the_caches_that_lscpu_finds)
{
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		auto_free char *said = NULL;
		auto_root struct root root = open_machine(machines[i].name, &said);
		auto_topo struct topo topo = { .cpus = NULL };
		unsigned int n, kinds = 0;
		struct topo_cache cache;

		CHECK_EQ(topo_read(&root, &topo), 0);
		if (!machines[i].kinds_of_cache)
			continue;
		for (char *line = said; *line; line += strcspn(line, "\n"), line += *line == '\n')
			if (is_cache_line(line, &cache, &n)) {
				check_caches(&topo, &cache, n);
				kinds++;
			}
		CHECK_EQ(kinds, machines[i].kinds_of_cache);
	}
}

/* "NUMA node2 CPU(s):   1-61:4" */
TEST(topo_read__finds_the_nodes_that_lscpu_finds)
{
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		auto_free char *said = NULL;
		auto_root struct root root = open_machine(machines[i].name, &said);
		auto_topo struct topo topo = { .cpus = NULL };
		unsigned int n = 0;
		char label[32], list[64];

		CHECK_EQ(topo_read(&root, &topo), 0);
		for (unsigned int k = 0; k < topo.n_nodes; k++) {
			int cpu = cpuset_next(&topo.nodes[k].cpus, 0);

			(void)snprintf(label, sizeof(label), "NUMA node%d CPU(s)",
				       topo.nodes[k].id);
			check_set(&topo.nodes[k].cpus, said_of(said, label, list, sizeof(list)));
			CHECK(cpu < 0 || topo.cpus[cpu].node == topo.nodes[k].id);
		}
		for (const char *at = said; (at = strstr(at, "NUMA node")); at++)
			n += isdigit((unsigned char)at[strlen("NUMA node")]) != 0;
		CHECK_EQ(topo.n_nodes, n);
	}
}

static void check_same(const struct topo *a, const struct topo *b)
{
	CHECK_EQ(a->n_cpus, b->n_cpus);
	CHECK(cpuset_is_equal(&a->online, &b->online));
	for (unsigned int cpu = 0; cpu < a->n_cpus; cpu++) {
		CHECK_EQ(a->cpus[cpu].online, b->cpus[cpu].online);
		CHECK_EQ(a->cpus[cpu].core, b->cpus[cpu].core);
		CHECK_EQ(a->cpus[cpu].package, b->cpus[cpu].package);
		CHECK_EQ(a->cpus[cpu].node, b->cpus[cpu].node);
		CHECK_EQ(a->cpus[cpu].l3, b->cpus[cpu].l3);
	}
	CHECK_EQ(a->n_caches, b->n_caches);
	for (unsigned int i = 0; i < a->n_caches; i++) {
		CHECK_EQ(a->caches[i].level, b->caches[i].level);
		CHECK_EQ(a->caches[i].type, b->caches[i].type);
		CHECK_EQ(a->caches[i].bytes, b->caches[i].bytes);
		CHECK(cpuset_is_equal(&a->caches[i].cpus, &b->caches[i].cpus));
	}
}

TEST(topo_fill_hwloc__agrees_with_sysfs)
{
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		auto_free char *said = NULL;
		auto_root struct root root = open_machine(machines[i].name, &said);
		auto_topo struct topo hwloc = { .cpus = NULL }, sysfs = { .cpus = NULL };
		int err;

		CHECK_EQ(topo_init(&root, &hwloc), 0);
		err = topo_fill_hwloc(&root, false, &hwloc);
		if (err == -ENOTSUP)
			SKIP("built without hwloc");
		CHECK_EQ(err, 0);
		CHECK_EQ(topo_finish(&root, &hwloc), 0);
		CHECK_EQ(topo_init(&root, &sysfs), 0);
		CHECK_EQ(topo_fill_sysfs(&root, false, &sysfs), 0);
		CHECK_EQ(topo_finish(&root, &sysfs), 0);
		check_same(&hwloc, &sysfs);
	}
}
