#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# compare: what `lull compare` says of recordings that this test makes from one: with noise, without,
# with other victims, with loss. The statistics are in tests/unit/test_model_stats*.c.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=rounds.sh
. "$(dirname "$0")/rounds.sh"
need_lull
r=$work/rec
mkdir -p "$r"
export LC_ALL=C.UTF-8

make_rounds "$r"
jq '.threads[0].vcpu = 7' "$r/a1.json" >"$r/other.json"
jq '.loss.complete = false | .loss.dropped = 3' "$r/a1.json" >"$r/lost.json"
jq '.threads[] |= ((.ledger[] | select(.row == "halted") | .sum_ns) *= 3 |
	.wall_ns = ([.ledger[].sum_ns] | add))' "$r/a1.json" >"$r/idle.json"
jq '.threads[1].ledger[0].sum_ns += 1' "$r/a1.json" >"$r/edited.json"
jq '.rounds[4].threads[1].ledger[0].sum_ns += 1' "$r/rounds.json" >"$r/edited-rounds.json"
gzip -k "$r/b1.json"
jq '.rounds[3].side = "c"' "$r/rounds.json" >"$r/side.json"
jq '(.rounds[1].loss.complete, .rounds[9].loss.complete) = false' "$r/rounds.json" >"$r/pairs.json"
jq '.rounds[2,3,10].loss.complete = false' "$r/pairs.json" >"$r/few.json"

both="--before $r/b?.json --after $r/a?.json"
plan 34

check "no recordings" "compare" 1 'two recordings, one with rounds, or --before FILE'
check "one recording without rounds" "compare $r/b1.json" 1 'holds no rounds to compare'
check "three recordings" "compare $r/b1.json $r/b2.json $r/b3.json" 1 'two recordings'
check "--before alone" "compare --before $r/b1.json" 1 'go together'
check "a word in no group" "compare $both -- x" 1 'x is neither before nor after'
check "no such file" "compare /nosuch.json $r/a1.json" 1 '/nosuch.json: No such file'
check "no recording" "compare $r/b1.json /dev/null" 1 '/dev/null: the file is empty'
check "--top: 0" "compare $both --top 0" 1 'out of range \(1 to 1000\)'

holds "two groups, 80 columns" prints compare.80.txt "compare $both"
holds "two groups, ASCII" prints compare.ascii.txt "compare $both --ascii"
holds "fits 80 columns" eval 'run "compare $both" && ! grep -nE "^.{81,}" "$out"'
holds "the document" prints compare.json "compare --json $both --top 3"
holds "the document: schema, verdict" answers "compare $both" '[.schema, .verdict, .comparable]' \
	'["lull.compare/1","improved",true]'
holds "the document: every figure has its interval" answers "compare $both" \
	'[.figures[] | .low <= .effect and .effect <= .high] | all' true
check "improved: 0" "compare $both" 0 '^Improved: the host took'
check "worse: 2" "compare --before $r/a?.json --after $r/b?.json" 2 '^Worse: '
check "what came" "compare --before $r/a?.json --after $r/b?.json" 2 'demo-noise +preempted +came \*'
check "no change: 0, and what would have been seen" \
	"compare --before $r/b[123].json --after $r/b[456].json" 0 \
	'^No detectable change: '
check "single recordings: 3" "compare $r/b1.json $r/a1.json" 3 'an interval needs at least 3 a side'
check "single recordings: no interval" "compare $r/b1.json $r/a1.json" 3 'taken +1[0-9.]+ %' \
	'95 % interval'
check "packed" "compare $r/b1.json.gz $r/a1.json" 3 'demo-noise'
check "other victims: 3" "compare $r/b1.json $r/other.json" 3 \
	'cannot be compared' 'Figures'
check "loss: 3" "compare $r/b1.json $r/lost.json" 3 'lost.json is$|lost.json is incomplete'
check "another load: 3" "compare $r/b1.json $r/idle.json" 3 'the load differs by more than 20'
holds "refused: the document says why" answers "compare $r/b1.json $r/idle.json" \
	'[.verdict, .comparable, (.reasons | length), (.figures | length)]' '["incomplete",false,1,0]'

check "rounds of one file: pairs" "compare $r/rounds.json" 0 '6 after, 60.0 s, in pairs' "Welch's"
holds "rounds of one file: the same effect" answers "compare $r/rounds.json" \
	'[.paired, .verdict, (.figures[0].effect * 10000 | round)]' '[true,"improved",-966]'
check "rounds of one file: it is a recording, too" "explain $r/rounds.json" 0 'demo-noise'
check "an edited ledger" "compare $r/b1.json $r/edited.json" 1 \
	'edited.json: threads\[1\]: damaged: the ledger sums to [0-9]+ ns, its wall time is'
check "an edited ledger of a round" "compare $r/edited-rounds.json" 1 \
	'rounds\[4\]: threads\[1\]: damaged: '
check "rounds of one file: another side" "compare $r/side.json" 1 'rounds\[3\]: side: "a" or "b"'

check "pairs with loss: left out" "compare $r/pairs.json" 0 \
	'^4 rounds before, 40.0 s; 4 after, 40.0 s, in pairs; 2 pairs left out$'
holds "pairs with loss: named" answers "compare $r/pairs.json" '[.pairs_left_out, .rounds_a, .reasons]' \
	'[2,4,["pair 2 is left out, for the round before: something was lost","pair 4 is left out, for the round after: something was lost"]]'
check "fewer than 3 pairs left: 3" "compare $r/few.json" 3 'an interval needs at least 3 a side'
