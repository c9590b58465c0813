#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# lull: the program's own options, its help, and what holds for the help of every command. What a
# command does with its options is in the test of that command.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need_lull

# help_is_printed COMMAND-OR-NOTHING: -h and --help alike, to stdout only.
help_is_printed() {
	run "$1 --help" || return 1
	cp "$out" "$work/help"
	[[ ! -s $err && -s $out ]] || return 1
	run "$1 -h" && cmp "$out" "$work/help"
}

fits_80_columns() {
	run "$1 --help" && [[ -s $out ]] && ! grep -nE '^.{81,}' "$out"
}

has_examples() {
	run "$1 --help"
	grep -qE "^ +lull $1 " "$out" && grep -q "^usage: lull $1 " "$out"
}

# Words after "lull" at the start of a line of a code block; a prompt or sudo may come first.
readme_commands() {
	awk '/^```/ { code = !code; next } code || /^(    |\t)/' README.md |
		sed -nE 's/^[ \t]*([#$] )?(sudo )?(build\/)?lull ([a-z]+).*/\4/p' | sort -u
}

readme_commands_exist() {
	readme_commands | grep -q . || { echo "README.md shows no command" && return 1; }
	! readme_commands | grep -vxF -f <(commands)
}

names=$(commands)
plan $((16 + 4 * $(wc -w <<<"$names")))

holds "help: to stdout, -h is --help" help_is_printed ""
holds "help: 80 columns" fits_80_columns ""
check "help: says what it does" "--help" 0 'finds what makes a virtual machine stutter' 'moves it away'
holds "help: lists record" grep -qx record <<<"$names"
check "no command: usage" "" 1 '^usage: lull '
check "version" "--version" 0 '^lull [0-9]+\.[0-9]+'
check "version: says what is built in" "--version" 0 'built in:.*hwloc.*libdw.*libcap-ng'
cp "$out" "$work/version"
check "version: -V is --version" "-V" 0 '^lull '
holds "version: the same" cmp "$out" "$work/version"
check "an unknown command: did you mean" "recrod" 1 'unknown command recrod; did you mean record\?'
check "an unknown command: a letter is missing" "recod" 1 'did you mean record\?'
check "an unknown command: no guess" "frobnicate" 1 'unknown command frobnicate; see lull --help' \
	'did you mean'
check "an unknown option" "--bogus" 1 'bogus'
if [[ -w /dev/full ]]; then
	"$LULL" --help >/dev/full 2>"$err"
	within "help: to a full disk fails" $? 1 1
else
	skip "help: to a full disk fails" "no /dev/full"
fi

"$LULL" --help >&- 2>"$err"
within "help: without a stdout fails" $? 1 1

for name in $names; do
	holds "$name: help to stdout, -h is --help" help_is_printed "$name"
	holds "$name: help fits 80 columns" fits_80_columns "$name"
	holds "$name: help has usage and examples" has_examples "$name"
	check "$name: an unknown option" "$name --bogus" 1 "unknown option --bogus; see lull $name --help"
done
if [[ -f README.md ]]; then
	holds "README: its commands exist" readme_commands_exist
else
	skip "README: its commands exist" "there is no README.md"
fi
