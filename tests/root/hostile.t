#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# hostile: real processes whose names are markup, escapes, formulas, line ends and bytes that are
# no text, beside a victim of such a name. Nothing of them breaks out of the terminal, of any
# format of export, or of the page. Names that no kernel allows are in tests/cli/report.t.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need_root
need_lull
command -v jq >/dev/null || plan_skip_all "needs jq"

# At most 15 bytes, of any kind but NUL.
names=($'\e]0;x\a\e[2J' '"><svg onload=x' '</script><b>x' "=cmd|'/C x'!A0" $'a"} 1\nfake{x="' $'\xff\xfe\xc3('
	$'\u202etxt.exe' "';--,x<!--")
record=$work/rec.json
cpu=$(last_cpu)

# spin NAME: takes the CPU in turns for ever, under that name.
spin() {
	# shellcheck disable=SC2016 # the inner shell expands it
	spawn bash -c 'printf %s "$1" >/proc/self/comm; while :; do :; done' bash "$1"
	pin "$spawned" "$cpu"
}

measure() {
	local name
	spin $'v"\n<i>\e[1m'
	victim=$spawned
	for name in "${names[@]}"; do
		spin "$name"
	done
	sleep 0.3
	TERM=xterm "$LULL" record -t "$victim" -d 2s --color always -o "$record" >"$work/out" 2>"$work/err"
	(($? == 0 || $? == 3))
}

# Each of the others had the CPU: their names are in the ledger, made plain.
names_are_there() {
	local n
	n=$(jq '[.threads[0].ledger[] | select(.row == "preempted" and (.name | test("svg onload=x|script|cmd|fake|txt.exe|--,x"))) | .name] | length' "$record")
	((n >= 6)) || { jq -c '[.threads[0].ledger[] | [.row, .name]]' "$record" && false; }
}

# Colours are ours; no other control character.
is_plain() {
	! sed 's/\x1b\[[0-9;]*m//g' "$1" |
		LC_ALL=C grep -naP '[\x00-\x08\x0b-\x1f\x7f]|\xe2\x80[\x8b-\x8f\xaa-\xae]|[\xfe\xff]'
}

terminal_is_plain() {
	is_plain "$work/out" && is_plain "$work/err" || return 1
	"$LULL" explain --color always "$record" >"$work/explained"
	(($? <= 3)) && is_plain "$work/explained" && grep -q 'svg onload=x' "$work/explained"
}

formats_are_plain() {
	local format
	for format in json hlog hgrm prom chrome-json folded csv; do
		"$LULL" export "$record" --format $format | tr -d '\r' >"$work/x" && is_plain "$work/x" || return 1
		! grep -q $'\x1b' "$work/x" || return 1
	done
	for format in ledger sources labels threads stalls segments recording hists notes audit; do
		"$LULL" export "$record" --format csv --table $format | tests/cli/csv.pl >/dev/null || return 1
	done
	! "$LULL" export "$record" --format prom | grep -q '^fake'
}

perfetto_is_plain() {
	"$LULL" export "$record" --format perfetto -o "$work/perfetto" &&
		protoc --decode=Trace -I tests/cli tests/cli/perfetto.proto <"$work/perfetto" >"$work/x" && is_plain "$work/x" &&
		grep -q 'svg onload=x' "$work/x" && ! grep -E '\\0[0-37]|\\1[0-37]|\\177' "$work/x"
}

page_is_whole() {
	"$LULL" report "$record" -o "$work/page.html" >/dev/null && is_plain "$work/page.html" &&
		(($(grep -o '<script' "$work/page.html" | wc -l) == 1)) &&
		! grep -nE '<svg onload|<b>x|<i>' "$work/page.html"
}

browser_is_silent() {
	timeout 60 chromium --headless --no-sandbox --disable-gpu --user-data-dir="$work/profile" \
		--enable-logging=stderr --dump-dom "file://$work/page.html" >"$work/dom" 2>"$work/console" &&
		! grep CONSOLE "$work/console" && ! grep -nE '<svg onload|<i>' "$work/dom"
}

plan 7

# Not in a subshell: the processes are this one's.
if measure; then
	ok "processes of hostile names are measured"
else
	not_ok "processes of hostile names are measured" "$(tail -n 5 "$work/err")"
fi
check "their names are in the ledger" names_are_there
check "the terminal gets plain text" terminal_is_plain
check "every format gets plain text" formats_are_plain
if command -v protoc >/dev/null; then
	check "perfetto gets plain text" perfetto_is_plain
else
	skip "perfetto gets plain text" "protoc is not installed (scripts/deps)"
fi
check "the page stays whole" page_is_whole
if command -v chromium >/dev/null; then
	check "the browser says nothing" browser_is_silent
else
	skip "the browser says nothing" "chromium is not installed (scripts/deps)"
fi
