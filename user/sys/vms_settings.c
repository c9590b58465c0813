/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vms_settings: what the command line of a VM says of its settings. What it leaves open is QEMU's
 * default where that has been the same from 6.0 to 10, else unknown. What was changed since over
 * the monitor is not seen.
 */
#define LULL_SYS_VMS_PRIVATE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/str.h"
#include "sys/threads.h"
#include "sys/vms_p.h"

static enum vm_known known(bool is_on)
{
	return is_on ? VM_ON : VM_OFF;
}

static bool is_word_on(const char *word)
{
	return streq(word, "on") || streq(word, "true") || streq(word, "yes");
}

/* Sets *@to by the last KEY=on|off of all options of a name. */
static void read_switch(const struct vms_cmdline *cmdline, const char *option, const char *key,
			enum vm_known *to)
{
	unsigned int at = 1;
	const char *value;

	while ((value = vms_next_option(cmdline, option, &at))) {
		auto_free char *word = vms_get_key(value, key);

		if (word)
			*to = known(is_word_on(word));
	}
}

/* Both names of the option add to one machine. */
static void read_machine(const struct vms_cmdline *cmdline, const char *key, enum vm_known *to)
{
	read_switch(cmdline, "machine", key, to);
	read_switch(cmdline, "M", key, to);
}

/* Is it a PC, that is, has it the old timers? "pc-q35-8.2,usb=off", "q35", "type=q35". */
static bool is_pc(const struct vms_cmdline *cmdline)
{
	const char *machine = vms_last_option(cmdline, "machine") ?: vms_last_option(cmdline, "M");
	auto_free char *type = machine ? vms_get_key(machine, "type") : NULL;
	auto_free char *first = NULL;

	if (machine && !type) {
		first = vms_cut_item(&machine);
		if (first && !strchr(first, '='))
			type = take_ptr(first);
	}
	if (!type)
		return cmdline->n &&
		       (str_ends(cmdline->argv[0], "x86_64") || str_ends(cmdline->argv[0], "i386"));
	return streq(type, "pc") || streq(type, "q35") || str_starts(type, "pc-");
}

/*
 * KVM makes up for missed ticks unless told to discard them; QEMU's "delay", which is also its
 * default, leaves that as it is. A PIT in user space (kernel-irqchip=split) is another matter.
 */
static void read_timers(const struct vms_cmdline *cmdline, struct vm_settings *to)
{
	enum vm_known pit = VM_UNKNOWN, irqchip = VM_ON;
	unsigned int at = 1;
	const char *value;

	if (!is_pc(cmdline))
		return;
	to->hpet = known(!vms_has_flag(cmdline, "no-hpet"));
	read_machine(cmdline, "hpet", &to->hpet);
	read_machine(cmdline, "pit", &pit);
	read_machine(cmdline, "kernel-irqchip", &irqchip);
	read_machine(cmdline, "kernel_irqchip", &irqchip);
	if (irqchip == VM_ON)
		to->pit_catchup = known(!vms_has_flag(cmdline, "no-kvm-pit-reinjection"));
	while ((value = vms_next_option(cmdline, "global", &at))) {
		auto_free char *policy = vms_get_key(value, "kvm-pit.lost_tick_policy");

		if (policy && irqchip == VM_ON)
			to->pit_catchup = known(!streq(policy, "discard"));
	}
	if (pit == VM_OFF)
		to->pit_catchup = VM_OFF;
}

/* "host-nodes=0-1", or as JSON [0,1]. */
static void read_memory_object(const char *value, struct vm_settings *to)
{
	auto_free char *nodes = vms_get_key(value, "host-nodes");
	auto_free char *policy = vms_get_key(value, "policy");
	auto_free char *path = vms_get_key(value, "mem-path");
	auto_free char *huge = vms_get_key(value, "hugetlb");
	struct cpuset set;

	if (!strstr(value, "memory-backend-"))
		return;
	if ((path && strstr(path, "hugepages")) || (huge && is_word_on(huge)))
		to->huge_pages = VM_ON;
	if (nodes && policy && streq(policy, "bind") && !cpuset_parse(nodes, &set))
		cpuset_or(&to->mem_nodes, &set);
}

static void read_memory(const struct vms_cmdline *cmdline, struct vm_settings *to)
{
	const char *value = vms_last_option(cmdline, "mem-path");
	unsigned int at = 1;

	to->huge_pages = known(value && strstr(value, "hugepages"));
	while ((value = vms_next_option(cmdline, "object", &at)))
		read_memory_object(value, to);
	to->mem_locked = VM_OFF;
	read_switch(cmdline, "realtime", "mlock", &to->mem_locked);
	read_switch(cmdline, "overcommit", "mem-lock", &to->mem_locked);
	to->ksm = VM_ON;
	read_machine(cmdline, "mem-merge", &to->ksm);
}

static void read_balloon(const struct vms_cmdline *cmdline, struct vm_settings *to)
{
	unsigned int at = 1;
	const char *value;

	to->balloon = known(vms_has_flag(cmdline, "balloon"));
	while ((value = vms_next_option(cmdline, "device", &at)))
		if (str_starts(value, "virtio-balloon") ||
		    strstr(value, "\"driver\":\"virtio-balloon"))
			to->balloon = VM_ON;
}

static unsigned int read_number(const char *value, const char *key)
{
	auto_free char *text = vms_get_key(value, key);
	uint32_t number;

	return text && !parse_u32(text, &number) && number <= 65536 ? number : 0;
}

/* What -smp leaves out, QEMU computes; who gives cores or sockets means them. */
static void read_topology(const struct vms_cmdline *cmdline, struct vm_settings *to)
{
	const char *value = vms_last_option(cmdline, "smp") ?: "1", *rest = value;
	auto_free char *first = vms_cut_item(&rest);
	unsigned int cores = read_number(value, "cores"), n;
	uint32_t number;

	n = read_number(value, "maxcpus") ?: read_number(value, "cpus");
	if (!n && first && !parse_u32(first, &number))
		n = number;
	to->sockets = read_number(value, "sockets");
	to->dies = read_number(value, "dies") ?: 1;
	to->threads = read_number(value, "threads");
	if (!to->threads && cores && to->sockets && n)
		to->threads = n / (cores * to->sockets * to->dies);
	to->threads = to->threads ?: 1;
	if (!to->sockets && cores && n)
		to->sockets = n / (cores * to->threads * to->dies);
}

/* An -object iothread that no -device names. The thread is "IO ID", cut to 15 bytes. */
static int mark_unused(const struct vms_cmdline *cmdline, const char *id, struct vm *vm)
{
	auto_str struct str plain = { 0 }, json = { 0 }, comm = { 0 };
	bool is_used = false;
	int err;

	err = str_addf(&plain, "iothread=%s", id);
	err = err ?: str_addf(&json, "\"iothread\":\"%s\"", id);
	err = err ?: str_addf(&comm, "IO %.12s", id);
	if (err)
		return err;
	for (unsigned int i = 1; i < cmdline->n && !is_used; i++)
		is_used = strstr(cmdline->argv[i], plain.s) || strstr(cmdline->argv[i], json.s);
	for (unsigned int i = 0; i < vm->n_threads; i++)
		if (vm->threads[i].kind == VM_THREAD_IO && streq(vm->threads[i].comm, comm.s))
			vm->threads[i].is_unused = !is_used;
	return 0;
}

static int read_iothreads(const struct vms_cmdline *cmdline, struct vm *vm)
{
	unsigned int at = 1;
	const char *value;
	int err = 0;

	while (!err && (value = vms_next_option(cmdline, "object", &at))) {
		auto_free char *id = vms_get_key(value, "id");

		if (id &&
		    (str_starts(value, "iothread,") || strstr(value, "\"qom-type\":\"iothread\"")))
			err = mark_unused(cmdline, id, vm);
	}
	return err;
}

/* --cpus boot=4,topology=THREADS:CORES:DIES:PACKAGES; --balloon. */
static void read_cloud_hypervisor(const struct vms_cmdline *cmdline, struct vm_settings *to)
{
	const char *cpus = vms_last_option(cmdline, "cpus");
	auto_free char *topology = cpus ? vms_get_key(cpus, "topology") : NULL;
	unsigned int values[4] = { 0 }, i = 0;

	to->balloon = known(vms_last_option(cmdline, "balloon"));
	read_switch(cmdline, "memory", "hugepages", &to->huge_pages);
	read_switch(cmdline, "memory", "mergeable", &to->ksm);
	if (!topology)
		return;
	for (char *word = topology, *end; word && i < ARRAY_SIZE(values); word = end) {
		uint32_t number;

		end = strchr(word, ':');
		if (end)
			*end++ = '\0';
		values[i++] = parse_u32(word, &number) ? 0 : number;
	}
	to->threads = values[0];
	to->dies = values[2];
	to->sockets = values[3];
}

int vms_read_settings(const struct root *root, struct vm *vm)
{
	struct vms_cmdline cmdline = { .argv = NULL };
	int err;

	err = threads_read_cmdline(root, vm->pid, &cmdline.argv, &cmdline.n);
	if (err)
		return err == -ENOMEM ? err : 0;
	/* What is in a configuration file is not known here. */
	if (streq(vm->vmm, "qemu") && !vms_last_option(&cmdline, "readconfig")) {
		read_timers(&cmdline, &vm->settings);
		read_memory(&cmdline, &vm->settings);
		read_balloon(&cmdline, &vm->settings);
		read_topology(&cmdline, &vm->settings);
		err = read_iothreads(&cmdline, vm);
	} else if (streq(vm->vmm, "cloud-hypervisor")) {
		read_cloud_hypervisor(&cmdline, &vm->settings);
	}
	free(cmdline.argv);
	return err;
}
