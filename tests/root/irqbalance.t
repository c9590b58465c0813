#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The knob irqbalance with a real irqbalance, which is started here: its ban of CPUs there and back,
# and a restore before it has taken over the ban. All interrupts are put back.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

need_root
need_lull
need_cpus 2
IRQBALANCE=${IRQBALANCE:-$(command -v irqbalance || true)}
[[ -x $IRQBALANCE ]] || plan_skip_all "needs irqbalance"
! grep -qsx irqbalance /proc/[0-9]*/comm || plan_skip_all "irqbalance runs already"
[[ ! -e /run/lull/journal ]] || plan_skip_all "a shield is in force"

plan 13
guest=$(last_cpu)
irq_save
made=''
mkdir /run/irqbalance 2>/dev/null && made=y

put_back() {
	local code=$?
	[[ ! -e /run/lull/journal ]] || "$LULL" restore --all >/dev/null 2>&1
	for pid in ${spawned_all[@]+"${spawned_all[@]}"}; do
		reap "$pid"
	done
	[[ -z $made ]] || rm -rf /run/irqbalance
	(exit "$code")
	tap_done
}
trap put_back EXIT

spawn "$IRQBALANCE" --foreground --interval 1 >"$work/irqbalance" 2>&1

has_socket() {
	[[ -S /run/irqbalance/irqbalance$spawned.sock ]]
}

# The CPUs that it bans now, as lull reads them: the value that would be changed.
banned() {
	"$LULL" plan -c "$guest" --force --only irqbalance --json |
		jq -r '.steps[] | select(.knob == "irqbalance") | .now'
}

bans() {
	[[ $(banned) == "$1" ]]
}

holds() {
	"$LULL" status >/dev/null
}

check "it has a socket" wait_until 10 has_socket
check "it bans no CPU" bans ""
check "a shield" "$LULL" shield -c "$guest" --force --only irqbalance
check "nothing has drifted while it is awaited" holds
check "the guest's CPU is banned, once it has come to it" wait_until 10 bans "$guest"
check "restore" "$LULL" restore --all
check "nothing is banned any more" wait_until 10 bans ""

# It places the lines that a shield has moved, within the CPUs that are left to it: no drift.
check "a shield of interrupts, too" "$LULL" shield -c "$guest" --force --only irqbalance,irq-default,irq
wait_until 10 bans "$guest"
sleep 3
check "nothing has drifted while it places them" holds
check "all that it placed is put back" "$LULL" restore --all

# Restored before irqbalance has seen the ban: it must not come afterwards.
"$LULL" shield -c "$guest" --force --only irqbalance >/dev/null 2>&1
check "restore at once" "$LULL" restore --all
sleep 4
check "no ban comes later" bans ""
check "no journal is left" test ! -e /run/lull/journal
