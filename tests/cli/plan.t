#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# plan: what `lull plan` and `lull status` say of recorded machines, and what plan, shield and restore
# refuse. Needs neither root nor KVM; nothing is changed.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need_lull
fixtures=$(realpath tests/fixtures)
desktop="--sysroot $fixtures/desktop"
small="--sysroot $work/small"
cp -r "$fixtures/shield" "$work/small"
cp -r "$fixtures/desktop" "$work/loose"
sed -i 's/^\(Cpus_allowed_list:\t\).*/\10-15/' "$work"/loose/proc/5000/task/*/status

domain() {
	echo "<domain type='kvm'><name>db</name><uuid>0f2d6f0e-9d1b-4b51-a3c0-1f5d0a5b7c00</uuid>"
	echo "<vcpu>2</vcpu>$1<devices/></domain>"
}
domain "<cputune><vcpupin vcpu='0' cpuset='4'/><vcpupin vcpu='1' cpuset='5'/></cputune>" \
	>"$work/domain.xml"
domain "" >"$work/loose.xml"
sed 's|<vcpu>2|<vcpu>1|; s|<vcpupin vcpu=.1.[^>]*>||' "$work/domain.xml" >"$work/single.xml"
# Half of its CPUs were set aside at boot.
cp -r "$fixtures/shield" "$work/aside"
echo 2-3 | tee "$work"/aside/sys/devices/system/cpu/{isolated,nohz_full} >/dev/null

# The plan's shell commands, run in a copy of the machine, leave what the plan wants.
commands_do_it() {
	run "plan $small -c 2-3 --shell" || return 1
	sed "s|> /|> $work/small/|" "$out" | bash || return 1
	run "plan $small -c 2-3 --only irq" && grep -q '^nothing to change' "$out"
	local code=$?
	rm -rf "$work/small" && cp -r "$fixtures/shield" "$work/small"
	return $code
}

leaves_it() {
	diff -r "$fixtures/shield" "$work/small"
}

# A journal whose layers are LINES, with its checksum.
put_journal() {
	mkdir -p "$work/small/run/lull"
	perl -e '
		my ($file, $text) = @ARGV;
		my $crc = 0xffffffff;
		for my $byte (unpack "C*", $text) {
			$crc ^= $byte;
			$crc = $crc >> 1 ^ ($crc & 1 ? 0x82f63b78 : 0) for 1 .. 8;
		}
		open my $to, ">", $file or die "$file: $!";
		printf $to "%send %08x\n", $text, $crc ^ 0xffffffff;' "$work/small/run/lull/journal" "$1"
}
head="lull-journal 1 11111111-2222-3333-4444-555555555555 3"

plan 52

check "a word too many" "plan win11" 1 'unexpected word win11; a VM is named with --vm'
check "no such root" "plan --sysroot /nosuch" 1 '/nosuch: No such file'
check "several VMs" "plan $desktop" 4 '--vm media'
check "no such VM" "plan $desktop --vm linux" 4 'no VM matches --vm linux'
check "no VM" "plan $small" 4 'no VM is running; name a target'
check "not one vCPU is pinned" "plan --sysroot $work/loose --vm media" 4 'no virtual CPU of media is pinned.*-c'
check "-c beside the VM" "plan $desktop --vm media -c 4-5" 0 'media: guest CPUs 4-5'
check "the guest would have every CPU" "plan $small -c 0-3 --force" 4 'less than one full core \(no CPU\)'
check "the host would keep half a core" "plan $desktop -c 1-15 --force" 4 'less than one full core \(0\)'
check "one full core is enough" "plan $desktop -c 1-7,9-15" 0 'host CPUs 0,8'
check "CPU 0" "plan $small -c 0" 4 'CPU 0 keeps the time.*--force'
check "CPU 0, forced" "plan $small -c 0 --force" 0 'guest CPUs 0, host CPUs 1-3'
check "a CPU that is not there" "plan $small -c 7" 4 'CPU 7 is not online'
cp -r "$fixtures/shield" "$work/looped"
ln -sf default_smp_affinity "$work/looped/proc/irq/default_smp_affinity"
check "what cannot be read is not the journal" "plan --sysroot $work/looped -c 2-3" 1 \
	'planning irq-default: Too many levels of symbolic links; nothing was changed'
check "CPUs that were isolated at boot are a guest's" "plan --sysroot $work/aside -c 2-3" 0 'host CPUs 0-1'
check "those are not all that the host keeps" "plan --sysroot $work/aside -c 0-1 --force" 4 \
	'no CPU would be left to keep the time: the host.s \(2-3\) are all nohz_full'
rm "$work/aside/sys/devices/system/cpu/nohz_full"
check "nor does it keep isolated ones alone" "plan --sysroot $work/aside -c 0-1 --force" 4 \
	'\(2-3\) are all isolated since boot'
check "--only and --without" "plan $small -c 1 --only irq --without irq" 1 'exclude each other'
check "--only: an unknown knob" "plan $small -c 1 --only irq,warp" 1 'no knob is called warp; there are:.* irq'
check "--only: nothing" "plan $small -c 1 --only ''" 1 'no knob is called'
check "--json and --shell" "plan $small -c 1 --json --shell" 1 'exclude each other'
check "--libvirt-xml without a VM" "plan $small -c 1 --libvirt-xml" 1 'is for a VM'

holds "text" prints desktop.plan.txt "plan $desktop --vm win11 --only irq,irq-default"
holds "the document" prints desktop.plan.json "plan $desktop --vm win11 --only irq,irq-default"' --json'
holds "passed-through lines go to the guest that has them" answers "plan $desktop --vm win11" \
	'[.steps[] | select(.knob == "irq" and .want == "2-3,10-11") | .name]' \
	'["irq 25 vfio-intx(0000:01:00.1), ehci_hcd:usb1","irq 131 vfio-msi[0](0000:01:00.0)"]'
holds "--only: no other knob" answers "plan $small -c 2-3 --only irq-default" '[.steps[].knob]' '["irq-default"]'
holds "--without: all but this" answers "plan $small -c 2-3 --without irq-default" \
	'[.steps[].knob] | unique' '["irq"]'
holds "--shell: the commands do it" commands_do_it
check "--libvirt-xml" "plan $desktop --vm win11 --libvirt-xml" 0 "<vcpupin vcpu='3' cpuset='11'/>"
check "--libvirt-xml: the emulator" "plan $desktop --vm win11 --libvirt-xml" 0 \
	"<emulatorpin cpuset='0-1,4-9,12-15'/>"
holds "nothing was changed" leaves_it

check "--xml: a VM that does not run" "plan $desktop --xml $work/domain.xml" 0 'db: guest CPUs 4-5'
check "--xml: a guest of one CPU" "plan $desktop --xml $work/single.xml" 0 'db: guest CPUs 4, host CPUs 0-3,5-15'
check "--xml: a guest of one CPU has one pin" "plan $desktop --xml $work/single.xml --libvirt-xml" 0 \
	"vcpupin vcpu='0' cpuset='4'" "vcpu='1'"
check "--xml: no pin" "plan $desktop --xml $work/loose.xml" 4 'no virtual CPU of db is pinned'
check "--xml and --vm" "plan $desktop --xml x --vm y" 1 'both name the VM'
check "status: nothing" "status $small" 0 '^no shield is in force'
put_journal "$head clean 0-3 0
layer A win%2011 nobody 0 0 0 0 3 irq held all
step irq proc/irq/24/smp_affinity_list ||some%20driver irq%2024 0-3 0-3 0-3
step irq proc/irq/26/smp_affinity_list ||some%20driver irq%2026 0-3 0-1 0-1
"
check "status: drift" "status $small" 2 '0 held, 0 pending, 1 drifted, 0 gone, 0 failed'
holds "status: the document" answers "status $small" \
	'[.schema, (.shields[] | .id, .name, .cpus, (.steps[] | .state, .now, .want))]' \
	'["lull.status/1","A","win 11","3","drifted","2-3","0-1"]'
mkdir "$work/small/proc/"{77,78} && echo irqbalance >"$work/small/proc/77/comm" &&
	echo tuned >"$work/small/proc/78/comm"
holds "status: who may have done it" answers "status $small" '.shields[].steps[].by' \
	'"irqbalance (pid 77) or tuned (pid 78), probably"'
holds "status: a recorded machine has one look only" answers "status $small" '.host_interrupts' null
put_journal "$head clean 0-3 0
layer A win%2011 vm 4242 700 4242 0 3 irq held all
step irq proc/irq/26/smp_affinity_list ||some%20driver irq%2026 0-3 0-1 0-1
"
check "status: the owner is gone" "status $small" 2 'owner: VM, pid 4242; it is gone, so the next'
put_journal "$head clean 0-3 0
layer A win%2011 nobody 0 0 0 0 3 irq held all
"
check "plan: all shields together leave the host a core" "plan $small -c 0-2 --force" 4 \
	'together with the shields in force: the host would keep less than one full core'
check "plan: CPUs of another shield" "plan $small -c 2-3" 4 'CPU 3 is shielded already, for win 11'
put_journal "$head adding 0-3 0
"
check "status: an interrupted run" "status $small" 2 'interrupted: run lull restore'
printf 'x' >>"$work/small/run/lull/journal"
check "status: a damaged journal" "status $small" 1 'journal is damaged'
chmod 777 "$work/small/run/lull"
check "status: a directory that others may write" "status $small" 4 'somebody else made it'

if ((EUID == 0)); then
	chmod 711 "$work" && chmod 777 "$here"
	run_as=(setpriv --reuid=65534 --regid=65534 --clear-groups --)
fi
cp "$LULL" "$work/lull" && LULL=$work/lull
last=$(($(nproc) - 1))
check "no such file" "plan $desktop --xml /nosuch.xml" 1 '/nosuch.xml: No such file'
check "a file that is no domain" "plan $desktop --xml /dev/null" 1 '/dev/null'
check "not root: plan" "plan -c $last --force" $((last ? 0 : 4)) "guest CPUs $last|full core"
check "not root: shield" "shield -c $last --force" 4 'changing the host needs root|full core'
check "not root: restore" "restore" 4 'changing the host needs root'
