/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/json_host.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cpuset.h"
#include "model/rec_host.h"
#include "model/recording.h"
#include "report/json_node.h"

static int read_cache(const struct json_node *item, void *to)
{
	struct rec_cache cache = { .level = 0 };
	int err = json_node_read_fields(item, json_cache_fields, &cache);

	if (!err)
		return recording_add_cache(to, &cache);
	rec_cache_done(&cache);
	return err;
}

static int read_interrupt(const struct json_node *item, void *to)
{
	struct rec_interrupt given = { .id = NULL };
	int err = json_node_read_fields(item, json_interrupt_fields, &given);

	err = err ?: rec_host_cpu_add_interrupt(to, given.id, given.name, given.count);
	free(given.id);
	free(given.name);
	return err;
}

static int read_host_cpu(const struct json_node *item, void *to)
{
	struct rec_host_cpu cpu = { .cpu = 0 };
	int err = json_node_read_fields(item, json_host_cpu_fields, &cpu);

	if (!err && cpu.cpu >= CPUSET_MAX)
		err = json_node_refuse(item, "there is no CPU %d", cpu.cpu);
	err = err ?: json_node_read_list(item, "interrupts", true, read_interrupt, &cpu);
	if (!err)
		return recording_add_host_cpu(to, &cpu);
	rec_host_cpu_done(&cpu);
	return err;
}

int json_host_read(const struct json_node *document, struct recording *rec)
{
	int err = json_node_read_list(document, "caches", false, read_cache, rec);

	return err ?: json_node_read_list(document, "host_cpus", false, read_host_cpu, rec);
}
