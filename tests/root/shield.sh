# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# shield: what the live tests of shields share, on top of lib.sh (or record.sh), which is sourced
# first: what the machine must have, every value that a knob may touch, nothing left on the way out.
# Shields nothing by itself.

cpu=$(last_cpu) # the guest's

# Where cpusets of cgroup v1 are mounted, or empty.
v1=$(awk '$(NF-2) == "cgroup" && $NF ~ /(^|,)cpuset(,|$)/ && $4 == "/" { print $5; exit }' \
	/proc/self/mountinfo)

need_shield() {
	need_root
	need_lull
	need_cpus 2
	"$LULL" status 2>/dev/null | grep -q '^no shield is in force' ||
		plan_skip_all "a shield is in force already"
	[[ -z $v1 || ! -d $v1/lull-host ]] || plan_skip_all "there is a cpuset lull-host already"
	"$LULL" plan -c "$cpu" >"$work/plan" 2>&1 ||
		plan_skip_all "refused: $(head -n 1 "$work/plan")"
	irq_save
}

# In a trap of EXIT, which goes on to tap_done: the exit code stays.
shield_done() {
	local code=$?
	"$LULL" restore --all >"$work/last" 2>&1 || diag "$(cat "$work/last")"
	return "$code"
}

# Every value that a knob may touch, and where kernel threads run that live longer than a test.
host_state() {
	local file
	for file in /proc/irq/*/smp_affinity /proc/irq/default_smp_affinity \
		/sys/devices/virtual/workqueue/{,*/}cpumask \
		/proc/sys/kernel/{watchdog_cpumask,watchdog,nmi_watchdog,numa_balancing} \
		/sys/class/net/*/queues/rx-*/rps_cpus /proc/sys/net/core/rps_default_mask \
		/proc/sys/vm/stat_interval /sys/kernel/rcu_normal \
		/sys/kernel/mm/ksm/run /sys/kernel/mm/transparent_hugepage/khugepaged/defrag \
		/sys/kernel/debug/sched/{fair,ext}_server/cpu*/runtime \
		/sys/module/kvm/parameters/halt_poll_ns \
		/sys/devices/system/cpu/cpu*/power/pm_qos_resume_latency_us \
		/sys/devices/system/cpu/cpufreq/policy*/scaling_governor; do
		[[ ! -r $file ]] || echo "$file $(cat "$file" 2>/dev/null)"
	done
	find /sys/fs/cgroup ${v1:+"$v1"} \( -name 'cpuset.cpus*' -o -name cpuset.mems -o \
		-name 'cpuset.sched_*' \) -exec grep -H '' {} + 2>/dev/null | sort -u
	for file in /proc/[0-9]*; do
		[[ $(cat "$file/comm" 2>/dev/null) =~ ^(kswapd|kcompactd|khugepaged|kauditd|ksmd|jbd2) ]] &&
			echo "$file $(taskset -p "${file#/proc/}" 2>/dev/null)"
	done
	return 0
}

# After host_state >"$work/before".
host_is_as_before() {
	host_state >"$work/now"
	diff "$work/before" "$work/now"
}

shield_left_nothing() {
	host_is_as_before && [[ ! -e /run/lull/journal ]]
}
