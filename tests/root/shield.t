#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# shield: shields of the last CPU of this machine, really applied, and what is left after restore:
# nothing, byte for byte; also after kill -9 at random moments, a drift, a lull that ended. While
# shielded, as measured, the moved interrupts fire on other CPUs only. Puts everything back on every
# way out.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=shield.sh
. "$(dirname "$0")/shield.sh"
need_shield
trap 'shield_done; tap_done' EXIT

# runs CODE ARGUMENTS...
runs() {
	local want=$1 code
	shift
	"$LULL" "$@" >"$work/out" 2>"$work/err"
	code=$?
	((code == want)) || { cat "$work/out" "$work/err" && echo "exit code $code" && return 1; }
}

kill_at_random() {
	local i pid bad=0
	for ((i = 0; i < 20; i++)); do
		"$LULL" "$@" >/dev/null 2>&1 &
		pid=$!
		sleep "0.0$((RANDOM % 80 + 10))"
		kill -KILL "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
		"$LULL" restore --all >/dev/null 2>&1 || bad=1
		shield_left_nothing || bad=1
	done
	return $bad
}

# Reads files of every size from the disk, which interrupts.
read_disk() {
	echo 3 >/proc/sys/vm/drop_caches
	find /usr -xdev -type f -size -64k -print0 2>/dev/null | head -z -n 600 |
		xargs -0 cat >/dev/null
}

# How often lines that the shield has moved fired, as measured: on CPUs that are (==), or are not
# (!=), the guest's.
fired() {
	jq --slurpfile shield "$work/shield.json" --argjson guest "$cpu" '
		[$shield[0].steps[] | select(.knob == "irq") | .object | split("/")[2] | tonumber] as $moved |
		[.cpus[] | select(.cpu '"$1"' $guest) | .sources[] |
		select(.source == "irq" and (.id | IN($moved[]))) | .count] | add // 0' "$work/rec.json"
}

# Measures all CPUs while the disk is read under a shield.
measure_moved() {
	local pid code
	"$LULL" shield -c "$cpu" --json >"$work/shield.json" 2>/dev/null || return 1
	read_disk # pending moves
	"$LULL" record -c "$(allowed_cpus | paste -sd,)" -d 3s -o "$work/rec.json" \
		>"$work/rec.txt" 2>&1 &
	pid=$!
	while is_alive "$pid"; do
		read_disk
	done
	wait "$pid"
	code=$?
	((code == 0)) || { cat "$work/rec.txt" && echo "exit code $code" && return 1; }
}

moved_away() {
	local here there
	here=$(fired '==')
	there=$(fired '!=')
	echo "$here fired on the guest's CPU, $there elsewhere"
	((here == 0 && there > 0))
}

status_looks() {
	"$LULL" status --json >"$work/status.json"
	jq -e '.host_interrupts.looked_ns >= 250000000 and
		(.host_interrupts.lines | type == "array")' "$work/status.json" >/dev/null ||
		{ cat "$work/status.json" && return 1; }
}

# A service manager: what is sent to its socket, a line each.
listen() {
	cat >"$work/listen.py" <<-'END'
		import socket, sys
		s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		s.bind(sys.argv[1])
		while True:
		    with open(sys.argv[2], "ab") as f:
		        f.write(s.recv(256) + b"\n")
	END
	spawn python3 "$work/listen.py" "$work/notify" "$work/notified" >/dev/null 2>&1
	wait_until 5 test -S "$work/notify"
}

first_line() {
	jq -r '[.steps[] | select(.knob == "irq")][0].object' "$work/shield.json"
}

plan 26
host_state >"$work/before"
check "shield" runs 0 shield -c "$cpu"
check "status: all hold" runs 0 status
check "twice is once" runs 0 shield -c "$cpu"
check "restore" runs 0 restore
says "restore says so" "$work/out" '^restored [1-9][0-9]* of [1-9][0-9]*, verified$'
check "everything is as before" shield_left_nothing
check "restore again" runs 0 restore
says "there is nothing" "$work/out" '^nothing to restore$'
check "measured under a shield" measure_moved
check "moved interrupts fire on the host's CPUs only" moved_away
check "status: interrupts of the host are looked for" status_looks
line=$(first_line)
echo "$cpu" >"/$line"
check "a drift: status is 2" runs 2 status
check "a drift: restore leaves it" runs 2 restore
says "a drift: it is named" "$work/out" 'drifted'
jq -r --arg o "$line" '.steps[] | select(.object == $o) | .old' "$work/shield.json" >"/$line"
check "a drift: the rest is as before" shield_left_nothing
check "--for" runs 0 shield -c "$cpu" --for 500ms
check "--for: as before" shield_left_nothing

listen
spawn env NOTIFY_SOCKET="$work/notify" "$LULL" shield -c "$cpu" --keep >"$work/keep" 2>&1
keeper=$spawned
check "--keep says that it is ready" wait_until 5 grep -qx 'READY=1' "$work/notified"
check "--keep: the shield is in force then" runs 0 status
says "--keep: it is its own" "$work/out" "owner: lull, pid $keeper"
echo "$cpu" >"/$line"
is_taken_back() {
	[[ $(<"/$line") != "$cpu" ]]
}
check "--keep takes back what drifts" wait_until 8 is_taken_back
reap "$keeper"
within "--keep ends well on SIGTERM" $? 0 0
says "--keep says that it ends" "$work/notified" '^STOPPING=1$'
says "--keep has put back all" "$work/keep" '^restored ([1-9][0-9]*) of \1, verified$'
check "--keep: as before" shield_left_nothing
check "killed at random, 20 times" kill_at_random shield -c "$cpu"
