/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unit tests of sys/libvirt_xml: what is taken from a domain, and what is refused, by line.
 */
#include "sys/libvirt_xml.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "machines.h"
#include "sys/vms.h"
#include "test.h"

#define auto_vm __attribute__((cleanup(vms_vm_done)))

#if LULL_WITH_XML
#define NEED_XML() ((void)0)
#else
#define NEED_XML() SKIP("built without libxml2")
#endif

static int parse(const char *text, struct vm *ret, struct str *why)
{
	return libvirt_xml_parse(text, strlen(text), ret, why);
}

static struct vm parse_good(const char *text)
{
	auto_str struct str why = { 0 };
	struct vm vm = { 0 };

	NEED_XML();
	CHECK_EQ(parse(text, &vm, &why), 0);
	CHECK_STREQ(why.s, NULL);
	return vm;
}

/* It is refused with these words, and *ret stays as it is. */
static void check_bad(const char *text, const char *want)
{
	auto_str struct str why = { 0 };
	struct vm vm = { .pid = 7 };

	NEED_XML();
	CHECK_EQ(parse(text, &vm, &why), -EINVAL);
	CHECK_STREQ(why.s, want);
	CHECK_EQ(vm.pid, 7);
}

static void check_cpus(const struct cpuset *set, const char *want)
{
	auto_free char *list = cpuset_format(set);

	CHECK_STREQ(list, want);
}

static struct vm parse_fixture(const char *name)
{
	auto_root struct root root = machines_fixture("libvirt");
	auto_free char *text = NULL;

	CHECK_EQ(fs_read_file(&root, &text, NULL, "%s", name), 0);
	return parse_good(text);
}

TEST(libvirt_xml_parse__reads_names_and_pins)
{
	auto_vm struct vm vm = parse_fixture("win11.xml");

	CHECK_EQ(vm.pid, 0);
	CHECK_STREQ(vm.name, "win11");
	CHECK_STREQ(vm.uuid, "6f2d6f0e-9d1b-4b51-a3c0-1f5d0a5b7c11");
	CHECK_EQ(vm.manager, VM_LIBVIRT);
	CHECK_EQ(vm.n_vcpus, 8);
	CHECK_EQ(vm.n_expected, 8);
	check_cpus(&vm.vcpus[1].cpus, "10");
	check_cpus(&vm.vcpus[6].cpus, "4-5,7");
	check_cpus(&vm.vcpus[7].cpus, "");
	CHECK_EQ(vm.vcpus[3].policy, SCHED_FIFO);
	CHECK_EQ(vm.vcpus[3].priority, 1);
	CHECK_EQ(vm.vcpus[4].policy, SCHED_OTHER);
}

TEST(libvirt_xml_parse__reads_other_threads)
{
	auto_vm struct vm vm = parse_fixture("win11.xml");

	CHECK_EQ(vm.n_threads, 3);
	CHECK_EQ(vm.threads[0].kind, VM_THREAD_EMULATOR);
	check_cpus(&vm.threads[0].cpus, "0-3");
	CHECK_EQ(vm.threads[1].kind, VM_THREAD_IO);
	CHECK_EQ(vm.threads[1].iothread, 1);
	check_cpus(&vm.threads[1].cpus, "8");
	CHECK(!vm.threads[1].is_unused);
	CHECK_EQ(vm.threads[2].iothread, 2);
	CHECK(vm.threads[2].is_unused);
}

TEST(libvirt_xml_parse__reads_devices_and_settings)
{
	auto_vm struct vm vm = parse_fixture("win11.xml");

	CHECK_EQ(vm.n_devices, 1);
	CHECK_STREQ(vm.devices[0].bdf, "0000:01:00.0");
	CHECK_EQ(vm.settings.balloon, VM_ON);
	CHECK_EQ(vm.settings.hpet, VM_ON);
	CHECK_EQ(vm.settings.pit_catchup, VM_ON);
	CHECK_EQ(vm.settings.huge_pages, VM_ON);
	CHECK_EQ(vm.settings.mem_locked, VM_OFF);
	CHECK_EQ(vm.settings.ksm, VM_OFF);
	CHECK_EQ(vm.settings.threads, 1);
	CHECK_EQ(vm.settings.sockets, 1);
}

#define DOMAIN(inner) "<domain type='kvm'><name>x</name>" inner "</domain>"

TEST(libvirt_xml_parse__knows_what_libvirt_adds)
{
	auto_vm struct vm vm = parse_good(DOMAIN("<vcpu>2</vcpu>"));

	CHECK_EQ(vm.settings.balloon, VM_ON);
	CHECK_EQ(vm.settings.hpet, VM_UNKNOWN); /* the machine is not said */
	CHECK_EQ(vm.settings.threads, 1);
	CHECK_EQ(vm.settings.sockets, 2);
	CHECK_EQ(vm.n_threads, 1);
}

TEST(libvirt_xml_parse__knows_what_is_off)
{
	auto_vm struct vm vm = parse_good(
		DOMAIN("<os><type arch='x86_64'>hvm</type></os><clock>"
		       "<timer name='hpet' present='no'/><timer name='pit' tickpolicy='discard'/>"
		       "</clock><devices><memballoon model='none'/></devices>"));

	CHECK_EQ(vm.settings.balloon, VM_OFF);
	CHECK_EQ(vm.settings.hpet, VM_OFF);
	CHECK_EQ(vm.settings.pit_catchup, VM_OFF);
	CHECK_EQ(vm.n_vcpus, 1);
}

/* What has no pin has the cpuset of <vcpu>; what is not plugged in is no vCPU. */
TEST(libvirt_xml_parse__takes_the_cpuset_of_all)
{
	auto_vm struct vm vm = parse_good(
		DOMAIN("<vcpu cpuset='1-4,^3' current='2'>4</vcpu><cputune>"
		       "<vcpupin vcpu='1' cpuset='7'/><vcpupin vcpu='3' cpuset='8'/></cputune>"));

	CHECK_EQ(vm.n_vcpus, 2);
	check_cpus(&vm.vcpus[0].cpus, "1-2,4");
	check_cpus(&vm.vcpus[1].cpus, "7");
	check_cpus(&vm.threads[0].cpus, "1-2,4");
}

TEST(libvirt_xml_parse__numbers_iothreads_as_libvirt_does)
{
	auto_vm struct vm vm = parse_good(
		DOMAIN("<iothreads>3</iothreads><iothreadids><iothread id='2'/></iothreadids>"
		       "<devices><controller type='scsi'><driver iothread='3'/></controller>"
		       "<disk><driver><iothreads><iothread id='2'/></iothreads></driver></disk>"
		       "</devices>"));

	CHECK_EQ(vm.n_threads, 4);
	CHECK_EQ(vm.threads[1].iothread, 2);
	CHECK(!vm.threads[1].is_unused);
	CHECK_EQ(vm.threads[2].iothread, 1);
	CHECK(vm.threads[2].is_unused);
	CHECK_EQ(vm.threads[3].iothread, 3);
	CHECK(!vm.threads[3].is_unused);
}

TEST(libvirt_xml_parse__reads_the_status_file_of_libvirt)
{
	auto_vm struct vm vm = parse_good(
		"<domstatus state='running' pid='3000'>" DOMAIN("<vcpu>1</vcpu>") "</domstatus>");

	CHECK_STREQ(vm.name, "x");
}

TEST(libvirt_xml_parse__takes_interfaces_that_are_devices)
{
	auto_vm struct vm vm = parse_good(DOMAIN(
		"<devices><interface type='hostdev'><source><address type='pci' domain='0x1'"
		" bus='0xe1' slot='0x1f' function='0x7'/></source></interface>"
		"<interface type='network'><source network='default'/></interface>"
		"<hostdev type='usb'><source><address bus='1' device='2'/></source></hostdev>"
		"</devices>"));

	CHECK_EQ(vm.n_devices, 1);
	CHECK_STREQ(vm.devices[0].bdf, "0001:e1:1f.7");
}

TEST(libvirt_xml_parse__makes_names_safe)
{
	auto_vm struct vm vm = parse_good("<domain><name>a&#x9b;31m&#x7f;</name></domain>");

	CHECK(!strchr(vm.name, 0x7f));
	CHECK(!strstr(vm.name, "\xc2\x9b"));
	CHECK(str_starts(vm.name, "a?"));
}

TEST(libvirt_xml_parse__names_the_line)
{
	check_bad(DOMAIN("\n<cputune>\n<vcpupin vcpu='0' cpuset='3-1'/></cputune>"),
		  "line 3: <vcpupin> cpuset: 3-1");
	check_bad(DOMAIN("\n<cputune><vcpupin cpuset='1'/></cputune>"),
		  "line 2: <vcpupin> vcpu: is missing");
	check_bad(DOMAIN("<vcpu>0</vcpu>"), "line 1: <vcpu> not a number of vCPUs: 0");
	check_bad(DOMAIN("<vcpu current='0'>2</vcpu>"), "line 1: <vcpu> not a number of vCPUs: 0");
	check_bad(DOMAIN("<vcpu>99999</vcpu>"), "line 1: <vcpu> not a number of vCPUs: 99999");
	check_bad(DOMAIN("<iothreads>-1</iothreads>"),
		  "line 1: <iothreads> not a number of threads: -1");
	check_bad(DOMAIN("<devices><hostdev type='pci'><source><address bus='0x100' slot='0'/>"
			 "</source></hostdev></devices>"),
		  "line 1: <address> bus: 0x100");
	check_bad("<domain type='kvm'/>", "line 1: <domain> has no <name>");
	check_bad("<html/>", "line 1: a libvirt <domain> is wanted");
}

TEST(libvirt_xml_parse__refuses_what_is_no_xml)
{
	NEED_XML();
	check_bad("", "line 1: Document is empty");
	check_bad("<domain>\n<name>x</nam>",
		  "line 2: Opening and ending tag mismatch: name line 2 and nam");
	check_bad("{\"a\":1}", "line 1: Start tag expected, '<' not found");
}

/* Entities begin in a document type, and so it ends there: no bomb, no file of the host. */
TEST(libvirt_xml_parse__refuses_entities)
{
	static const char why[] = "it has a document type, which libvirt never writes";

	check_bad("<!DOCTYPE d [<!ENTITY a 'aa'><!ENTITY b '&a;&a;'>]>" DOMAIN("&b;"), why);
	check_bad("<!DOCTYPE d [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>"
		  "<domain><name>&a;</name></domain>",
		  why);
	check_bad("<!DOCTYPE d SYSTEM 'http://127.0.0.1/x.dtd'><domain/>", why);
}

TEST(libvirt_xml_parse__refuses_what_is_too_large)
{
	auto_free char *text = calloc(1, LIBVIRT_XML_MAX + 2);
	auto_str struct str why = { 0 };
	struct vm vm;

	NEED_XML();
	CHECK(text);
	memset(text, ' ', LIBVIRT_XML_MAX + 1);
	CHECK_EQ(libvirt_xml_parse(text, LIBVIRT_XML_MAX + 1, &vm, &why), -EINVAL);
	CHECK_STREQ(why.s, "larger than 4 MiB: no domain XML");
}

TEST(libvirt_xml_parse__refuses_what_is_too_deep)
{
	auto_str struct str text = { 0 }, why = { 0 };
	struct vm vm;

	NEED_XML();
	for (int i = 0; i < 100000; i++)
		CHECK_EQ(str_add(&text, "<a>"), 0);
	CHECK_EQ(libvirt_xml_parse(text.s, text.len, &vm, &why), -EINVAL);
	CHECK(strstr(why.s, "Excessive depth"));
}
