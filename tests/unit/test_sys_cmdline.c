/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unit tests of sys/cmdline: the kernel's own rules, and recorded command lines.
 */
#include "sys/cmdline.h"

#include <errno.h>

#include "base/cleanup.h"
#include "machines.h"
#include "test.h"

#define auto_cmdline __attribute__((cleanup(cmdline_done)))

static void check_value(const char *text, const char *name, const char *want)
{
	auto_cmdline struct cmdline cmdline = { .text = NULL };

	CHECK_EQ(cmdline_parse(text, &cmdline), 0);
	CHECK_STREQ(cmdline_value(&cmdline, name), want);
}

TEST(cmdline_value__tells_without_value_from_not_given)
{
	check_value("ro quiet root=/dev/sda1", "quiet", "");
	check_value("ro quiet root=/dev/sda1", "root", "/dev/sda1");
	check_value("ro quiet root=/dev/sda1", "rhgb", NULL);
	check_value("", "ro", NULL);
	check_value("root=UUID=1-2 x=", "root", "UUID=1-2");
	check_value("root=UUID=1-2 x=", "x", "");
}

TEST(cmdline_value__takes_the_last_one)
{
	check_value("audit=1 audit=0 audit audit=2", "audit", "2");
	check_value("audit=1 audit=0 audit", "audit", "");
}

TEST(cmdline_value__takes_dash_and_underscore_alike)
{
	check_value("nohz-full=2-7", "nohz_full", "2-7");
	check_value("a_b=1", "a-b", "1");
	check_value("nohz_fuller=1", "nohz_full", NULL);
	check_value("nohz=1", "nohz_full", NULL);
}

TEST(cmdline_value__keeps_blanks_in_quotes)
{
	check_value("dyndbg=\"file a +p\" ro", "dyndbg", "file a +p");
	check_value("dyndbg=\"file a +p\" ro", "ro", "");
	check_value("\"a=b c\" ro", "a", "b c");
	check_value("a=\"never closed ro", "a", "never closed ro");
}

TEST(cmdline_parse__ends_where_inits_arguments_begin)
{
	check_value("ro -- isolcpus=3", "isolcpus", NULL);
	check_value("ro -- isolcpus=3", "ro", "");
	check_value(" \t\n ro \n", "ro", "");
}

static void check_cpus(const char *list, const char *want)
{
	auto_free char *got = NULL;
	struct cpuset set;

	CHECK_EQ(cmdline_cpus_parse(list, 16, &set), 0);
	got = cpuset_format(&set);
	CHECK_STREQ(got, want);
}

TEST(cmdline_cpus__knows_the_last_cpu_and_all)
{
	check_cpus("2-7,10-15", "2-7,10-15");
	check_cpus("2-N", "2-15");
	check_cpus("N", "15");
	check_cpus("all", "0-15");
	check_cpus("all:1/4", "0,4,8,12");
	check_cpus("0-N:2/4,,1", "0-1,4-5,8-9,12-13");
}

TEST(cmdline_cpus__refuses_what_the_kernel_ignores)
{
	static const char *const bad[] = { "",	  "2-7,^3", "7-2",    "a-b", "x",
					   "1--", "allx",   "domain", ",",   "-3" };
	struct cpuset set;

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_EQ(cmdline_cpus_parse(bad[i], 16, &set), -EINVAL);
	CHECK_EQ(cmdline_cpus_parse("99999", 16, &set), -ERANGE);
	CHECK_EQ(cmdline_cpus_parse("1", 0, &set), -EINVAL);
}

static void check_isolcpus(const char *value, bool domain, bool managed, bool nohz,
			   const char *want)
{
	struct cmdline_isolcpus isol;
	auto_free char *got = NULL;

	CHECK_EQ(cmdline_isolcpus_parse(value, 16, &isol), 0);
	CHECK_EQ(isol.domain, domain);
	CHECK_EQ(isol.managed_irq, managed);
	CHECK_EQ(isol.nohz, nohz);
	got = cpuset_format(&isol.cpus);
	CHECK_STREQ(got, want);
}

TEST(cmdline_isolcpus__reads_flags_and_list)
{
	check_isolcpus("2-7", true, false, false, "2-7");
	check_isolcpus("managed_irq,domain,2-7", true, true, false, "2-7");
	check_isolcpus("managed_irq,2-7,10", false, true, false, "2-7,10");
	check_isolcpus("nohz,domain,managed_irq,1-N", true, true, true, "1-15");
	check_isolcpus("nohz,3", false, false, true, "3");
}

TEST(cmdline_isolcpus__skips_unknown_flags_as_the_kernel_does)
{
	check_isolcpus("io_queue,4-5", true, false, false, "4-5");
	check_isolcpus("domains,managed_irq,4-5", false, true, false, "4-5");
}

TEST(cmdline_isolcpus__refuses_what_the_kernel_ignores)
{
	static const char *const bad[] = { "",	"domain", "domain,", "managed-irq,2",
					   "N", "all",	  "2-" };
	struct cmdline_isolcpus isol;

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_EQ(cmdline_isolcpus_parse(bad[i], 16, &isol), -EINVAL);
}

TEST(cmdline_read__reads_recorded_command_lines)
{
	static const struct {
		const char *file, *name, *value;
	} wants[] = {
		{ "arm64-144cpu-kexec", "isolcpus", "managed_irq,domain,1-71,73-143" },
		{ "bronek-zfs-vfio", "console", "ttyS0,115200N8R" },
		{ "bronek-zfs-vfio", "rw", "" },
		{ "hotsos-openstack", "root", "UUID=51babbe8-f78f-46a4-8830-d351c3830325" },
		{ "nvidia-aerial", "nohz_full", "4-19" },
		{ "rt-lab-cpu11", "irqaffinity", "0-10" },
		{ "threadripper-1950x", "cgroup_no_v1", "all" },
		{ "threadripper-1950x", "mitigations", "off" },
		{ "threadripper-1950x", "scsi-mod.use_blk_mq", "1" },
		{ "threadripper-1950x", "isolcpus", NULL },
	};
	auto_root struct root root = { .fd = -1 };

	CHECK_EQ(fs_root_open(&root, machines_dir()), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(wants); i++) {
		auto_free char *text = NULL;

		CHECK_EQ(fs_read_file(&root, &text, NULL, "cmdline/%s.txt", wants[i].file), 0);
		check_value(text, wants[i].name, wants[i].value);
	}
}
