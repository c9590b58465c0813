#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# export: what each format holds is compared with the recording that it came from, as programs read
# it that are not ours: jq, protoc, promtool, a Prometheus server behind a node_exporter, and
# hdr-histogram-js. Those that are not installed are skipped.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=hitches.sh
. "$(dirname "$0")/hitches.sh"
need_lull
command -v jq >/dev/null || plan_skip_all "needs jq"
noise=$golden/noise.json
# A round of a real one, as this lull writes it.
real=$work/real.json
gzip -dc "$golden/demo.json.gz" | jq '[.rounds[] | select(.side == "a")][-1]' | "$LULL" export -f json - >"$real"
modules=$(realpath -m "${BUILD:-build}/npm/node_modules")

# export FILE ARGUMENTS: into a file below $work.
export_to() {
	local to=$1
	shift
	"$LULL" export "$@" -o "$work/$to"
}

# same NAME WANTED: two files with the same lines, in any order.
same() {
	diff <(sort "$work/$1") <(sort "$work/$2")
}

# ---- json

# The whole, byte for byte; jq agrees on the summary.
json_is_whole() {
	local name
	for name in noise quiet lossy cpus empty; do
		"$LULL" export "$golden/$name.json" --format json | cmp - "$golden/$name.json" || return 1
	done
}

summary_agrees() {
	export_to summary.json --format json --summary "$noise" &&
		jq -e --slurpfile r "$noise" '.schema == "lull.summary/1" and (has("audit") | not)
			and .stalls_total == $r[0].stalls_total
			and .threads[0].gap.hist.max == $r[0].threads[0].gap.hist.max
			and .threads[0].gap.hist.p50 <= .threads[0].gap.hist["p99.9"]
			and ([.. | objects | select(has("buckets"))] | length) == 0' "$work/summary.json"
}

sides_are_whole() {
	export_to sides.json --format json "$noise" "$golden/quiet.json" --side before --side after &&
		jq -e --slurpfile a "$noise" --slurpfile b "$golden/quiet.json" \
			'.sides == [{side: "before", recording: $a[0]}, {side: "after", recording: $b[0]}]' \
			"$work/sides.json"
}

# ---- csv

csv_from=$noise
csv_of() {
	"$LULL" export "$csv_from" --format csv --table "$1" | tests/cli/csv.pl | tail -n +2
}

ledger_agrees() {
	csv_of ledger >"$work/have"
	jq -r '.threads[] | . as $t | .ledger[] | [$t.tid, $t.vm, $t.vcpu, .row, (.id // "" | tostring),
		.name, .count, .sum_ns, .max_ns] | join("\t")' "$csv_from" >"$work/want"
	same have want
}

buckets_agree() {
	csv_of buckets | cut -f 2- >"$work/have"
	jq -r '[.cpus[].sources[].hist, (.threads[] | .gap.hist, .wake.hist, .preempted.hist,
		.ledger[].hist)] | map(select(.)) | .[].buckets[] | join("\t")' "$csv_from" >"$work/want"
	same have want
}

segments_agree() {
	csv_of segments >"$work/have"
	jq -r '.stalls | to_entries[] | . as $s | .value.segments | to_entries[] |
		[$s.key + 1, .key + 1, .value.row, .value.name, .value.ns] | join("\t")' "$csv_from" \
		>"$work/want"
	same have want
}

host_agrees() {
	csv_of host_interrupts >"$work/have"
	jq -r '.host_cpus[] | .cpu as $cpu | .interrupts[] | [$cpu, .id, .name, .count] | @tsv' "$noise" >"$work/want"
	same have want || return 1
	csv_of host_cpus >"$work/have"
	jq -r '.host_cpus[] | [.cpu, .user_ns, .system_ns, .irq_ns, .softirq_ns, .steal_ns, .idle_ns] | @tsv' \
		"$noise" >"$work/want"
	same have want || return 1
	csv_of caches >"$work/have"
	jq -r '.caches[] | [.level, .type, .bytes, .cpus] | @tsv' "$noise" >"$work/want"
	same have want || return 1
	csv_of topology >"$work/have"
	jq -r '.topology[] | [.cpu, .core, .package, .node, .l3] | @tsv' "$noise" >"$work/want"
	same have want
}

real_tables_agree() {
	local csv_from=$real
	ledger_agrees && buckets_agree && segments_agree
}

# Every table, of every recording, is CSV and has its header.
tables_are_csv() {
	local table name
	for table in $("$LULL" export --format csv --table no x 2>&1 | sed 's/.*there are //; s/,//g'); do
		for name in noise quiet lossy cpus empty; do
			"$LULL" export "$golden/$name.json" "$noise" --format csv --table "$table" |
				tests/cli/csv.pl >"$work/table" || return 1
			head -n 1 "$work/table" | grep -q '^side' || return 1
			[[ -z $(tail -n +2 "$work/table" | cut -f 1 | grep -vx '[ab]') ]] || return 1
		done
		echo "$table"
	done >"$work/tables"
	(($(wc -l <"$work/tables") == 18))
}

# ---- histograms

has_hdr() {
	command -v node >/dev/null && [[ -d $modules/hdr-histogram-js ]]
}

hlog_is_lossless() {
	local name
	for name in "$golden"/{noise,quiet,lossy}.json "$real"; do
		export_to log --format hlog "$name" &&
			NODE_PATH=$modules node tests/cli/hdr.js "$name" "$work/log" || return 1
	done
}

hlog_keeps_sides() {
	export_to log --format hlog "$noise" "$golden/quiet.json" &&
		NODE_PATH=$modules node tests/cli/hdr.js "$noise" "$work/log" a. &&
		NODE_PATH=$modules node tests/cli/hdr.js "$golden/quiet.json" "$work/log" b.
}

hgrm_is_theirs() {
	local name tag
	for name in "$golden"/{noise,quiet,lossy}.json "$real"; do
		export_to log --format hlog "$name"
		for tag in $(sed -n 's/^Tag=\([^,]*\),.*/\1/p' "$work/log"); do
			export_to text --format hgrm --hist "$tag" "$name" &&
				NODE_PATH=$modules node tests/cli/hdr.js --text "$work/log" "$tag" "$work/text" ||
				return 1
		done
	done
}

# All victims' gaps in one.
hgrm_merges() {
	export_to text --format hgrm "$noise" &&
		grep -q "Total count *= *$(jq '[.threads[].gap.hist.count] | add' "$noise")\]" "$work/text"
}

# ---- timelines

# A line for each slice that the recording asks for: track, category, name, start, length.
# shellcheck disable=SC2016
slices='
	def words: if .name == "" then .row elif .row == "preempted" or .row == "wake"
		then .row + ": " + .name else .row + " " + .name end;
	def victim: if .vcpu == null then "\(.comm) \(.tid)" else "\(.vm) vcpu \(.vcpu)" end;
	. as $r | .stalls[] | . as $s | ($r.threads[] | select(.tid == $s.tid) | victim) as $v |
	([$v, "stall"], ["CPU \(.cpu)", "stall of " + $v]) | . as [$track, $stall] |
	[$track, "stall", $stall, $s.at_ns, $s.duration_ns],
	([foreach $s.segments[] as $g ({end: $s.at_ns}; {at: .end, end: (.end + $g.ns), g: $g};
		[$track, .g.row, (.g | words), .at, .g.ns])] | .[]) | @tsv'

trace_of() {
	export_to trace --format perfetto "${@:2}" &&
		protoc --decode=Trace -I tests/cli tests/cli/perfetto.proto <"$work/trace" |
		tests/cli/perfetto.pl "$1" >"$work/decoded" && [[ -s $work/decoded ]]
}

perfetto_agrees() {
	local of=$1
	trace_of "$(jq .started_mono_ns "$of")" "$of" || return 1
	jq -r "$slices" "$of" >"$work/want"
	grep -vE '^clock|	counter	' "$work/decoded" >"$work/have"
	grep -qx "clock 3 $(jq .started_mono_ns "$of")" "$work/decoded" &&
		grep -qx "clock 1 $(jq .started_unix_ns "$of")" "$work/decoded" && same have want
}

# The counter holds the time of all stalls that were kept.
perfetto_counts() {
	trace_of 0 "$noise" &&
		awk -F '\t' '$2 == "counter" { sum += $4 } END { printf "%.0f\n", sum }' "$work/decoded" |
		grep -qx "$(jq '[.stalls[].duration_ns] | add' "$noise")"
}

perfetto_keeps_sides() {
	trace_of 0 "$noise" "$golden/lossy.json" --side one --side two &&
		grep -q '^one: win11 vcpu 0	stall	stall	4123456789	7941234$' "$work/decoded" &&
		grep -q '^two: ' "$work/decoded"
}

# A slice for each hitch, and one flow for each from the stall that it lies over.
perfetto_has_hitches() {
	local n
	n=$("$LULL" frames "$work/a.csv" --recording "$work/rec.json" --json | jq .alignment.overlaps)
	trace_of 0 "$work/rec.json" --frames "$work/a.csv" &&
		[[ $(grep -c '^frame hitches	frame	hitch over a stall	' "$work/decoded") == "$n" ]] &&
		protoc --decode=Trace -I tests/cli tests/cli/perfetto.proto <"$work/trace" |
		sed -n 's/.*flow_ids: //p' | sort | uniq -c | awk '$1 != 2 { bad++ } END { exit bad || NR != '"$n"' }'
}

# The slices of a chrome trace, as those of perfetto are printed.
chrome_slices='[.traceEvents[] | select(.name == "thread_name") |
		{key: "\(.pid) \(.tid)", value: .args.name}] as $names |
	($names | from_entries) as $of | .traceEvents[] | select(.ph == "X") |
	["\($of["\(.pid) \(.tid)"])", .cat, .name, (.ts * 1000 | round), (.dur * 1000 | round)] | @tsv'

# The same hitches as perfetto has, each with a flow from its stall to itself.
chrome_has_hitches() {
	trace_of "$(jq .started_mono_ns "$work/rec.json")" "$work/rec.json" --frames "$work/a.csv" &&
		export_to trace.json --format chrome-json "$work/rec.json" --frames "$work/a.csv" || return 1
	jq -r "$chrome_slices" "$work/trace.json" | grep '^frame hitches' | sort >"$work/have"
	grep '^frame hitches' "$work/decoded" | sort >"$work/want"
	[[ -s $work/want ]] && same have want && jq -e '
		.traceEvents as $all | [$all[] | select(.ph == "f")] as $ends |
		($ends | length) == ([$all[] | select(.name == "hitch over a stall")] | length) and
		all($ends[]; . as $f | [$all[] | select(.ph == "s" and .id == $f.id)] | length == 1)
		and all($all[] | select(.ph == "s"); . as $s | any($all[]; .ph == "X" and
			.pid == $s.pid and .tid == $s.tid and .ts == $s.ts))' "$work/trace.json" >/dev/null
}

# A flight recorder of two CPUs; the second has a window more.
recorded_flight() {
	jq '.threads[0].tid as $victim | .trace = {before_ns: 100, after_ns: 10, dropped: 1,
		missing_ns: 5, windows_dropped: 0, causes: [{kind: "task", name: "kwin 812", tid: 812},
			{kind: "guest", name: "", tid: $victim}, {kind: "exit", name: "hlt", tid: $victim},
			{kind: "irq", name: "131 <nvme>", tid: 0}, {kind: "lost", name: "gone", tid: 0}]} |
		.trace_windows = [
			{cpu: 1, at_ns: 1000, duration_ns: 30, stall_ns: 9, events: [[0, 10, 0], [10, 20, 1]]},
			{cpu: 3, at_ns: 1000, duration_ns: 30, stall_ns: 9, events: [[0, 30, 2]]},
			{cpu: 3, at_ns: 2000, duration_ns: 12, stall_ns: 8, events: [[0, 7, 3], [7, 5, 4]]}]' \
		"$noise" >"$work/flight.json"
	printf '%s\n' 'CPU 1, what ran	guest	guest win11 vcpu 0	1010	20' \
		'CPU 1, what ran	task	kwin 812	1000	10' \
		'CPU 3, what ran	exit	exit hlt win11 vcpu 0	1000	30' \
		'CPU 3, what ran	irq	irq 131 <nvme>	2000	7' \
		'CPU 3, what ran	lost	lost gone	2007	5' >"$work/want"
}

perfetto_has_flight() {
	recorded_flight
	trace_of "$(jq .started_mono_ns "$noise")" "$work/flight.json" || return 1
	grep '^CPU [0-9]*, what ran' "$work/decoded" | sort >"$work/have"
	same have want
}

csv_has_flight() {
	recorded_flight
	printf '%s\r\n' cpu,at_ns,ns,kind,name,tid '1,1000,10,task,"kwin 812",812' \
		"1,1010,20,guest,,$(jq '.threads[0].tid' "$noise")" \
		"3,1000,30,exit,hlt,$(jq '.threads[0].tid' "$noise")" \
		'3,2000,7,irq,"131 <nvme>",0' '3,2007,5,lost,gone,0' >"$work/want"
	export_to have --format csv --table trace "$work/flight.json" && same have want
}

chrome_has_flight() {
	recorded_flight
	export_to trace.json --format chrome-json "$work/flight.json" || return 1
	jq -r "$chrome_slices" "$work/trace.json" | grep '^CPU [0-9]*, what ran' | sort >"$work/have"
	same have want
}

chrome_agrees() {
	local of=$1
	export_to trace.json --format chrome-json "$of" || return 1
	jq -r "$chrome_slices" "$work/trace.json" >"$work/have"
	# There a stall is a stall on every track.
	jq -r "$slices" "$of" | sed 's/\tstall of [^\t]*/\tstall/' >"$work/want"
	same have want
}

# ---- folded: what a victim's lines sum to is its wall time

folded_sums() {
	local of=$1
	export_to folded --format folded "$of" || return 1
	awk '{ ns = $NF; split($0, at, ";"); sum[at[1] "\t" at[2]] += ns }
		END { for (v in sum) printf "%s\t%.0f\n", v, sum[v] }' "$work/folded" >"$work/have"
	jq -r '.threads[] | "\(.vm)\tvcpu \(.vcpu)\t\(.wall_ns)"' "$of" >"$work/want"
	same have want
}

# ---- Prometheus

lints() {
	local name
	for name in noise quiet lossy cpus empty; do
		promtool check metrics < <("$LULL" export --format prom --per-vcpu "$golden/$name.json") ||
			return 1
		promtool check metrics < <("$LULL" export --format prom "$noise" "$golden/$name.json") ||
			return 1
	done
	promtool check metrics < <("$LULL" export --format prom --per-vcpu "$real") &&
		promtool check metrics < <("$LULL" export --format prom "$golden/demo.json.gz")
}

# Two runs at once do not meet.
port=$((20000 + $$ % 5000 * 2))
server=127.0.0.1:$((port + 1))

# Starts an exporter with our text and a server that scrapes it. Not in a subshell: they end with it.
start_prometheus() {
	local exporter=127.0.0.1:$port
	mkdir -p "$work/textfile"
	export_to textfile/lull.prom --format prom "$noise" &&
		export_to textfile/sides.prom --format prom "$noise" "$golden/quiet.json" || return 1
	sed -i 's/^\(lull_[a-z_]*\){side=/\1_sides{side=/; /^#/d' "$work/textfile/sides.prom"
	cat >"$work/prometheus.yml" <<-END
		global: {scrape_interval: 1s}
		scrape_configs:
		- {job_name: lull, static_configs: [{targets: ['$exporter']}]}
	END
	spawn prometheus-node-exporter --collector.disable-defaults --collector.textfile \
		--collector.textfile.directory="$work/textfile" --web.listen-address=$exporter \
		--log.level=error >"$work/exporter.log" 2>&1
	spawn prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/tsdb" \
		--web.listen-address=$server --log.level=error >"$work/server.log" 2>&1
	wait_until 30 has_samples
}

# The value that the server computes, of the first series.
query() {
	promtool query instant "http://$server" "$1" 2>/dev/null | sed -nE 's/.* => ([^ ]*) .*/\1/p' |
		head -n 1
}

has_samples() {
	[[ -n $(query 'lull_build_info') ]]
}

no_scrape_error() {
	[[ $(query node_textfile_scrape_error) == 0 ]]
}

# Both within one bucket between powers of two of a nanosecond.
quantiles_agree() {
	local metric key p theirs ours
	export_to summary.json --format json --summary "$noise"
	for metric in gap wake preempted; do
		for p in 0.5 0.9 0.99 0.999; do
			theirs=$(query "histogram_quantile($p, lull_vcpu_${metric}_seconds_bucket)")
			export_to text --format hgrm --hist $metric "$noise"
			ours=$(awk -v p="$p" '$2 >= p && NF >= 3 && $1 ~ /^[0-9]/ { print $1; exit }' "$work/text")
			awk -v a="$theirs" -v b="$ours" -v what="$metric $p" '
				function bucket(ns) { return ns <= 1024 ? 10 : int(log(ns - 1e-6) / log(2)) + 1 }
				BEGIN {
					a = bucket(a * 1e9); b = bucket(b * 1e3)
					if (a != b) { print what ": bucket " a ", ours " b; exit 1 }
				}' || return 1
		done
	done
}

sums_agree() {
	[[ $(query 'sum(lull_vcpu_gap_seconds_count)') == "$(jq '[.threads[].gap.hist.count] | add' "$noise")" ]] &&
		[[ $(query 'round(sum(lull_ledger_seconds_total)*1e6)') == \
		"$(jq '[.threads[].wall_ns] | add / 1000 | round' "$noise")" ]]
}

sides_are_scraped() {
	[[ $(query 'lull_vcpu_gap_seconds_count_sides{side="a"}') == \
	"$(jq '[.threads[].gap.hist.count] | add' "$noise")" && -n \
		$(query 'lull_build_info_sides{side="b"}') ]]
}

# ---- rounds: every format says of which side and round each thing is

rounds_have_labels() {
	local wanted=a1,b1,a2,b2,b3
	jq -s '.[0] + {rounds: [.[0] + {side: "a"}, .[1] + {side: "b"}, .[1] + {side: "a"}, .[0] + {side: "b"},
		.[1] + {side: "b"}]}' "$noise" "$golden/lossy.json" >"$work/rounds.json"
	export_to r.json --format json "$work/rounds.json" || return 1
	jq -e --slurpfile n "$noise" --slurpfile l "$golden/lossy.json" --arg wanted $wanted '
		[.sides[].side] == ($wanted | split(",")) and
		[.sides[].recording] == [$n[0], $l[0], $l[0], $n[0], $l[0]]' "$work/r.json"
}

# labels FORMAT REGEX: those that a format has, in their order, each once.
labels() {
	"$LULL" export "$work/rounds.json" --format "$@" | grep -aoE "$regex" | grep -aoE '[ab][0-9]' |
		awk '!seen[$0]++' | tr '\n' ' '
}

rounds_are_labelled() {
	local regex=$1
	shift
	[[ $(labels "$@") == 'a1 b1 a2 b2 b3 ' ]] || { labels "$@" && return 1; }
}

rounds_are_whole() {
	local label round
	"$LULL" export "$work/rounds.json" --format csv --table buckets >"$work/all"
	for label in a1 b1 a2 b2 b3; do
		round=$golden/lossy.json
		[[ $label != a1 && $label != b2 ]] || round=$noise
		"$LULL" export "$round" --format csv --table buckets | tail -n +2 >"$work/want"
		sed -n "s/^$label,\($label[.]\)\?//p" "$work/all" >"$work/have"
		same have want || return 1
	done
}

# with TOOL NAME COMMAND...: skips the test without the tool.
with() {
	local tool=$1 name=$2
	shift 2
	if [[ $tool == hdr-histogram-js ]] && ! has_hdr; then
		skip "$name" "node or hdr-histogram-js is not installed (scripts/deps)"
	elif [[ $tool != hdr-histogram-js ]] && ! command -v "$tool" >/dev/null; then
		skip "$name" "$tool is not installed (scripts/deps)"
	else
		holds "$name" "$@"
	fi
}

plan 64
mangohud 3000 5 >"$work/a.csv"
stalls_over "$work/a.csv" >"$work/rec.json"

check "no format" "export $noise" 1 'choose a --format: json, csv, hlog'
check "an unknown format" "export $noise --format xls" 1 'no format xls; there are json, csv'
check "no recording" "export --format csv" 1 'which recording\?'
check "no such file" "export --format csv /nosuch.json" 1 '/nosuch.json: No such file'
check "not a recording" "export --format csv /etc/passwd" 1 'passwd: not JSON'
check "a table that is not there" "export --format csv $noise --table x" 1 'no table x; there are ledger'
check "a histogram that is not there" "export --format hgrm --hist no $noise" 1 'no histogram no; --format'
check "no victim has a gap" "export --format hgrm $golden/empty.json" 1 'has no victim, so no gaps'
check "a label for one of two" "export -f csv $noise $noise --side a" 1 '2 recordings, but --side was given 1'
check "a label that could break out" "export -f csv $noise --side 'a,b'" 1 'letters, digits and _.- only'
check "a label twice" "export -f csv $noise $noise --side a --side a" 1 'side a was given twice'
check "an output that cannot be written" "export -f csv $noise -o /nosuch/x" 1 'cannot write /nosuch/x'
check "options behind the file" "export $noise -f csv --table threads" 0 'CPU 0/KVM'
check "only words behind --" "export -f csv -- --table" 1 '^lull: export: --table: No such file'
check "from standard input" "export -f json - <$noise" 0 'lull.recording/1'
check "a packed file" "export -f json <(gzip -c $noise)" 0 'lull.recording/1'
check "each format is in the help" "export --help" 0 'chrome-json: .*'
check "a full disk" "export -f csv $noise -o /dev/full" 1 'writing /dev/full: No space left'

holds "json: the recording, byte for byte" json_is_whole
holds "json: --summary has percentiles" summary_agrees
holds "json: sides keep their labels" sides_are_whole
holds "csv: the ledger" ledger_agrees
holds "csv: every bucket" buckets_agree
holds "csv: every segment" segments_agree
holds "csv: topology, caches, CPUs of the host" host_agrees
holds "csv: ledger, buckets and segments of a real recording" real_tables_agree
holds "csv: 18 tables of all recordings" tables_are_csv
with hdr-histogram-js "hlog: every bucket, maximum and percentile" hlog_is_lossless
with hdr-histogram-js "hlog: sides keep their labels" hlog_keeps_sides
with hdr-histogram-js "hgrm: every row as another prints it" hgrm_is_theirs
holds "hgrm: the gaps of all victims by default" hgrm_merges
with protoc "perfetto: tracks, slices, clocks" perfetto_agrees "$noise"
with protoc "perfetto: of a real recording" perfetto_agrees "$real"
with protoc "perfetto: time lost over time" perfetto_counts
with protoc "perfetto: sides keep their labels" perfetto_keeps_sides
with protoc "perfetto: hitches, and flows from their stalls" perfetto_has_hitches
with protoc "chrome-json: the same hitches, and flows from their stalls" chrome_has_hitches
with protoc "perfetto: what the flight recorder kept" perfetto_has_flight
holds "chrome-json: what the flight recorder kept" chrome_has_flight
holds "csv: what the flight recorder kept" csv_has_flight
check "perfetto: frames that are not aligned" "export -f perfetto $golden/quiet.json --frames $work/a.csv -o x" 0
check "frames in another format" "export -f csv $noise --frames $work/a.csv" 1 'goes with --format perfetto or chrome-json'
holds "chrome-json: the same slices" chrome_agrees "$noise"
holds "chrome-json: of a real recording" chrome_agrees "$real"
holds "folded: lines sum to wall time" folded_sums "$noise"
holds "folded: of a real recording" folded_sums "$real"
with promtool "prom: nothing to lint" lints
holds "json: rounds are whole and labelled" rounds_have_labels
holds "csv: rounds are whole and labelled" rounds_are_whole
holds "csv: rounds" rounds_are_labelled '^[ab][0-9],' csv
holds "hlog: rounds" rounds_are_labelled '^Tag=[ab][0-9]\.' hlog
holds "hgrm: rounds" rounds_are_labelled '[ab][0-9]: gap' hgrm
holds "prom: rounds" rounds_are_labelled 'lull_ledger_seconds_total[{]side="[ab][0-9]"' prom
holds "perfetto: rounds" rounds_are_labelled '[ab][0-9]: [a-z]+' perfetto
holds "chrome-json: rounds" rounds_are_labelled '"[ab][0-9]: [a-z]+' chrome-json
holds "folded: rounds" rounds_are_labelled '^[ab][0-9];' folded
check "rounds behind a label" "export -f folded $work/rounds.json --side x" 0 '^x\.b3;'
check "rounds beside a recording" "export -f folded $work/rounds.json $noise" 0 '^b;'
check "labels of rounds that are another's" \
	"export -f csv $work/rounds.json $noise --side x --side x.a1" 1 'side x.a1 was given twice'
if command -v prometheus >/dev/null && command -v prometheus-node-exporter >/dev/null; then
	if start_prometheus; then
		ok "prom: a server scrapes the text file"
	else
		not_ok "prom: a server scrapes the text file" "$(tail -n 5 "$work"/*.log)"
	fi
	holds "prom: the text file had no error" no_scrape_error
	holds "prom: quantiles agree within a bucket" quantiles_agree
	holds "prom: counts and sums agree" sums_agree
	holds "prom: sides keep their labels" sides_are_scraped
else
	for name in "a server scrapes the text file" "the text file had no error" \
		"quantiles agree within a bucket" "counts and sums agree" "sides keep their labels"; do
		skip "prom: $name" "prometheus or prometheus-node-exporter is not installed (scripts/deps)"
	done
fi
