/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_inventory: `lull list --json`, one document of schema lull.list/1. A part of the document
 * is a function that returns an object, and a row in the table at the end.
 */
#include <errno.h>
#include <json-c/json.h>

#include "base/cleanup.h"
#include "model/inventory.h"
#include "report/interrupts.h"
#include "report/json_put.h"
#include "report/report.h"

#define TEXT_FLAGS (JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

static void put_text(struct json_object *to, const char *key, const char *text, int *err)
{
	json_put(to, key, json_object_new_string(text ?: ""), err);
}

/* -1, or what else is not known, is null. */
static void put_int(struct json_object *to, const char *key, int value, int *err)
{
	if (value >= 0)
		json_put(to, key, json_object_new_int(value), err);
	else
		json_put_null(to, key, err);
}

static void put_bool(struct json_object *to, const char *key, bool value, int *err)
{
	json_put(to, key, json_object_new_boolean(value), err);
}

static void put_cpus(struct json_object *to, const char *key, const struct cpuset *set, int *err)
{
	auto_free char *list = cpuset_format(set);

	json_put(to, key, list ? json_object_new_string(list) : NULL, err);
}

static struct json_object *make_thread(const struct inventory *inv, const struct inv_thread *thread,
				       int *err)
{
	struct json_object *to = json_object_new_object();

	if (thread->kind == INV_VCPU)
		put_int(to, "vcpu", thread->number, err);
	else
		put_text(to, "kind", inv_kind_name(thread->kind), err);
	put_int(to, "tid", thread->tid ?: -1, err);
	put_cpus(to, "cpus", &thread->cpus, err);
	if (thread->kind == INV_VCPU) {
		put_bool(to, "pinned", inv_is_pinned(inv, thread), err);
		put_text(to, "policy", inv_policy_name(thread->policy), err);
		put_int(to, "priority", (int)thread->priority, err);
		return to;
	}
	put_text(to, "comm", thread->comm, err);
	put_bool(to, "kernel", thread->is_kernel, err);
	if (thread->kind != INV_IO)
		return to;
	put_int(to, "iothread", thread->number, err);
	put_bool(to, "unused", thread->is_unused, err);
	return to;
}

static struct json_object *make_threads(const struct inventory *inv, const struct inv_vm *vm,
					bool are_vcpus, int *err)
{
	struct json_object *to = json_object_new_array();

	for (unsigned int i = 0; i < vm->n_threads; i++)
		if ((vm->threads[i].kind == INV_VCPU) == are_vcpus)
			json_put(to, NULL, make_thread(inv, &vm->threads[i], err), err);
	return to;
}

static struct json_object *make_device(const struct inv_device *device, int *err)
{
	struct json_object *to = json_object_new_object(), *irqs = json_object_new_array();

	put_text(to, "bdf", device->bdf, err);
	put_text(to, "name", device->name, err);
	put_text(to, "driver", device->driver, err);
	put_int(to, "group", device->group, err);
	put_int(to, "node", device->node, err);
	for (unsigned int i = 0; i < device->n_irqs; i++) {
		const struct inv_irq *irq = &device->irqs[i];
		struct json_object *one = json_object_new_object();

		put_int(one, "irq", (int)irq->irq, err);
		put_text(one, "kind", irq->is_intx ? "intx" : irq->is_msix ? "msix" : "msi", err);
		put_int(one, "vector", (int)irq->vector, err);
		put_bool(one, "shared", irq->is_shared, err);
		json_put(irqs, NULL, one, err);
	}
	json_put(to, "interrupts", irqs, err);
	return to;
}

/* true, false, or null when it cannot be seen. */
static struct json_object *make_settings(const struct inv_vm *vm, int *err)
{
	struct json_object *to = json_object_new_object();

	for (unsigned int i = 0; i < INV_N_SETTINGS; i++) {
		const char *key = inv_setting_key((enum inv_setting)i);

		if (vm->settings[i] != INV_UNKNOWN)
			put_bool(to, key, vm->settings[i] == INV_ON, err);
		else
			put_int(to, key, -1, err);
	}
	return to;
}

static struct json_object *make_vm(const struct inventory *inv, const struct inv_vm *vm, int *err)
{
	static const char *const managers[] = {
		[INV_BARE] = "", [INV_LIBVIRT] = "libvirt", [INV_PROXMOX] = "proxmox"
	};
	struct json_object *to = json_object_new_object(), *guest = json_object_new_object();
	struct json_object *devices = json_object_new_array();

	put_text(to, "name", vm->name, err);
	put_text(to, "uuid", vm->uuid, err);
	put_text(to, "vmm", vm->vmm, err);
	put_text(to, "manager", managers[vm->manager], err);
	put_text(to, "id", vm->id, err);
	put_int(to, "pid", vm->pid ?: -1, err);
	put_int(to, "vcpus_expected", (int)max(vm->n_expected, vm->n_vcpus), err);
	json_put(to, "vcpus", make_threads(inv, vm, true, err), err);
	json_put(to, "threads", make_threads(inv, vm, false, err), err);
	for (unsigned int i = 0; i < vm->n_devices; i++)
		json_put(devices, NULL, make_device(&vm->devices[i], err), err);
	json_put(to, "devices", devices, err);
	json_put(to, "settings", make_settings(vm, err), err);
	put_int(guest, "sockets", (int)vm->guest_sockets ?: -1, err);
	put_int(guest, "dies", (int)vm->guest_dies ?: -1, err);
	put_int(guest, "threads", (int)vm->guest_threads ?: -1, err);
	json_put(to, "topology", guest, err);
	put_cpus(to, "memory_nodes", &vm->mem_nodes, err);
	return to;
}

static struct json_object *make_vms(const struct inventory *inv, int *err)
{
	struct json_object *to = json_object_new_array();

	for (unsigned int i = 0; i < inv->n_vms; i++)
		json_put(to, NULL, make_vm(inv, &inv->vms[i], err), err);
	return to;
}

static struct json_object *make_host(const struct inventory *inv, int *err)
{
	struct json_object *to = json_object_new_object(), *cpus = json_object_new_array();
	struct cpuset host = inv->online;

	cpuset_subtract(&host, &inv->guest_cpus);
	put_cpus(to, "cpus_online", &inv->online, err);
	put_cpus(to, "cpus_guest", &inv->guest_cpus, err);
	put_cpus(to, "cpus_host", &host, err);
	put_int(to, "processes_denied", (int)inv->n_denied, err);
	for (unsigned int i = 0; i < inv->n_cpus; i++) {
		struct json_object *cpu;

		if (!inv->cpus[i].online)
			continue;
		cpu = json_object_new_object();
		put_int(cpu, "cpu", (int)i, err);
		put_int(cpu, "core", inv->cpus[i].core, err);
		put_int(cpu, "l3", inv->cpus[i].l3, err);
		put_int(cpu, "package", inv->cpus[i].package, err);
		put_int(cpu, "node", inv->cpus[i].node, err);
		json_put(cpus, NULL, cpu, err);
	}
	json_put(to, "cpus", cpus, err);
	return to;
}

static struct json_object *make_findings(const struct inventory *inv, int *err)
{
	static const char *const severities[] = {
		[INV_NOTE] = "note", [INV_WARNING] = "warning", [INV_SERIOUS] = "serious"
	};
	struct json_object *to = json_object_new_array();

	for (unsigned int i = 0; i < inv->n_findings; i++) {
		const struct inv_finding *finding = &inv->findings[i];
		struct json_object *one = json_object_new_object();
		struct json_object *fixes = json_object_new_array();

		put_text(one, "id", finding->id, err);
		put_text(one, "severity", severities[finding->severity], err);
		put_text(one, "vm", finding->vm, err);
		put_text(one, "object", finding->object, err);
		put_text(one, "title", finding->title, err);
		put_text(one, "is", finding->is, err);
		put_text(one, "why", finding->why, err);
		for (unsigned int j = 0; j < finding->n_fixes; j++)
			json_put(fixes, NULL, json_object_new_string(finding->fixes[j]), err);
		json_put(one, "fix", fixes, err);
		json_put(to, NULL, one, err);
	}
	return to;
}

/* An element of a list to a line, so that a diff can be read. */
static int part_write(const char *key, struct json_object *part, FILE *out)
{
	size_t n = json_object_is_type(part, json_type_array) ? json_object_array_length(part) : 0;
	const char *text;

	(void)fprintf(out, ",\n\"%s\":%s", key, n ? "[" : "");
	for (size_t i = 0; i < n; i++) {
		text = json_object_to_json_string_ext(json_object_array_get_idx(part, i),
						      TEXT_FLAGS);
		if (!text)
			return -ENOMEM;
		(void)fprintf(out, "%s\n%s", i ? "," : "", text);
	}
	text = n ? "\n]" : json_object_to_json_string_ext(part, TEXT_FLAGS);
	(void)fputs(text ?: "", out);
	return text ? 0 : -ENOMEM;
}

int report_inventory_json_write(const struct inventory *inv, FILE *out)
{
	static const struct {
		const char *key;
		struct json_object *(*make)(const struct inventory *inv, int *err);
	} parts[] = {
		{ .key = "host", .make = make_host },
		{ .key = "vms", .make = make_vms },
		{ .key = "findings", .make = make_findings },
	};
	int err = 0;

	(void)fputs("{\"schema\":\"lull.list/1\"", out);
	for (size_t i = 0; i < ARRAY_SIZE(parts) && !err; i++) {
		struct json_object *part = parts[i].make(inv, &err);

		err = err ?: part_write(parts[i].key, part, out);
		json_object_put(part);
	}
	if (!err && inv->interrupts)
		err = report_interrupts_json_add(inv->interrupts, out);
	(void)fputs("}\n", out);
	errno = 0;
	if (!err && (fflush(out) || ferror(out)))
		err = errno ? -errno : -EIO;
	return err;
}
