/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libvirt_xml_settings: what a <domain> says of timers, memory and topology, and which devices it
 * passes through. What is left out is what libvirt adds: a memory balloon, a HPET on a PC.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "sys/vms.h"

#if LULL_WITH_XML

#define LULL_SYS_LIBVIRT_XML_PRIVATE
#define LULL_SYS_VMS_PRIVATE
#include "sys/libvirt_xml_p.h"
#include "sys/vms_p.h"

static enum vm_known known(bool is_on)
{
	return is_on ? VM_ON : VM_OFF;
}

/* <timer name='pit' tickpolicy='discard'/>: KVM makes up for missed ticks in all other cases. */
static void read_timers(struct xml_reader *r)
{
	const xmlNode *os = xml_child(xml_child(r->domain, "os"), "type");
	const xmlNode *clock = xml_child(r->domain, "clock");
	struct vm_settings *to = &r->vm->settings;

	if (!xml_attr_is(os, "arch", "x86_64") && !xml_attr_is(os, "arch", "i686"))
		return;
	to->hpet = VM_ON;
	to->pit_catchup = VM_ON;
	for (const xmlNode *node = clock ? clock->children : NULL; node; node = node->next) {
		bool is_absent;

		if (!xml_is(node, "timer"))
			continue;
		is_absent = xml_attr_is(node, "present", "no");
		if (xml_attr_is(node, "name", "hpet"))
			to->hpet = known(!is_absent);
		if (xml_attr_is(node, "name", "pit"))
			to->pit_catchup =
				known(!is_absent && !xml_attr_is(node, "tickpolicy", "discard"));
	}
}

/* <topology sockets='1' dies='1' cores='4' threads='2'/>; without one each vCPU is a socket. */
static int read_topology(struct xml_reader *r)
{
	const xmlNode *node = xml_child(xml_child(r->domain, "cpu"), "topology");
	struct vm_settings *to = &r->vm->settings;
	auto_xml xmlChar *dies = xml_attr(node, "dies");
	int err;

	to->sockets = r->vm->n_vcpus;
	to->dies = 1;
	to->threads = 1;
	if (!node)
		return 0;
	err = xml_number(r, node, "sockets", 4096, &to->sockets);
	err = err ?: xml_number(r, node, "threads", 4096, &to->threads);
	return err || !dies ? err : xml_number(r, node, "dies", 4096, &to->dies);
}

static int read_memory(struct xml_reader *r)
{
	const xmlNode *backing = xml_child(r->domain, "memoryBacking");
	const xmlNode *tune = xml_child(r->domain, "numatune");
	const xmlNode *memory = xml_child(tune, "memory");
	struct vm_settings *to = &r->vm->settings;
	auto_xml xmlChar *nodeset = xml_attr(memory, "nodeset");

	to->huge_pages = known(xml_child(backing, "hugepages"));
	to->mem_locked = known(xml_child(backing, "locked"));
	to->ksm = known(!xml_child(backing, "nosharepages"));
	/* "preferred" may go elsewhere; "strict" is what is meant when nothing is said. */
	if (!nodeset || xml_attr_is(memory, "mode", "preferred"))
		return 0;
	return xml_cpus(r, memory, "nodeset", &to->mem_nodes);
}

int xml_read_settings(struct xml_reader *r)
{
	int err = read_topology(r);

	read_timers(r);
	return err ?: read_memory(r);
}

/* <address domain='0x0000' bus='0x01' slot='0x00' function='0x0'/> */
static int read_address(struct xml_reader *r, const xmlNode *node)
{
	static const struct {
		const char *name;
		unsigned int most;
	} parts[] = {
		{ .name = "domain", .most = 0xffffffff },
		{ .name = "bus", .most = 0xff },
		{ .name = "slot", .most = 0x1f },
		{ .name = "function", .most = 7 },
	};
	struct vm_device device = { .group = -1, .node = -1 };
	uint64_t values[ARRAY_SIZE(parts)] = { 0 };
	int err;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		auto_xml xmlChar *text = xml_attr(node, parts[i].name);

		/* The domain and the function may be left out. */
		if (!text && (i == 0 || i == 3))
			continue;
		if (!text || parse_hex64((const char *)text, &values[i]) ||
		    values[i] > parts[i].most)
			return xml_refuse(r, node, parts[i].name,
					  text ? (const char *)text : "is missing");
	}
	(void)snprintf(device.bdf, sizeof(device.bdf), "%04x:%02x:%02x.%x", (unsigned int)values[0],
		       (unsigned int)values[1], (unsigned int)values[2], (unsigned int)values[3]);
	device.driver = strdup("");
	device.name = strdup("");
	err = device.driver && device.name ? vms_add_device(r->vm, &device) : -ENOMEM;
	vms_device_done(&device);
	return err;
}

/* <hostdev type='pci'> and <interface type='hostdev'> alike. */
static int read_hostdev(struct xml_reader *r, const xmlNode *node)
{
	const xmlNode *address = xml_child(xml_child(node, "source"), "address");

	return address ? read_address(r, address) : 0;
}

/* <driver iothread='1'/> of a disk or controller; since 10.0 <iothreads><iothread id='1'/>. */
static void mark_used(struct xml_reader *r, const xmlNode *device)
{
	const xmlNode *driver = xml_child(device, "driver");
	const xmlNode *list = xml_child(driver, "iothreads");
	auto_xml xmlChar *one = xml_attr(driver, "iothread");
	struct vm_thread *thread;
	uint32_t number;

	if (one && !parse_u32((const char *)one, &number) &&
	    (thread = xml_find_iothread(r, (int)number)))
		thread->is_unused = false;
	for (const xmlNode *node = list ? list->children : NULL; node; node = node->next) {
		auto_xml xmlChar *id = xml_attr(node, "id");

		if (id && !parse_u32((const char *)id, &number) &&
		    (thread = xml_find_iothread(r, (int)number)))
			thread->is_unused = false;
	}
}

int xml_read_devices(struct xml_reader *r)
{
	const xmlNode *devices = xml_child(r->domain, "devices");
	const xmlNode *balloon = xml_child(devices, "memballoon");
	int err = 0;

	r->vm->settings.balloon = known(!xml_attr_is(balloon, "model", "none"));
	for (const xmlNode *node = devices ? devices->children : NULL; node && !err;
	     node = node->next) {
		if ((xml_is(node, "hostdev") && xml_attr_is(node, "type", "pci")) ||
		    (xml_is(node, "interface") && xml_attr_is(node, "type", "hostdev")))
			err = read_hostdev(r, node);
		else if (xml_is(node, "disk") || xml_is(node, "controller"))
			mark_used(r, node);
	}
	vms_sort_devices(r->vm);
	return err;
}

#endif
