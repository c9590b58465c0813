/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * isolate: shields of recorded machines, of many shapes: all of their interrupts there and back, and
 * how many of their CPUs a guest may have.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "isolate.h"
#include "isolate/apply.h"
#include "isolate/knob.h"
#include "isolate/limits.h"
#include "machines.h"
#include "sys/irqs.h"
#include "sys/topo.h"
#include "test.h"

#define auto_apply __attribute__((cleanup(apply_close)))

struct recorded {
	struct root root;
	struct irq_table table;
	struct cpuset online, guest;
	char online_list[512], path[PATH_MAX];
};

static void put_text(const struct recorded *m, const char *path, const char *text)
{
	auto_free char *line = NULL;

	CHECK(asprintf(&line, "%s\n", text) > 0);
	machines_put(m->path, path, line);
}

/* A machine with the lines of that file, all of which may go to all CPUs; the guest has the upper half. */
static void make(const char *name, struct recorded *m)
{
	auto_root struct root all = { .fd = -1 };
	auto_free char *text = NULL, *list = NULL, *mask = NULL;

	CHECK_EQ(fs_root_open(&all, machines_dir()), 0);
	CHECK_EQ(fs_read_file(&all, &text, NULL, "interrupts/%s", name), 0);
	(void)snprintf(m->path, sizeof(m->path), "%s/%s", test_tmpdir(), name);
	CHECK_EQ(mkdir(m->path, 0700), 0);
	CHECK_EQ(fs_root_open(&m->root, m->path), 0);
	machines_put(m->path, "proc/interrupts", text);
	CHECK_EQ(irqs_read(&m->root, &m->table, NULL), 0);
	for (unsigned int i = 0; i < m->table.n_cpus; i++) {
		cpuset_add(&m->online, (unsigned int)m->table.cpus[i]);
		if (i && i >= m->table.n_cpus / 2)
			cpuset_add(&m->guest, (unsigned int)m->table.cpus[i]);
	}
	list = cpuset_format(&m->online);
	mask = cpuset_format_mask(&m->online);
	CHECK(list && mask);
	str_copy(m->online_list, sizeof(m->online_list), list, strlen(list));
	put_text(m, "proc/irq/default_smp_affinity", mask);
	put_text(m, "sys/devices/system/cpu/online", list);
	put_text(m, "sys/devices/system/cpu/possible", list);
	put_text(m, "proc/sys/kernel/random/boot_id", "boot-1");
	machines_put(m->path, "run/keep", "");
	for (unsigned int i = 0; i < m->table.n_lines; i++) {
		char path[64];

		(void)snprintf(path, sizeof(path), "proc/irq/%d/smp_affinity_list",
			       m->table.lines[i].irq);
		if (m->table.lines[i].irq >= 0)
			put_text(m, path, list);
	}
}

static void read_mask(const struct recorded *m, const struct irq_line *line, struct cpuset *ret)
{
	auto_free char *text = NULL;

	CHECK_EQ(fs_read_line(&m->root, &text, "proc/irq/%d/smp_affinity_list", line->irq), 0);
	CHECK_EQ(cpuset_parse(text, ret), 0);
}

/* A line that was moved is on the host's CPUs or, passed through, on the guest's; the others stay. */
static unsigned int count_moved(const struct recorded *m)
{
	struct cpuset host = m->online;
	unsigned int n = 0;

	cpuset_subtract(&host, &m->guest);
	for (unsigned int i = 0; i < m->table.n_lines; i++) {
		const struct irq_line *line = &m->table.lines[i];
		struct cpuset now;

		if (line->irq < 0)
			continue;
		read_mask(m, line, &now);
		if (cpuset_is_equal(&now, &m->online))
			continue;
		CHECK(cpuset_is_equal(&now, strstr(line->actions, "vfio-") ? &m->guest : &host));
		n++;
	}
	return n;
}

static unsigned int count_numbered(const struct recorded *m)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < m->table.n_lines; i++)
		n += m->table.lines[i].irq >= 0;
	return n;
}

/* Numbered lines; rows such as LOC are said to stay, too. */
static unsigned int count_irq_stays(const struct plan *plan)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < plan->n_stays; i++)
		n += streq(plan->stays[i].knob->name, "irq") &&
		     str_starts(plan->stays[i].name, "irq ");
	return n;
}

static void there_and_back(const char *name)
{
	struct recorded m = { .path = "" };
	char id[] = "A";
	struct layer layer = { .id = id, .name = id };
	const struct apply_config config = { .root = &m.root };
	auto_apply struct apply a;
	struct apply_tally tally;
	unsigned int moved;

	printf("# %s\n", name);
	make(name, &m);
	layer.guest = m.guest;
	CHECK_EQ(knob_parse_set("irq-default,irq", &layer.knobs, NULL), 0);
	CHECK_EQ(apply_open_writer(&a, &config), 0);
	if (!cpuset_is_empty(&m.guest)) {
		CHECK_EQ(apply_add(&a, &layer), 0);
		apply_count(&a.plan, &tally);
		moved = count_moved(&m);
		CHECK_EQ(tally.held + tally.pending, moved + 1); /* and the default mask */
		CHECK_EQ(tally.failed + tally.drifted + tally.gone, 0);
		CHECK_EQ(moved + count_irq_stays(&a.plan), count_numbered(&m));
		CHECK_EQ(apply_lift(&a, NULL), 0);
		CHECK_EQ(a.n_restored, moved + 1);
	}
	CHECK_EQ(count_moved(&m), 0);
	CHECK(!fs_exists(&m.root, "run/lull/journal"));
	irqs_done(&m.table);
	fs_root_done(&m.root);
}

TEST(apply__all_interrupts_of_recorded_machines_there_and_back)
{
	auto_root struct root all = { .fd = -1 };
	auto_closedir DIR *dir = NULL;
	const struct dirent *entry;
	unsigned int n = 0;

	CHECK_EQ(fs_root_open(&all, machines_dir()), 0);
	CHECK_EQ(fs_opendir(&all, &dir, "interrupts"), 0);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || strstr(entry->d_name, "no_interrupts"))
			continue;
		there_and_back(entry->d_name);
		n++;
	}
	CHECK(n >= 30);
}

static int judge(const struct topo *topo, const struct cpuset *guest)
{
	auto_str struct str why = { 0 };

	return limits_check(topo, guest, true, &why);
}

/* All but one core may be a guest's, and nothing of that one. */
TEST(limits_check__a_recorded_host_keeps_a_core)
{
	static const char *const names[] = {
		"arm-A510-A710-A715-X3", "armv7",      "ppc-qemu", "rv64-visionfive2", "s390-lpar",
		"s390-nested-virt",	 "rv64-linux", "sparc64",  "x86_64-64cpu",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		auto_root struct root root = machines_lscpu(names[i]);
		auto_topo struct topo topo = { .cpus = NULL };
		struct cpuset guest, core;
		int cpu;

		CHECK_EQ(topo_read(&root, &topo), 0);
		guest = topo.online;
		topo_core_cpus(&topo, (unsigned int)cpuset_next(&topo.online, 0), &core);
		CHECK_EQ(judge(&topo, &guest), -EPERM);
		cpuset_subtract(&guest, &core);
		if (!cpuset_is_empty(&guest))
			CHECK_EQ(judge(&topo, &guest), 0);
		for_each_cpu(cpu, &core) {
			struct cpuset more = guest;

			cpuset_add(&more, (unsigned int)cpu);
			CHECK_EQ(judge(&topo, &more), -EPERM);
		}
	}
}
