/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vms_name: what people call a virtual machine: its name, UUID and the kind of its VMM, from the
 * command line, the cgroup and the program. Names are the VMM's word, and are sanitised.
 */
#define LULL_SYS_VMS_PRIVATE
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/str.h"
#include "sys/threads.h"
#include "sys/vms_p.h"

/* "win10", "guest=win10,debug-threads=on" or "win10,process=x". Allocated; "" without a name. */
static char *parse_qemu_name(const char *value)
{
	auto_free char *name = strdup("");
	bool is_first = true;

	while (name && *value) {
		auto_free char *item = vms_cut_item(&value);

		if (!item)
			return NULL;
		if (str_starts(item, "guest=") || (is_first && !strchr(item, '='))) {
			free(name);
			name = strdup(str_starts(item, "guest=") ? item + 6 : item);
		}
		is_first = false;
	}
	return take_ptr(name);
}

/* systemd's unit names write "-" as "\x2d". In place. */
static void unescape_unit(char *s)
{
	char hex[3] = "", *to = s;
	uint64_t byte;

	for (; *s; s++) {
		if (s[0] == '\\' && s[1] == 'x' && s[2] && s[3]) {
			hex[0] = s[2];
			hex[1] = s[3];
			if (!parse_hex64(hex, &byte) && byte) {
				*to++ = (char)byte;
				s += 3;
				continue;
			}
		}
		*to++ = *s;
	}
	*to = '\0';
}

/* libvirt's "machine-qemu\x2d1\x2dwin10.scope". Allocated; "" when it is no such unit. */
static char *parse_scope(const char *unit)
{
	char *name = strdup(unit), *p;
	size_t len;

	if (!name)
		return NULL;
	if (!str_starts(name, "machine-") || !str_ends(name, ".scope")) {
		*name = '\0';
		return name;
	}
	name[strlen(name) - strlen(".scope")] = '\0';
	unescape_unit(name);
	/* machine-DRIVER-ID-NAME */
	p = name + strlen("machine-");
	len = strcspn(p, "-");
	if (p[len] == '-') {
		size_t digits = strspn(p + len + 1, "0123456789");

		if (digits && p[len + 1 + digits] == '-')
			p += len + 1 + digits + 1;
	}
	memmove(name, p, strlen(p) + 1);
	return name;
}

/* Replaces *@name, which holds nothing yet, unless @text is NULL or empty. */
static int set_text(char **name, const char *text)
{
	if (*name || !text || !*text)
		return 0;
	*name = strdup(text);
	if (!*name)
		return -ENOMEM;
	str_sanitize(*name);
	return 0;
}

/* What libvirt or Proxmox call it: by the scope it runs in, and by their files. */
static int read_managed_name(const struct root *root, struct vm *vm)
{
	auto_free char *unit = NULL, *scope = NULL, *file = NULL;
	int err = 0;

	if (!threads_read_unit(root, vm->pid, &unit)) {
		scope = parse_scope(unit);
		err = scope ? set_text(&vm->name, scope) : -ENOMEM;
		if (scope && *scope && streq(vm->vmm, "qemu"))
			vm->manager = VM_LIBVIRT;
	}
	if (!err)
		err = vms_read_run_files(root, vm, &file);
	return err ? err : set_text(&vm->name, file);
}

static int read_name(const struct root *root, const struct vms_cmdline *cmdline, struct vm *vm)
{
	const char *value = vms_last_option(cmdline, "name");
	auto_free char *name = NULL;
	auto_str struct str fallback = { .s = NULL };
	int err;

	if (value) {
		name = streq(vm->vmm, "qemu") ? parse_qemu_name(value) : strdup(value);
		if (!name)
			return -ENOMEM;
	}
	err = set_text(&vm->name, name);
	if (!err)
		err = read_managed_name(root, vm);
	/* Proxmox gives its QEMU -id VMID, Firecracker's jailer --id. */
	if (!err)
		err = set_text(&vm->name, vms_last_option(cmdline, "id"));
	if (!err)
		err = str_addf(&fallback, "%s-%d", vm->vmm, (int)vm->pid);
	return err ? err : set_text(&vm->name, fallback.s);
}

/* -uuid; Proxmox says it in -smbios type=1,uuid=. */
static int read_uuid(const struct vms_cmdline *cmdline, struct vm *vm)
{
	unsigned int at = 1;
	const char *value;
	int err;

	err = set_text(&vm->uuid, vms_last_option(cmdline, "uuid"));
	while (!err && !vm->uuid && (value = vms_next_option(cmdline, "smbios", &at))) {
		auto_free char *type = vms_get_key(value, "type");
		auto_free char *uuid = vms_get_key(value, "uuid");

		if (type && streq(type, "1"))
			err = set_text(&vm->uuid, uuid);
	}
	if (!err && !vm->uuid && !(vm->uuid = strdup("")))
		err = -ENOMEM;
	return err;
}

/* The VMM by the name of its program, which may be cut, wrapped (".qemu-...-wrapped") or a path. */
static const char *match_vmm(const char *program)
{
	static const struct {
		const char *prefix, *vmm;
	} programs[] = {
		{ .prefix = "qemu-", .vmm = "qemu" },
		{ .prefix = "cloud-hyperviso", .vmm = "cloud-hypervisor" },
		{ .prefix = "firecracker", .vmm = "firecracker" },
		{ .prefix = "crosvm", .vmm = "crosvm" },
		{ .prefix = "lkvm", .vmm = "kvmtool" },
		{ .prefix = "kvmtool", .vmm = "kvmtool" },
	};
	const char *slash = strrchr(program, '/');

	program = slash ? slash + 1 : program;
	program += *program == '.';
	/* Proxmox and Debian link /usr/bin/kvm to QEMU. */
	if (streq(program, "kvm"))
		return "qemu";
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
		if (str_starts(program, programs[i].prefix))
			return programs[i].vmm;
	return NULL;
}

static int read_vmm(const struct root *root, const struct vms_cmdline *cmdline, struct vm *vm)
{
	auto_free char *exe = NULL;
	const char *vmm = NULL;
	struct thread_stat stat;
	int err;

	if (!fs_read_link(root, &exe, "proc/%d/exe", (int)vm->pid))
		vmm = match_vmm(exe);
	if (!vmm && cmdline->n)
		vmm = match_vmm(cmdline->argv[0]);
	if (!vmm) {
		err = threads_read_stat(root, vm->pid, vm->pid, &stat);
		if (err)
			return err;
		vmm = match_vmm(stat.comm) ?: stat.comm;
		return set_text(&vm->vmm, *vmm ? vmm : "vm");
	}
	return set_text(&vm->vmm, vmm);
}

int vms_read_names(const struct root *root, struct vm *vm)
{
	struct vms_cmdline cmdline = { .argv = NULL };
	int err;

	/* An unreadable command line leaves the weaker names. */
	err = threads_read_cmdline(root, vm->pid, &cmdline.argv, &cmdline.n);
	if (err == -ENOMEM)
		return err;
	err = read_vmm(root, &cmdline, vm);
	if (!err)
		err = read_name(root, &cmdline, vm);
	if (!err)
		err = read_uuid(&cmdline, vm);
	if (!err && !vm->id && !(vm->id = strdup("")))
		err = -ENOMEM;
	free(cmdline.argv);
	return err;
}
