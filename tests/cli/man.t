#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# man: the pages say what the program does: each command has one, with the options of its --help
# and no others; rows, sources and anomalies are those of the lists; examples use what exists.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need_lull
cd "$(dirname "$0")/../.." || exit 1
pages=scripts/man

# "-d, --duration TIME", one a line, of the help of a command.
help_options() {
	"$LULL" $1 --help | sed -nE 's/^ {2,6}(-.*[^ ])  +.*$/\1/p' | sort
}

# The same of a page: the terms of its section OPTIONS, without marks.
page_options() {
	sed -n '/^# OPTIONS/,/^# [^O]/p' "$1" | grep -E '^\*-' | tr -d '*_' | sort
}

# Both ways: what only one of them has is printed.
options_agree() {
	diff <(help_options "$1") <(page_options "$2")
}

# rows_of FILE MACRO FIELD: one field of each row of a .def file; fields are quoted or not.
rows_of() {
	grep -E "^$2\(" "bpf/$1" | sed -E "s/^$2\(//; s/\)$//" |
		awk -v field="$3" -F', *' '{ gsub(/"/, "", $field); print $field }' | sed 's/ *$//'
}

# The terms of one section of a page.
terms_of() {
	sed -n "/^# $2/,/^# [A-Z]/p" "$1" | sed -nE 's/^\*([a-z]+)\*$/\1/p'
}

rows_agree() {
	diff <(rows_of rows.def ROW 2) <(terms_of $pages/lull-record.8.scd LEDGER)
}

sources_agree() {
	diff <(rows_of sources.def SOURCE 2) <(terms_of $pages/lull-record.8.scd SOURCES)
}

anomalies_agree() {
	local words page
	page=$(sed -n '/^# LOSS/,/^# AUDIT/p' $pages/lull-record.8.scd | sed -n 's/^- //p')
	diff <(sed -nE 's/^ANOMALY\(.*"(.*)"\)/\1/p' bpf/anomalies.def) \
		<(while IFS= read -r words; do sed -E 's/[:,] .*//' <<<"$words"; done <<<"$page")
}

findings_agree() {
	diff <(sed -nE 's/^FINDING\("([^"]*)".*/\1/p' user/model/findings.def | sort) \
		<(sed -n '/^# FINDINGS/,/^# EXIT/p' $pages/lull-list.8.scd | grep '^\*' |
			grep -oE '[a-z0-9]+(-[a-z0-9]+)*' | sort)
}

# Hooks of a source: the tracepoints of its programs are in its paragraph.
hooks_are_named() {
	local tracepoint bad=0
	for tracepoint in $(sed -nE 's|^SEC\("\?[a-z_]+/([a-z_]+)"\)|\1|p' bpf/*.bpf.c | sort -u); do
		[[ $tracepoint != task ]] || continue # the iterator that finds virtual CPUs
		sed -n '/^# SOURCES/,/^# LOSS/p' $pages/lull-record.8.scd | grep -qw "$tracepoint" ||
			{ echo "$tracepoint is not in SOURCES" && bad=1; }
	done
	return $bad
}

# Every option after "lull COMMAND" in the examples of a text is one of the help.
examples_work() {
	local line word command bad=0
	while IFS= read -r line; do
		read -r _ command line <<<"$line"
		for word in ${line%% -- *}; do
			[[ $word != '|' ]] || break
			[[ $word == -?* && $word != -- ]] || continue
			[[ ! $word =~ ^--p[0-9] ]] || word=--quantile # --p99.9
			help_options "$command" | grep -qE -- "(^|, )$word( |,|\\[|$)" ||
				{ echo "$1: lull $command has no $word" && bad=1; }
		done
	done < <(awk '/^```/ { code = !code; next } code || /^(    |\t)/' "$1" |
		sed -nE 's/^ *([#$] )?(sudo )?(build\/)?(lull [a-z].*)/\4/p')
	return $bad
}

# What scdoc writes is not to be complained about, but for the paragraphs that it always writes.
is_clean() {
	local page=$work/page
	scdoc <"$1" >"$page" || return 1
	! mandoc -T lint -W warning <"$page" 2>&1 | grep -v 'skipping paragraph macro'
}

exit_codes_agree() {
	diff <(sed -nE 's/^\tEXIT_[A-Z]+ = ([0-9]),.*/\1/p' user/app/cmd.h) \
		<(sed -n '/^# EXIT STATUS/,/^# [^E]/p' "$1" | sed -nE 's/^\*([0-9])\*$/\1/p')
}

# The knobs: names, order, and which are in the default set.
knobs_agree() {
	diff <(sed -nE 's/^KNOB\([a-z_]+, *"([a-z-]+)", *(true|false),.*/\1 \2/p' user/isolate/knobs.def) \
		<(sed -n '/^# KNOBS/,/^# F/p' $pages/lull-shield.8.scd |
			sed -nE 's/^\*([a-z-]+)\* \\\*$/\1 true/p; s/^\*([a-z-]+)\*$/\1 false/p')
}

commands=$(commands)
plan $((9 + 5 * $(wc -w <<<"$commands")))

for command in $commands; do
	page=$pages/lull-$command.8.scd
	holds "$command: has a page" test -f "$page"
	holds "$command: the page has the options of --help" options_agree "$command" "$page"
	holds "$command: the page has all exit codes" exit_codes_agree "$page"
	holds "$command: the examples of the page" examples_work "$page"
	holds "$command: lull.8 names it" grep -q "^\*$command\*" $pages/lull.8.scd
done
holds "ledger: the rows of rows.def" rows_agree
holds "sources: those of sources.def" sources_agree
holds "sources: every tracepoint is named" hooks_are_named
holds "findings: those of findings.def" findings_agree
holds "loss: the anomalies of anomalies.def" anomalies_agree
holds "knobs: those of knobs.def" knobs_agree
holds "lull.8 has all exit codes" exit_codes_agree $pages/lull.8.scd
if [[ -f README.md ]]; then
	holds "README: its examples" examples_work README.md
else
	skip "README: its examples" "there is no README.md"
fi
if command -v scdoc >/dev/null && command -v mandoc >/dev/null; then
	lint() {
		local page
		for page in $pages/*.scd; do
			is_clean "$page" || return 1
		done
	}
	holds "the pages are well formed" lint
else
	skip "the pages are well formed" "scdoc or mandoc is not installed"
fi
