#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# record-ends: how a recording ends, and what is left of it: by time, signal, a long stall, a full
# disk or kill -9, or before it began, without BTF; as a file, compressed, or on stdout. And what lull is while it measures: without
# a capability, small, and gone afterwards.

# shellcheck source-path=SCRIPTDIR source=record.sh
. "$(dirname "$0")/record.sh"
need_record

# Nothing but the test's own files; a temporary one would be NAME.json.tmpPID.
nothing_left() {
	local left
	left=$(find "$work" -name "$1*" ! -name '*.txt' ! -name '*.err')
	[[ -z $left ]] || { echo "left: $left" && return 1; }
}

# By the recording in their command line, which the writer inherits.
lulls_of_this_test() {
	local file
	for file in /proc/[0-9]*/comm; do
		[[ $(cat "$file" 2>/dev/null) == lull* ]] &&
			grep -qsF -e "$work" "${file%comm}cmdline" && echo "$file"
	done
}

children_of() {
	cat "/proc/$1/task/$1/children" 2>/dev/null
}

capabilities() {
	sed -n "s/^$2:\t//p" "/proc/$1/status"
}

# ---- while it measures

test_privileges() {
	local writer
	start_record state -t "$victim" -d 20s
	writer=$(children_of "$spawned" | tr -d ' ')
	if "$LULL" --version | grep -q '+libcap-ng'; then
		check "capabilities: none is effective" \
			test "$(capabilities "$spawned" CapEff)" = 0000000000000000
		check "capabilities: none is permitted" \
			test "$(capabilities "$spawned" CapPrm)" = 0000000000000000
		check "capabilities: none can come back" test "$(capabilities "$spawned" CapInh) $(
			capabilities "$spawned" NoNewPrivs)" = "0000000000000000 1"
		# To write a file where root may: CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, FSETID.
		within "capabilities: those of the writer are about files" \
			$((0x$(capabilities "$writer" CapEff) & ~0x1f)) 0 0
	else
		for what in effective permitted back writer; do
			skip "capabilities: $what" "built without libcap-ng"
		done
	fi
	check "the writer is one child, and named" \
		test "$(cat "/proc/$writer/comm")" = lull-writer
	sleep 0.5
	within "memory: resident, kB" "$(sed -nE 's/^VmRSS:[ \t]+([0-9]+) kB/\1/p' \
		"/proc/$spawned/status")" 1000 16383
	check "it runs on the host's CPU" test "$(taskset -cp "$spawned" | sed 's/.*: //')" = "$host"
	reap "$spawned"
}

# With sudo, the file belongs to who called, and so do the rights of the writer.
test_sudo() {
	local writer
	mkdir -p "$work/theirs"
	chmod 711 "$work"
	chown 65534:65534 "$work/theirs"
	SUDO_UID=65534 SUDO_GID=65534 start_record theirs/sudo -t "$victim" -d 20s
	writer=$(children_of "$spawned" | tr -d ' ')
	check "sudo: the writer is the caller" \
		test "$(sed -n 's/^Uid:\t//p' "/proc/$writer/status" | tr '\t' ' ')" = \
		"65534 65534 65534 65534"
	check "sudo: and has no capability" test "$(capabilities "$writer" CapEff)" = 0000000000000000
	kill -INT "$spawned"
	end_of_record
	within "sudo: exit code" "$code" 0 0
	check "sudo: the file is the caller's" test "$(stat -c '%u:%g' "$json")" = 65534:65534
	SUDO_UID=65534 SUDO_GID=65534 record refused -t "$victim" -d 300ms
	within "sudo: where the caller may not write, nor does lull" "$code" 1 1
}

# ---- ends

# stops_on SIGNAL
stops_on() {
	start_record "on$1" -t "$victim" -d 30s
	sleep 0.3
	kill "-$1" "$spawned"
	end_of_record
	good "SIG$1"
	holds "SIG$1: what was measured until then" \
		'.duration_ns > 300000000 and .duration_ns < 20000000000 and .ended_by == "interrupted"'
	check "SIG$1: the summary is there" grep -q 'Ledger of noise-spin' "$text"
}

test_kill() {
	local child
	rm -f "$work/programs"
	start_record killed -t "$victim" -d 30s
	child=$(children_of "$spawned")
	kill -KILL "$spawned"
	wait "$spawned" 2>/dev/null
	check "SIGKILL: the writer ends too" wait_until 5 is_dead "${child// /}"
	check "SIGKILL: no file, not even a temporary one" nothing_left killed
	check "SIGKILL: no program is left in the kernel" wait_until 5 no_programs_left
	within "SIGKILL: there were some" "$(wc -l <"$work/programs")" 10 1000
}

# The signal comes while it loads and settles, before there is anything to write.
test_early_signal() {
	name_files early
	spawn env --default-signal=INT "$LULL" record -o "$json" -t "$victim" -d 30s >"$text" 2>"$said"
	sleep 0.1
	kill -INT "$spawned"
	end_of_record
	check "SIGINT at the start: ends it, with 0 or 3" test $code = 0 -o $code = 3
	check "SIGINT at the start: an empty recording is one" is_sound
}

test_stop_over() {
	start_noise fifo --run 3ms --every 20ms
	record over -t "$victim" -d 30s --stop-over 50us
	reap "$spawned"
	good "--stop-over" 2
	holds "--stop-over: soon" '.duration_ns < 5000000000 and (.ended_by | test("stop"))'
	holds "--stop-over: the stall is there" '.stalls[0].duration_ns >= 50000'
	record under -t "$victim" -d 300ms --stop-over 10s
	good "--stop-over: nothing so long"
}

# A file system of one page, seen by nobody else; a recording of a busy thread needs more.
test_full_disk() {
	! skip_without_mounts "a full disk: exit code" "a full disk: said, with the file" \
		"a full disk: no file is left" "a full disk: the summary is there all the same" || return 0
	name_files full
	# shellcheck disable=SC2016 # the inner shell expands it
	LULL=$LULL unshare -m sh -c 'mkdir -p "$1/disk" && mount -t tmpfs -o size=4k none "$1/disk" &&
		"$LULL" record -t "$2" -d 300ms -o "$1/disk/full.json" >"$1/full.txt" 2>"$1/full.err"
		echo $? >"$1/full.code"; ls -A "$1/disk" >"$1/full.left"' sh "$work" "$victim"
	within "a full disk: exit code" "$(cat "$work/full.code")" 1 1
	says "a full disk: said, with the file" "$said" 'full\.json.*No space left on device'
	check "a full disk: no file is left" test ! -s "$work/full.left"
	check "a full disk: the summary is there all the same" grep -q 'Ledger of noise-spin' "$text"
}

# A limit of the user on the size of files is no different.
test_file_limit() {
	name_files limit
	(ulimit -f 4 && exec "$LULL" record -q -t "$victim" -d 300ms -o "$json") >"$text" 2>"$said"
	within "a file beyond the limit: exit code" $? 1 1
	says "a file beyond the limit: said, with the file" "$said" 'limit\.json.*File too large'
	check "a file beyond the limit: no file, not even a temporary one" nothing_left limit
}

# Descriptors that lull opens would lie where messages are written to; none may end in the file.
test_closed_streams() {
	name_files closed
	"$LULL" record -t "$victim" -d 200ms -o "$json" <&- >&- 2>&-
	within "no standard streams: exit code, the summary went nowhere" $? 1 1
	check "no standard streams: the recording is sound" is_sound
	"$LULL" record -t "$victim" -d 200ms -o "$json" 2>"$said" | true
	within "stdout is a broken pipe: exit code" "${PIPESTATUS[0]}" 1 1
	says "stdout is a broken pipe: said" "$said" '^lull: writing to stdout failed'
	check "stdout is a broken pipe: the recording is sound" is_sound
}

# Whatever libbpf would find instead is hidden as well, from this process only.
test_no_btf() {
	! skip_without_mounts "no BTF: exit code" "no BTF: said, with what to do" \
		"no BTF: one sentence, no file, nothing on stdout" || return 0
	name_files btf
	# shellcheck disable=SC2016 # the inner shell expands it
	unshare -m sh -c 'for dir in /sys/kernel/btf /boot /lib/modules /usr/lib/debug; do
			[ ! -d $dir ] || mount -t tmpfs none $dir || exit 99
		done
		exec "$@"' sh "$LULL" record -t "$victim" -d 200ms -o "$json" >"$text" 2>"$said"
	within "no BTF: exit code" $? 4 4
	says "no BTF: said, with what to do" "$said" \
		'^lull: record: this kernel has no BTF .*CONFIG_DEBUG_INFO_BTF=y'
	check "no BTF: one sentence, no file, nothing on stdout" \
		test "$(wc -l <"$said")" = 1 -a ! -e "$json" -a ! -s "$text"
}

# Devices and pipes are no files to be replaced by one.
test_special_file() {
	mknod "$work/null" c 1 3
	name_files special
	"$LULL" record -q -t "$victim" -d 100ms -o "$work/null" >"$text" 2>"$said"
	check "-o a device: it is one afterwards" test -c "$work/null"
	ln -s link-target.json "$work/link.json"
	record link -t "$victim" -d 100ms
	within "-o a link: exit code" "$code" 0 0
	check "-o a link: a recording is behind it" is_sound
}

# ---- where it goes

test_output() {
	name_files gz
	"$LULL" record -t "$victim" -d 200ms -o "$work/gz.json.gz" >"$text" 2>"$said"
	check "-o x.json.gz: is valid gzip" gzip -t "$work/gz.json.gz"
	gzip -dc "$work/gz.json.gz" >"$json"
	check "-o x.json.gz: of a recording" is_sound

	name_files stdout
	"$LULL" record -t "$victim" -d 200ms -o - >"$json" 2>"$said"
	check "-o -: a recording, and nothing else, on stdout" is_sound
	name_files json
	"$LULL" record -t "$victim" -d 200ms --json >"$json" 2>"$said"
	check "--json: a recording, and nothing else, on stdout" is_sound
	name_files document
	record document --json -t "$victim" -d 200ms
	check "--json with -o: both are the same" cmp "$json" "$text"

	(mkdir "$work/here" && cd "$work/here" && "$LULL" record -t "$victim" -d 200ms) >"$text" 2>"$said"
	json=$(ls "$work/here"/lull-*.json)
	check "no -o: a file named after host and time" is_sound
	says "no -o: its name is told" "$text" "^recording: lull-$(hostname)-[0-9]{8}T[0-9]{6}\.json$"
	(mkdir "$work/none" && cd "$work/none" && "$LULL" record -t "$victim" -d 200ms -o none) \
		>"$text" 2>"$said"
	check "-o none: no file" test -z "$(ls -A "$work/none")"
	record quiet -q -t "$victim" -d 200ms
	check "-q: no summary and no message" test ! -s "$text" -a ! -s "$said"
	record overwrite -t "$victim" -d 200ms
	record overwrite -t "$victim" -d 100ms
	holds "-o: an older recording is replaced" '.duration_ns < 190000000'
	if timeout 20 "$LULL" record -t "$victim" -d 100ms -o none >/dev/full 2>"$said"; then
		not_ok "stdout is full: fails"
	else
		within "stdout is full: exit code" $? 1 1
	fi
}

# ---- options

test_stacks() {
	start_noise fifo --run 3ms --every 20ms
	record stacks -t "$victim" -d 500ms --stacks
	good "--stacks"
	holds "--stacks: stalls of the noise carry the kernel's stack" \
		'[.stalls[] | select(any(.segments[]; .name | startswith("noise-fifo")))] |
		length > 10 and (map(select(.stack | length > 0)) | length) * 2 > length'
	holds "--stacks: with names" \
		'any(.stalls[].stack // [] | .[]; test("^[a-z_][a-zA-Z0-9_.]*(\\+0x[0-9a-f]+)?"))'
	record few -t "$victim" -d 500ms --stalls 5
	good "--stalls 5"
	holds "--stalls 5: keeps the five longest, counts all" \
		'(.stalls | length) == 5 and .stalls_total.count > 10'
	holds "--stalls 5: longest first, none longer was dropped" '[.stalls[].duration_ns] as $d |
		$d == ($d | sort | reverse) and ($d | length) == 5 and .threads[0].gap.hist.max == $d[0]'
	record no-stalls -t "$victim" -d 300ms --stalls 0
	holds "--stalls 0: keeps none, counts all" '.stalls == [] and .stalls_total.count > 5'
	reap "$spawned"
}

test_self() {
	record self -t "$victim" -d 500ms --self
	good "--self"
	holds "--self: run times of the programs" \
		'[.self.programs[] | select(.run_cnt > 0 and .run_ns > 0)] | length > 5'
	holds "--self: a tick is one run" 'any(.self.programs[]; (.name | startswith("vector__")) and
		.run_cnt > 100)'
	check "--self: the kernel's statistics are off again" \
		test "$(cat /proc/sys/kernel/bpf_stats_enabled)" = 0
	holds "its own events and CPU time are told" '.self.events > 100 and .self.cpu_ns > 0'
}

# Whatever is pinned to that CPU loses it, the machine's other users too: only when asked for.
test_hotplug() {
	local online=/sys/devices/system/cpu/cpu$cpu/online
	if [[ -z ${LULL_CHECK_FULL-} ]]; then
		skip "hotplug: ends it, incomplete" "takes a CPU from all; scripts/check --full does it"
		return
	fi
	irq_save
	start_record hotplug -c "$host" -d 20s
	if [[ ! -w $online ]] || ! echo 0 2>/dev/null >"$online"; then
		skip "hotplug: ends it, incomplete" "CPU $cpu cannot go offline"
		return
	fi
	sleep 1.5
	echo 1 >"$online"
	end_of_record
	within "hotplug: ends it, incomplete" "$code" 3 3
}

plan 72

start_spin
test_privileges
test_sudo
stops_on INT
stops_on TERM
test_kill
test_early_signal
test_stop_over
test_full_disk
test_file_limit
test_closed_streams
test_no_btf
test_special_file
test_output
test_stacks
test_self
test_hotplug
reap "$victim"
check "no program of lull is left in the kernel" wait_until 5 no_programs_left
check "no process of lull is left" test -z "$(lulls_of_this_test)"
