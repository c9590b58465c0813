/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_fields: the tables. MUST is a key that others build on and that every recording has; MAY
 * is a key that was added, so a file without it is still read.
 */
#include "report/json_fields.h"

#include "model/rec_host.h"
#include "model/rec_place.h"
#include "model/rec_trace.h"
#include "model/recording.h"

#define FIELD(type_, owner, member, key_, required)                        \
	{                                                                  \
		.key = (key_), .type = (type_), .is_required = (required), \
		.offset = offsetof(struct owner, member)                   \
	}
#define MUST(type, owner, member) FIELD(type, owner, member, #member, true)
#define MAY(type, owner, member)  FIELD(type, owner, member, #member, false)
#define END                 \
	{                   \
		.key = NULL \
	}

const struct json_field json_top_fields[] = {
	MAY(JSON_TEXT, recording, lull_version),
	END,
};

const struct json_field json_host_fields[] = {
	MUST(JSON_TEXT, recording, hostname), MUST(JSON_TEXT, recording, kernel),
	MUST(JSON_TEXT, recording, boot_id),  MUST(JSON_TEXT, recording, cpus_online),
	MUST(JSON_TEXT, recording, cmdline),  END,
};

const struct json_field json_time_fields[] = {
	MUST(JSON_U64, recording, started_unix_ns),
	MAY(JSON_U64, recording, started_mono_ns),
	MUST(JSON_U64, recording, duration_ns),
	MAY(JSON_TEXT, recording, command),
	MAY(JSON_TEXT, recording, ended_by),
	MAY(JSON_U64, recording, stall_threshold_ns),
	END,
};

/* Of the list "topology". */
const struct json_field json_place_fields[] = {
	MUST(JSON_INT, rec_place, cpu),
	MUST(JSON_INT, rec_place, core),
	MUST(JSON_INT_OR_NULL, rec_place, package),
	MUST(JSON_INT_OR_NULL, rec_place, node),
	MUST(JSON_INT_OR_NULL, rec_place, l3),
	END,
};

const struct json_field json_cache_fields[] = {
	MUST(JSON_UINT, rec_cache, level),
	MUST(JSON_TEXT, rec_cache, type),
	MUST(JSON_U64, rec_cache, bytes),
	MUST(JSON_TEXT, rec_cache, cpus),
	END,
};

const struct json_field json_host_cpu_fields[] = {
	MUST(JSON_INT, rec_host_cpu, cpu),	  MUST(JSON_U64, rec_host_cpu, user_ns),
	MUST(JSON_U64, rec_host_cpu, system_ns),  MUST(JSON_U64, rec_host_cpu, irq_ns),
	MUST(JSON_U64, rec_host_cpu, softirq_ns), MUST(JSON_U64, rec_host_cpu, steal_ns),
	MUST(JSON_U64, rec_host_cpu, idle_ns),	  END,
};

const struct json_field json_interrupt_fields[] = {
	MUST(JSON_TEXT, rec_interrupt, id),
	MUST(JSON_TEXT, rec_interrupt, name),
	MUST(JSON_U64, rec_interrupt, count),
	END,
};

const struct json_field json_watch_fields[] = {
	FIELD(JSON_TEXT, recording, watch_cpus, "cpus", true),
	END,
};

/* What is watched, without what was found; the same threads as in "threads". */
const struct json_field json_watch_thread_fields[] = {
	MUST(JSON_INT, rec_thread, tid),
	MUST(JSON_TEXT, rec_thread, comm),
	MUST(JSON_TEXT_OR_NULL, rec_thread, vm),
	MUST(JSON_INT_OR_NULL, rec_thread, vcpu),
	END,
};

const struct json_field json_cpu_fields[] = {
	MUST(JSON_INT, rec_cpu, cpu),
	MUST(JSON_U64, rec_cpu, wall_ns),
	END,
};

const struct json_field json_thread_fields[] = {
	MUST(JSON_INT, rec_thread, tid),
	MAY(JSON_INT, rec_thread, pid),
	MAY(JSON_TEXT, rec_thread, comm),
	MUST(JSON_TEXT_OR_NULL, rec_thread, vm),
	MUST(JSON_INT_OR_NULL, rec_thread, vcpu),
	MAY(JSON_BOOL, rec_thread, has_kvm_entries),
	MAY(JSON_BOOL, rec_thread, ended),
	MUST(JSON_U64, rec_thread, wall_ns),
	END,
};

const struct json_field json_entry_fields[] = {
	MUST(JSON_TEXT, rec_entry, name),
	MUST(JSON_U64, rec_entry, count),
	MUST(JSON_U64, rec_entry, sum_ns),
	MUST(JSON_U64, rec_entry, max_ns),
	END,
};

const struct json_field json_label_fields[] = {
	MUST(JSON_TEXT, rec_label, name),
	MUST(JSON_U64, rec_label, count),
	MUST(JSON_U64, rec_label, sum_ns),
	END,
};

const struct json_field json_hist_fields[] = {
	MUST(JSON_UINT, hist, digits), MUST(JSON_U64, hist, count), MUST(JSON_U64, hist, sum),
	MUST(JSON_U64, hist, min),     MUST(JSON_U64, hist, max),   END,
};

const struct json_field json_stall_fields[] = {
	MUST(JSON_U64, rec_stall, at_ns),
	MUST(JSON_INT, rec_stall, tid),
	MUST(JSON_INT, rec_stall, cpu),
	MUST(JSON_U64, rec_stall, duration_ns),
	MAY(JSON_UINT, rec_stall, segments_dropped),
	MAY(JSON_TEXT_OR_NULL, rec_stall, waker),
	END,
};

const struct json_field json_segment_fields[] = {
	MUST(JSON_TEXT, rec_segment, name),
	MUST(JSON_U64, rec_segment, ns),
	END,
};

const struct json_field json_total_fields[] = {
	FIELD(JSON_U64, recording, stalls_total, "count", true),
	FIELD(JSON_U64, recording, stalls_total_ns, "sum_ns", true),
	END,
};

/* The flight recorder's head. Its windows are the list "trace_windows". */
const struct json_field json_trace_fields[] = {
	MUST(JSON_U64, rec_trace, before_ns),	    MUST(JSON_U64, rec_trace, after_ns),
	MUST(JSON_U64, rec_trace, dropped),	    MUST(JSON_U64, rec_trace, missing_ns),
	MUST(JSON_U64, rec_trace, windows_dropped), END,
};

const struct json_field json_trace_cause_fields[] = {
	MUST(JSON_TEXT, rec_trace_cause, name),
	MAY(JSON_INT, rec_trace_cause, tid),
	END,
};

const struct json_field json_trace_window_fields[] = {
	MUST(JSON_INT, rec_trace_window, cpu),
	MUST(JSON_U64, rec_trace_window, at_ns),
	MUST(JSON_U64, rec_trace_window, duration_ns),
	MUST(JSON_U64, rec_trace_window, stall_ns),
	END,
};

const struct json_field json_audit_fields[] = {
	MUST(JSON_TEXT, rec_audit, what),
	MUST(JSON_U64, rec_audit, kernel),
	MAY(JSON_U64, rec_audit, kernel_min),
	MAY(JSON_U64, rec_audit, kernel_max),
	END,
};

const struct json_field json_loss_fields[] = {
	MUST(JSON_BOOL, recording, complete),
	MUST(JSON_U64, recording, dropped),
	MUST(JSON_U64, recording, recursion_misses),
	END,
};

const struct json_field json_self_fields[] = {
	FIELD(JSON_U64, recording, self_events, "events", true),
	FIELD(JSON_U64, recording, self_cpu_ns, "cpu_ns", true),
	END,
};

const struct json_field json_program_fields[] = {
	MUST(JSON_TEXT, rec_program, name),	      MUST(JSON_U64, rec_program, events),
	MUST(JSON_U64, rec_program, run_cnt),	      MUST(JSON_U64, rec_program, run_ns),
	MAY(JSON_U64, rec_program, recursion_misses), END,
};
