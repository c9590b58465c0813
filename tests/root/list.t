#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# list: what `lull list` sees of a QEMU that runs here: names, threads and pins, with and without
# debug-threads, before its first run; and that findings come with a wrong pin and go with the
# right one.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need_root
need_lull
need_cpus 2
qemu=$(command -v qemu-system-x86_64) || plan_skip_all "needs qemu-system-x86_64"
[[ -w /dev/kvm ]] || plan_skip_all "needs /dev/kvm"
command -v jq >/dev/null || plan_skip_all "needs jq"

uuid=1b4e28ba-2fa1-11d2-883f-0016d3cca427
host=$(first_cpu)
guest=$(last_cpu)

# start_vm VCPUS OPTION...: its pid is in $spawned.
start_vm() {
	local n=$1
	shift
	spawn "$qemu" -accel kvm -smp "$n" -m 16 -display none -nodefaults "$@" >/dev/null 2>&1
	wait_until 10 has_vcpus "$spawned" "$n"
}

has_vcpus() {
	[[ $(find "/proc/$1/fd" -lname 'anon_inode:kvm-vcpu:*' 2>/dev/null | wc -l) == "$2" ]]
}

# of PID FILTER: of the document about that VM.
of() {
	"$LULL" list --vm "$1" --json >"$work/json" && jq -c "$2" "$work/json"
}

# is PID FILTER WANT
is() {
	local got
	got=$(of "$1" "$2")
	[[ $got == "$3" ]] || { echo "$got, not $3" && return 1; }
}

# The ids of its findings, of which $2 is a regex, in one word.
finds() {
	is "$1" "[.findings[] | select(.vm != \"\") | .id | select(test(\"$2\"))] | unique | join(\" \")" \
		"\"$3\""
}

# Every thread of the VM.
pin_all() {
	local tid
	for tid in $(ls "/proc/$1/task"); do
		pin "$tid" "$2" || return 1
	done
}

plan 19

start_vm 2 -name "guest=live,debug-threads=on" -uuid $uuid -object iothread,id=disks
vm=$spawned
tid() {
	thread_named "$vm" "$1"
}
wait_until 10 tid "IO disks" >/dev/null
check "name, UUID and VMM" is "$vm" '.vms[0] | [.name, .uuid, .vmm, .manager]' \
	"[\"live\",\"$uuid\",\"qemu\",\"\"]"
check "vCPUs and their threads" is "$vm" '[.vms[0].vcpus[] | [.vcpu, .tid]]' \
	"[[0,$(tid 'CPU 0/KVM')],[1,$(tid 'CPU 1/KVM')]]"
check "the emulator is the process" is "$vm" \
	'[.vms[0].threads[] | select(.kind == "emulator") | .tid]' "[$vm]"
check "the I/O thread, unused" is "$vm" \
	'[.vms[0].threads[] | select(.kind == "I/O") | [.tid, .unused]]' \
	"[[$(tid 'IO disks'),true]]"
check "by UUID" is $uuid '.vms[0].pid' "$vm"
check "settings of its command line" is "$vm" '.vms[0].settings | [.memory_balloon, .hpet]' \
	'[false,true]'

pin_all "$vm" "$(allowed_cpus | paste -sd,)"
check "not pinned" finds "$vm" '^vcpu' vcpu-unpinned
pin "$(tid 'CPU 0/KVM')" "$guest"
pin "$(tid 'CPU 1/KVM')" "$guest"
check "two on one CPU" finds "$vm" '^vcpu' vcpus-share-cpu
check "where the pin is read from" is "$vm" '[.vms[0].vcpus[].cpus]' "[\"$guest\",\"$guest\"]"
check "the emulator on a guest's CPU" finds "$vm" '^emulator' emulator-on-guest
check "the I/O thread on a guest's CPU" finds "$vm" '^io-' io-on-guest
pin_all "$vm" "$host"
pin "$(tid 'CPU 0/KVM')" "$guest"
check "one vCPU on each CPU: the host has none" is "$vm" \
	'[.findings[].id | select(. == "no-host-core")] | length' 1
"$LULL" list --vm "$vm" >"$work/text"
says "text: the fix" "$work/text" 'fix: '
reap "$vm"
check "gone" bash -c "! '$LULL' list --vm $vm"

# Everything right, once it was wrong. A core for each: nothing may share one here.
start_vm 1 -name "right,debug-threads=on" -machine hpet=off \
	-global kvm-pit.lost_tick_policy=discard
vm=$spawned
pin "$(tid 'CPU 0/KVM')" "$guest"
pin "$vm" "$guest"
check "the emulator beside the vCPU" finds "$vm" . emulator-on-guest
pin_all "$vm" "$host"
pin "$(tid 'CPU 0/KVM')" "$guest"
if [[ $("$LULL" list --json | jq -r '.host.cpus[] | select(.cpu != .core) | .cpu') ]]; then
	skip "well set up: nothing is found" "the cores here have several threads"
else
	check "well set up: nothing is found" finds "$vm" . ''
fi
reap "$vm"

# Without names KVM's mark in the threads tells the vCPUs, once they ran.
start_vm 2
check "without names" wait_until 10 is "$spawned" \
	'.vms[0] | [.name, (.vcpus | length)]' "[\"qemu-$spawned\",2]"
reap "$spawned"

start_vm 2 -S -name "before,debug-threads=on"
check "before its first run, by names" wait_until 10 is "$spawned" \
	'.vms[0] | [.name, [.vcpus[].vcpu]]' '["before",[0,1]]'
reap "$spawned"

if [[ -w /dev/vhost-net ]] && ip tuntap add dev lull-test mode tap 2>/dev/null; then
	start_vm 2 -name "net,debug-threads=on" -device virtio-net-pci,netdev=n \
		-netdev tap,id=n,ifname=lull-test,script=no,downscript=no,vhost=on
	check "vhost" wait_until 10 is "$spawned" \
		'[.vms[0].threads[] | select(.kind == "vhost")] | length > 0' true
	reap "$spawned"
	ip tuntap del dev lull-test mode tap
else
	skip "vhost" "no /dev/vhost-net, or no tap device can be made"
fi
