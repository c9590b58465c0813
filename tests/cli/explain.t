#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# explain: what it prints of the recordings in tests/golden, its exit codes, and what it says of files
# that are none, are cut, or were edited by hand. What it makes of entries is in the unit tests.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need_lull

fifo=$golden/fifo.json

# spoiled NAME SED-SCRIPT: a copy of the recording, edited by hand; its path.
spoiled() {
	sed -E "$2" "$fifo" >"$work/$1.json"
	echo "$work/$1.json"
}

same_from_everywhere() {
	gzip -c "$fifo" >"$work/fifo.json.gz"
	"$LULL" explain "$fifo" >"$work/plain" && "$LULL" explain "$work/fifo.json.gz" >"$work/packed" &&
		"$LULL" explain - <"$fifo" >"$work/stdin" &&
		"$LULL" explain - <"$work/fifo.json.gz" >"$work/packed-stdin" && [[ -s $work/plain ]] &&
		cmp "$work/plain" "$work/packed" && cmp "$work/plain" "$work/stdin" &&
		cmp "$work/plain" "$work/packed-stdin"
}

is_json() {
	"$LULL" explain --json "$fifo" | jq -e '.schema == "lull.explain/1" and
		.causes[0].name == "noise-fifo 23487" and .causes[0].rank == 1 and
		(.causes | map(.ns) | add) == .taken_ns and (.causes | length) == .n_causes and
		(.causes | map(.ns) | . == (sort | reverse)) and
		(.causes | all(.remedy != "" and (.victims | length) > 0))' >/dev/null
}

limits_json() {
	[[ $("$LULL" explain --json -n 2 "$fifo" | jq '.causes | length') == 2 ]]
}

# Colour adds nothing but colour.
color_only_adds() {
	"$LULL" explain --color always "$fifo" | sed 's/\x1b\[[0-9;]*m//g' | cmp - "$work/plain" &&
		! "$LULL" explain "$fifo" | grep $'\x1b' >/dev/null &&
		"$LULL" explain --color always "$fifo" | grep $'\x1b' >/dev/null
}

# A task that calls itself by an escape sequence.
no_escapes_come_out() {
	local file
	file=$(spoiled hostile 's/noise-udp 23490/\\u001b]0;owned\\u0007\\u001b[2J 23490/g')
	"$LULL" explain "$file" >"$work/hostile" && grep -q '?]0;owned??\[2J' "$work/hostile" &&
		! grep -q $'[\x1b\x07]' "$work/hostile" &&
		! "$LULL" explain --json "$file" | grep -q 'u001b'
}

leaves_everything_alone() {
	cksum "$fifo" >"$work/sum" && "$LULL" explain "$fifo" >/dev/null && cksum "$fifo" | cmp - "$work/sum"
}

plan 43

check "a task over a thread: what, how much, whose, and the command" "explain $fifo" 0 \
	'^ 1  task: noise-fifo 23487$'
check "the verdict" "explain $fifo" 0 'The host took 18\.5 % of the 2\.00 s that noise-spin 23467'
check "the command is for this host" "explain $fifo" 0 'taskset -acp 0 23487'
check "clean" "explain $golden/quiet.json" 0 'host is clean, look in the guest'
check "lossy: exit code 3, never clean" "explain $golden/lossy.json" 3 'INCOMPLETE' 'clean'
check "CPUs: nobody was watched" "explain $golden/cpus.json" 0 'Nobody was watched'
check "-n 1: one cause, and how many more" "explain -n 1 $fifo" 0 'and [0-9]+ smaller ones' '^ 2 '
check "-n 100: all" "explain -n 100 $fifo" 0 '^ 7  ' 'smaller ones'
holds "a file, packed, stdin: the same" same_from_everywhere
holds "colour only adds" color_only_adds
holds "hostile names" no_escapes_come_out
holds "the recording is left alone" leaves_everything_alone
if command -v jq >/dev/null; then
	holds "--json: schema, order, sums" is_json
	holds "--json -n 2" limits_json
else
	skip "--json: schema, order, sums" "no jq"
	skip "--json -n 2" "no jq"
fi

check "-t: this victim" "explain -t 23467 $fifo" 0 'noise-fifo'
check "-t: no such victim" "explain -t 1 $fifo" 4 'no victim that fits --tid'
check "-t: no number" "explain -t x $fifo" 1 'tid x: not a thread'
check "--vm: by name" "explain --vm win11 $golden/noise.json" 0 'win11: 2 vCPUs'
check "--vm: no such" "explain --vm other $golden/noise.json" 4 'no victim that fits --vm'

check "no file" "explain" 1 'which recording'
check "two files" "explain $fifo $fifo" 1 'unexpected word'
check "a file that is not there" "explain /nosuch.json" 1 'explain: /nosuch.json: No such file'
check "a folder" "explain /" 1 'explain: /: Is a directory'
check "an empty file" "explain /dev/null" 1 '/dev/null: the file is empty'
check "-n 0" "explain -n 0 $fifo" 1 'out of range'
check "not JSON" "explain /etc/passwd" 1 'not JSON at byte'
check "another document" "explain $golden/fifo.explain.json" 1 \
	'schema: "lull.explain/1" is not "lull.recording/1"'
head -c 9000 "$fifo" >"$work/cut.json"
check "cut" "explain $work/cut.json" 1 'ends after 9000 bytes in the middle: it was cut'
gzip -c "$fifo" | head -c 3000 >"$work/cut.gz"
check "cut, packed" "explain $work/cut.gz" 1 'gzip file is damaged or was cut'
check "a name with escapes is not printed" "explain \$'/no\\e[2Jsuch'" 1 '/no\?\[2Jsuch' $'\e'

check "edited: another schema" "explain $(spoiled schema 's|lull.recording/1|lull.recording/2|')" 1 \
	'schema: "lull.recording/2" is not'
check "edited: a key is missing" "explain $(spoiled missing 's/"wall_ns"/"wall"/')" 1 \
	'cpus\[0\].wall_ns: this key is missing'
check "edited: a negative number" "explain $(spoiled negative 's/"max_ns":[0-9]+/"max_ns":-1/')" 1 \
	'max_ns: may not be negative'
check "edited: a huge number" "explain $(spoiled huge 's/"tid":23467/"tid":99999999999/')" 1 \
	'tid: 99999999999 is too large'
check "edited: more than 64 bits" \
	"explain $(spoiled wide 's/"sum_ns":[0-9]+/"sum_ns":99999999999999999999/')" 1 'sum_ns: .*large'
check "edited: a fraction" "explain $(spoiled fraction 's/"count":[0-9]+/"count":1.5/')" 1 \
	'count: a whole number expected'
check "edited: NaN" "explain $(spoiled nan 's/"duration_ns":[0-9]+/"duration_ns":NaN/')" 1 \
	'(duration_ns: a whole number|not JSON)'
check "edited: a string for a list" "explain $(spoiled type 's/"notes":\[.*\]/"notes":"x"/')" 1 \
	'notes: a list expected, not a string'
check "edited: a row that is none" "explain $(spoiled row 's/"row":"softirq"/"row":"softly"/')" 1 \
	'row: "softly" is not known'
check "edited: a key twice" "explain $(spoiled twice 's/"dropped":0/"dropped":0,"dropped":1/')" 1 \
	'loss.dropped: this key is there twice'
check "edited: buckets out of order" \
	"explain $(spoiled order 's/"buckets":\[(\[[^]]*\]),(\[[^]]*\])/"buckets":[\2,\1/')" 1 \
	'buckets\[1\]: buckets out of order'
printf '%0.s[' {1..4000} >"$work/deep.json"
check "nested deeply" "explain $work/deep.json" 1 'not JSON at byte [0-9]+: nesting'
printf '{"schema":"lull.recording/1"}' >"$work/bare.json"
check "nothing but a schema" "explain $work/bare.json" 1 'this key is missing'
