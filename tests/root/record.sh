# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# record: what the live tests of lull record share, on top of lib.sh: running it here or in the
# background, judging what it wrote by record.jq, victims. Measures nothing by itself. Everything
# but the victims runs on the first CPU: it is the host's.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

LULL=$(realpath -m "$LULL")
cpu=$(last_cpu)
host=$(first_cpu)
json='' text='' said='' code=0

need_record() {
	need_root
	need_lull
	need_cpus 2
	command -v jq >/dev/null || plan_skip_all "needs jq"
	[[ -x $GUEST/noise ]] || plan_skip_all "needs $GUEST/noise: make guest"
	pin $$ "$host"
}

# name_files NAME: where the recording, the summary and the messages of one run go.
name_files() {
	json=$work/$1.json text=$work/$1.txt said=$work/$1.err
	rm -f "$json" "$text" "$said"
}

# record NAME OPTION...: its exit code is in $code.
record() {
	name_files "$1"
	shift
	timeout -k 5 60 "$LULL" record -o "$json" "$@" >"$text" 2>"$said" </dev/null
	code=$?
}

# start_record NAME OPTION...: in the background, $spawned, until it measures.
start_record() {
	name_files "$1"
	shift
	spawn env --default-signal=INT,TERM,HUP "$LULL" record -o "$json" "$@" >"$text" 2>"$said"
	wait_until 10 is_measuring "$spawned" && note_programs
}

# The timer of its loop comes after all else; 200 ms later it opens the window.
is_measuring() {
	readlink "/proc/$1/fd/"* 2>/dev/null | grep -q timerfd && sleep 0.4
}

# The code of one that ends by itself.
end_of_record() {
	wait_until 30 is_dead "$spawned"
	wait "$spawned"
	code=$?
}

# ask JQ-FILTER [FILE]: of the last recording.
ask() {
	jq -r -L tests/root "include \"record\"; $1" "${2:-$json}"
}

# Prints what is wrong with the last recording; fails then.
is_sound() {
	local found
	found=$(ask 'problems' 2>&1)
	[[ -z $found ]] || { head -n 20 <<<"$found" && return 1; }
}

is_lossless() {
	local found
	found=$(ask 'lossless' 2>&1)
	[[ -z $found ]] || { echo "$found" && return 1; }
}

# good NAME [CODE]: ended well, and what it wrote holds together and misses nothing.
good() {
	if ((code != ${2:-0})); then
		not_ok "$1: exit code" "is $code, not ${2:-0}"
		diag "$(tail -n 5 "$said")" "$(ask '.loss | tostring' 2>&1)"
	elif is_sound >"$work/why" && is_lossless >>"$work/why"; then
		ok "$1: complete, and every sum is exact"
	else
		not_ok "$1: complete, and every sum is exact" "in $json:"
		diag "$(cat "$work/why")"
	fi
}

# holds NAME JQ-CONDITION: of the last recording.
holds() {
	local value
	value=$(ask "$2" 2>&1)
	if [[ $value == true ]]; then
		ok "$1"
	else
		not_ok "$1" "$2 is: ${value:-nothing}"
	fi
}

# start_spin: a busy thread on the guest's CPU; its tid in $victim.
start_spin() {
	spawn "$GUEST/noise" spin --cpu "$cpu" >"$work/spin.out"
	victim=$spawned
	wait_until 3 grep -q tid "$work/spin.out"
}

start_noise() {
	spawn "$GUEST/noise" "$@" --cpu "$cpu" >"$work/noise-$1.out" 2>&1
}

# The programs that a lull of start_record has attached go to a list; other users of this machine
# may have lulls of their own.
note_programs() {
	sed -nE 's/^prog_id:[ \t]*([0-9]+)/\1/p' "/proc/$spawned/fdinfo/"* 2>/dev/null >>"$work/programs"
}

no_programs_left() {
	local id
	[[ -s $work/programs ]] || return 1
	while read -r id; do
		! bpftool prog show id "$id" >/dev/null 2>&1 || return 1
	done <"$work/programs"
}
