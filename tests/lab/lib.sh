# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# lib: what the tests in a lab VM share: guests, recordings, passed-through devices, the kernel's
# counts, cgroups. For busybox's sh; a test begins with ". /test/lib.sh". What a function starts
# ends with the test. $OUT is where files go that are judged outside.
set -eu

fail() {
	echo "failed: $*"
	exit 1
}

# must COMMAND...: or the test has failed.
must() {
	"$@" || fail "$*"
}

# until_true SECONDS COMMAND...
until_true() {
	_tries=$(($1 * 10))
	shift
	until "$@"; do
		_tries=$((_tries - 1))
		[ "$_tries" -gt 0 ] || fail "it never came true: $*"
		sleep 0.1
	done
}

# ---- guests and recordings

# guest_start NAME ARGUMENT...: miniguest, which reports to $OUT/NAME.json at its end; sets $guest.
guest_start() {
	_name=$1
	shift
	modprobe kvm-amd
	miniguest "$@" >"$OUT/$_name.json" 2>&1 &
	guest=$!
	until_true 10 vcpus_run "$guest"
}

# Do all vCPU threads have their names, and the CPUs they are pinned to? The last thing is the name.
vcpus_run() {
	grep -q '/KVM$' /proc/"$1"/task/*/comm 2>/dev/null && sleep 0.5
}

guest_end() {
	kill -TERM "$1"
	wait "$1"
}

# A stopped thread shows T; the vCPU threads leave KVM at their own pace.
guest_stop() {
	kill -STOP "$1"
	for _task in /proc/"$1"/task/*; do
		until_true 10 grep -q '^State:.T' "$_task/status"
	done
}

# vcpu_tid PID N
vcpu_tid() {
	grep -lx "CPU $2/KVM" /proc/"$1"/task/*/comm | cut -d/ -f5
}

# What KVM counted for a whole guest: kvm_count PID FILE
kvm_count() {
	cat "/sys/kernel/debug/kvm/$1-"*"/$2"
}

lull_links() {
	cat /proc/"$1"/fdinfo/* 2>/dev/null | grep -c '^link_type' || true
}

# lull_start NAME ARGUMENT...: records to $OUT/NAME.json until lull_end, and returns once it measures: when all
# programs are attached, so when their number has stood still for a second. Sets $lull.
lull_start() {
	_name=$1 _before=0
	shift
	lull record -d 300s "$@" -o "$OUT/$_name.json" >"$OUT/$_name.txt" 2>&1 &
	lull=$!
	while kill -0 "$lull" 2>/dev/null; do
		sleep 1
		_now=$(lull_links "$lull")
		[ "$_now" -gt 0 ] && [ "$_now" -eq "$_before" ] && return
		_before=$_now
	done
	cat "$OUT/$_name.txt"
	fail 'lull ended before it measured'
}

# lull_end NAME: ends the recording, which lasts longer than the test; its exit code must be 0.
lull_end() {
	grep -q '^State:.[ZX]' "/proc/$lull/status" && fail "the recording $1 ended too early"
	kill -INT "$lull"
	_rc=0
	wait "$lull" || _rc=$?
	cat "$OUT/$1.txt"
	[ "$_rc" -eq 0 ] || fail "lull record: exit code $_rc"
}

# ---- passed-through devices

# pci_find VENDOR:DEVICE: its address
pci_find() {
	for _dev in /sys/bus/pci/devices/*; do
		[ "$(cat "$_dev/vendor"):$(cat "$_dev/device")" != "$1" ] || basename "$_dev"
	done
}

# vfio_bind ADDRESS: vfio-pci becomes its driver.
vfio_bind() {
	modprobe vfio_iommu_type1
	modprobe vfio-pci
	echo vfio-pci >"/sys/bus/pci/devices/$1/driver_override"
	if [ -e "/sys/bus/pci/devices/$1/driver" ]; then
		echo "$1" >"/sys/bus/pci/devices/$1/driver/unbind"
	fi
	echo "$1" >/sys/bus/pci/drivers_probe
	must test "$(basename "$(readlink "/sys/bus/pci/devices/$1/driver")")" = vfio-pci
}

# device_start NAME COMMAND...: a program that raises what its stdin says; device_raise NAME COUNT
# waits for the answer, which is in $OUT/NAME.raised.
device_start() {
	_name=$1
	shift
	rm -f "/tmp/$_name.in"
	mkfifo "/tmp/$_name.in"
	"$@" <"/tmp/$_name.in" >"$OUT/$_name.raised" 2>&1 &
	device=$!
	sleep 600 >"/tmp/$_name.in" &
}

device_raise() {
	_answers=$(grep -c raised "$OUT/$1.raised" || true)
	echo "$2" >"/tmp/$1.in"
	until_true 60 device_answered "$1" $((_answers + 1))
}

device_answered() {
	[ "$(grep -c raised "$OUT/$1.raised")" -ge "$2" ]
}

# line_of ACTION: the number of the interrupt, such as of vfio-msi[0](0000:00:02.0)
line_of() {
	grep -lxF "$1" /sys/kernel/irq/*/actions | cut -d/ -f5
}

# line_is_there ACTION
line_is_there() {
	[ -n "$(line_of "$1")" ]
}

# line_counts ACTION: "N,N,N,N", one per CPU
line_counts() {
	cat "/sys/kernel/irq/$(line_of "$1")/per_cpu_count"
}

# line_move ACTION CPU: takes effect at one of the next interrupts, so a few must follow.
line_move() {
	echo "$2" >"/proc/irq/$(line_of "$1")/smp_affinity_list"
}

# ---- cgroups, as libvirt makes them under cgroup v2

# libvirt_tree PID NAME: a scope for the guest, with a group for its emulator threads and one for
# each vCPU, and the threads in them. Prints the scope's path.
libvirt_tree() {
	_slice=/sys/fs/cgroup/machine.slice
	_scope="$_slice/machine-qemu\\x2d1\\x2d$2.scope"
	echo +cpuset +cpu >/sys/fs/cgroup/cgroup.subtree_control
	mkdir -p "$_slice"
	echo +cpuset +cpu >"$_slice/cgroup.subtree_control"
	mkdir -p "$_scope/libvirt"
	echo +cpuset +cpu >"$_scope/cgroup.subtree_control"
	echo "$1" >"$_scope/libvirt/cgroup.procs"
	for _task in /proc/"$1"/task/*; do
		case $(cat "$_task/comm") in
		CPU*/KVM)
			_group=$(sed 's/^CPU \([0-9]*\).*/vcpu\1/' "$_task/comm")
			;;
		*) _group=emulator ;;
		esac
		mkdir -p "$_scope/libvirt/$_group"
		[ "$(cat "$_scope/libvirt/$_group/cgroup.type")" = threaded ] ||
			echo threaded >"$_scope/libvirt/$_group/cgroup.type"
	done
	echo +cpuset +cpu >"$_scope/libvirt/cgroup.subtree_control"
	for _task in /proc/"$1"/task/*; do
		case $(cat "$_task/comm") in
		CPU*/KVM)
			_group=$(sed 's/^CPU \([0-9]*\).*/vcpu\1/' "$_task/comm")
			;;
		*) _group=emulator ;;
		esac
		echo "${_task##*/}" >"$_scope/libvirt/$_group/cgroup.threads"
	done
	echo "$_scope"
}

# ---- what a shield may touch

# host_state: every mask, every file of cpusets, the CPUs of every thread that stays; a line each. A
# thread of an interrupt is where that was delivered last.
host_state() {
	for _file in /proc/irq/*/smp_affinity /proc/irq/default_smp_affinity \
		/sys/devices/virtual/workqueue/cpumask* /sys/devices/virtual/workqueue/*/cpumask \
		/proc/sys/kernel/watchdog_cpumask; do
		[ ! -e "$_file" ] || echo "$_file $(cat "$_file")"
	done
	find /sys/fs/cgroup '(' -name 'cpuset.*' -o -name cgroup.subtree_control -o -name cgroup.type ')' \
		-exec grep -H '' {} + | sort
	cat /proc/[0-9]*/task/*/status 2>/dev/null | awk -v self=$$ '
		$1 == "Name:" { name = $2 }
		$1 == "Tgid:" { process = $2 }
		$1 == "Pid:" { thread = $2 }
		$1 == "Cpus_allowed_list:" && name !~ /^(kworker|irq\/|cat|awk|sort|grep|find)/ &&
			(name != "run.sh" || thread == self) {
			print thread, process, name, $2 }'
	for _process in /proc/[0-9]*; do
		case $(cat "$_process/comm" 2>/dev/null) in
		init | sleep | miniguest) echo "$_process $(cat "$_process/cgroup")" ;;
		esac
	done
}

# mask_state: the masks alone, as lists of CPUs.
mask_state() {
	for _file in /proc/irq/*/smp_affinity_list /proc/irq/default_smp_affinity \
		/sys/devices/virtual/workqueue/cpumask /proc/sys/kernel/watchdog_cpumask; do
		[ ! -e "$_file" ] || echo "$_file $(cat "$_file")"
	done
}

# keep_start NAME ARGUMENT...: a lull that stays, until all is held; sets $keep.
keep_start() {
	_name=$1
	shift
	lull shield --keep "$@" >"$OUT/$_name.keep" 2>&1 &
	keep=$!
	until_true 20 grep -q 'steps held' "$OUT/$_name.keep"
}

# keep_end NAME STATE: it ends well, of its own or after a signal; what STATE prints is as it was in
# $OUT/before.
keep_end() {
	_rc=0
	wait "$keep" || _rc=$?
	cat "$OUT/$1.keep"
	must test "$_rc" -eq 0
	"$2" >"$OUT/$1.after"
	must diff "$OUT/before" "$OUT/$1.after"
	must test ! -e /run/lull/journal
}

# ---- a host where systemd owns the cgroups ("root systemd" in the test's vm file)

# systemd_daemon NAME COMMAND...: a service lab-NAME.
systemd_daemon() {
	_name=$1
	shift
	must systemd-run --quiet --unit "lab-$_name" "$@"
}

# systemd_daemons: three that may run anywhere, on CPUs 1 and 2, on 2; their pids are in $pids.
systemd_daemons() {
	pids=
	systemd_daemon loose sleep 1000
	systemd_daemon pinned taskset -c 1,2 sleep 1000
	systemd_daemon guests taskset -c 2 sleep 1000
	sleep 1
	for _service in loose pinned guests; do
		pids="$pids $(systemctl show -p MainPID --value "lab-$_service.service")"
	done
}

cpus_of() {
	sed -n 's/^Cpus_allowed_list:.//p' "/proc/$1/status"
}

# cpus_of_daemon NAME
cpus_of_daemon() {
	cpus_of "$(systemctl show -p MainPID --value "lab-$1.service")"
}

# systemd_state PID...: settings of units, files that hold them, cpusets, affinities of the processes:
# all that must be as before.
systemd_state() {
	systemctl show -p Id -p AllowedCPUs system.slice user.slice init.scope machine.slice
	find /run/systemd/system.control /run/systemd/transient/init.scope.d \
		/etc/systemd/system.control 2>/dev/null | sort
	find /run/systemd/system.control /run/systemd/transient/init.scope.d \
		/etc/systemd/system.control -type f -exec md5sum {} + 2>/dev/null | sort -k 2 || true
	for _file in /sys/fs/cgroup/cgroup.subtree_control /sys/fs/cgroup/cpuset.cpus* \
		/sys/fs/cgroup/*/cpuset.cpus* /sys/fs/cgroup/*/*/cpuset.cpus*; do
		[ ! -e "$_file" ] || echo "$_file $(cat "$_file")"
	done
	for _pid in 1 "$@"; do
		echo "process $_pid $(cpus_of "$_pid")"
	done
}

# ---- tests that print TAP

# tap_run NAME COMMAND...: its TAP, in numbers, and what failed; false if anything did.
tap_run() {
	_name=$1 _rc=0 _start=$(cut -d. -f1 /proc/uptime)
	shift
	"$@" >"$OUT/$_name.tap" 2>"$OUT/$_name.err" || _rc=$?
	_ok=$(grep -c '^ok' "$OUT/$_name.tap" || true)
	_skipped=$(grep -ci '^ok.*# skip' "$OUT/$_name.tap" || true)
	_bad=$(grep -c '^not ok' "$OUT/$_name.tap" || true)
	_plan=$(sed -n 's/^1\.\.\([0-9]*\).*/\1/p' "$OUT/$_name.tap")
	echo "$_name: $((_ok - _skipped)) passed, $_bad failed, $_skipped skipped, exit code $_rc," \
		"$(($(cut -d. -f1 /proc/uptime) - _start)) s"
	[ "$_rc" -eq 0 ] && [ "$_bad" -eq 0 ] && [ "$((_ok + _bad))" = "$_plan" ] && return
	grep -A 6 '^not ok' "$OUT/$_name.tap" || tail -n 5 "$OUT/$_name.err"
	return 1
}

# suite_run SCRIPT...: of tests/cli, in a tree and with programs as on the machine that built them.
suite_run() {
	_failed=0
	modprobe kvm-amd
	ln -sf /usr/bin/bash /bin/bash
	echo 'root:x:0:0:root:/root:/bin/sh' >/etc/passwd
	hash -r
	cd /tree
	export LULL=/test/bin/lull LULL_BUILD=/test/bin LULL_CHECK_EMULATED=1
	export TERM=dumb LOCPATH=/usr/lib/locale
	for _script; do
		tap_run "$(basename "$_script" .t)" "$_script" || _failed=1
	done
	return "$_failed"
}
