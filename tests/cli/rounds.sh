# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# rounds: recordings of both sides of a comparison, made from one: six with noise, six where a
# neighbour is gone, and one file that holds all of them as rounds.

# vary FACTOR FILTER: the recording with the time of its timers times FACTOR; guest time makes up.
vary() {
	jq --argjson f "$1" '
	def scale(want; f): (reduce (.ledger[] | select(want)) as $e (0; . + $e.sum_ns)) as $old |
		(.ledger[] | select(want) | .sum_ns) |= (. * f | floor) |
		(reduce (.ledger[] | select(want)) as $e (0; . + $e.sum_ns)) as $new |
		(.ledger[] | select(.row == "guest") | .sum_ns) += $old - $new;
	def shield: .threads |= map(scale((.name // "") | startswith("demo-noise"); 0) |
			.ledger |= map(select(.sum_ns > 0)) |
			.gap.hist.buckets |= map(select(.[0] < 100000)) |
			.gap.hist.count = ([.gap.hist.buckets[][2]] | add) |
			.gap.hist.max = .gap.hist.buckets[-1][1]) |
		.stalls = [] | .stalls_total = {count: 0, sum_ns: 0};
	.threads |= map(scale(.row == "vector"; $f)) | '"$2" tests/golden/noise.json
}

# make_rounds DIRECTORY: b1.json ... b6.json, a1.json ... a6.json, rounds.json.
make_rounds() {
	local dir=$1 i
	for i in 1 2 3 4 5 6; do
		vary "1.0$((i * 7 % 5))" . >"$dir/b$i.json"
		vary "1.0$((i * 3 % 5))" shield >"$dir/a$i.json"
	done
	# One file with the rounds of both sides, the last one alone at its top.
	jq -s '.[0] + {rounds: ([.[:6][] + {side: "a"}] + [.[6:][] + {side: "b"}])}' \
		"$dir"/b?.json "$dir"/a?.json >"$dir/rounds.json"
}
