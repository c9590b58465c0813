/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes sys/libvirt_xml: whatever is refused says why and leaves the result alone, and whatever is
 * accepted keeps what its readers take for granted: numbered vCPUs, an emulator, addresses of PCI
 * devices, names that can be shown. A document type is never accepted.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "sys/libvirt_xml.h"
#include "sys/pci.h"
#include "sys/vms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_safe(const char *name)
{
	auto_free char *safe = strdup(name);

	must(safe);
	str_sanitize(safe);
	must(streq(safe, name));
}

static void check_vm(const struct vm *vm)
{
	must(!vm->pid && *vm->name && vm->n_vcpus && vm->n_vcpus <= 4096);
	check_safe(vm->name);
	check_safe(vm->uuid);
	for (unsigned int i = 0; i < vm->n_vcpus; i++)
		must(vm->vcpus[i].index == (int)i && vm->vcpus[i].priority <= 99);
	must(vm->n_threads && vm->threads[0].kind == VM_THREAD_EMULATOR);
	for (unsigned int i = 1; i < vm->n_threads; i++)
		must(vm->threads[i].kind == VM_THREAD_IO && vm->threads[i].iothread >= 0);
	for (unsigned int i = 0; i < vm->n_devices; i++)
		must(pci_is_bdf(vm->devices[i].bdf));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *text = malloc(size + 1);
	auto_str struct str why = { 0 };
	struct vm vm = { .pid = 7 };
	int err;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	err = libvirt_xml_parse(text, size, &vm, &why);
	if (err) {
		must(vm.pid == 7);
		must(err == -ENOMEM || err == -ENOTSUP || (why.s && *why.s));
		if (why.s)
			check_safe(why.s);
		return 0;
	}
	check_vm(&vm);
	vms_vm_done(&vm);
	return 0;
}
