#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# record: what is refused before anything is measured: bad options, targets that do not exist,
# files that cannot be written, users who may not. Each has its exit code and a sentence, and
# leaves nothing. That measuring works is tested in tests/root.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need_lull

# One that is not online, whatever the machine.
no_cpu=4000
# Above every pid_max.
no_tid=4194304

no_vm_code() {
	run "record -d 1s"
	(($? == 4)) && [[ -z $(cat "$out") ]]
}

# Before measuring: by far not the 15 s that was asked for.
refuses_at_once() {
	local began=${EPOCHREALTIME/./}
	run "record -c 0 -d 15s -o /nosuch/x.json"
	(($? == 1 && ${EPOCHREALTIME/./} - began < 5000000)) && grep -q /nosuch/ "$err"
}

plan 54

check "a word too many" "record foo" 1 'unexpected word foo'
check "-d: no value" "record -d" 1 'value is missing after -d; see lull record --help'
check "--duration: no value" "record --duration" 1 'value is missing after --duration'
check "-d: not a duration" "record -d 5x" 1 'duration 5x: not a duration; write 10s'
check "-d: negative" "record -d -1" 1 'duration -1: not a duration'
check "-d: empty" "record -d ''" 1 'not a duration'
check "-d: more than a number" "record -d 1s2" 1 'not a duration'
check "-d: 0" "record -d 0" 1 'duration 0: out of range'
check "-d: too long" "record -d 400d" 1 'duration 400d: out of range'
check "-d: beyond 64 bits" "record -d 99999999999999999999s" 1 'out of range'
check "--stall: too short" "record --stall 5ns" 1 'stall 5ns: out of range'
check "--stop-over: not a duration" "record --stop-over soon" 1 'stop-over soon: not a duration'
check "--stalls: not a number" "record --stalls many" 1 'stalls many: not a number'
check "--stalls: negative" "record --stalls -1" 1 'stalls -1: not a number'
check "--stalls: too many" "record --stalls 1000001" 1 'out of range \(0 to 1000000\)'
check "--top: 0" "record --top 0" 1 'out of range \(1 to 1000\)'
check "--color: another word" "record --color sometimes" 1 'one of auto, always, never'
check "--json: takes no value" "record --json=1" 1 'json'
check "an unknown letter" "record -Z" 1 'unknown option -Z'

check "-c: not a list" "record -c 1-" 1 'cpus 1-: not a CPU list; write 2-7'
check "-c: backwards" "record -c 3-1" 1 'not a CPU list'
check "-c: words" "record -c all" 1 'not a CPU list'
check "-c: empty" "record -c ''" 1 'no CPU in this list'
check "-c: nothing remains" "record -c 0-1,^0-1" 1 'no CPU in this list|not a CPU list'
check "-c: not online" "record -d 1s -c $no_cpu" 4 "CPU $no_cpu is not online"
check "-c: one of them is not online" "record -d 1s -c 0,$no_cpu" 4 "CPU $no_cpu is not online"
check "-c: not online beside a target" "record -d 1s -t $$ -c $no_cpu" 4 'not online'

check "-t: no such thread" "record -d 1s -t $no_tid" 4 "no thread $no_tid"
check "-t: not a number" "record -d 1s -t abc" 1 't abc: not a thread'
check "-t: 0" "record -d 1s -t 0" 1 'not a thread'
check "-t: beyond 32 bits" "record -d 1s -t 4294967297" 1 'not a thread'
check "-t: one of them is gone" "record -d 1s -t $$ -t $no_tid" 4 "no thread $no_tid"
check "-p: no such process" "record -d 1s -p $no_tid" 4 "no process $no_tid"
check "-p: not a number" "record -d 1s -p 1x" 1 'p 1x: not a thread or process'
check "--vm: none is called so" "record -d 1s --vm no-such-vm" 4 'no-such-vm|needs root'

check "-o: no such folder" "record -c 0 -d 1s -o /nosuch/x.json" 1 \
	'/nosuch/x.json.*No such file or directory.*-o'
holds "-o: refused before measuring" refuses_at_once
check "-o: a folder" "record -c 0 -d 1s -o ." 1 'Is a directory'
check "-o: empty" "record -c 0 -d 100ms -o ''" 1 'output|-o'
check "-o: below a file" "record -c 0 -d 1s -o /etc/passwd/x.json" 1 'Not a directory'
check "-o: where nobody can create" "record -c 0 -d 1s -o /sys/x.json" 1 '/sys/x.json'

# ---- who may not: the same program as nobody, or as whoever runs this

if ((EUID == 0)); then
	chmod 711 "$work"
	chmod 777 "$here"
	run_as=(setpriv --reuid=65534 --regid=65534 --clear-groups --)
fi
cp "$LULL" "$work/lull" && LULL=$work/lull

check "not root: -c" "record -c 0 -d 1s -o x.json" 4 '(root|CAP_BPF|privilege|permi)' 'usage|assert'
check "not root: -t" "record -t $$ -d 1s -o x.json" 4 '(root|CAP_BPF|privilege|permi)'
check "not root: says what to do" "record -c 0 -d 1s -o none" 4 '(as root|sudo|needs root)'
check "not root: no target" "record -d 1s" 4 'needs root|no VM is running'
check "not root: --vm" "record --vm x -d 1s" 4 'needs root'
check "not root: a command does not start" "record -d 1s -o none -- touch started" 4 'root'
check "not root: no such thread" "record -d 1s -t $no_tid" 4 'no thread'
check "not root: bad usage is 1 all the same" "record -d 5x" 1 'not a duration'
check "not root: help" "record --help" 0 '^usage: lull record'
check "not root: version" "--version" 0 '^lull '
mkdir -p "$work/mine" && chmod 755 "$work/mine"
if ((EUID == 0)); then
	check "not root: another user's folder" "record -c 0 -d 1s -o $work/mine/x.json" 1 \
		'Permission denied'
else
	skip "not root: another user's folder" "only root can make one"
fi
holds "not root: nothing is left there" test -z "$(ls -A "$work/mine")"
holds "no VM and no target: refused" no_vm_code
