/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app/host.h"

#include <errno.h>
#include <sys/utsname.h>

#include "base/cleanup.h"
#include "base/cpuset.h"
#include "base/str.h"
#include "model/rec_host.h"
#include "model/rec_place.h"
#include "model/rec_tsc.h"
#include "model/recording.h"
#include "sys/topo.h"
#include "sys/vms_tsc.h"

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

static int by_place(const void *a, const void *b)
{
	const struct rec_place *x = a, *y = b;

	if (x->package != y->package)
		return x->package < y->package ? -1 : 1;
	if (x->node != y->node)
		return x->node < y->node ? -1 : 1;
	if (x->l3 != y->l3)
		return x->l3 < y->l3 ? -1 : 1;
	if (x->core != y->core)
		return x->core < y->core ? -1 : 1;
	return (x->cpu > y->cpu) - (x->cpu < y->cpu);
}

static int describe_cache(const struct topo_cache *cache, struct recording *rec)
{
	const char *type = cache->type == 'd'	? "data"
			   : cache->type == 'i' ? "instruction"
						: "unified";
	struct rec_cache added = { .level = cache->level,
				   .type = strdup(type),
				   .bytes = cache->bytes,
				   .cpus = cpuset_format(&cache->cpus) };

	if (added.type && added.cpus)
		return recording_add_cache(rec, &added);
	rec_cache_done(&added);
	return -ENOMEM;
}

/* A machine that does not say where its CPUs are is described without. */
static int describe_places(const struct root *root, struct recording *rec)
{
	auto_topo struct topo topo = { .n_cpus = 0 };
	int err = 0;

	if (topo_read(root, &topo))
		return 0;
	for (unsigned int i = 0; i < topo.n_cpus && !err; i++) {
		const struct topo_cpu *cpu = &topo.cpus[i];
		const struct rec_place place = { .cpu = (int)i,
						 .core = cpu->core,
						 .package = cpu->package,
						 .node = cpu->node,
						 .l3 = cpu->l3 };

		if (cpu->online)
			err = recording_add_place(rec, &place);
	}
	for (unsigned int i = 0; i < topo.n_caches && !err; i++)
		err = describe_cache(&topo.caches[i], rec);
	qsort(rec->places, rec->n_places, sizeof(*rec->places), by_place);
	return err;
}

/* Without debugfs, the guests' counters stay unknown. */
static int describe_tsc(const struct root *root, struct recording *rec)
{
	int err = 0;

	for (unsigned int i = 0; i < rec->n_threads && rec->tsc && !err; i++) {
		struct vcpu_tsc tsc;

		if (rec->threads[i].vcpu < 0 || vcpu_tsc_read(root, rec->threads[i].tid, &tsc))
			continue;
		err = rec_tsc_add_vcpu(rec->tsc,
				       &(struct rec_tsc_vcpu){ .tid = rec->threads[i].tid,
							       .offset = tsc.offset,
							       .ratio = tsc.ratio,
							       .ratio_bits = tsc.ratio_bits });
	}
	return err;
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
		       ? describe_places(root, rec) ?: describe_tsc(root, rec)
		       : -ENOMEM;
}
