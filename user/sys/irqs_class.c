/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * irqs_class: the class of each line of /proc/interrupts, in a pass over the lines and one over
 * the PCI devices. Decided by the action, the device and the chip, never by a word of the trigger:
 * "edge" stands in lines of every class. What shall be done with a class is not decided here.
 */
#include "sys/irqs_class.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/str.h"
#include "sys/irqs.h"
#include "sys/irqs_p.h"
#include "sys/pci.h"
#include "sys/vms.h"

const char *irqs_class_name(enum irq_class irq_class)
{
	static const char *const names[IRQ_N_CLASSES] = {
		[IRQ_PASSED_THROUGH] = "passed-through",
		[IRQ_HOST] = "host",
		[IRQ_MANAGED] = "managed",
		[IRQ_PER_CPU] = "per-cpu",
		[IRQ_POSTED] = "posted",
		[IRQ_UNKNOWN] = "unknown",
	};

	return irq_class < IRQ_N_CLASSES ? names[irq_class] : "unknown";
}

/* What is asked once for all lines. */
struct classifier {
	const struct root *root;
	const struct irq_table *table;
	const struct vm_list *vms;
	struct irq_pci_index devices;
	bool has_irq_dir; /* proc/irq is there */
	bool has_modes;	  /* the modes of its files are those of the kernel */
	bool has_debugfs; /* sys/kernel/debug/irq/irqs is there */
	bool can_post;	  /* KVM and the IOMMU post interrupts of devices */
};

/* ---- what the host can do */

static bool is_on(const struct root *root, const char *path)
{
	auto_free char *line = NULL;

	return !fs_read_line(root, &line, "%s", path) && (line[0] == 'Y' || line[0] == '1');
}

/* Some IOMMU with the bit of posted interrupts: VT-d's capability 59, AMD-Vi's GA feature 7. */
static bool has_posting_iommu(const struct root *root)
{
	static const struct {
		const char *file;
		unsigned int bit;
	} marks[] = { { "intel-iommu/cap", 59 }, { "amd-iommu/features", 7 } };
	auto_closedir DIR *dir = NULL;
	const struct dirent *entry;

	if (fs_opendir(root, &dir, "sys/class/iommu"))
		return false;
	while ((entry = readdir(dir)))
		for (size_t i = 0; i < ARRAY_SIZE(marks) && entry->d_name[0] != '.'; i++) {
			auto_free char *line = NULL;
			uint64_t bits;

			if (!fs_read_line(root, &line, "sys/class/iommu/%s/%s", entry->d_name,
					  marks[i].file) &&
			    !parse_hex64(line, &bits) && bits >> marks[i].bit & 1)
				return true;
		}
	return false;
}

/* kvm.enable_device_posted_irqs is there from 6.17 on; before, APICv and AVIC alone decide. */
static bool can_post(const struct root *root)
{
	static const char device[] = "sys/module/kvm/parameters/enable_device_posted_irqs";

	if (fs_exists(root, device) && !is_on(root, device))
		return false;
	if (!is_on(root, "sys/module/kvm_intel/parameters/enable_apicv") &&
	    !is_on(root, "sys/module/kvm_amd/parameters/avic"))
		return false;
	return has_posting_iommu(root);
}

/*
 * From 6.12 on the file of an interrupt that cannot be moved has mode 0444. A copy of /proc may
 * have lost its modes; one that did has lost that of the default mask too, which all may see
 * and root may write.
 */
static bool has_modes(const struct root *root)
{
	struct stat st;

	return !fs_stat(root, &st, "proc/irq/default_smp_affinity") && st.st_mode & 0200;
}

/* ---- what an action says */

/* The next action of "ahci, xhci_hcd"; they are joined by comma and blank. */
static const char *next_action(const char *action)
{
	const char *comma = strstr(action, ", ");

	return comma ? comma + 2 : NULL;
}

/*
 * "vfio-msix[0](0000:01:00.0)", "vfio-intx(...)", "vfio-irq[2](fec00000.dma)". Returns what is in
 * parentheses, or NULL: another action.
 */
static const char *vfio_device(const char *action)
{
	const char *p = action + strlen("vfio-");

	if (!str_starts(action, "vfio-"))
		return NULL;
	p += strcspn(p, "[(,");
	if (*p == '[') {
		p += strspn(p, "[0123456789");
		p += *p == ']';
	}
	return *p == '(' ? p + 1 : NULL;
}

static const char *find_vfio(const char *actions)
{
	for (const char *action = actions; action; action = next_action(action)) {
		const char *device = vfio_device(action);

		if (device)
			return device;
	}
	return NULL;
}

/* Chips whose every line belongs to one CPU, or to each. */
static bool is_per_cpu_chip(const char *chip)
{
	static const char *const chips[] = {
		"xen-percpu", "RISC-V INTC", "CPUINTC",		"HPET_MSI",
		"HPET-MSI",   "IR-HPET-MSI", "DMAR-MSI-percpu",
	};

	for (size_t i = 0; i < ARRAY_SIZE(chips); i++)
		if (str_starts(chip, chips[i]))
			return true;
	return false;
}

/* Private interrupts of a GIC: 16 to 31, and the extended ones of GICv3.1. */
static bool is_private_of_gic(const struct irq_line *line)
{
	return str_starts(line->chip, "GIC") && ((line->hwirq >= 16 && line->hwirq < 32) ||
						 (line->hwirq >= 1056 && line->hwirq < 1120));
}

/* "hpet2", "pmu3": a name and the number of a CPU. */
static bool is_numbered(const char *action, const char *name)
{
	return str_starts(action, name) && isdigit((unsigned char)action[strlen(name)]);
}

static bool is_per_cpu_action(const char *action)
{
	static const char *const names[] = {
		"arch_timer",	    "riscv-timer", "riscv-pmu", "kvm guest vtimer",
		"kvm guest ptimer", "vgic",	   "twd",	"IPI",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		size_t len = strlen(names[i]);

		if (str_starts(action, names[i]) &&
		    (!action[len] || str_starts(action + len, ", ")))
			return true;
	}
	return is_numbered(action, "hpet");
}

/* ---- the class */

static int say(struct irq_info *info, enum irq_class irq_class, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int say(struct irq_info *info, enum irq_class irq_class, const char *fmt, ...)
{
	va_list ap;

	info->class = irq_class;
	free(info->why);
	va_start(ap, fmt);
	info->why = str_vformat(fmt, ap);
	va_end(ap);
	return info->why ? 0 : -ENOMEM;
}

static int classify_named(const struct irq_line *line, struct irq_info *info)
{
	static const char *const posted[] = { "PIN", "NPI", "PIW" };
	static const char *const errors[] = { "ERR", "MIS", "Err" };

	for (size_t i = 0; i < ARRAY_SIZE(posted); i++)
		if (streq(line->name, posted[i]))
			return say(info, IRQ_POSTED, "of posted interrupts: nothing to move");
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
		if (streq(line->name, errors[i]))
			return say(info, IRQ_PER_CPU, "a count of errors: nothing to move");
	return say(info, IRQ_PER_CPU, "the kernel's own on each CPU: cannot move");
}

static bool never_fired(const struct irq_line *line)
{
	for (unsigned int i = 0; i < line->n_counts; i++)
		if (line->counts[i])
			return false;
	return true;
}

/* More than the vfio action on the line: its pin is shared. */
static bool is_shared(const char *actions)
{
	return strstr(actions, ", ") != NULL;
}

/* The running VM that has the device open; NULL: none is known to. */
static const struct vm *owner_of(const struct classifier *c, const char *bdf)
{
	for (unsigned int i = 0; c->vms && *bdf && i < c->vms->n; i++)
		for (unsigned int k = 0; k < c->vms->vms[i].n_devices; k++)
			if (streq(c->vms->vms[i].devices[k].bdf, bdf))
				return &c->vms->vms[i];
	return NULL;
}

static int classify_vfio(const struct classifier *c, const struct irq_line *line,
			 struct irq_info *info)
{
	const struct vm *vm = owner_of(c, info->bdf);
	const char *more = "";

	info->vm_pid = vm ? vm->pid : 0;
	info->is_posted = c->can_post && never_fired(line);
	if (info->is_posted)
		more = "; posted: goes to the guest without the host, nothing to move";
	else if (is_shared(line->actions))
		more = "; shares the line with a device of the host";
	else if (c->can_post)
		more = "; fires on the host although interrupts can be posted";
	return say(info, IRQ_PASSED_THROUGH, "passed through%s%s%s", vm ? " to " : "",
		   vm ? vm->name : "", more);
}

/* The flag itself, where debugfs shows it (CONFIG_GENERIC_IRQ_DEBUGFS). */
static bool has_managed_flag(const struct classifier *c, int irq)
{
	auto_free char *text = NULL;

	return c->has_debugfs &&
	       !fs_read_file(c->root, &text, NULL, "sys/kernel/debug/irq/irqs/%d", irq) &&
	       strstr(text, "IRQD_AFFINITY_MANAGED");
}

static int classify_device(const struct classifier *c, const struct irq_line *line,
			   struct irq_info *info)
{
	if (has_managed_flag(c, line->irq))
		return say(
			info, IRQ_MANAGED,
			"managed by the kernel: follows its queue, silent without I/O from its CPUs");
	if (c->has_modes && info->has_affinity && !info->is_writable) {
		if (info->bdf[0])
			return say(info, IRQ_MANAGED,
				   "managed by the kernel: follows its queue, silent without I/O "
				   "from its CPUs");
		return say(info, IRQ_MANAGED, "kept by the kernel or its chip: cannot be moved");
	}
	if (!line->actions[0])
		return say(info, IRQ_UNKNOWN, "nothing uses it now");
	if (c->has_irq_dir && !info->has_affinity)
		return say(info, IRQ_UNKNOWN,
			   "its affinity cannot be read: gone, or never movable");
	return say(info, IRQ_HOST, "%s",
		   info->device[0] ? "a device of the host" : "the host's own");
}

static int classify_line(const struct classifier *c, const struct irq_line *line,
			 struct irq_info *info)
{
	if (line->irq < 0)
		return classify_named(line, info);
	if (find_vfio(line->actions))
		return classify_vfio(c, line, info);
	if (is_per_cpu_chip(line->chip) || is_private_of_gic(line))
		return say(info, IRQ_PER_CPU, "private to a CPU (%s): cannot move", line->chip);
	/* The interval timer, and the cascade of the old controllers: their own files refuse. */
	if ((line->irq == 0 && streq(line->actions, "timer")) ||
	    (line->irq == 2 && streq(line->actions, "cascade")))
		return say(info, IRQ_PER_CPU, "of the platform: cannot move");
	if (is_per_cpu_action(line->actions))
		return say(info, IRQ_PER_CPU, "a timer or signal of each CPU: cannot move");
	return classify_device(c, line, info);
}

/* ---- what the files of a line say */

static bool read_set(const struct root *root, int irq, const char *name, struct cpuset *ret)
{
	auto_free char *line = NULL;

	return !fs_read_line(root, &line, "proc/irq/%d/%s", irq, name) && !cpuset_parse(line, ret);
}

static void read_affinity(const struct classifier *c, int irq, struct irq_info *info)
{
	auto_free char *node = NULL;
	struct stat st;
	uint32_t id;

	if (fs_stat(c->root, &st, "proc/irq/%d/smp_affinity_list", irq))
		return;
	info->is_writable = st.st_mode & 0222;
	info->has_affinity = read_set(c->root, irq, "smp_affinity_list", &info->affinity);
	info->has_effective = read_set(c->root, irq, "effective_affinity_list", &info->effective);
	/* -1 is unknown to the kernel too. */
	if (!fs_read_line(c->root, &node, "proc/irq/%d/node", irq) && !parse_u32(node, &id) &&
	    id <= INT32_MAX)
		info->node = (int)id;
}

/* A passed-through device is named by its action, also where sysfs is not recorded. */
static int read_device(const struct classifier *c, const struct irq_line *line,
		       struct irq_info *info)
{
	char bdf[IRQS_BDF_MAX] = "";
	const char *vfio = find_vfio(line->actions);
	size_t len = vfio ? pci_bdf_len(vfio) : 0;
	int err;

	err = irqs_pci_device(c->root, &c->devices, line, bdf, &info->device);
	if (err)
		return err;
	if (len && len < sizeof(bdf))
		str_copy(bdf, sizeof(bdf), vfio, len);
	info->bdf = strdup(bdf);
	if (info->bdf && !info->device[0] && bdf[0]) {
		free(info->device);
		info->device = strdup(bdf);
	}
	return info->bdf && info->device ? 0 : -ENOMEM;
}

static int read_line(const struct classifier *c, const struct irq_line *line, struct irq_info *info)
{
	int err;

	info->node = -1;
	err = read_device(c, line, info);
	if (err)
		return err;
	if (line->irq >= 0 && c->has_irq_dir)
		read_affinity(c, line->irq, info);
	return classify_line(c, line, info);
}

static int classify(const struct classifier *c, struct irq_infos *infos)
{
	infos->infos = calloc(c->table->n_lines + 1, sizeof(*infos->infos));
	if (!infos->infos)
		return -ENOMEM;
	for (; infos->n < c->table->n_lines; infos->n++) {
		int err = read_line(c, &c->table->lines[infos->n], &infos->infos[infos->n]);

		if (err) {
			infos->n++;
			return err;
		}
	}
	return 0;
}

int irqs_classify(const struct root *root, const struct irq_table *table, const struct vm_list *vms,
		  struct irq_infos *ret)
{
	struct classifier c = {
		.root = root,
		.table = table,
		.vms = vms,
		.has_irq_dir = fs_exists(root, "proc/irq"),
		.has_debugfs = fs_exists(root, "sys/kernel/debug/irq/irqs"),
		.has_modes = has_modes(root),
		.can_post = can_post(root),
	};
	struct irq_infos infos = { .n = 0 };
	int err;

	err = irqs_pci_read(root, &c.devices);
	if (err)
		return err;
	err = classify(&c, &infos);
	irqs_pci_done(&c.devices);
	if (err)
		irqs_infos_done(&infos);
	else
		*ret = infos;
	return err;
}

void irqs_infos_done(struct irq_infos *infos)
{
	if (!infos)
		return;
	for (unsigned int i = 0; i < infos->n; i++) {
		free(infos->infos[i].bdf);
		free(infos->infos[i].device);
		free(infos->infos[i].why);
	}
	free(infos->infos);
	*infos = (struct irq_infos){ .n = 0 };
}
