#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# record: are the figures true? Known noise beside a spinning thread, and the recording is held
# against what the kernel counted in the same window: inside it by audit[], from outside by reading
# /proc around it. Counts must be equal; only times have a tolerance, because the kernel's own have.
# Which targets can be watched is in record-targets.t, how a recording ends in record-ends.t.

# shellcheck source-path=SCRIPTDIR source=record.sh
. "$(dirname "$0")/record.sh"
need_record

readonly TRIES=5 STEAL_MAX=2

# ---- from outside: readings of the kernel's files with the time before and after each

# Lines "BEFORE AFTER KEY VALUE", five times a second, until $work/sampling is gone.
sample_tick() {
	local before=${EPOCHREALTIME/./}000 interrupts run wait fifo
	interrupts=$(cat /proc/interrupts)
	read -r run wait _ <"/proc/$victim/schedstat" || return
	read -r fifo _ <"/proc/${fifo_tid:-$victim}/schedstat" || return
	awk -v cpu="CPU$cpu" -v at="$before ${EPOCHREALTIME/./}000" '
		NR == 1 { for (i = 1; i <= NF; i++) if ($i == cpu) column = i + 1; next }
		NF >= column { sub(":", "", $1); print at, $1, $column }' <<<"$interrupts"
	printf "$before ${EPOCHREALTIME/./}000 %s %s\n" run "$run" wait "$wait" fifo "$fifo"
}

start_sampling() {
	touch "$work/sampling"
	while [[ -e $work/sampling ]]; do
		sample_tick
		sleep 0.2
	done >"$work/samples" &
	sampler=$!
}

stop_sampling() {
	rm -f "$work/sampling"
	wait "$sampler"
	sample_tick >>"$work/samples"
}

# bounds KEY: what it grew by in the window at least and at most, "LOW HIGH".
bounds() {
	local start end
	start=$(json_number "$json" started_unix_ns)
	end=$((start + $(json_number "$json" duration_ns)))
	awk -v key="$1" -v start="$start" -v end="$end" '
		$3 != key { next }
		$2 < start { outer_from = $4; before = 1 }
		$1 > start && !inside { inner_from = $4; inside = 1 }
		$2 < end { inner_to = $4 }
		$1 > end && !after { outer_to = $4; after = 1 }
		END {
			if (!before || !inside || !after) exit 1
			print inner_to - inner_from, outer_to - outer_from
		}' "$work/samples"
}

# inside NAME VALUE KEY SLACK: within the bounds from outside.
inside() {
	local low high
	if read -r low high < <(bounds "$3"); then
		within "$1" "$2" $((low - $4)) $((high + $4))
	else
		not_ok "$1" "no readings around the window in $work/samples"
	fi
}

# ---- the steps

# record_fairly NAME ARGUMENT...: again while others disturb. Some machines run threads during which
# the kernel shows no events to anybody: what was missed in them is missing. And tasks that are not
# the test's may need the CPU. The figures must agree once.
record_fairly() {
	local try
	for ((try = 1; try <= TRIES; try++)); do
		start_sampling
		record "$@"
		stop_sampling
		if [[ $(ask only_hidden_off) == true ]]; then
			diag "$1, try $try: the kernel hid events: $(ask off_text | paste -sd ';')"
		elif [[ $(ask "is_busy($victim)") == true ]]; then
			diag "$1, try $try: others needed CPU $cpu"
		else
			return
		fi
	done
}

counts_agree() {
	local off
	off=$(ask counts_off_text)
	[[ -z $off ]] || { echo "$off" && return 1; }
}

# Of /proc/interrupts, by the sums that the recording has for this CPU.
counts_agree_from_outside() {
	local label mine low high bad=0 compared=0
	while read -r label mine; do
		read -r low high < <(bounds "$label") || return 1
		((++compared))
		((mine >= low && mine <= high)) && continue
		echo "$label: lull $mine, the kernel $low to $high"
		bad=1
	done < <(ask ".cpus[] | select(.cpu == $cpu) | .sources[] |
		select(.source == \"irq\" or .source == \"vector\") | \"\(.id) \(.count)\"")
	((compared > 0 && !bad))
}

# Hypervisors take time that the kernel's clock of tasks does not see.
steal_percent() {
	ask "100 * steal_ns($cpu) / .duration_ns | floor"
}

# within_share NAME VALUE EXPECTED PERCENT SLACK-NS
within_share() {
	local slack=$((${3:-0} * $4 / 100))
	((slack > $5)) || slack=$5
	within "$1" "$2" $((${3:-0} - slack)) $((${3:-0} + slack))
}

# What the kernel's accounting says of the victim, by the recording's own readings. Not where many
# wake-ups preempt: the kernel then dates the switch back to the wake-up (rq_clock_skip_update), so
# that its wait holds the rest of the interrupt, 8 us each time here.
agrees_with_schedstat() {
	local kernel steal
	kernel=$(ask ".audit[] | select(.what == \"tid $victim wait_ns\") | .kernel")
	within_share "$1: preempted and run-queue wait are schedstat's wait" \
		"$(ask "waited_ns($victim)")" "$kernel" 2 1000000
	if (($(steal_percent) > STEAL_MAX)); then
		skip "$1: on-CPU rows are schedstat's run time" "steal is $(steal_percent) %"
		return
	elif [[ $(ask "is_busy($victim)") == true ]]; then
		skip "$1: on-CPU rows are schedstat's run time" "others need CPU $cpu all the time"
		return
	fi
	kernel=$(ask ".audit[] | select(.what == \"tid $victim run_ns\") | .kernel")
	steal=$(ask "steal_ns_at_most($cpu)")
	within "$1: on-CPU rows are schedstat's run time" "$(ask "ran_ns($victim)")" \
		$((kernel - kernel / 100)) $((kernel + kernel / 100 + steal))
}

# A tick may pass before the kernel adds up what ran: 10 ms at most.
agrees_from_outside() {
	inside "$1: from outside, waits, ns" "$(ask "waited_ns($victim)")" wait 10000000
	inside "$1: from outside, run time, ns" "$(ask "ran_ns($victim)")" run \
		$((10000000 + $(ask "steal_ns_at_most($cpu)")))
}

# has_counted NAME LABEL AT-LEAST: the noise arrived at all, or equality would say little.
has_counted() {
	holds "$1" "[.audit[] | select(.what == \"cpu$cpu $2\") | .lull] | (.[0] // 0) >= $3"
}

test_interrupts() {
	local pids=()
	start_noise ipi --from "$host" --rate 1000
	pids+=("$spawned")
	start_noise wake --from "$host" --rate 500
	pids+=("$spawned")
	start_noise timer --rate 1000
	pids+=("$spawned")
	head -c 1M /dev/zero >"$work/file"
	start_noise disk --rate 200 --file "$work/file"
	pids+=("$spawned")
	record_fairly interrupts -t "$victim" -c "$cpu" -d 1500ms
	for spawned in "${pids[@]}"; do
		reap "$spawned"
	done

	good "interrupts"
	within "interrupts: the window is as long as asked, ns" "$(ask .duration_ns)" 1500000000 \
		1550000000
	holds "interrupts: the CPU's wall is the window" "every(.cpus[]; .wall_ns == $(ask .duration_ns))"
	check "interrupts: each line and vector as the kernel counted" counts_agree
	check "interrupts: from outside too" counts_agree_from_outside
	has_counted "interrupts: timer interrupts came" LOC 1400
	has_counted "interrupts: function call interrupts came" CAL 1000
	has_counted "interrupts: reschedule interrupts came" RES 100
	test_disk_line
	holds "interrupts: vectors without a tracepoint are the kernel's alone" \
		'every(.audit[]; (.what | test("cpu[0-9]+ (TLB|NMI|HYP)$") | not) or .lull == null)'
	holds "interrupts: who sent function calls is named" \
		"[.cpus[].sources[] | select(.id == \"CAL\") | .labels[].name] |
			any(.[]; startswith(\"csd \") or startswith(\"from \"))"
	holds "interrupts: what the timers ran is named" \
		"[.cpus[].sources[] | select(.id == \"LOC\") | .labels[].name] |
			any(.[]; . == \"hrtimer perf_swevent_hrtimer\")"
}

# Where the disk's interrupts go is the machine's choice.
test_disk_line() {
	if [[ $(ask "any(.audit[]; (.what | startswith(\"cpu$cpu irq \")) and .kernel >= 50)") == true ]]; then
		holds "interrupts: the disk's came" \
			'any(.cpus[].sources[]; .source == "irq" and .count >= 50 and (.name | length > 4))'
	elif grep -q '"reads"' "$work/noise-disk.out"; then
		skip "interrupts: the disk's came" "the disk's interrupts go to another CPU than $cpu"
	else
		skip "interrupts: the disk's came" "the file system of $work has no uncached reads"
	fi
}

# Is the first entry, unless something else really took more, which a shared machine may do.
fifo_is_the_worst() {
	local first
	first=$(ask "[entries($victim; \"preempted\")] | .[0] | \"\(.name) \(.sum_ns)\"")
	[[ $first == "noise-fifo $fifo_tid "* ]] && return
	echo "first is $first; noise-fifo has $fifo_ns"
	[[ ${first##* } =~ ^[0-9]+$ ]] && ((${first##* } > fifo_ns))
}

# Stalls that it caused, and the median of its part in them.
fifo_stalls='[.stalls[] | [.segments[] | select(.row == "preempted" and
	(.name | startswith("noise-fifo"))) | .ns] | add // 0 | select(. > 2000000)]'

test_fifo() {
	local expected bursts rate elapsed steal
	start_noise fifo --run 3ms --every 20ms
	fifo_tid=$spawned
	sleep 0.3
	record_fairly fifo -t "$victim" -c "$cpu" -d 2s
	reap "$fifo_tid"
	elapsed=$(json_number "$work/noise-fifo.out" elapsed_ns)
	rate=$(json_number "$work/noise-fifo.out" schedstat_ns)
	bursts=$(json_number "$work/noise-fifo.out" bursts)
	# What it reports of its whole life, for the part that was recorded.
	expected=$(ask ".duration_ns * $rate / $elapsed | floor")
	bursts=$(ask ".duration_ns * $bursts / $elapsed | floor")
	fifo_ns=$(ask "[entries($victim; \"preempted\") |
		select(.name | startswith(\"noise-fifo $fifo_tid\")) | .sum_ns] | add // 0")

	good "fifo"
	check "fifo: named as the first that preempts" fifo_is_the_worst
	if (($(steal_percent) > STEAL_MAX)); then
		skip "fifo: its time" "steal is $(steal_percent) %"
	else
		steal=$(ask "steal_ns_at_most($cpu)")
		within "fifo: its time, ns" "$fifo_ns" $((expected * 98 / 100)) \
			$((expected * 102 / 100 + steal))
	fi
	inside "fifo: its time from outside, ns" "$fifo_ns" fifo 10000000
	if [[ $(ask "is_busy($victim)") == true ]]; then
		skip "fifo: a stall for each burst" "others need CPU $cpu all the time"
	else
		within "fifo: a stall for each burst" "$(ask "$fifo_stalls | length")" \
			$((bursts - 3)) $((bursts + 3))
	fi
	within "fifo: of about 3 ms, ns" "$(ask "$fifo_stalls | sort | .[length / 2 | floor]")" \
		2850000 3150000
	holds "fifo: the CPU has it as a task" "any(.cpus[].sources[];
		.source == \"task\" and .id == $fifo_tid and .count >= $((bursts - 3)))"
	check "fifo: each line and vector as the kernel counted" counts_agree
	agrees_with_schedstat "fifo"
	fifo_tid=''
}

test_quiet() {
	record_fairly quiet -t "$victim" -d 1s
	good "quiet"
	holds "quiet: no fifo anywhere" 'every(.. | .name? // empty; startswith("noise-fifo") | not)'
	holds "quiet: watched is where it may run" ".watch.cpus == \"$cpu\""
	holds "quiet: one victim, named" \
		".watch.threads | length == 1 and .[0].tid == $victim and .[0].comm == \"noise-spin\""
	check "quiet: each line and vector as the kernel counted" counts_agree
	agrees_with_schedstat "quiet"
	agrees_from_outside "quiet"
}

# A CPU for four: when the window closes, most likely somebody waits in the middle of a wait.
test_crowd() {
	local pids=() try pid
	for _ in 1 2 3; do
		start_noise spin
		pids+=("$spawned")
	done
	for try in 1 2 3; do
		record crowd -t "$victim" -d 400ms
		good "crowd, time $try"
	done
	holds "crowd: each of them is named once, with its time" \
		"[entries($victim; \"preempted\") | select(.sum_ns > 20000000) | .id] as \$ids |
			[${pids[0]}, ${pids[1]}, ${pids[2]}] - \$ids == [] and (\$ids | sort == unique)"
	for pid in "${pids[@]}"; do
		reap "$pid"
	done
}

# Where hidden threads run, on the first CPU above all, the sums hold but counts may be short.
test_all_cpus() {
	record all -c "$host,$cpu" -t "$victim" -d 1s
	good "every CPU"
	holds "every CPU: both have their sources" \
		"[.cpus[] | select(.sources | length > 0) | .cpu] == [$host, $cpu]"
	if [[ $(ask only_hidden_off) == true ]]; then
		skip "every CPU: each line and vector as the kernel counted" \
			"the kernel hid events: $(ask off_text | paste -sd ';')"
	else
		check "every CPU: each line and vector as the kernel counted" counts_agree
	fi
}

# More stalls than a page holds until the next drain.
test_flood() {
	start_noise timer --rate 20000
	LULL_TEST_RING_BYTES=4096 record flood -t "$victim" -d 1s --stall 1us
	reap "$spawned"
	within "flood: exit code" "$code" 3 3
	holds "flood: drops are counted" '.loss.dropped > 0 and .loss.complete == false'
	holds "flood: all stalls are counted" '.stalls_total.count >= (.stalls | length) + .loss.dropped'
	check "flood: the sums are exact all the same" is_sound
	check "flood: the summary begins with it" grep -qm 1 INCOMPLETE <(head -n 3 "$text")
	holds "flood: counts of interrupts are no victims of it" 'counts_off == [] or only_hidden_off'
}

plan 44

start_spin
fifo_tid=''
test_interrupts
test_fifo
test_quiet
test_crowd
test_all_cpus
test_flood
reap "$victim"
