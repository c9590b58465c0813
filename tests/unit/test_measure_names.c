/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unit tests of measure/names: causes and labels in words, on tables and a small machine by hand.
 */
#include "measure/names.h"

#include <unistd.h>

#include "base/cleanup.h"
#include "machines.h"
#include "sys/irqs.h"
#include "sys/kallsyms.h"
#include "test.h"

static const char interrupts[] =
	"           CPU0       CPU1\n"
	"  24:          7          0   PCI-MSIX-0000:01:00.0   1-edge      nvme0q1\n"
	"  25:          0          0   PCI-MSIX-0000:01:00.1   0-edge      "
	"vfio-msix[0](0000:01:00.1)\n"
	"  26:          0          0   IO-APIC   9-fasteoi\n"
	" LOC:          5          6   Local timer interrupts\n"
	"IPI1:          7          8       Function call interrupts\n";

static const char symbols[] = "ffffffff81000000 T _text\n"
			      "ffffffff81000000 T _stext\n"
			      "ffffffff81000100 t tick_nohz_handler\n"
			      "ffffffff81000200 t vmstat_update\n"
			      "ffffffff81000300 T flush_tlb_func\n"
			      "ffffffff81000400 T _etext\n";

#define FUNCTION(nr) (0xffffffff81000000ULL + (nr)*0x100ULL)

/* Everything that names are made from. */
struct bench {
	struct root root;
	struct irq_table irqs;
	struct lull_cpu *cpu;
	__u64 fns[LULL_FNS];
	struct lull_sender senders[LULL_SENDERS];
	int kallsyms;
	uint64_t asleep_ns;
	struct names *names;
};

static void bench_done(struct bench *b)
{
	names_free(b->names);
	irqs_done(&b->irqs);
	free(b->cpu);
	cleanup_close_fd(&b->kallsyms);
	fs_root_done(&b->root);
}

#define auto_bench __attribute__((cleanup(bench_done)))

static void put_machine(const char *dir)
{
	machines_put(dir, "proc/interrupts", interrupts);
	machines_put(dir, "proc/kallsyms", symbols);
	machines_put(dir, "sys/bus/pci/devices/0000:01:00.0/irq", "24\n");
	machines_put(dir, "proc/42/status", "Name:\tfake\nTgid:\t40\n");
	machines_put(dir, "proc/40/cgroup", "0::/system.slice/nginx.service\n");
	machines_put(dir, "proc/77/status", "Name:\tother\nTgid:\t77\n");
	machines_put(dir, "proc/77/cgroup", "0::/\n");
	machines_put(
		dir, "proc/44/task/44/stat",
		"44 (noise-fifo) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 300 0 0 0 0 0 0 0 0 0 "
		"0 0 0 0 0 0 0 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n");
	machines_put(dir, "proc/77/task/77/stat",
		     "77 (late comer) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 9 0 0 0 0 0 0 0 0 0 "
		     "0 0 0 0 0 0 0 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n");
}

static void comm_put(__u64 to[2], const char *comm)
{
	to[0] = to[1] = 0;
	memcpy(to, comm, min(strlen(comm), (size_t)16));
}

/* The machine, one CPU whose causes tests add to before bench_names(). */
static void bench_open(struct bench *b)
{
	const char *dir = test_tmpdir();

	put_machine(dir);
	b->kallsyms = -1;
	CHECK_EQ(fs_root_open(&b->root, dir), 0);
	CHECK_EQ(irqs_read(&b->root, &b->irqs, NULL), 0);
	CHECK_EQ(kallsyms_open(&b->root, &b->kallsyms), 0);
	b->cpu = calloc(1, sizeof(*b->cpu));
	CHECK(b->cpu);
}

static void task_put(struct bench *b, unsigned int at, uint64_t cause, const char *comm)
{
	b->cpu->cause[LULL_CAUSE_HASHED + at].key = cause;
	comm_put(b->cpu->cause[LULL_CAUSE_HASHED + at].comm, comm);
}

static void bench_names(struct bench *b)
{
	const struct names_sources from = {
		.root = &b->root,
		.irqs_open = &b->irqs,
		.irqs_close = &b->irqs,
		.cpus = b->cpu,
		.n_cpus = 1,
		.fns = b->fns,
		.senders = b->senders,
		.kallsyms = b->kallsyms,
		.asleep_ns = b->asleep_ns,
	};

	CHECK_EQ(names_open(&from, &b->names), 0);
}

static void check_cause(const struct bench *b, uint64_t cause, unsigned int row, const char *want)
{
	auto_str struct str out = { 0 };

	CHECK_EQ(names_cause(b->names, cause, row, &out), 0);
	CHECK_STREQ(out.s, want);
}

static void check_label(const struct bench *b, unsigned int fn, const char *want)
{
	auto_str struct str out = { 0 };

	CHECK_EQ(names_label(b->names, fn, &out), 0);
	CHECK_STREQ(out.s, want);
}

#define TASK(tid, tag) LULL_CAUSE(LULL_KIND_TASK, tid, tag)

TEST(names_cause__a_task_by_comm_tid_and_unit)
{
	auto_bench struct bench b = { 0 };

	bench_open(&b);
	task_put(&b, 0, TASK(42, 5), "nginx: worker");
	task_put(&b, 1, TASK(43, 5), "sixteen-bytes-ab");
	bench_names(&b);
	check_cause(&b, TASK(42, 5), LULL_N_ROWS, "nginx: worker 42 (nginx.service)");
	check_cause(&b, TASK(43, 5), LULL_ROW_PREEMPTED, "sixteen-bytes-ab 43"); /* has ended */
}

TEST(names_cause__a_task_that_no_table_knows)
{
	auto_bench struct bench b = { 0 };

	bench_open(&b);
	bench_names(&b);
	check_cause(&b, TASK(77, 1), LULL_N_ROWS, "late comer 77");
	check_cause(&b, TASK(78, 1), LULL_N_ROWS, "task 78");
}

TEST(names_cause__tasks_of_one_number_by_their_start)
{
	auto_bench struct bench b = { 0 };

	bench_open(&b);
	task_put(&b, 0, TASK(43, 1), "first");
	task_put(&b, 1, TASK(43, 2), "second");
	bench_names(&b);
	check_cause(&b, TASK(43, 1), LULL_N_ROWS, "first 43");
	check_cause(&b, TASK(43, 2), LULL_N_ROWS, "second 43");
}

/* Of 44 /proc says that it began in the 300th tick, suspended time included. */
TEST(names_cause__a_task_that_changed_its_name_has_that_of_now)
{
	uint64_t tick_ns = 1000000000ULL / (uint64_t)sysconf(_SC_CLK_TCK);
	uint32_t first = LULL_TASK_TAG(300 * tick_ns - 12345678);
	uint32_t later = LULL_TASK_TAG(301 * tick_ns - 12345678),
		 next = first + 2 * (later - first);
	auto_bench struct bench b = { .asleep_ns = 12345678 };

	bench_open(&b);
	task_put(&b, 0, TASK(44, first), "taskset");
	task_put(&b, 1, TASK(44, later), "taskset");
	task_put(&b, 2, TASK(44, next), "another");
	bench_names(&b);
	check_cause(&b, TASK(44, first), LULL_N_ROWS, "noise-fifo 44");
	check_cause(&b, TASK(44, later), LULL_N_ROWS, "noise-fifo 44");
	check_cause(&b, TASK(44, next), LULL_N_ROWS, "another 44");
}

TEST(names_cause__a_task_that_ended_has_the_name_under_which_it_ran_longest)
{
	auto_bench struct bench b = { 0 };

	bench_open(&b);
	for (unsigned int i = 0; i < 3; i++) {
		task_put(&b, i, TASK(43, 5), i == 1 ? "stress" : "taskset");
		b.cpu->cause[LULL_CAUSE_HASHED + i].sum_ns = i == 1 ? 1000000000 : 1000 * i;
	}
	bench_names(&b);
	check_cause(&b, TASK(43, 5), LULL_N_ROWS, "stress 43");
}

TEST(names_cause__many_tasks_of_one_comm_are_several)
{
	auto_bench struct bench b = { 0 };
	__u64 comm[2];

	comm_put(comm, "sh");
	bench_open(&b);
	task_put(&b, 0, TASK(501, 1), "sh"); /* the group itself has no row of this CPU */
	bench_names(&b);
	check_cause(&b, lull_comm_cause(comm), LULL_N_ROWS, "sh (several)");
}

TEST(names_cause__the_idle_task_is_an_idle_exit_where_it_was_waited_for)
{
	auto_bench struct bench b = { 0 };

	bench_open(&b);
	task_put(&b, 0, TASK(0, 0), "swapper/1");
	bench_names(&b);
	check_cause(&b, TASK(0, 0), LULL_ROW_WAKE, "idle exit");
	check_cause(&b, TASK(0, 0), LULL_ROW_PREEMPTED, "idle exit");
	check_cause(&b, TASK(0, 0), LULL_N_ROWS, "swapper/1 0");
}

TEST(names_cause__a_hostile_comm_is_made_safe)
{
	auto_bench struct bench b = { 0 };

	bench_open(&b);
	task_put(&b, 0, TASK(43, 1), "\033[31mred\n\xff\x07");
	bench_names(&b);
	check_cause(&b, TASK(43, 1), LULL_N_ROWS, "?[31mred??? 43");
}

TEST(names_cause__an_interrupt_by_line_action_and_device)
{
	auto_bench struct bench b = { 0 };

	bench_open(&b);
	bench_names(&b);
	check_cause(&b, LULL_CAUSE(LULL_KIND_IRQ, 24, 0), LULL_ROW_IRQ,
		    "24 nvme0q1 (0000:01:00.0)");
	check_cause(&b, LULL_CAUSE(LULL_KIND_IRQ, 24, 0), LULL_ROW_PREEMPTED,
		    "irq 24 nvme0q1 (0000:01:00.0)");
	check_cause(&b, LULL_CAUSE(LULL_KIND_IRQ, 25, 0), LULL_N_ROWS,
		    "25 vfio-msix[0](0000:01:00.1)");
	check_cause(&b, LULL_CAUSE(LULL_KIND_IRQ, 26, 0), LULL_N_ROWS, "26");
	check_cause(&b, LULL_CAUSE(LULL_KIND_IRQ, 99, 0), LULL_N_ROWS, "99");
}

TEST(names_cause__an_interrupt_between_cpus_by_the_row_that_counts_it)
{
	auto_bench struct bench b = { 0 };

	bench_open(&b);
	machines_put(test_tmpdir(), "sys/kernel/irq/2/actions", "IPI\n");
	machines_put(test_tmpdir(), "sys/kernel/irq/2/hwirq", "1\n");
	machines_put(test_tmpdir(), "sys/kernel/irq/3/actions", "IPI\n");
	machines_put(test_tmpdir(), "sys/kernel/irq/3/hwirq", "7\n");
	machines_put(test_tmpdir(), "sys/kernel/irq/4/actions", "pmu\n");
	machines_put(test_tmpdir(), "sys/kernel/irq/4/hwirq", "1\n");
	bench_names(&b);
	check_cause(&b, LULL_CAUSE(LULL_KIND_IRQ, 2, 0), LULL_ROW_PREEMPTED,
		    "irq 2 IPI1 Function call interrupts");
	check_cause(&b, LULL_CAUSE(LULL_KIND_IRQ, 3, 0), LULL_N_ROWS, "3");
	check_cause(&b, LULL_CAUSE(LULL_KIND_IRQ, 4, 0), LULL_N_ROWS, "4");
}

TEST(names_cause__vectors_softirqs_and_the_rest_in_words)
{
	auto_bench struct bench b = { 0 };

	bench_open(&b);
	bench_names(&b);
	check_cause(&b, LULL_CAUSE(LULL_KIND_VECTOR, LULL_VECTOR_LOC, 0), LULL_N_ROWS,
		    "local timer");
	check_cause(&b, LULL_CAUSE(LULL_KIND_VECTOR, LULL_N_VECTORS, 0), LULL_N_ROWS,
		    "unknown vector");
	check_cause(&b, LULL_CAUSE(LULL_KIND_SOFTIRQ, 3, 0), LULL_ROW_SOFTIRQ, "NET_RX");
	check_cause(&b, LULL_CAUSE(LULL_KIND_SOFTIRQ, 9, 0), LULL_ROW_WAKE, "softirq RCU");
	check_cause(&b, LULL_CAUSE(LULL_KIND_SOFTIRQ, 15, 0), LULL_N_ROWS, "?");
	check_cause(&b, LULL_CAUSE(LULL_KIND_NMI, 0, 0), LULL_N_ROWS, "NMI");
	check_cause(&b, LULL_CAUSE(LULL_KIND_OTHER, 0, 0), LULL_ROW_PREEMPTED,
		    "others, beyond the table");
	check_cause(&b, 0, LULL_ROW_RUN, NULL);
}

TEST(names_cause__exits_by_reason_and_vendor)
{
	auto_bench struct bench b = { 0 };

	bench_open(&b);
	bench_names(&b);
	check_cause(&b, LULL_CAUSE(LULL_KIND_EXIT, LULL_EXIT(1, 12), 0), LULL_ROW_EXIT, "hlt");
	check_cause(&b, LULL_CAUSE(LULL_KIND_EXIT, LULL_EXIT(2, 0x78), 0), LULL_ROW_EXIT, "hlt");
	check_cause(&b, LULL_CAUSE(LULL_KIND_EXIT, LULL_EXIT(1, 48), 0), LULL_ROW_EXIT,
		    "ept_violation");
	check_cause(&b, LULL_CAUSE(LULL_KIND_EXIT, LULL_EXIT(1, 999), 0), LULL_ROW_EXIT, "999");
}

TEST(names_label__by_kind_and_symbol)
{
	auto_bench struct bench b = { 0 };

	b.fns[2] = LULL_LABEL(LULL_LABEL_HRTIMER, FUNCTION(1));
	b.fns[3] = LULL_LABEL(LULL_LABEL_WORK, FUNCTION(2));
	b.fns[4] = LULL_LABEL(LULL_LABEL_CSD, FUNCTION(3) + 0x12);
	b.fns[5] = LULL_LABEL(LULL_LABEL_SOFTIRQ, 3 + 1);
	b.fns[6] = LULL_LABEL(LULL_LABEL_NMI, 0xffffffff99999990ULL);
	bench_open(&b);
	bench_names(&b);
	check_label(&b, 2, "hrtimer tick_nohz_handler");
	check_label(&b, 3, "work vmstat_update");
	check_label(&b, 4, "csd flush_tlb_func+0x12");
	check_label(&b, 5, "softirq NET_RX");
	check_label(&b, 6, "handler 0xffffffff99999990");
	check_label(&b, LULL_FN_OTHERS, "others");
	check_label(&b, 7, "?");
	check_label(&b, LULL_FNS + 3, "?");
}

TEST(names_label__a_sender_by_its_comm)
{
	auto_bench struct bench b = { 0 };

	b.fns[2] = LULL_LABEL(LULL_LABEL_SENDER, 1 + 9);
	b.fns[3] = LULL_LABEL(LULL_LABEL_SENDER, 1 + LULL_SENDERS);
	comm_put(b.senders[9].comm, "kwin\tx11");
	bench_open(&b);
	bench_names(&b);
	check_label(&b, 2, "from kwin?x11");
	check_label(&b, 3, "from ?");
}

TEST(names_function__is_what_a_worker_ran_and_nothing_else)
{
	auto_bench struct bench b = { 0 };
	auto_str struct str out = { 0 };

	b.fns[2] = LULL_LABEL(LULL_LABEL_HRTIMER, FUNCTION(1));
	b.fns[3] = LULL_LABEL(LULL_LABEL_WORK, FUNCTION(2));
	bench_open(&b);
	bench_names(&b);
	CHECK_EQ(names_function(b.names, 2, &out), 0);
	CHECK(!out.s);
	CHECK_EQ(names_function(b.names, 3, &out), 0);
	CHECK_STREQ(out.s, "vmstat_update");
}

TEST(names_address__without_symbols_is_a_number)
{
	auto_bench struct bench b = { 0 };
	auto_str struct str out = { 0 };

	bench_open(&b);
	cleanup_close_fd(&b.kallsyms);
	b.kallsyms = -1;
	bench_names(&b);
	CHECK_EQ(names_address(b.names, FUNCTION(1), &out), 0);
	CHECK_STREQ(out.s, "0xffffffff81000100");
}

TEST(names_id__numbers_and_labels)
{
	auto_str struct str irq = { 0 }, vector = { 0 }, exit = { 0 };
	bool number;

	CHECK_EQ(names_id(LULL_CAUSE(LULL_KIND_IRQ, 24, 0), &irq, &number), 0);
	CHECK(number);
	CHECK_STREQ(irq.s, "24");
	CHECK_EQ(names_id(LULL_CAUSE(LULL_KIND_VECTOR, LULL_VECTOR_CAL, 0), &vector, &number), 0);
	CHECK(!number);
	CHECK_STREQ(vector.s, "CAL");
	CHECK_EQ(names_id(LULL_CAUSE(LULL_KIND_EXIT, 5, 0), &exit, &number), 0);
	CHECK(!number);
	CHECK_STREQ(exit.s, "");
}
