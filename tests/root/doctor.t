#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# doctor: what its trials find out of a VM that runs, held against a recording of that VM: entries
# come or they do not. An idle VM, and one that ends, are told apart from that.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need_root
need_lull
need_kvm
command -v jq >/dev/null || plan_skip_all "needs jq"

entries() {
	jq -r '.checks[] | select(.name == "kvm-entries") | "\(.state) \(.found)"' "$work/doctor.json"
}

doctor() {
	"$LULL" doctor --json >"$work/doctor.json" 2>"$work/err"
}

plan 7

doctor
within "no VM: exit code" $? 0 0
says "no VM: could not tell" <(entries) '^unknown could not tell: no VM runs$'

spawn "$GUEST/miniguest" --mode spin --pin "$(last_cpu)" >"$work/guest"
guest=$spawned
wait_until 5 thread_named "$guest" "CPU 0/KVM" >/dev/null
sleep 0.5
doctor
within "a VM: exit code" $? 0 0
"$LULL" record --vm "$guest" -d 300ms --json >"$work/recording.json" 2>"$work/err"
within "a VM: recorded" $? 0 3
if jq -e '[.threads[].ledger[] | select(.row == "guest")] | length > 0' "$work/recording.json" \
	>/dev/null; then
	says "a VM: entries come, as in the recording" <(entries) \
		'^ok [0-9]+ in [0-9]+ ms while 1 vCPU ran$'
else
	says "a VM: no entries come, as in the recording" <(entries) \
		'^warn KVM reports no entries here: run stands for guest, exit$'
fi
check "a VM: nothing was said on stderr" test ! -s "$work/err"

kill -STOP "$guest"
doctor
says "a VM that stands still: could not tell" <(entries) '^unknown could not tell: no vCPU ran in'
kill -CONT "$guest"
reap "$guest"
