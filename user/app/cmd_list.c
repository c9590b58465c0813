/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * list: VMs with their threads, pins and devices, who has which CPU, and what is wrong with that;
 * or the interrupts of the host.
 * Only reads, a recorded machine too.
 */
#include <errno.h>
#include <locale.h>
#include <unistd.h>

#include "app/cmd.h"
#include "app/domain.h"
#include "app/interrupts.h"
#include "app/inventory.h"
#include "app/opts.h"
#include "app/style.h"
#include "app/target.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "model/findings.h"
#include "model/interrupts.h"
#include "model/inventory.h"
#include "report/interrupts.h"
#include "report/report.h"
#include "sys/topo.h"
#include "sys/vms.h"

struct config {
	const char *vm, *sysroot, *xml;
	uint64_t duration_ns;
	struct cpuset *cpus;
	bool json, interrupts;
	enum opt_color color;
};

static const struct opt options[] = {
	OPT_ROW(0, "vm", OPT_STRING, vm, "VM", "only this VM: name, UUID or pid"),
	OPT_ROW(0, "xml", OPT_STRING, xml, "FILE", "a VM as libvirt's XML has it; - is stdin"),
	OPT_ROW(0, "interrupts", OPT_FLAG, interrupts, NULL, "the interrupts, with their classes"),
	OPT_ROW('c', "cpus", OPT_CPUS, cpus, "LIST", "only interrupts that may fire on these CPUs"),
	OPT_RANGE('d', "duration", OPT_DURATION, duration_ns, "TIME", 1000000, 86400000000000ULL,
		  "count interrupts for this time; else since boot"),
	OPT_ROW(0, "json", OPT_FLAG, json, NULL, "one JSON document, lull.list/1"),
	OPT_ROW(0, "sysroot", OPT_STRING, sysroot, "DIR",
		"a recorded /proc and /sys, not this host"),
	OPT_ROW(0, "color", OPT_COLOR, color, "WHEN", "auto, always or never"),
};

static const struct opt_spec spec = {
	.command = "list",
	.synopsis = "[--vm VM | --xml FILE] [--interrupts] [OPTIONS]",
	.examples = "  lull list                  every VM of this host\n"
		    "  lull list --vm win11       this one\n"
		    "  lull list --interrupts -c 2-7 -d 5s   what fires on these CPUs\n"
		    "  virsh dumpxml win11 | lull list --xml -\n"
		    "  lull list --json | jq '.findings[].id'\n",
	.about = "Shows the virtual machines of a host: threads, pins, passed-through devices,\n"
		 "who has which CPU, and what is wrong with that, each with its fix; or its\n"
		 "interrupts. Changes nothing.",
	.opts = options,
	.n_opts = ARRAY_SIZE(options),
};

static int no_memory(void)
{
	log_error("list: out of memory");
	return EXIT_ERROR;
}

/*
 * A VM from XML takes the place of one that runs under its UUID or name: what it will be at its
 * next start is the question.
 */
static int add_configured(const struct config *config, const struct root *root,
			  struct inventory *inv)
{
	__attribute__((cleanup(vms_vm_done))) struct vm vm = { 0 };
	int code = domain_load("list", config->xml, &vm);

	if (code)
		return code;
	inventory_drop_vm(inv, vm.name, vm.uuid);
	if (vms_look_up_devices(root, &vm) || inventory_add_vm(inv, &vm))
		return no_memory();
	return 0;
}

/* 0, or an exit code; a message was printed. The same of what follows. */
static int read_cpus(const struct root *root, struct inventory *inv)
{
	auto_topo struct topo topo = { 0 };
	int err = topo_read(root, &topo);

	/* A recorded machine may be its interrupts, or its VMs, alone. */
	if (err == -ENOENT && !fs_root_is_live(root))
		return 0;
	if (err) {
		log_error("list: reading %s/sys/devices/system/cpu: %s", root->path,
			  strerror(-err));
		return EXIT_ERROR;
	}
	return inventory_add_cpus(inv, &topo) ? no_memory() : 0;
}

static int read_vms(const struct root *root, struct vm_list *ret)
{
	int err = target_find_vms(root, ret);

	if (err == -ENOENT && !fs_root_is_live(root))
		return 0;
	if (!err)
		err = vms_describe(root, ret->vms, ret->n);
	if (!err)
		return 0;
	log_error("list: finding virtual machines: %s", strerror(-err));
	return EXIT_ERROR;
}

/* Is it there to be shown? Who owns which CPU is a matter of all of them. */
static int check_vm(const struct config *config, const struct vm_list *list, const struct vm **ret)
{
	int err;

	*ret = NULL;
	if (!config->vm)
		return 0;
	err = vms_match(list, config->vm, ret);
	if (!err)
		return 0;
	log_error("list: %s --vm %s%s",
		  err == -EEXIST ? "more than one VM is called" : "no VM matches", config->vm,
		  list->n	    ? "; there are:"
		  : !list->n_denied ? ": no VM is running"
		  : geteuid()	    ? ": none can be seen, and root sees more"
				    : ": none can be seen");
	for (unsigned int i = 0; i < list->n; i++)
		log_error("  --vm %-20s %s, pid %d", list->vms[i].name, list->vms[i].vmm,
			  list->vms[i].pid);
	return EXIT_REFUSED;
}

/* Of a recorded machine nobody may know which it has. */
static int check_cpus(const struct config *config, const struct root *root)
{
	if (cpuset_is_empty(config->cpus) ||
	    (!fs_root_is_live(root) && !fs_exists(root, "sys/devices/system/cpu/online")))
		return 0;
	return target_check_cpus(root, config->cpus);
}

static int write_inventory(const struct config *config, const struct inventory *inv)
{
	const struct cpuset *cpus = cpuset_is_empty(config->cpus) ? NULL : config->cpus;
	struct report_style style = { 0 };
	int err;

	style_read(config->color, false, &style);
	if (config->json)
		err = report_inventory_json_write(inv, stdout);
	else if (config->interrupts)
		err = report_interrupts_text_write(inv->interrupts, cpus, &style, stdout);
	else
		err = report_inventory_text_write(inv, &style, stdout);
	if (err == -ENOMEM)
		return no_memory();
	return err ? EXIT_ERROR : EXIT_GOOD; /* main says it of stdout */
}

static int read_interrupts(const struct config *config, const struct root *root,
			   const struct vm_list *vms, const struct vm *only, struct interrupts *ret)
{
	int code;

	/* The document has them without being asked, if a recorded machine does. */
	if (!config->interrupts && !fs_root_is_live(root) &&
	    fs_exists(root, "proc/interrupts") != 1)
		return 0;
	code = interrupts_read(root, vms, config->duration_ns, ret);
	if (code)
		return code;
	if (only)
		interrupts_keep_vm(ret, only->pid);
	if (!cpuset_is_empty(config->cpus))
		interrupts_keep_cpus(ret, config->cpus);
	return 0;
}

static int list(const struct config *config, const struct root *root)
{
	__attribute__((cleanup(interrupts_done))) struct interrupts interrupts = { 0 };
	auto_inventory struct inventory inv = { 0 };
	__attribute__((cleanup(vms_done))) struct vm_list vms = { 0 };
	const struct vm *only;
	int code, err = 0;

	code = check_cpus(config, root);
	code = code ?: read_cpus(root, &inv);
	code = code ?: read_vms(root, &vms);
	code = code ?: check_vm(config, &vms, &only);
	if (!code && (config->interrupts || config->json))
		code = read_interrupts(config, root, &vms, only, &interrupts);
	if (code)
		return code;
	if (config->interrupts || config->json)
		inv.interrupts = &interrupts;
	for (unsigned int i = 0; i < vms.n && !err; i++)
		err = inventory_add_vm(&inv, &vms.vms[i]);
	if (err)
		return no_memory();
	code = config->xml ? add_configured(config, root, &inv) : 0;
	if (code)
		return code;
	inv.n_denied = vms.n_denied;
	inv.is_root = !geteuid();
	inventory_split(&inv);
	if (findings_find(&inv))
		return no_memory();
	if (only || config->xml)
		inventory_keep_vm(&inv, only ? only->pid : 0);
	return write_inventory(config, &inv);
}

int cmd_list(int argc, char **argv)
{
	struct cpuset cpus = { 0 };
	struct config config = { .sysroot = "/", .cpus = &cpus };
	struct root root;
	int code, err;

	(void)setlocale(LC_CTYPE, "");
	code = opts_parse_alone(&spec, argc, argv, &config, "; a VM is named with --vm");
	if (code)
		return code > 0 ? EXIT_GOOD : EXIT_ERROR;
	if (config.vm && config.xml) {
		log_error("list: --vm and --xml both name the VM; give one of them");
		return EXIT_ERROR;
	}
	if (!config.interrupts && !config.json && (config.duration_ns || !cpuset_is_empty(&cpus))) {
		log_error("list: -c and -d choose interrupts: add --interrupts or --json");
		return EXIT_ERROR;
	}
	err = fs_root_open(&root, config.sysroot);
	if (err) {
		log_error("list: --sysroot %s: %s", config.sysroot, strerror(-err));
		return EXIT_ERROR;
	}
	if (config.duration_ns && !fs_root_is_live(&root)) {
		log_error("list: -d: nothing happens in %s, a recorded machine", config.sysroot);
		code = EXIT_ERROR;
	} else {
		code = list(&config, &root);
	}
	fs_root_done(&root);
	return code;
}
