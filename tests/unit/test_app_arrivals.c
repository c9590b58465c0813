/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of app/arrivals: what has come to the guest's CPUs between two looks, and whose it was.
 */
#include "app/arrivals.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "sys/irqs.h"
#include "test.h"

#define HEAD "            CPU0       CPU1       CPU2       CPU3\n"

static const char before[] = HEAD
	" 24:          1          0          7          3  IR-PCI-MSI 1-edge      nvme0q1\n"
	" 25:          0          0          0          0  IR-PCI-MSI 2-edge      vfio-msix[0](0000:01:00.0)\n"
	" 26:          0          0          9          0  IR-PCI-MSI 3-edge      eth0\n"
	"LOC:          1          1          1          1   Local timer interrupts\n";
/* 24: elsewhere, and on both; 25: passed through; 26: another line has the number now; 27: new. */
static const char after[] = HEAD
	" 24:          5          0          9          4  IR-PCI-MSI 1-edge      nvme0q1\n"
	" 25:          0          0         50          0  IR-PCI-MSI 2-edge      vfio-msix[0](0000:01:00.0)\n"
	" 26:          0          0          2          0  IR-PCI-MSI 3-edge      eth1\n"
	" 27:          0          0          0          6  IR-PCI-MSI 4-edge      ahci\n"
	"LOC:          9          9          9          9   Local timer interrupts\n";

static void parse(const char *text, struct irq_table *ret)
{
	auto_free char *copy = strdup(text);

	CHECK(copy && !irqs_parse(copy, ret, NULL));
}

/* "2:2:irq 24 nvme0q1;" each */
static char *seen(const char *list)
{
	struct irq_table first = { 0 }, second = { 0 };
	struct arrivals arrivals = { 0 };
	struct str text = { .s = NULL };
	struct cpuset cpus;
	struct root root;

	parse(before, &first);
	parse(after, &second);
	CHECK(!cpuset_parse(list, &cpus));
	CHECK(!fs_root_open(&root, test_tmpdir()));
	CHECK(!arrivals_between(&root, &first, &second, &cpus, &arrivals));
	CHECK(!str_add(&text, ""));
	for (unsigned int i = 0; i < arrivals.n_rows; i++)
		CHECK(!str_addf(&text, "%d:%llu:%s;", arrivals.rows[i].cpu, arrivals.rows[i].count,
				arrivals.rows[i].name));
	arrivals_done(&arrivals);
	fs_root_done(&root);
	irqs_done(&first);
	irqs_done(&second);
	return text.s;
}

TEST(arrivals_between__lines_of_the_host_on_these_cpus)
{
	auto_free char *text = seen("2-3");

	CHECK_STREQ(text, "2:2:irq 24 nvme0q1;3:1:irq 24 nvme0q1;3:6:irq 27 ahci;");
}

TEST(arrivals_between__nothing_where_nothing_came)
{
	auto_free char *text = seen("1");

	CHECK_STREQ(text, "");
}
