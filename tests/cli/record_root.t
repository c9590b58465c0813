#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# record_root: what scripts/record-root keeps of a machine and what it does not: `lull list` says the
# same of the copy, names of people, hosts and guests apart, and no planted one is left, in contents,
# links or names of files.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need_lull
record=$(realpath scripts/record-root)
fixture=$(realpath tests/fixtures/desktop)
machine=$work/machine
copy=$work/copy

# What is planted, one of each kind; a word each, for grep.
planted='alice|bobsbox|7e57ab1e|WDSERIAL99|52:54:00|001122334455|kremlin|secretdisk|VendorAlice'
planted+='|passw0rd|BOARDSERIAL|win11|6f2d6f0e|deadbeef-0001'

plant() {
	local qemu=$machine/proc/5000
	cp -r "$fixture" "$machine"
	chmod -R u+w "$machine"
	chmod 444 "$machine/proc/irq/121/smp_affinity_list"
	printf '%s\0' /home/alice/bin/qemu-system-x86_64 -name \
		guest=bobsbox,process=bobsbox,debug-threads=on -uuid \
		7e57ab1e-0000-1111-2222-333344445555 -smp 2,sockets=1,cores=2 -machine \
		q35,firmware=/home/alice/ovmf.fd -cpu host,hv-vendor-id=VendorAlice \
		-drive file=/home/alice/secretdisk.qcow2,serial=WDSERIAL99 -device \
		e1000,mac=52:54:00:aa:bb:cc,id=alice-nic -device \
		'{"driver":"virtio-blk-pci","serial":"WDSERIAL99","iothread":"alice-io","id":"secretdisk"}' \
		-object iothread,id=alice-io -object \
		memory-backend-file,id=alice,mem-path=/dev/hugepages/bobsbox,size=4G \
		-device vfio-pci,host=0000:05:00.0,id=alice-gpu -vnc :0,password=passw0rd \
		-smbios type=1,serial=WDSERIAL99,product=bobsbox -fw_cfg opt/x,string=alice \
		-append 'root=UUID=deadbeef-0001' alice >"$qemu/cmdline"
	ln -sfn /home/alice/bin/qemu-system-x86_64 "$qemu/exe"
	echo '0::/user.slice/user-1000.slice/user@1000.service/app-alice.scope' |
		tee "$qemu/cgroup" "$qemu"/task/*/cgroup >/dev/null
	sed -i 's/(kvm)/(bobsbox)/' "$qemu"/task/5000/stat
	sed -i 's/^Name:.*/Name:\tbobsbox/; $a Groups:\talice' "$qemu/status" "$qemu/task/5000/status"
	ln -sfn /home/alice/secretdisk.qcow2 "$qemu/fd/9"
	rm "$machine/run/qemu-server/103.pid"
	echo 5000 >"$machine/run/libvirt/qemu/bobsbox.pid"
	mkdir -p "$machine/proc/777/task/777" "$machine/proc/777/fd"
	echo 'mail alice@kremlin' >"$machine/proc/777/cmdline"
	echo '777 (alice) S 1' | tee "$machine/proc/777/task/777/stat" >"$machine/proc/777/stat"
	sed -i 's/ehci_hcd:usb1/enx001122334455/' "$machine/proc/interrupts"
	echo 'Serial		: BOARDSERIAL' >>"$machine/proc/cpuinfo"
	echo 'BOOT_IMAGE=/kremlin root=UUID=deadbeef-0001 ro isolcpus=managed_irq,2-5 intel_iommu=on' \
		'systemd.hostname=kremlin ip=dhcp nohz_full=2-5' >"$machine/proc/cmdline"
}

# A cgroup v2 of systemd's, with a guest in it whose vCPU has a cgroup, and names of people.
plant_groups() {
	local top=$machine/sys/fs/cgroup group guest='machine.slice/machine-qemu\x2d1\x2dbobsbox.scope'
	local user=user.slice/user-1000.slice/user@1000.service/app-alice.scope
	mkdir -p "$machine/proc/self" "$machine/proc/sys/kernel"
	echo '34 31 0:31 / /sys/fs/cgroup rw - cgroup2 alice rw,nsdelegate' >"$machine/proc/self/mountinfo"
	echo '6.12.1-bobsbox' >"$machine/proc/sys/kernel/osrelease"
	for group in '' init.scope system.slice{,/alice.service} "$user" alice.slice kremlin \
		"$guest"/libvirt/{emulator,vcpu0}; do
		while :; do
			mkdir -p "$top/$group"
			echo 'cpuset cpu' | tee "$top/$group"/cgroup.{controllers,subtree_control} >/dev/null
			echo 0-7 >"$top/$group/cpuset.cpus.effective"
			: >"$top/$group/cgroup.procs"
			[[ -n $group ]] || break
			echo >"$top/$group/cpuset.cpus"
			echo 'populated 1' >"$top/$group/cgroup.events"
			[[ $group == */* ]] || break
			group=${group%/*}
		done
	done
	echo 0-6 >"$top/alice.slice/cpuset.cpus"
	echo 2 >"$top/$guest/libvirt/vcpu0/cpuset.cpus"
	mkdir -p "$machine"/run/systemd/{system,system.control/alice.slice.d}
	printf '# alice\n[Slice]\nAllowedCPUs=0-6\n' \
		>"$machine/run/systemd/system.control/alice.slice.d/50-AllowedCPUs.conf"
}

# What a plan would write and what the doctor thinks of cgroups, without names.
groups_of() {
	"$LULL" plan -c 4-5 --only cpuset --sysroot "$1" --json |
		jq -S '([.steps[] | [.old, .want, .reason]] | sort), (.stays | length)'
	"$LULL" doctor --sysroot "$1" --json |
		jq -S '.checks[] | select(.name | IN("cgroup", "partitions", "cpuset-owner"))'
}

same_groups() {
	groups_of "$machine" >"$work/plan.there"
	groups_of "$1" >"$work/plan.here"
	(($(jq -s '.[0] | length' "$work/plan.there") == 3)) || { cat "$work/plan.there" && return 1; }
	diff "$work/plan.there" "$work/plan.here"
}

records() {
	SYSROOT=$machine "$record" "$1" 2>"$err"
}

# What is left of it, in any form.
leaks() {
	grep -rnaE "$planted" "$1" && return
	find "$1" -regextype posix-extended -regex ".*($planted).*" | grep . && return
	find "$1" -type l -printf '%p -> %l\n' | sed 's/.* -> //' | grep -E "$planted"
}

none_leaks() {
	# The test of the test: they are there before.
	(($(leaks "$machine" | wc -l) >= 10)) || { echo "little is planted" && return 1; }
	! leaks "$1"
}

# The whole document, with names as the copy has them.
document() {
	"$LULL" list --interrupts --json --sysroot "$1" | jq -S . | sed -E \
		-e 's/bobsbox/vm2/g; s/win11/vm1/g; s/enx001122334455/enx000000000000/' \
		-e 's/6f2d6f0e-9d1b-4b51-a3c0-1f5d0a5b7c11/00000000-0000-4000-8000-000000000001/' \
		-e 's/7e57ab1e-0000-1111-2222-333344445555/00000000-0000-4000-8000-000000000002/' \
		-e 's/alice-io/vm3/g'
}

says_the_same() {
	diff <(document "$machine") <(document "$1")
}

parameters() {
	diff <(echo 'ro isolcpus=managed_irq,2-5 intel_iommu=on nohz_full=2-5') "$copy/proc/cmdline"
}

# Counts go on, and so do processes.
live_says_the_same() {
	local what='[.host.cpus_online, .host.cpus,
		(.interrupts | map(del(.counts, .total, .vm_pid, .posted, .why, .effective)))]'
	"$record" "$work/live" 2>/dev/null || return 1
	diff <("$LULL" list --interrupts --json | jq "$what") \
		<("$LULL" list --interrupts --json --sysroot "$work/live" | jq "$what")
}

no_name_of_this_host() {
	local host
	host=$(uname -n)
	[[ ${#host} -lt 4 ]] || ! grep -rnaF "$host" "$work/live"
}

refused() {
	local code
	"$record" "$@" >"$out" 2>"$err"
	code=$?
	((code == 1)) && [[ -s $err ]]
}

unpacks() {
	mkdir "$work/unpacked"
	records "$work/x.tar.gz" && tar -xzpf "$work/x.tar.gz" -C "$work/unpacked" &&
		says_the_same "$work/unpacked"
}

plant
plant_groups
plan 11
holds "records" records "$copy"
holds "lull says the same of the copy" says_the_same "$copy"
holds "its cgroups and its plan are the same" same_groups "$copy"
holds "no planted name is left" none_leaks "$copy"
holds "kernel parameters that have to do with it" parameters
holds "what the modes say is kept" [ "$(stat -c %a "$copy/proc/irq/121/smp_affinity_list")" = 444 ]
holds "an archive" unpacks
holds "does not write into what is there" refused "$copy"
holds "no target: says how" refused
if [[ -r /proc/interrupts && -d /sys/devices/system/cpu ]]; then
	holds "this machine" live_says_the_same
	holds "the name of this host" no_name_of_this_host
else
	skip "this machine" "no /proc/interrupts"
	skip "the name of this host" "no /proc/interrupts"
fi
