/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/rec_host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/recording.h"

void rec_cache_done(struct rec_cache *cache)
{
	free(cache->type);
	free(cache->cpus);
	*cache = (struct rec_cache){ .level = 0 };
}

void rec_host_cpu_done(struct rec_host_cpu *cpu)
{
	for (unsigned int i = 0; i < cpu->n_interrupts; i++) {
		free(cpu->interrupts[i].id);
		free(cpu->interrupts[i].name);
	}
	free(cpu->interrupts);
	*cpu = (struct rec_host_cpu){ .cpu = 0 };
}

void rec_host_done(struct recording *rec)
{
	for (unsigned int i = 0; i < rec->n_caches; i++)
		rec_cache_done(&rec->caches[i]);
	for (unsigned int i = 0; i < rec->n_host_cpus; i++)
		rec_host_cpu_done(&rec->host_cpus[i]);
	free(rec->caches);
	free(rec->host_cpus);
	rec->caches = NULL;
	rec->host_cpus = NULL;
	rec->n_caches = rec->n_host_cpus = 0;
}

int recording_add_cache(struct recording *rec, const struct rec_cache *cache)
{
	struct rec_cache *grown =
		reallocarray(rec->caches, rec->n_caches + 1UL, sizeof(*rec->caches));

	if (!grown) {
		struct rec_cache lost = *cache;

		rec_cache_done(&lost);
		return -ENOMEM;
	}
	rec->caches = grown;
	grown[rec->n_caches++] = *cache;
	return 0;
}

int recording_add_host_cpu(struct recording *rec, const struct rec_host_cpu *cpu)
{
	struct rec_host_cpu *grown =
		reallocarray(rec->host_cpus, rec->n_host_cpus + 1UL, sizeof(*rec->host_cpus));

	if (!grown) {
		struct rec_host_cpu lost = *cpu;

		rec_host_cpu_done(&lost);
		return -ENOMEM;
	}
	rec->host_cpus = grown;
	grown[rec->n_host_cpus++] = *cpu;
	return 0;
}

int rec_host_cpu_add_interrupt(struct rec_host_cpu *cpu, const char *id, const char *name,
			       uint64_t count)
{
	struct rec_interrupt *grown =
		reallocarray(cpu->interrupts, cpu->n_interrupts + 1UL, sizeof(*cpu->interrupts));

	if (!grown)
		return -ENOMEM;
	cpu->interrupts = grown;
	grown += cpu->n_interrupts++;
	*grown = (struct rec_interrupt){ .id = strdup(id), .name = strdup(name), .count = count };
	return grown->id && grown->name ? 0 : -ENOMEM;
}

uint64_t rec_host_cpu_busy_ns(const struct rec_host_cpu *cpu)
{
	return cpu->user_ns + cpu->system_ns + cpu->irq_ns + cpu->softirq_ns + cpu->steal_ns;
}
