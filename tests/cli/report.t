#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# report: the page as a browser sees it: what it says, that nothing is fetched and nothing runs,
# and that its style sheet is the one that its policy names. Names that would break out of their
# place are tried here and in every format of export.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=rounds.sh
. "$(dirname "$0")/rounds.sh"
# shellcheck source=hitches.sh
. "$(dirname "$0")/hitches.sh"
need_lull
command -v jq >/dev/null || plan_skip_all "needs jq"
noise=$golden/noise.json

rounds=$work/rec/rounds.json
mkdir "$work/rec"

page() {
	"$LULL" report "${@:2}" -o "$work/$1" >/dev/null
}

style_has_its_hash() {
	local have
	page a.html "$noise"
	have=$(perl -0ne 'print $1 if m|<style>(.*?)</style>|s' "$work/a.html" | sha256sum | cut -c 1-64 |
		perl -ne 'chomp; print pack "H*", $_' | base64)
	grep -q "style-src 'sha256-$have'" "$work/a.html" || { echo "sha256-$have" && false; }
}

# The sections, in their order.
sections() {
	grep -o '<section id="[a-z]*"' "$1" | cut -d'"' -f 2 | tr '\n' ' '
}

is_in_order() {
	page a.html "$noise"
	[[ $(sections "$work/a.html") == 'percentiles causes heat stalls cpus settings loss ' ]]
}

fetches_nothing() {
	page a.html "$noise"
	! grep -nE 'https?://|src=|href=|<script>| on[a-z]+=|style=' "$work/a.html"
}

data_agrees() {
	page a.html "$noise"
	perl -0ne 'print $1 if m|id="data">(.*?)</script>|s' "$work/a.html" |
		jq -e --slurpfile r "$noise" '.schema == "lull.report/1"
			and .sides[0].gaps.count == ([$r[0].threads[].gap.hist.count] | add)
			and .sides[0].gaps.max == ([$r[0].threads[].gap.hist.max] | max)
			and .sides[0].stalls[0].duration_ns == $r[0].stalls[0].duration_ns'
}

# Every element that is opened is closed, in its turn.
balance() {
	perl -0ne 's/<!DOCTYPE[^>]*>|<meta[^>]*>//g;
		my @open;
		while (m{<(/?)([a-z0-9]+)((?:"[^"]*"|[^">])*)>}g) {
			next if !$1 && $3 =~ m|/$|;
			if (!$1) { push @open, $2 } elsif ((pop @open // "") ne $2) { die "$ARGV: </$2>\n" }
		}
		die "$ARGV: @open\n" if @open' "$1"
}

# Each of the recordings, alone and beside another.
all_are_pages() {
	local name
	for name in noise quiet lossy cpus empty; do
		page a.html "$golden/$name.json" && page b.html "$noise" "$golden/$name.json" || return 1
		balance "$work/a.html" && balance "$work/b.html" || return 1
		[[ $(tail -n 1 "$work/a.html") == '</html>' && $(tail -n 1 "$work/b.html") == '</html>' ]] ||
			return 1
	done
}

# The words and numbers are those of lull compare; columns are CSS's, blanks do not count.
words() {
	sed 's/<[^>]*>/ /g; s/&lt;/</g; s/&gt;/>/g; s/&#39;/'"'"'/g' "$@" | tr -s ' \n' ' '
}

page_has_verdict_of() {
	local answer
	page cmp.html "$@" && balance "$work/cmp.html" || return 1
	answer=$("$LULL" compare "$@" --json | jq -r .verdict)
	grep -q "id=\"verdict\" class=\"verdict\" data-verdict=\"$answer\"" "$work/cmp.html" || return 1
	answer=$(COLUMNS=2000 "$LULL" compare "$@" | sed -n '3,/^$/p' | sed '/^$/d; s/^ *- //' | tr '\n' ' ')
	words "$work/cmp.html" | tr -s ' ' | grep -qF "$(words <<<"$answer" | sed 's/^ //; s/ $//' | cut -c 1-120)" ||
		{ echo "$answer" && return 1; }
}

rounds_are_compared() {
	page_has_verdict_of "$rounds" && [[ $(sections "$work/cmp.html") == \
		'changes percentiles causes heat stalls cpus settings loss ' ]]
}

# Every figure with its interval, as compare has them; every cause with its fate.
effects_agree() {
	page cmp.html "$rounds" || return 1
	"$LULL" compare "$rounds" --json >"$work/cmp.json"
	perl -0ne 'print $1 if m|id="data">(.*?)</script>|s' "$work/cmp.html" |
		jq -e --slurpfile c "$work/cmp.json" '
			def near($x; $y): ($x - $y | fabs) <= 1e-6 * ($y | fabs);
			.comparison.rounds == [6, 6] and .comparison.verdict == $c[0].verdict
			and (.comparison.figures | length) >= 5
			and all(.comparison.figures[]; . as $f | $c[0].figures[] |
				select(.name == $f.name and .cause == null) |
				near($f.effect; .effect) and near($f.low; .low) and near($f.high; .high))' \
		>/dev/null || return 1
	words "$work/cmp.html" | grep -q 'demo-noise went' &&
		words "$work/cmp.html" | grep -q 'local timer stayed' &&
		words "$work/cmp.html" | grep -q 'A thin line is one round'
}

two_are_compared() {
	page_has_verdict_of "$work/rec/b1.json" "$work/rec/a1.json" &&
		grep -q 'One recording a side shows a difference' "$work/cmp.html" &&
		words "$work/cmp.html" | grep -q '1 and 1 rounds: an interval needs at least 3 a side'
}

others_are_refused() {
	page cmp.html "$noise" "$golden/cpus.json" && balance "$work/cmp.html" &&
		words "$work/cmp.html" | grep -q 'before watched win11 vcpu 0, win11 vcpu 1, but after watched nothing' &&
		grep -q 'these cannot be compared' "$work/cmp.html" && ! grep -q 'id="changes"' "$work/cmp.html"
}

one_side_is_alone() {
	jq '.rounds |= map(select(.side == "b"))' "$rounds" >"$work/half.json" && page half.html "$work/half.json" &&
		balance "$work/half.html" && ! grep -q 'id="changes"' "$work/half.html"
}

hitches_are_shown() {
	page frames.html "$work/rec.json" --frames "$work/a.csv" && balance "$work/frames.html" &&
		words "$work/frames.html" | grep -qE ' ([0-9]+) of \1 stutters overlap a host stall' &&
		(($(grep -c 'class="hit"' "$work/frames.html") > 20))
}

unaligned_is_said() {
	page frames.html "$golden/quiet.json" --frames "$work/a.csv" && balance "$work/frames.html" &&
		words "$work/frames.html" | grep -q 'Not aligned, by its hitches' &&
		! grep -q 'class="hit"' "$work/frames.html"
}

# ---- size: an hour of 16 vCPUs on a host of 256 CPUs, each thing as full as a recording can have it

# As many buckets as there are, 4,000 stalls of 20 segments, 150 causes of each CPU and thread, CPUs
# with four interrupts each. The numbers do not repeat, so that no picture is simpler than it could be.
make_large() {
	jq -c --slurpfile noise "$noise" '
		def hist($digits; $n): (if $digits == 1 then 4 else 7 end) as $bits | pow(2; $bits) as $half |
			[range($n) | . as $i | (if $i < 2 * $half then [$i, $i] else
				(($i / $half | floor) - 1) as $b | pow(2; $b) as $w |
				[(($i % $half) + $half) * $w, (($i % $half) + $half + 1) * $w - 1] end) + [1 + $i * 37 % 1009]] as $b |
			{unit: "ns", digits: $digits, count: ([$b[][2]] | add), sum: 9e12, min: 0, max: $b[-1][1], buckets: $b};
		def entry($i): {name: "a process of a long name \($i) \(70000 + $i) (service-number-\($i).service)",
			count: (1000 + $i * 7919 % 9973), sum_ns: (1e9 + $i * 1e6), max_ns: 5e6, hist: null, labels: []};
		.duration_ns = 3600e9 | .host.cpus_online = "0-255" | .watch.cpus = "0-15" |
		.watch.threads = [range(16) | {tid: (100 + .), comm: "CPU \(.)/KVM", vm: "win11", vcpu: .}] |
		.topology = [range(256) | {cpu: ., core: (. - . % 2), package: (. / 128 | floor), node: (. / 64 | floor), l3: (. - . % 16)}] |
		.caches = [range(16) | {level: 3, type: "unified", bytes: 33554432, cpus: "\(. * 16)-\(. * 16 + 15)"}] +
			[range(128) | {level: 2, type: "unified", bytes: 1048576, cpus: "\(. * 2)-\(. * 2 + 1)"}] |
		.host_cpus = [range(16; 256) | {cpu: ., user_ns: (. * 1e9), system_ns: 1e12, irq_ns: 1e10, softirq_ns: 2e10,
			steal_ns: 0, idle_ns: 2e12, interrupts: [range(4) | {id: "\(. + 30)", name: "\(. + 30) nvme0q\(.) (0000:01:00.0 nvme)", count: 987654}]}] |
		.cpus = [range(16) | {cpu: ., wall_ns: 3600e9, sources: [range(150) | {source: "task", id: (70000 + .)} + entry(.)]}] |
		.threads = [range(16) | {tid: (100 + .), pid: 99, comm: "CPU \(.)/KVM", vm: "win11", vcpu: ., has_kvm_entries: true, ended: false,
			wall_ns: 3600e9, ledger: ([{row: "guest", name: "", count: 1, sum_ns: (3600e9 - ([range(150) | entry(.).sum_ns] | add)),
				max_ns: 1, hist: null, labels: []}] + [range(150) | {row: "preempted", id: (70000 + .)} + entry(.)]),
			gap: {hist: hist(2; 3000)}, wake: {hist: null}, preempted: {hist: hist(2; 3000)}, stalls: 250, stalls_ns: 1e9}] |
		.stalls = [range(4000) | . as $i | {at_ns: ($i * 9e8 + $i * 7919 % 9973), tid: (100 + $i % 16), cpu: ($i % 16),
			duration_ns: (100000 + $i * 104729 % 90000017), segments_dropped: 0, waker: null,
			segments: [range(20) | {row: "preempted", name: entry(.).name, ns: 12345}]}] |
		.stalls_total = {count: 4000, sum_ns: 16e9}' "$noise" | sed 's/\([0-9]\)e+\([0-9]\)/\1e\2/g' >"$work/large.json"
}

is_small() {
	make_large || return 1
	page large.html "$work/large.json" && balance "$work/large.html" || return 1
	page twice.html "$work/large.json" "$work/large.json" && balance "$work/twice.html" || return 1
	(($(stat -c %s "$work/large.html") < 500000 && $(stat -c %s "$work/twice.html") < 500000)) ||
		{ stat -c '%n: %s bytes' "$work"/{large,twice}.html && return 1; }
}

# ---- the map of CPUs: eight cores of two threads, two caches, CPUs 2 and 3 of the guest

# cpu N: the box of a CPU, its bar left out.
cpu() {
	perl -0ne 's|<svg.*?</svg>||gs; print "$1\n" if m|(<div class="cpu[^"]*"><p><b>'"$1"'</b>.*?</div>)|s' "$work/a.html"
}

map_has_the_machine() {
	page a.html "$noise"
	[[ $(grep -c '<div class="core">' "$work/a.html") == 8 && $(grep -c '<div class="cache">' "$work/a.html") == 2 ]] &&
		grep -q 'shared L3 96 MiB</p>' "$work/a.html" && grep -q 'core 2, L2 1 MiB</p>' "$work/a.html" &&
		perl -0ne 'exit !m|core 2, [^\n]*\n<div class="cpu guest"><p><b>2</b> guest.*?</div>\n<div class="cpu"><p><b>10</b> host|s' \
			"$work/a.html"
}

map_says_what_ran() {
	page a.html "$noise"
	cpu 2 | words | grep -q '2 guest demo-noise 812 15.0 % local timer 0.51 % 131 nvme0q3' &&
		cpu 0 | words | grep -q '0 host, busy 2.6 % local timer 250/s 130 nvme0q1 (0000:01:00.0 nvme) 42/s' &&
		words "$work/a.html" | grep -q 'While win11 vcpu 0 was on a CPU, tasks of the host had its sibling for 3.1 % of' &&
		[[ $(grep -o '<b>[0-9]*</b> \(guest\|host\)' "$work/a.html" | sort | uniq -c | wc -l) == 16 ]]
}

# An older recording has places without caches, or not even them.
map_of_less() {
	jq 'del(.caches, .host_cpus)' "$noise" >"$work/less.json" && page a.html "$work/less.json" && balance "$work/a.html" &&
		[[ $(grep -c '<div class="cache">' "$work/a.html") == 2 ]] && cpu 0 | grep -q 'not watched' || return 1
	jq 'del(.topology, .caches)' "$noise" >"$work/less.json" && page a.html "$work/less.json" && balance "$work/a.html" &&
		! grep -q 'class="core"' "$work/a.html" && cpu 0 | grep -q 'host, busy 2.6 %'
}

# ---- the page as a browser shows it: page.js prints a line for each fault, of a kind

# look PAGE: pictures, paper and faults of a page.
look() {
	mkdir -p "$work/$1.d"
	timeout 120 node tests/cli/page.js "$work/$1.html" "$work/$1.d" >"$work/$1.seen" 2>&1 || cat "$work/$1.seen"
}

# has_no KIND: no page that was looked at has such a fault.
has_no() {
	! grep "^$1:" "$work"/*.seen
}

all_were_seen() {
	local name
	for name in "${looked[@]}"; do
		grep -q '^= folds' "$work/$name.seen" || { echo "$name: $(tail -n 3 "$work/$name.seen")" && return 1; }
	done
}

browser_shows_verdict() {
	grep -q '^= verdict The host took 11.1 % of the 15.7 s' "$work/a.seen" && grep -qx '= max 7.94 ms' "$work/a.seen" &&
		grep -q "^= verdict Improved: the host took" "$work/cmp.seen"
}

# Programs, the smaller causes, what each cause is, a stack.
browser_toggles() {
	(($(sed -n 's/^= folds //p' "$work/a.seen") >= 10 && $(sed -n 's/^= controls //p' "$work/a.seen") >= 6))
}

# A picture is larger than a blank page, the dark one is dark.
are_drawn() {
	local picture
	for picture in light-1000 dark-1000 light-400 dark-400; do
		(($(stat -c %s "$work/a.d/$picture.png") > 30000)) || return 1
	done
	! cmp -s "$work/a.d/light-400.png" "$work/a.d/dark-400.png"
}

# On paper it has all its sections, and the colours of the bars.
is_printed() {
	local title
	pdftotext "$work/a.d/print.pdf" "$work/print.txt" || return 1
	grep -q '11.1 %' "$work/print.txt" || return 1
	sed -n 's/.*<h2[^>]*>\(.*\)<\/h2>.*/\1/p' "$work/a.html" >"$work/titles"
	(($(wc -l <"$work/titles") == 7)) || return 1
	while read -r title; do
		grep -qF "$title" "$work/print.txt" || { echo "$title" && return 1; }
	done <"$work/titles"
}

# ---- hostile names: in every place of a recording that holds a name

hostile=$work/hostile.json
make_hostile() {
	local evil=$'</script><script>alert(1)</script><img src=x onerror=alert(1)>"\'>]]>--><svg onload=alert(1)>'
	jq --arg evil "$evil" --arg esc $'\e]0;owned\a\e[2J\r\n# TYPE x counter\nevil{x="' \
		--arg formula $'=cmd|\x27 /C calc\x27!A0' --arg prom $'a"} 1\nfake{x="' \
		--arg bidi $'\u202etxt.exe\u200b' '
		.host.hostname = $evil | .host.kernel = $esc | .host.cmdline = $formula | .command = $evil
		| .threads[0].vm = $prom + $evil | .threads[1].vm = $esc
		| .threads[0].comm = $evil | .watch.threads[0].comm = $evil
		| (.threads[].ledger[] | select(.name != "") | .name) |= $evil + .
		| .threads[0].ledger[1].name = $formula | .threads[0].ledger[2].name = $bidi + $esc
		| .threads[0].ledger[3].name = "\t=1+1" | .threads[0].ledger[4].name = "-1+2;x"
		| (.cpus[].sources[].name) |= $evil + $esc + .
		| (.cpus[].sources[].labels[]?.name) |= $formula + .
		| (.stalls[].segments[].name) |= $evil + $esc + .
		| (.stalls[0].waker) = $evil | (.stalls[0].stack) = [$evil, $esc, $formula]
		| .notes = [$evil, $esc, $formula] | .missing = [$evil]
		| .self.programs[0].name = $evil | .audit[0].what = $formula' "$noise" >"$hostile"
}

# No control character but those of lines, no character that turns the direction.
is_plain() {
	! LC_ALL=C grep -naP '[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\xe2\x80[\x8b-\x8f\xaa-\xae]' "$1"
}

formats_stay_plain() {
	local format
	for format in json csv hlog hgrm prom chrome-json folded; do
		"$LULL" export "$hostile" --format $format >"$work/out.$format" && is_plain "$work/out.$format" ||
			{ echo "$format" && return 1; }
	done
}

# Its binary form as another reads it: every name is there, as plain text.
perfetto_stays_plain() {
	"$LULL" export "$hostile" --format perfetto -o "$work/out.perfetto" &&
		protoc --decode=Trace -I tests/cli tests/cli/perfetto.proto <"$work/out.perfetto" >"$work/out.decoded" &&
		grep -q 'onload=alert' "$work/out.decoded" && is_plain "$work/out.decoded" &&
		! grep -E '\\0[0-37]|\\1[0-37]|\\177' "$work/out.decoded"
}

csv_stays_csv() {
	local table
	for table in ledger sources labels threads stalls segments stacks audit notes recording hists; do
		"$LULL" export "$hostile" --format csv --table $table | tests/cli/csv.pl >/dev/null || return 1
	done
}

lines_stay_whole() {
	"$LULL" export "$hostile" --format prom | grep -v '^#' |
		grep -vE '^lull_[a-z_]+(\{([a-z]+="([^"\\]|\\.)*",?)*\})? [0-9.]+$' && return 1
	! "$LULL" export "$hostile" --format prom | grep -q '^fake\|^evil\|^# TYPE x' &&
		! "$LULL" export "$hostile" --format folded | grep -vE '^[^;]+(;[^;]+)+ [0-9]+$' &&
		! "$LULL" export "$hostile" --format hlog | grep -vE '^(#\[.*\]|"StartTimestamp.*|Tag=[^ ,]+,[0-9.]+,[0-9.]+,[0-9.]+,HIST[A-Za-z0-9+/=]+)$' &&
		"$LULL" export "$hostile" --format chrome-json | jq -e '.traceEvents | length > 10'
}

page_stays_whole() {
	page hostile.html "$hostile" && is_plain "$work/hostile.html" &&
		(($(grep -o '<script' "$work/hostile.html" | wc -l) == 1)) &&
		! grep -nE '<img|<svg onload|<script>' "$work/hostile.html" &&
		perl -0ne 'print $1 if m|id="data">(.*?)</script>|s' "$work/hostile.html" | jq -e '.sides[0].causes | length > 3'
}

summary_stays_plain() {
	"$LULL" explain "$hostile" >"$work/out.text"
	is_plain "$work/out.text"
}

with() {
	local tool=$1 name=$2
	shift 2
	if command -v "$tool" >/dev/null; then
		holds "$name" "$@"
	else
		skip "$name" "$tool is not installed (scripts/deps)"
	fi
}

plan 40
mangohud 3000 5 >"$work/a.csv"
stalls_over "$work/a.csv" >"$work/rec.json"
make_rounds "$work/rec"

check "no recording" "report" 1 'which recording\?'
check "three recordings" "report a b c" 1 'two recordings at most'
check "no such file" "report /nosuch.json" 1 '/nosuch.json: No such file'
check "a page that cannot be written" "report $noise -o /nosuch/x.html" 1 'cannot write /nosuch/x.html'
check "the name of the page" "report $noise" 0 '^page: noise.html$'
check "to standard output" "report $noise -o -" 0 '<!DOCTYPE html>' '^page:'

holds "the style sheet is the one of the policy" style_has_its_hash
holds "the sections are in order" is_in_order
holds "nothing is fetched, nothing runs" fetches_nothing
holds "the numbers are inside" data_agrees
holds "every recording is a page" all_are_pages
holds "an hour of 16 vCPUs is less than 500 KB" is_small
holds "CPU map: cores, siblings and caches" map_has_the_machine
holds "CPU map: what ran on the guest's CPUs and on the host's" map_says_what_ran
holds "CPU map: recordings that know less" map_of_less
holds "rounds: the verdict of compare" rounds_are_compared
holds "rounds: effects, intervals and causes of compare" effects_agree
holds "two recordings: the verdict of compare" two_are_compared
holds "recordings of others: refused, as compare has it" others_are_refused
holds "rounds of one side: a page without a comparison" one_side_is_alone
check "rounds beside another file" "report $rounds $noise" 1 'has both sides: give it alone'
holds "frames: hitches over stalls" hitches_are_shown
holds "frames: not aligned" unaligned_is_said
check "frames of two recordings" "report $noise $noise --frames $work/a.csv" 1 'takes one recording'
make_hostile
holds "hostile names: formats stay plain" formats_stay_plain
with protoc "hostile names: perfetto stays plain" perfetto_stays_plain
holds "hostile names: CSV stays CSV" csv_stays_csv
holds "hostile names: lines stay whole" lines_stay_whole
holds "hostile names: the page stays whole" page_stays_whole
holds "hostile names: the terminal gets plain text" summary_stays_plain

looked=(a cmp frames cpus hostile real)
seen=('shows verdict and maximum' 'is silent, and fetches nothing' 'fits from 320 to 1280 pixels' \
	'has the contrast of WCAG AA' 'has colours for all eyes' 'is used by keyboard' 'has what can be toggled' \
	'is drawn light, dark and narrow')
if command -v chromium >/dev/null && command -v node >/dev/null; then
	page a.html "$noise"
	page cmp.html "$rounds"
	page frames.html "$work/rec.json" --frames "$work/a.csv"
	page cpus.html "$golden/cpus.json"
	page real.html "$golden/demo.json.gz"
	for name in "${looked[@]}"; do
		look "$name"
	done
	holds "in a browser, every page is seen" all_were_seen
	holds "in a browser, the page ${seen[0]}" browser_shows_verdict
	holds "in a browser, the page ${seen[1]}" has_no silence
	holds "in a browser, the page ${seen[2]}" has_no fits
	holds "in a browser, the page ${seen[3]}" has_no contrast
	holds "in a browser, the page ${seen[4]}" has_no colours
	holds "in a browser, the page ${seen[5]}" has_no keyboard
	holds "in a browser, the page ${seen[6]}" browser_toggles
	holds "in a browser, the page ${seen[7]}" are_drawn
	with pdftotext "on paper, the page is whole" is_printed
else
	for name in 'every page is seen' "${seen[@]/#/the page }" 'on paper, the page is whole'; do
		skip "in a browser, $name" "chromium or node is not installed (scripts/deps)"
	done
fi
