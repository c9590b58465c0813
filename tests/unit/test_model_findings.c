/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unit tests of model/findings: a set-up with which nothing is wrong, and for each row of
 * findings.def one step that makes it wrong, with the fix that is given then.
 *
 * The machine has two nodes with a last-level cache each, of 4 cores with 2 threads: CPU c is on
 * core c % 8, the first four cores are node 0. The host has cores 0 and 4; the VM, of libvirt,
 * CPUs 1,9,2,10 and a device on node 0.
 */
#include "model/findings.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/inventory.h"
#include "test.h"

#define N_CPUS 16

static char *copy(const char *text)
{
	char *s = strdup(text);

	CHECK(s);
	return s;
}

static struct cpuset cpus(const char *list)
{
	struct cpuset set;

	CHECK_EQ(cpuset_parse(list, &set), 0);
	return set;
}

static void add_thread(struct inv_vm *vm, enum inv_kind kind, int number, const char *list)
{
	vm->threads[vm->n_threads++] = (struct inv_thread){
		.kind = kind,
		.number = number,
		.tid = 100 + (pid_t)vm->n_threads,
		.comm = copy("thread"),
		.cpus = cpus(list),
	};
	vm->n_vcpus += kind == INV_VCPU;
}

static void add_vm(struct inventory *inv, const char *name, pid_t pid)
{
	struct inv_vm *vm = &inv->vms[inv->n_vms++];

	vm->pid = pid;
	vm->name = copy(name);
	vm->uuid = copy("");
	vm->vmm = copy("qemu");
	vm->id = copy("103");
	vm->manager = INV_LIBVIRT;
	vm->threads = calloc(16, sizeof(*vm->threads));
	vm->devices = calloc(4, sizeof(*vm->devices));
	CHECK(vm->threads && vm->devices);
}

static void add_device(struct inv_vm *vm, const char *bdf, int node, bool is_intx)
{
	struct inv_device *device = &vm->devices[vm->n_devices++];

	device->bdf = copy(bdf);
	device->driver = copy("vfio-pci");
	device->name = copy("VGA");
	device->node = node;
	device->irqs = calloc(1, sizeof(*device->irqs));
	CHECK(device->irqs);
	device->irqs[0] = (struct inv_irq){ .irq = 131, .is_intx = is_intx };
	device->n_irqs = 1;
}

static struct inventory make_good(void)
{
	struct inventory inv = { .n_cpus = N_CPUS };
	struct inv_vm *vm;

	inv.cpus = calloc(N_CPUS, sizeof(*inv.cpus));
	inv.vms = calloc(4, sizeof(*inv.vms));
	CHECK(inv.cpus && inv.vms);
	for (int i = 0; i < N_CPUS; i++)
		inv.cpus[i] = (struct inv_cpu){
			.online = true,
			.core = i % 8,
			.node = i % 8 / 4,
			.l3 = i % 8 / 4 * 4,
		};
	inv.online = cpus("0-15");
	add_vm(&inv, "win11", 3000);
	vm = &inv.vms[0];
	add_thread(vm, INV_VCPU, 0, "1");
	add_thread(vm, INV_VCPU, 1, "9");
	add_thread(vm, INV_VCPU, 2, "2");
	add_thread(vm, INV_VCPU, 3, "10");
	add_thread(vm, INV_EMULATOR, -1, "0,8");
	add_thread(vm, INV_IO, 1, "0,8");
	add_thread(vm, INV_VHOST, -1, "0,8");
	add_thread(vm, INV_OTHER, -1, "0-15");
	vm->threads[7].is_kernel = true; /* kvm-pit: not worth a finding */
	add_device(vm, "0000:01:00.0", 0, false);
	vm->guest_threads = 2;
	vm->guest_sockets = vm->guest_dies = 1;
	vm->settings[INV_BALLOON] = vm->settings[INV_HPET] = INV_OFF;
	vm->settings[INV_PIT_CATCHUP] = INV_OFF;
	return inv;
}

/* What makes it wrong. */
static void pin_nowhere(struct inv_vm *vm)
{
	vm->threads[1].cpus = cpus("0-15");
}

static void pin_to_range(struct inv_vm *vm)
{
	vm->threads[0].cpus = vm->threads[1].cpus = cpus("1,9");
}

static void pin_to_same(struct inv_vm *vm)
{
	vm->threads[3].cpus = cpus("2");
}

static void hide_threads(struct inv_vm *vm)
{
	vm->guest_threads = 1;
}

static void part_pair(struct inv_vm *vm)
{
	vm->threads[1].cpus = cpus("2");
	vm->threads[2].cpus = cpus("9");
}

static void take_half(struct inv_vm *vm)
{
	vm->threads[3].cpus = cpus("3");
}

static void take_all(struct inv_vm *vm)
{
	vm->threads[0].cpus = cpus("0-7");
	vm->threads[1].cpus = cpus("8-14");
}

static void cross_nodes(struct inv_vm *vm)
{
	vm->threads[2].cpus = cpus("5");
	vm->threads[3].cpus = cpus("13");
}

static void bind_far(struct inv_vm *vm)
{
	vm->mem_nodes = cpus("1");
}

static void move_emulator(struct inv_vm *vm)
{
	vm->threads[4].cpus = cpus("0-2");
}

static void move_io(struct inv_vm *vm)
{
	vm->threads[5].cpus = cpus("10");
}

static void move_vhost(struct inv_vm *vm)
{
	vm->threads[6].cpus = cpus("9-11");
}

static void leave_unused(struct inv_vm *vm)
{
	vm->threads[5].is_unused = true;
}

static void move_device(struct inv_vm *vm)
{
	vm->devices[0].node = 1;
}

static void use_pin(struct inv_vm *vm)
{
	vm->devices[0].irqs[0].is_intx = true;
}

static void add_balloon(struct inv_vm *vm)
{
	vm->settings[INV_BALLOON] = INV_ON;
}

static void add_hpet(struct inv_vm *vm)
{
	vm->settings[INV_HPET] = INV_ON;
}

static void add_pit(struct inv_vm *vm)
{
	vm->settings[INV_PIT_CATCHUP] = INV_ON;
}

static void emulator_on_sibling(struct inv_vm *vm)
{
	take_half(vm);
	vm->threads[4].cpus = cpus("10");
}

static void io_on_sibling(struct inv_vm *vm)
{
	take_half(vm);
	vm->threads[5].cpus = cpus("11");
}

static void vhost_on_sibling(struct inv_vm *vm)
{
	take_half(vm);
	vm->threads[6].cpus = cpus("10-11");
}

static const struct {
	const char *id, *object, *fix;
	void (*spoil)(struct inv_vm *vm);
} rows[] = {
	{ "vcpu-unpinned", "vCPU 1", "virsh vcpupin win11 1 9 --live --config", pin_nowhere },
	{ "vcpu-range", "vCPU 0-1", "virsh vcpupin win11 0 1 --live --config", pin_to_range },
	{ "vcpus-share-cpu", "vCPU 3", "virsh vcpupin win11 3 10 --live --config", pin_to_same },
	{ "vcpus-share-core", "vCPUs on CPU 1-2,9-10",
	  "<topology sockets='1' dies='1' cores='2' threads='2'/>", hide_threads },
	{ "topology-untrue", "vCPU 0 and 1",
	  "<topology sockets='1' dies='1' cores='4' threads='1'/>", part_pair },
	{ "core-split", "CPU 2-3", "chcpu -d 10-11    # or give them to the VM too", take_half },
	{ "no-host-core", "the host", "take vCPU 0 of win11 off CPU 0,8", take_all },
	{ "node-split", "its vCPUs", "virsh vcpupin win11 2 2 --live --config", cross_nodes },
	{ "l3-split", "its vCPUs", "virsh vcpupin win11 2 2 --live --config", cross_nodes },
	{ "memory-node", "its memory", "<numatune><memory mode='strict' nodeset='0'/></numatune>",
	  bind_far },
	{ "emulator-on-guest", "emulator", "virsh emulatorpin win11 0,3-8,11-15 --live --config",
	  move_emulator },
	{ "emulator-on-sibling", "emulator", "virsh emulatorpin win11 0,4-8,12-15 --live --config",
	  emulator_on_sibling },
	{ "io-on-guest", "I/O threads", "virsh iothreadpin win11 1 0,3-8,11-15 --live --config",
	  move_io },
	{ "io-on-sibling", "I/O threads", "virsh iothreadpin win11 1 0,4-8,12-15 --live --config",
	  io_on_sibling },
	{ "vhost-on-guest", "vhost threads", "virsh emulatorpin win11 0,3-8,11-15 --live --config",
	  move_vhost },
	{ "vhost-on-sibling", "vhost threads",
	  "virsh emulatorpin win11 0,4-8,12-15 --live --config", vhost_on_sibling },
	{ "iothread-unused", "I/O thread 1",
	  "<driver name='qemu' iothread='1'/> in a <disk>, or fewer <iothreads>", leave_unused },
	{ "device-node", "0000:01:00.0", "virsh vcpupin win11 0 4 --live --config", move_device },
	{ "device-intx", "0000:01:00.0", NULL, use_pin },
	{ "balloon-passthrough", "memory balloon", "<memballoon model='none'/>", add_balloon },
	{ "hpet", "timers", "<timer name='hpet' present='no'/>", add_hpet },
	{ "pit-catch-up", "timers", "<timer name='pit' tickpolicy='discard'/>", add_pit },
};

static const struct inv_finding *find(const struct inventory *inv, const char *id)
{
	for (unsigned int i = 0; i < inv->n_findings; i++)
		if (streq(inv->findings[i].id, id))
			return &inv->findings[i];
	return NULL;
}

TEST(findings_find__is_content_with_a_good_set_up)
{
	auto_inventory struct inventory inv = make_good();

	inventory_split(&inv);
	CHECK_EQ(findings_find(&inv), 0);
	for (unsigned int i = 0; i < inv.n_findings; i++)
		CHECK_STREQ(inv.findings[i].id, "none");
	CHECK_EQ(inv.n_findings, 0);
}

static void check_row(size_t row)
{
	auto_inventory struct inventory inv = make_good();
	const struct inv_finding *finding;

	rows[row].spoil(&inv.vms[0]);
	/* Of one node, so that the caches count. */
	for (int i = 0; streq(rows[row].id, "l3-split") && i < N_CPUS; i++)
		inv.cpus[i].node = 0;
	inventory_split(&inv);
	CHECK_EQ(findings_find(&inv), 0);
	finding = find(&inv, rows[row].id);
	if (!finding)
		CHECK_STREQ("not found", rows[row].id);
	CHECK(finding);
	CHECK_STREQ(finding->object, rows[row].object);
	CHECK(finding->n_fixes);
	if (rows[row].fix)
		CHECK_STREQ(finding->fixes[0], rows[row].fix);
	CHECK(*finding->title && *finding->why);
}

TEST(findings_find__finds_each_row)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_row(i);
}

TEST(findings_find__has_a_test_for_each_row_of_the_table)
{
	static const char *const ids[] = {
#define FINDING(id, severity, function, title, why) id,
#include "model/findings.def"
#undef FINDING
	};

	CHECK_EQ(ARRAY_SIZE(ids), ARRAY_SIZE(rows));
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		CHECK_STREQ(rows[i].id, ids[i]);
}

/* A known set-up may be changed by one step only: nothing else is found then. */
TEST(findings_find__finds_one_thing_for_one_mistake)
{
	static const char *const alone[] = { "vcpu-unpinned",
					     "vcpus-share-core",
					     "memory-node",
					     "emulator-on-guest",
					     "io-on-guest",
					     "vhost-on-guest",
					     "iothread-unused",
					     "device-node",
					     "device-intx",
					     "balloon-passthrough",
					     "hpet",
					     "pit-catch-up" };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (size_t j = 0; j < ARRAY_SIZE(alone); j++) {
			auto_inventory struct inventory inv = make_good();

			if (!streq(alone[j], rows[i].id))
				continue;
			rows[i].spoil(&inv.vms[0]);
			inventory_split(&inv);
			CHECK_EQ(findings_find(&inv), 0);
			/* An unpinned one leaves its sibling to the host: that is a second. */
			CHECK_EQ(inv.n_findings, streq(alone[j], "vcpu-unpinned") ? 2 : 1);
			CHECK(find(&inv, alone[j]));
		}
}

TEST(findings_find__puts_the_worst_first)
{
	auto_inventory struct inventory inv = make_good();

	add_hpet(&inv.vms[0]);
	add_balloon(&inv.vms[0]);
	pin_to_same(&inv.vms[0]);
	inventory_split(&inv);
	CHECK_EQ(findings_find(&inv), 0);
	CHECK_STREQ(inv.findings[0].id, "vcpus-share-cpu");
	for (unsigned int i = 1; i < inv.n_findings; i++)
		CHECK(inv.findings[i - 1].severity >= inv.findings[i].severity);
	CHECK_STREQ(inv.findings[inv.n_findings - 1].id, "hpet");
}

TEST(findings_find__finds_nothing_where_nothing_is_pinned_but_that)
{
	auto_inventory struct inventory inv = make_good();

	for (unsigned int i = 0; i < inv.vms[0].n_threads; i++)
		inv.vms[0].threads[i].cpus = cpus("0-15");
	inventory_split(&inv);
	CHECK_EQ(findings_find(&inv), 0);
	CHECK_EQ(inv.n_findings, 1);
	CHECK_STREQ(inv.findings[0].id, "vcpu-unpinned");
	CHECK_STREQ(inv.findings[0].object, "vCPU 0-3");
	CHECK_EQ(inv.findings[0].n_fixes, 4);
	CHECK_STREQ(inv.findings[0].fixes[0], "virsh vcpupin win11 0 1 --live --config");
	CHECK_STREQ(inv.findings[0].fixes[1], "virsh vcpupin win11 1 9 --live --config");
	CHECK_STREQ(inv.findings[0].fixes[3], "virsh vcpupin win11 3 10 --live --config");
}

TEST(findings_find__sees_two_vms_on_one_cpu)
{
	auto_inventory struct inventory inv = make_good();

	add_vm(&inv, "media", 5000);
	add_thread(&inv.vms[1], INV_VCPU, 0, "2");
	inventory_split(&inv);
	CHECK_EQ(findings_find(&inv), 0);
	CHECK(inv.n_findings);
	CHECK_STREQ(inv.findings[0].id, "vcpus-share-cpu");
	CHECK_STREQ(inv.findings[0].vm, "media");
	CHECK_STREQ(inv.findings[0].is, "it and vCPU 2 of win11 are pinned to CPU 2");
	CHECK_STREQ(inv.findings[0].fixes[0], "virsh vcpupin media 0 3 --live --config");
}

/* The fix is for who manages the VM, and for one that does not run it is a line of its XML. */
TEST(findings_find__fixes_in_the_words_of_the_manager)
{
	static const struct {
		enum inv_manager manager;
		pid_t pid;
		const char *fix, *hpet;
	} wants[] = {
		{ INV_LIBVIRT, 0, "<emulatorpin cpuset='0,3-8,11-15'/>",
		  "<timer name='hpet' present='no'/>" },
		{ INV_BARE, 3000, "taskset -cp 0,3-8,11-15 105", "-machine hpet=off" },
		{ INV_PROXMOX, 3000, "taskset -cp 0,3-8,11-15 105",
		  "args: -machine hpet=off    # in /etc/pve/qemu-server/103.conf" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(wants); i++) {
		auto_inventory struct inventory inv = make_good();

		inv.vms[0].manager = wants[i].manager;
		inv.vms[0].pid = wants[i].pid;
		move_emulator(&inv.vms[0]);
		add_hpet(&inv.vms[0]);
		inventory_split(&inv);
		CHECK_EQ(findings_find(&inv), 0);
		CHECK_EQ(inv.n_findings, 2);
		CHECK_STREQ(inv.findings[0].fixes[0], wants[i].fix);
		CHECK_STREQ(inv.findings[1].fixes[0], wants[i].hpet);
	}
}

/* It is copied into a shell. */
TEST(findings_find__quotes_a_name_that_is_no_word)
{
	static const struct {
		const char *name, *uuid, *want;
	} names[] = {
		{ "a b", "", "virsh vcpupin 'a b' 1 9 --live --config" },
		{ "x'; rm -rf /; '", "",
		  "virsh vcpupin 'x'\\''; rm -rf /; '\\''' 1 9 --live --config" },
		{ "$(id)", "6f2d6f0e-9d1b-4b51-a3c0-1f5d0a5b7c11",
		  "virsh vcpupin 6f2d6f0e-9d1b-4b51-a3c0-1f5d0a5b7c11 1 9 --live --config" },
		{ "$(id)", "6f2d6f0e-9d1b-4b51-a3c0-1f5d0a5b7;id",
		  "virsh vcpupin '$(id)' 1 9 --live --config" },
		{ "--help", "", "virsh vcpupin '--help' 1 9 --live --config" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		auto_inventory struct inventory inv = make_good();

		free(inv.vms[0].name);
		free(inv.vms[0].uuid);
		inv.vms[0].name = copy(names[i].name);
		inv.vms[0].uuid = copy(names[i].uuid);
		pin_nowhere(&inv.vms[0]);
		inventory_split(&inv);
		CHECK_EQ(findings_find(&inv), 0);
		CHECK_STREQ(inv.findings[0].fixes[0], names[i].want);
	}
}

TEST(findings_find__says_that_no_cpu_is_left)
{
	auto_inventory struct inventory inv = make_good();

	inv.online = cpus("0,8");
	for (int i = 0; i < N_CPUS; i++)
		inv.cpus[i].online = i == 0 || i == 8;
	for (unsigned int i = 0; i < 4; i++)
		inv.vms[0].threads[i].cpus = cpus("0,8");
	inventory_split(&inv);
	CHECK_EQ(findings_find(&inv), 0);
	CHECK_STREQ(inv.findings[0].fixes[0], "no CPU is left for vCPU 0: give the VM fewer");
}
