/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libvirt_xml_pins: <cputune>: which CPUs each thread is pinned to, and how vCPUs are scheduled. A
 * pin that cannot be read is an error: to take it for none would be a wrong answer.
 */
#include <sched.h>

#include "base/cleanup.h"
#include "sys/vms.h"

#if LULL_WITH_XML

#define LULL_SYS_LIBVIRT_XML_PRIVATE
#include "sys/libvirt_xml_p.h"

/* <vcpupin vcpu='0' cpuset='4'/>. libvirt keeps pins of vCPUs that are not plugged in. */
static int read_vcpupin(struct xml_reader *r, const xmlNode *node)
{
	struct cpuset cpus;
	unsigned int vcpu;
	int err = xml_number(r, node, "vcpu", INT32_MAX, &vcpu);

	err = err ?: xml_cpus(r, node, "cpuset", &cpus);
	if (!err && vcpu < r->vm->n_vcpus)
		r->vm->vcpus[vcpu].cpus = cpus;
	return err;
}

static int read_emulatorpin(struct xml_reader *r, const xmlNode *node)
{
	return xml_cpus(r, node, "cpuset", &r->vm->threads[0].cpus);
}

static int read_iothreadpin(struct xml_reader *r, const xmlNode *node)
{
	struct vm_thread *thread;
	unsigned int number;
	int err = xml_number(r, node, "iothread", INT32_MAX, &number);

	if (err)
		return err;
	thread = xml_find_iothread(r, (int)number);
	return thread ? xml_cpus(r, node, "cpuset", &thread->cpus) : 0;
}

/* <vcpusched vcpus='0-4,^3' scheduler='fifo' priority='1'/> */
static int read_vcpusched(struct xml_reader *r, const xmlNode *node)
{
	static const struct {
		const char *word;
		unsigned int policy;
	} policies[] = {
		{ .word = "fifo", .policy = SCHED_FIFO },
		{ .word = "rr", .policy = SCHED_RR },
		{ .word = "batch", .policy = SCHED_BATCH },
		{ .word = "idle", .policy = SCHED_IDLE },
	};
	unsigned int priority = 0, policy = SCHED_OTHER;
	struct cpuset vcpus;
	int err = xml_cpus(r, node, "vcpus", &vcpus);

	for (size_t i = 0; i < ARRAY_SIZE(policies); i++)
		if (xml_attr_is(node, "scheduler", policies[i].word))
			policy = policies[i].policy;
	if (!err && (policy == SCHED_FIFO || policy == SCHED_RR))
		err = xml_number(r, node, "priority", 99, &priority);
	for (unsigned int i = 0; i < r->vm->n_vcpus && !err; i++)
		if (cpuset_has(&vcpus, min(i, CPUSET_MAX - 1U))) {
			r->vm->vcpus[i].policy = policy;
			r->vm->vcpus[i].priority = priority;
		}
	return err;
}

int xml_read_pins(struct xml_reader *r)
{
	static const struct {
		const char *name;
		int (*read)(struct xml_reader *r, const xmlNode *node);
	} elements[] = {
		{ .name = "vcpupin", .read = read_vcpupin },
		{ .name = "emulatorpin", .read = read_emulatorpin },
		{ .name = "iothreadpin", .read = read_iothreadpin },
		{ .name = "vcpusched", .read = read_vcpusched },
	};
	const xmlNode *tune = xml_child(r->domain, "cputune");
	int err = 0;

	for (const xmlNode *node = tune ? tune->children : NULL; node && !err; node = node->next)
		for (size_t i = 0; i < ARRAY_SIZE(elements) && !err; i++)
			if (xml_is(node, elements[i].name))
				err = elements[i].read(r, node);
	return err;
}

#endif
