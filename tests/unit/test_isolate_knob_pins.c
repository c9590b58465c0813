/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * isolate/knob_pins: where the threads of a VM are planned to run, on two cores of two siblings for
 * the guest (2, 3 and their siblings 6, 7) of eight CPUs.
 */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "isolate.h"
#include "isolate/knob.h"
#include "machines.h"
#include "sys/vms.h"
#include "test.h"

static void put_task(unsigned int tid, const char *cpus)
{
	char path[64], text[256];

	(void)snprintf(path, sizeof(path), "proc/%u/task/%u/stat", tid, tid);
	(void)snprintf(
		text, sizeof(text),
		"%u (x) S 1 0 0 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 %u 0 0 0 0 0 0 0 0 0 0 0 0 "
		"0 0 0 17 0 0 0 0 0 0\n",
		tid, tid);
	machines_put(test_tmpdir(), path, text);
	(void)snprintf(path, sizeof(path), "proc/%u/status", tid);
	(void)snprintf(text, sizeof(text), "Tgid:\t%u\nCpus_allowed_list:\t%s\n", tid, cpus);
	machines_put(test_tmpdir(), path, text);
}

static struct root machine(void)
{
	struct root root;

	machines_put(test_tmpdir(), "sys/devices/system/cpu/online", "0-7\n");
	machines_put(test_tmpdir(), "sys/devices/system/cpu/possible", "0-7\n");
	for (unsigned int cpu = 0; cpu < 8; cpu++) {
		char path[96], text[16];

		(void)snprintf(path, sizeof(path),
			       "sys/devices/system/cpu/cpu%u/topology/thread_siblings_list", cpu);
		(void)snprintf(text, sizeof(text), "%u,%u\n", cpu % 4, cpu % 4 + 4);
		machines_put(test_tmpdir(), path, text);
		(void)snprintf(path, sizeof(path),
			       "sys/devices/system/cpu/cpu%u/topology/core_cpus_list", cpu);
		machines_put(test_tmpdir(), path, text);
	}
	CHECK_EQ(fs_root_open(&root, test_tmpdir()), 0);
	return root;
}

/* vCPUs 101 to 100 + @n, emulator 100, a vhost thread of the kernel 200. */
static void check_plan(unsigned int n, const char *want)
{
	auto_root struct root root = machine();
	auto_plan struct plan plan = { 0 };
	auto_free char *text = NULL;
	struct vcpu vcpus[8] = { 0 };
	struct vm_thread threads[] = { { .tid = 100 }, { .tid = 200, .is_kernel = true } };
	const struct vm vm = {
		.pid = 100, .vcpus = vcpus, .n_vcpus = n, .threads = threads, .n_threads = 2
	};
	char name[] = "win11";
	struct layer layer = { .name = name, .vm = &vm, .vm_pid = 100 };

	for (unsigned int i = 0; i < n; i++)
		vcpus[i] = (struct vcpu){ .index = (int)i, .tid = (pid_t)(101 + i) };
	CHECK_EQ(cpuset_parse("2-3,6-7", &layer.guest), 0);
	isolate_plan_vm(&root, "pins", &layer, "0-7", &plan);
	text = isolate_text(&plan);
	CHECK_STREQ(text, want);
}

static void put_vm(void)
{
	put_task(100, "0-7");
	put_task(200, "2-3");
	for (unsigned int tid = 101; tid < 109; tid++)
		put_task(tid, "0-7");
}

TEST(knob_pins__gives_neighbours_the_siblings_of_a_core)
{
	put_vm();
	check_plan(4, "task/101: 0-7 -> 2\ntask/102: 0-7 -> 6\ntask/103: 0-7 -> 3\n"
		      "task/104: 0-7 -> 7\ntask/100: 0-7 -> 0-1,4-5\ntask/200: 2-3 -> 0-1,4-5\n");
}

TEST(knob_pins__keeps_a_place_that_a_vcpu_has)
{
	put_vm();
	put_task(103, "2");
	check_plan(3, "task/101: 0-7 -> 3\ntask/102: 0-7 -> 7\ntask/100: 0-7 -> 0-1,4-5\n"
		      "task/200: 2-3 -> 0-1,4-5\n");
}

TEST(knob_pins__shares_when_there_are_more_vcpus_than_cpus)
{
	put_vm();
	check_plan(5, "task/101: 0-7 -> 2-3,6-7\ntask/102: 0-7 -> 2-3,6-7\n"
		      "task/103: 0-7 -> 2-3,6-7\ntask/104: 0-7 -> 2-3,6-7\n"
		      "task/105: 0-7 -> 2-3,6-7\ntask/100: 0-7 -> 0-1,4-5\n"
		      "task/200: 2-3 -> 0-1,4-5\n");
}

TEST(knob_pins__passes_over_a_thread_that_ended)
{
	put_task(101, "0-7");
	check_plan(2, "task/101: 0-7 -> 2\n");
}

TEST(knob_pins__has_nothing_to_pin_without_a_vm)
{
	auto_root struct root root = machine();
	auto_plan struct plan plan = { 0 };
	auto_free char *text = NULL;
	char name[] = "cpus 2-3";
	struct layer layer = { .name = name };

	isolate_plan_vm(&root, "pins", &layer, "0-7", &plan);
	text = isolate_text(&plan);
	CHECK_STREQ(text, "cpus 2-3 stays: no VM is shielded: nothing to pin\n");
}
