/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cputune: each virtual CPU on one CPU. One that has its own already keeps it; the others take those
 * that are left, in order.
 */
#include "app/cputune.h"

#include <stdio.h>

#include "app/cmd.h"
#include "base/cleanup.h"
#include "base/cpuset.h"
#include "base/log.h"
#include "isolate/goal.h"
#include "sys/vms.h"

static bool is_single(const struct vcpu *vcpu, const struct cpuset *guest)
{
	return cpuset_count(&vcpu->cpus) == 1 &&
	       cpuset_has(guest, (unsigned int)cpuset_next(&vcpu->cpus, 0));
}

/* The CPU for a virtual CPU; takes it out of @left. -1: there are more virtual ones. */
static int take_cpu(const struct vcpu *vcpu, const struct cpuset *guest, struct cpuset *left)
{
	int cpu = is_single(vcpu, guest) ? cpuset_next(&vcpu->cpus, 0) : cpuset_next(left, 0);

	if (cpu >= 0)
		cpuset_remove(left, (unsigned int)cpu);
	return cpu;
}

int cputune_print(const struct layer *layer, const struct cpuset *online, const char *command)
{
	struct cpuset host = *online, left = layer->guest;
	const struct vm *vm = layer->vm;
	auto_free char *list = NULL;

	cpuset_subtract(&host, &layer->guest);
	list = cpuset_format(&host);
	if (!vm || !list) {
		log_error("%s: --libvirt-xml is for a VM; name one with --vm", command);
		return EXIT_ERROR;
	}
	if (vm->n_vcpus > cpuset_count(&layer->guest))
		log_warn("%u virtual CPUs on %u CPUs: those that are left over have no pin",
			 vm->n_vcpus, cpuset_count(&layer->guest));
	for (unsigned int i = 0; i < vm->n_vcpus; i++)
		if (is_single(&vm->vcpus[i], &layer->guest))
			cpuset_subtract(&left, &vm->vcpus[i].cpus);
	(void)printf("<cputune>\n");
	for (unsigned int i = 0; i < vm->n_vcpus; i++) {
		int cpu = take_cpu(&vm->vcpus[i], &layer->guest, &left);

		if (cpu >= 0 && vm->vcpus[i].index >= 0)
			(void)printf("  <vcpupin vcpu='%d' cpuset='%d'/>\n", vm->vcpus[i].index,
				     cpu);
	}
	(void)printf("  <emulatorpin cpuset='%s'/>\n", list);
	for (unsigned int i = 0; i < vm->n_threads; i++)
		if (vm->threads[i].iothread >= 0)
			(void)printf("  <iothreadpin iothread='%d' cpuset='%s'/>\n",
				     vm->threads[i].iothread, list);
	(void)printf("</cputune>\n");
	return EXIT_GOOD;
}
