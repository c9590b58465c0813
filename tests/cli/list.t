#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# list: what `lull list` prints for recorded machines. Needs neither root nor KVM.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need_lull
fixtures=$(realpath tests/fixtures)
desktop="--sysroot $fixtures/desktop"

plan 25

check "a word too many" "list win11" 1 'unexpected word win11; a VM is named with --vm'
check "no such root" "list --sysroot /nosuch" 1 '/nosuch: No such file'
check "a root without CPUs" "list --sysroot $fixtures/desktop/run" 0 '^no VM is running' 'CPUs'
check "no such VM" "list $desktop --vm linux" 4 'no VM matches --vm linux; there are:'
check "the choice of VMs" "list $desktop --vm linux" 4 '--vm win11 .*pid 3000'
holds "text, 80 columns" prints desktop.list.80.txt "list $desktop"
holds "the document" prints desktop.list.json "list $desktop --json"
holds "--vm by pid" answers "list $desktop --vm 5000" '[.vms[].name]' '["media"]'
holds "--vm by UUID" answers "list $desktop --vm 6f2d6f0e-9d1b-4b51-a3c0-1f5d0a5b7c11" \
	'[.vms[].name]' '["win11"]'
holds "--vm: the CPUs of all guests" answers "list $desktop --vm media" .host.cpus_guest \
	'"2-5,10-11"'
check "no VM" "list --sysroot $fixtures/smt" 0 '^no VM is running'
if ((EUID == 0)); then
	run_as=(setpriv --reuid=65534 --regid=65534 --clear-groups --)
	check "not root: what cannot be seen is not denied" "list" 0 \
		'could not be looked into, and may be VMs: root sees more$' '^no VM is running'
	check "not root: nor with a name" "list --vm nosuch" 4 'none can be seen, and root sees more$'
	run_as=()
else
	skip "not root: what cannot be seen is not denied" "it needs root to have processes of others"
	skip "not root: nor with a name" "it needs root to have processes of others"
fi
holds "no VM: an empty list" answers "list --sysroot $fixtures/smt" .vms '[]'
holds "findings by id" answers "list $desktop --vm win11" '[.findings[].id]' '["device-intx"]'
check "names without control characters" "list --sysroot $fixtures/vmms" 0 'my\(vmm\) \)-1900' \
	$'\033'
check "vCPUs that were not found" "list --sysroot $fixtures/vmms --vm half" 0 \
	'1 of its 2 vCPU threads could not be told'

if ! "$LULL" --version | grep -q "+libxml2"; then
	check "--xml: not built in" "list --xml $fixtures/libvirt/win11.xml" 1 'built without libxml2'
	for n in {1..7}; do
		skip "--xml, $n" "built without libxml2"
	done
	exit
fi
holds "--xml: findings" answers "list $desktop --xml $fixtures/libvirt/win11.xml" \
	'[.findings[].id] | unique | length' 12
holds "--xml: text, 80 columns" prints libvirt.list.80.txt \
	"list $desktop --xml $fixtures/libvirt/win11.xml"
holds "--xml: from stdin" answers "list $desktop --xml - <$fixtures/libvirt/win11.xml" \
	'[.vms[] | .name, .pid]' '["win11",null]'
check "--xml: no such file" "list --xml /nosuch.xml" 1 '/nosuch.xml: No such file'
check "--xml: a bomb" "list --xml $fixtures/libvirt/bomb.xml" 1 'bomb.xml: it has a document type'
check "--xml: not XML" "list --xml $fixtures/desktop/proc/interrupts" 1 'interrupts: line 1: '
check "--xml: a bad pin, by line" "list --xml $fixtures/libvirt/bad-pin.xml" 1 \
	'bad-pin.xml: line 5: <vcpupin> cpuset: 2-x'
check "--xml and --vm" "list --xml x --vm y" 1 'both name the VM'
