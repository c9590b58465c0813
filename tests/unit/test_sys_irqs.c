/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unit tests of sys/irqs: the layouts of /proc/interrupts by hand, and real files against an
 * independent count of them.
 */
#include "sys/irqs.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/str.h"
#include "machines.h"
#include "test.h"

#define auto_irqs __attribute__((cleanup(irqs_done)))

static int parse(const char *text, struct irq_table *ret, unsigned int *ret_line)
{
	auto_free char *copy = strdup(text);

	CHECK(copy);
	return irqs_parse(copy, ret, ret_line);
}

/* Each row under a header of two CPUs, with both counts before it. */
static const struct {
	const char *rest, *chip, *trigger, *actions;
} splits[] = {
	{ "  IO-APIC   5-edge      ACPI:Ged", "IO-APIC", "5-edge", "ACPI:Ged" },
	{ " IR-PCI-MSIX-0000:01:00.0    1-edge      nvme0q1", "IR-PCI-MSIX-0000:01:00.0", "1-edge",
	  "nvme0q1" },
	{ "   PCI-MSI 524288-edge      nvme0q0", "PCI-MSI", "524288-edge", "nvme0q0" },
	{ "    GICv3  30 Level     arch_timer", "GICv3", "Level", "arch_timer" },
	{ "  ITS-MSI 16384 Edge      virtio0-config", "ITS-MSI", "Edge", "virtio0-config" },
	{ " SiFive PLIC 111 Edge      17030000.power-controller", "SiFive PLIC", "Edge",
	  "17030000.power-controller" },
	{ "Hyper-V PCIe MSI 6801751801856-edge  virtio1-config", "Hyper-V PCIe MSI",
	  "6801751801856-edge", "virtio1-config" },
	{ "  IO-APIC-fasteoi   ehci_hcd:usb1, uhci_hcd:usb2", "IO-APIC", "fasteoi",
	  "ehci_hcd:usb1, uhci_hcd:usb2" },
	{ "   PCI-MSI-edge      0000:00:1f.2", "PCI-MSI", "edge", "0000:00:1f.2" },
	{ "  XT-PIC-XT-PIC    cascade", "XT-PIC", "XT-PIC", "cascade" },
	{ "  xen-pirq   1-ioapic-edge  i8042", "xen-pirq", "1-ioapic-edge", "i8042" },
	{ "  xen-percpu    -virq      timer0", "xen-percpu", "virq", "timer0" },
	{ "   xen-dyn    -event     eth0", "xen-dyn", "event", "eth0" },
	{ "  amd_gpio   7  ASUE120A:00", "amd_gpio", "7", "ASUE120A:00" },
	{ "INT344B:00        3 buttons", "INT344B:00", "", "3 buttons" },
	{ "      dummy      44", "dummy", "", "44" },
	{ "  IO-APIC   3-edge    ", "IO-APIC", "3-edge", "" },
	{ "    GICv3  23 Level     ", "GICv3", "Level", "" },
	{ "     None   ", "None", "", "" },
	{ "", "", "", "" },
	{ " IR-IO-APIC 9-fasteoi acpi", "IR-IO-APIC", "9-fasteoi", "acpi" }, /* blanks squeezed */
	{ "  PCI-MSI 1-edge      vfio-msix[0](0000:01:00.0)", "PCI-MSI", "1-edge",
	  "vfio-msix[0](0000:01:00.0)" },
	{ "  PCI-MSI 1-edge      ib_qib (sdma 0) 5-edge", "PCI-MSI", "1-edge",
	  "ib_qib (sdma 0) 5-edge" },
	{ "   PCI-MSI-edge      eth0 7-edge", "PCI-MSI", "edge", "eth0 7-edge" },
	{ "  PCI-MSI 1-edge      a\033[2J\tb\x7f", "PCI-MSI", "1-edge", "a?[2J?b?" },
};

TEST(irqs_parse__splits_chip_trigger_actions)
{
	for (size_t i = 0; i < ARRAY_SIZE(splits); i++) {
		auto_irqs struct irq_table table = { .cpus = NULL };
		char text[256];

		(void)snprintf(text, sizeof(text),
			       "           CPU0       CPU1       \n 24:          1         20 %s\n",
			       splits[i].rest);
		CHECK_EQ(parse(text, &table, NULL), 0);
		CHECK_EQ(table.n_lines, 1);
		CHECK_EQ(table.lines[0].irq, 24);
		CHECK_EQ(table.lines[0].n_counts, 2);
		CHECK_EQ(table.lines[0].counts[1], 20);
		CHECK_STREQ(table.lines[0].chip, splits[i].chip);
		CHECK_STREQ(table.lines[0].trigger, splits[i].trigger);
		CHECK_STREQ(table.lines[0].actions, splits[i].actions);
	}
}

TEST(irqs_parse__reads_named_rows)
{
	auto_irqs struct irq_table table = { .cpus = NULL };

	CHECK_EQ(parse("           CPU0       CPU2       \n"
		       "NMI:          0          4   Non-maskable interrupts\n"
		       "IPI0:        38         45       Rescheduling interrupts\n"
		       "I/O:          7          8\n"
		       "FIQ:              fiq\n"
		       "ERR:         12\n",
		       &table, NULL),
		 0);
	CHECK_EQ(table.n_cpus, 2);
	CHECK_EQ(table.cpus[1], 2);
	CHECK_EQ(table.n_lines, 5);
	CHECK_EQ(table.lines[0].irq, -1);
	CHECK_STREQ(table.lines[0].chip, "");
	CHECK_STREQ(table.lines[0].actions, "Non-maskable interrupts");
	CHECK_STREQ(irqs_find(&table, "IPI0")->actions, "Rescheduling interrupts");
	CHECK_STREQ(irqs_find(&table, "I/O")->actions, "");
	CHECK_EQ(irqs_find(&table, "FIQ")->n_counts, 0);
	CHECK_EQ(irqs_find(&table, "ERR")->n_counts, 1);
	CHECK(!irqs_find(&table, "LOC"));
}

TEST(irqs_count__goes_by_cpu_number)
{
	auto_irqs struct irq_table table = { .cpus = NULL };

	CHECK_EQ(parse("  CPU0  CPU2\n NMI: 3 4 x\n ERR: 12\n", &table, NULL), 0);
	CHECK_EQ(irqs_count(&table, "NMI", 2), 4);
	CHECK_EQ(irqs_count(&table, "NMI", 1), 0);
	CHECK_EQ(irqs_count(&table, "LOC", 0), 0);
	CHECK_EQ(irqs_count(&table, "ERR", 0), 0);
}

TEST(irqs_parse__ignores_counters_without_a_column)
{
	auto_irqs struct irq_table table = { .cpus = NULL };

	CHECK_EQ(parse(" CPU0\n IPI1: 5 6 Timer broadcast\n 17: 1 2 GIC 29 twd\n", &table, NULL),
		 0);
	CHECK_EQ(table.lines[0].n_counts, 1);
	CHECK_EQ(table.lines[0].counts[0], 5);
	CHECK_STREQ(table.lines[0].actions, "Timer broadcast");
	CHECK_EQ(table.lines[1].counts[0], 1);
	CHECK_STREQ(table.lines[1].chip, "GIC");
}

TEST(irqs_parse__survives_a_newline_in_a_name)
{
	auto_irqs struct irq_table table = { .cpus = NULL };

	CHECK_EQ(parse("  CPU0\n 40:  1  gpio-mxc  3-edge  my\nbutton here: x\n 41: 7 chip\n",
		       &table, NULL),
		 0);
	CHECK_EQ(table.n_lines, 2);
	CHECK_STREQ(table.lines[0].actions, "my");
	CHECK_EQ(irqs_count(&table, "41", 0), 7);
}

TEST(irqs_parse__cuts_nothing_at_the_largest_count)
{
	auto_irqs struct irq_table table = { .cpus = NULL };

	CHECK_EQ(parse("CPU0\n1: 18446744073709551615 x\n", &table, NULL), 0);
	CHECK(table.lines[0].counts[0] == UINT64_MAX);
}

TEST(irqs_parse__names_the_line_it_refuses)
{
	static const struct {
		const char *text;
		unsigned int line;
	} bad[] = {
		{ "", 1 },
		{ "\n", 1 },
		{ "Hello\n", 1 },
		{ "CPU0 CPUx\n", 1 },
		{ "CPU0 8\n", 1 },
		{ "CPU8192\n", 1 },
		{ "CPU99999999999999999999\n", 1 },
		{ "CPU0\nno row\n", 2 },
		{ "CPU0\nNMI: 1\nno row\n", 3 },
		{ "CPU0\n:\n", 2 },
		{ "CPU0\nno\n1: 2 x\n", 2 },
		{ "CPU0\n 1: 18446744073709551616 x\n", 2 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct irq_table table = { .n_cpus = 77 };
		unsigned int line = 0;

		CHECK_EQ(parse(bad[i].text, &table, &line), -EINVAL);
		CHECK_EQ(line, bad[i].line);
		CHECK_EQ(table.n_cpus, 77);
	}
}

TEST(irqs_parse__takes_a_header_alone)
{
	auto_irqs struct irq_table table = { .cpus = NULL };

	CHECK_EQ(parse("           CPU0", &table, NULL), 0);
	CHECK_EQ(table.n_cpus, 1);
	CHECK_EQ(table.n_lines, 0);
}

/* A machine of 1152 CPUs and 1000 lines: the file has 13 MB. */
TEST(irqs_parse__takes_a_large_machine)
{
	enum { N_CPUS = 1152, N_LINES = 1000 };
	auto_irqs struct irq_table table = { .cpus = NULL };
	auto_str struct str text = { .s = NULL };
	uint64_t sum = 0;

	for (int cpu = 0; cpu < N_CPUS; cpu++)
		CHECK_EQ(str_addf(&text, "CPU%-8d", cpu), 0);
	for (int irq = 0; irq < N_LINES; irq++) {
		CHECK_EQ(str_addf(&text, "\n%4d: ", irq), 0);
		for (int cpu = 0; cpu < N_CPUS; cpu++)
			CHECK_EQ(str_addf(&text, "%10d ", cpu == irq), 0);
		CHECK_EQ(str_addf(&text, " PCI-MSI %d-edge      eth%d", irq, irq), 0);
	}
	CHECK(text.len > 12 << 20);
	CHECK_EQ(irqs_parse(text.s, &table, NULL), 0);
	CHECK_EQ(table.n_lines, N_LINES);
	for (unsigned int i = 0; i < table.n_lines; i++)
		for (unsigned int k = 0; k < table.lines[i].n_counts; k++)
			sum += table.lines[i].counts[k];
	CHECK_EQ(sum, N_LINES);
	CHECK_STREQ(table.lines[999].actions, "eth999");
}

TEST(irqs_read_softirqs__reads_the_same_layout)
{
	auto_root struct root root = machines_fixture("smt");
	auto_irqs struct irq_table table = { .cpus = NULL };

	CHECK_EQ(irqs_read_softirqs(&root, &table, NULL), 0);
	CHECK_EQ(table.n_cpus, 6);
	CHECK_EQ(irqs_count(&table, "NET_RX", 3), 33);
}

static void check_device(const char *irq, const char *want)
{
	auto_root struct root root = machines_fixture("smt");
	auto_irqs struct irq_table table = { .cpus = NULL };
	auto_free char *device = NULL;

	CHECK_EQ(irqs_read(&root, &table, NULL), 0);
	CHECK(irqs_find(&table, irq));
	CHECK_EQ(irqs_device(&root, irqs_find(&table, irq), &device), 0);
	CHECK_STREQ(device, want);
}

TEST(irqs_device__takes_the_device_from_the_chip)
{
	check_device("130", "0000:01:00.0 nvme");
}

TEST(irqs_device__finds_a_message_interrupt_in_sysfs)
{
	check_device("131", "10000:e1:00.0 vfio-pci");
}

TEST(irqs_device__lists_all_devices_of_a_pin)
{
	check_device("16", "0000:00:1f.4 i801_smbus, 0000:00:1f.5");
}

TEST(irqs_device__is_empty_without_a_device)
{
	check_device("9", "");
	check_device("LOC", "");
}

TEST(irqs_read__reads_this_machine)
{
	auto_root struct root root = { .fd = -1 };
	auto_irqs struct irq_table table = { .cpus = NULL };

	CHECK_EQ(fs_root_open(&root, "/"), 0);
	if (!fs_exists(&root, "proc/interrupts"))
		SKIP("no /proc/interrupts");
	CHECK_EQ(irqs_read(&root, &table, NULL), 0);
	CHECK_EQ(table.n_cpus, sysconf(_SC_NPROCESSORS_ONLN));
	CHECK(table.n_lines > 0);
}

struct facts {
	unsigned long long cpus, numbered, named, vfio, shared, fewer, sum;
};

static struct facts count(const struct irq_table *table)
{
	struct facts facts = { .cpus = table->n_cpus };

	for (unsigned int i = 0; i < table->n_lines; i++) {
		const struct irq_line *line = &table->lines[i];

		facts.numbered += line->irq >= 0;
		facts.named += line->irq < 0;
		facts.vfio += strstr(line->actions, "vfio") != NULL;
		facts.shared += line->irq >= 0 && strchr(line->actions, ',') != NULL;
		facts.fewer += line->n_counts < table->n_cpus;
		for (unsigned int k = 0; k < line->n_counts; k++)
			facts.sum += line->counts[k];
	}
	return facts;
}

static unsigned long long number_after(const char *text, const char *label)
{
	const char *at = strstr(text, label);

	CHECK(at);
	return strtoull(at + strlen(label), NULL, 10);
}

/* One row: file, CPU columns, columns, numbered, named, vfio, shared, longest line, notes. */
static void check_facts(const char *dir, char *row)
{
	auto_root struct root root = { .fd = -1 };
	auto_irqs struct irq_table table = { .cpus = NULL };
	auto_free char *text = NULL;
	char *field[9];
	struct facts got, want;

	for (size_t i = 0; i < ARRAY_SIZE(field); i++) {
		field[i] = strsep(&row, "\t");
		CHECK(field[i]);
	}
	printf("# %s\n", field[0]);
	want.sum = number_after(field[8], "sum=");
	want.fewer = number_after(field[8], "fewer counters than CPUs: ");
	CHECK_EQ(fs_root_open(&root, dir), 0);
	CHECK_EQ(fs_read_file(&root, &text, NULL, "interrupts/%s", field[0]), 0);
	CHECK_EQ(irqs_parse(text, &table, NULL), 0);
	got = count(&table);
	CHECK_EQ(got.cpus, strtoull(field[1], NULL, 10));
	CHECK_EQ(got.numbered, strtoull(field[3], NULL, 10));
	CHECK_EQ(got.named, strtoull(field[4], NULL, 10));
	CHECK_EQ(got.vfio, strtoull(field[5], NULL, 10));
	CHECK_EQ(got.shared, strtoull(field[6], NULL, 10));
	CHECK_EQ(got.fewer, want.fewer);
	CHECK_EQ(got.sum, want.sum);
}

TEST(irqs_parse__agrees_with_the_facts_of_recorded_machines)
{
	const char *dir = machines_dir();
	auto_root struct root root = { .fd = -1 };
	auto_free char *facts = NULL;
	char *rows, *row;

	CHECK_EQ(fs_root_open(&root, dir), 0);
	CHECK_EQ(fs_read_file(&root, &facts, NULL, "FACTS.tsv"), 0);
	rows = facts;
	(void)strsep(&rows, "\n");
	while ((row = strsep(&rows, "\n")))
		if (*row)
			check_facts(dir, row);
}
