# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# lib: what the live tests share: TAP output, background processes that end with the test, waiting,
# saving and restoring of interrupt affinities, pinning, reading of numbers. Sourced by *.t, which
# set nothing up by themselves that is not undone here on every way out. Bash only.
#
#   . "$(dirname "$0")/lib.sh"
#   need_root
#   plan 2
#   spawn build/guest/noise spin --cpu "$(last_cpu)"; tid=$spawned
#   check "it is there" is_alive "$tid"
#   reap "$tid"

set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1

LULL=${LULL:-build/lull}
GUEST=${GUEST:-build/guest}
work=$(mktemp -d "${TMPDIR:-/tmp}/lull-test.XXXXXX") || exit 1

tap_count=0
tap_failed=0
tap_planned=0
spawned=''
spawned_all=()

# ---- TAP

plan() {
	tap_planned=$1
	echo "1..$1"
}

# plan_skip_all WHY: for a test that this machine cannot run. Ends the script.
plan_skip_all() {
	echo "1..0 # SKIP $*"
	exit 0
}

diag() {
	printf '%s\n' "$*" | sed 's/^/# /'
}

ok() {
	echo "ok $((++tap_count)) - $1"
}

# not_ok NAME [WHY...]
not_ok() {
	local name=$1
	shift
	((++tap_failed))
	echo "not ok $((++tap_count)) - $name"
	[[ $# -eq 0 ]] || diag "$*"
}

# skip NAME WHY...
skip() {
	local name=$1
	shift
	echo "ok $((++tap_count)) - $name # SKIP $*"
}

# check NAME COMMAND...: passes if the command succeeds; what it printed explains a failure.
check() {
	local name=$1 said
	shift
	if said=$("$@" 2>&1); then
		ok "$name"
	else
		not_ok "$name" "failed: $*"
		[[ -z $said ]] || diag "$said"
	fi
}

# within NAME VALUE LOW HIGH: integers, both bounds included.
within() {
	if [[ $2 =~ ^-?[0-9]+$ ]] && (($2 >= $3 && $2 <= $4)); then
		ok "$1 ($2)"
	else
		not_ok "$1" "is '$2', not from $3 to $4"
	fi
}

# says NAME FILE REGEX: a line of the file matches.
says() {
	if grep -qE -e "$3" "$2"; then
		ok "$1"
	else
		not_ok "$1" "no line matches '$3' in:"
		diag "$(tail -n 30 "$2")"
	fi
}

# ---- what the machine must have

need_root() {
	((EUID == 0)) || plan_skip_all "needs root"
}

need_kvm() {
	[[ -w /dev/kvm && -x $GUEST/miniguest ]] || plan_skip_all "needs /dev/kvm and miniguest"
}

need_lull() {
	[[ -x $LULL ]] || plan_skip_all "needs $LULL, which is not built"
}

need_cpus() {
	(($(nproc) >= $1)) || plan_skip_all "needs $1 CPUs"
}

# ---- processes: a session each, so that a signal to the test's group spares them until reaped

# spawn COMMAND...: in the background; its pid is in $spawned. Redirect its output on the call.
spawn() {
	setsid setpriv --pdeathsig TERM -- "$@" </dev/null &
	spawned=$!
	spawned_all+=("$spawned")
}

is_alive() {
	kill -0 "$1" 2>/dev/null
}

is_dead() {
	! is_alive "$1"
}

# wait_until SECONDS COMMAND...: polls; false when the time is over.
wait_until() {
	local tries=$(($1 * 20))
	shift
	while ! "$@"; do
		((tries-- > 0)) || return 1
		sleep 0.05
	done
}

# Ends a spawned process, politely first; returns its exit code.
reap() {
	kill -TERM "$1" 2>/dev/null
	wait_until 5 is_dead "$1" || kill -KILL "$1" 2>/dev/null
	wait "$1" 2>/dev/null
}

# ---- interrupts: smp_affinity_list of every line, put back on exit if it was saved

irq_save() {
	local file
	for file in /proc/irq/[0-9]*/smp_affinity_list /proc/irq/default_smp_affinity; do
		printf '%s %s\n' "$file" "$(cat "$file" 2>/dev/null)"
	done >"$work/irq-affinity"
}

# Only what differs is written: a line that the kernel manages itself refuses every write.
irq_restore() {
	local file old
	[[ -f $work/irq-affinity ]] || return 0
	while read -r file old; do
		[[ $(cat "$file" 2>/dev/null) == "$old" ]] || echo "$old" >"$file"
	done <"$work/irq-affinity" 2>/dev/null
}

# irq_count LABEL CPU: of /proc/interrupts; LABEL is a line's number or LOC, RES, CAL, ...
irq_count() {
	awk -v label="$1:" -v cpu="CPU$2" '
		NR == 1 { for (i = 1; i <= NF; i++) if ($i == cpu) column = i + 1; next }
		$1 == label { print $column }' /proc/interrupts
}

# ---- CPUs and threads

# expand_cpus LIST: one CPU a line.
expand_cpus() {
	local part
	for part in ${1//,/ }; do
		seq "${part%-*}" "${part#*-}"
	done
}

allowed_cpus() {
	expand_cpus "$(sed -n 's/^Cpus_allowed_list:\t//p' /proc/self/status)"
}

# The guest's: never the first, unless there is no other.
last_cpu() {
	allowed_cpus | tail -n 1
}

# The host's: where what drives the test belongs.
first_cpu() {
	allowed_cpus | head -n 1
}

pin() {
	taskset -cp "$2" "$1" >/dev/null
}

# thread_named PID NAME: its tid, or false.
thread_named() {
	grep -lsxF -e "$2" "/proc/$1/task/"*/comm | cut -d/ -f5 | grep -m 1 .
}

# run_time_ns TID and wait_time_ns TID: of the thread's schedstat.
run_time_ns() {
	cut -d' ' -f1 "/proc/$1/task/$1/schedstat" 2>/dev/null
}

wait_time_ns() {
	cut -d' ' -f2 "/proc/$1/task/$1/schedstat" 2>/dev/null
}

# steal_ticks CPU: hundredths of a second that the hypervisor below kept from this CPU.
steal_ticks() {
	awk -v cpu="cpu$1" '$1 == cpu { print $9 }' /proc/stat
}

# json_number FILE KEY: the first number of that name, for the one-line reports of tests/guest.
json_number() {
	grep -oE "\"$2\":-?[0-9]+" "$1" | head -n 1 | cut -d: -f2
}

# In a chroot, say, nothing can be mounted for one process alone.
can_mount_privately() {
	unshare -m true 2>/dev/null
}

# skip_without_mounts NAME...: true, and each of the tests skipped, where that is so.
skip_without_mounts() {
	local name
	! can_mount_privately || return 1
	for name; do
		skip "$name" "no mount namespace of its own can be had here"
	done
}

# with_debugfs COMMAND...: in a mount namespace of its own, where debugfs is mounted.
with_debugfs() {
	# shellcheck disable=SC2016 # the inner shell expands it
	unshare -m sh -c 'mount -t debugfs none /sys/kernel/debug && exec "$@"' sh "$@"
}

# ---- the way out

tap_done() {
	local code=$? pid
	trap '' INT TERM HUP
	for pid in ${spawned_all[@]+"${spawned_all[@]}"}; do
		is_dead "$pid" || reap "$pid"
	done
	irq_restore
	rm -rf "$work"
	((tap_planned == 0 || tap_count == tap_planned)) ||
		diag "planned $tap_planned tests, ran $tap_count"
	((tap_failed == 0)) || code=1
	exit "$code"
}

trap tap_done EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP
