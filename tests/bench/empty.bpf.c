/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * empty: a program that does nothing for each program of lull, of the same name and type, on the
 * same tracepoints: the floor against which lull's own are judged. Same names, so that the loader
 * of lull chooses and attaches these as it does those.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define EMPTY(program, section) \
	SEC(section)            \
	int program(void *ctx)  \
	{                       \
		return 0;       \
	}

/* clang-format off */
EMPTY(sched__switch,   "?tp_btf/sched_switch")
EMPTY(sched__waking,   "?tp_btf/sched_waking")
EMPTY(sched__wakeup,   "?tp_btf/sched_wakeup")
EMPTY(sched__new,      "?tp_btf/sched_wakeup_new")
EMPTY(sched__migrate,  "?tp_btf/sched_migrate_task")
EMPTY(sched__fork,     "?tp_btf/sched_process_fork")
EMPTY(irq__entry,      "?tp_btf/irq_handler_entry")
EMPTY(irq__exit,       "?tp_btf/irq_handler_exit")
EMPTY(vector__entry,   "?raw_tp")
EMPTY(vector__exit,    "?raw_tp")
EMPTY(softirq__entry,  "?tp_btf/softirq_entry")
EMPTY(softirq__exit,   "?tp_btf/softirq_exit")
EMPTY(nmi__handler,    "?tp_btf/nmi_handler")
EMPTY(kvm__entry,      "?tp_btf/kvm_entry")
EMPTY(kvm__exit,       "?tp_btf/kvm_exit")
EMPTY(kvm__userspace,  "?tp_btf/kvm_userspace_exit")
EMPTY(kvm__wakeup,     "?tp_btf/kvm_vcpu_wakeup")
EMPTY(hrtimer__entry,  "?tp_btf/hrtimer_expire_entry")
EMPTY(hrtimer__exit,   "?tp_btf/hrtimer_expire_exit")
EMPTY(csd__queue,      "?raw_tp/csd_queue_cpu")
EMPTY(csd__entry,      "?raw_tp/csd_function_entry")
EMPTY(csd__exit,       "?raw_tp/csd_function_exit")
EMPTY(ipi__send,       "?tp_btf/ipi_send_cpu")
EMPTY(work__start,     "?tp_btf/workqueue_execute_start")
EMPTY(work__end,       "?tp_btf/workqueue_execute_end")
/* clang-format on */

char LICENSE[] SEC("license") = "GPL";
