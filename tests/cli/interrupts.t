#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# interrupts: `lull list --interrupts` on recorded machines: the fixtures exactly, real files against
# an independent count of them, broken text with the line that is broken. Needs no root.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need_lull
fixtures=$(realpath tests/fixtures)
machines=$(realpath -m "${LULL_MACHINES:-../shared/machines}")
desktop="--sysroot $fixtures/desktop"

# documents GOLDEN ARGUMENTS: exactly that of interrupts, a line each.
documents() {
	run "$2" && jq -c '.interrupt_cpus, .interval_ns, .interrupts[]' "$out" | diff "$golden/$1" -
}

# lists ARGUMENTS FILTER WANT
lists() {
	answers "list --interrupts $1" "$2" "$3"
}

# put TEXT: a machine that has this as its interrupts, in $work/machine.
put() {
	rm -rf "$work/machine"
	mkdir -p "$work/machine/proc"
	printf "$1" >"$work/machine/proc/interrupts"
}

# refuses TEXT LINE
refuses() {
	put "$1"
	check "broken: $(head -c 40 <<<"${1//$'\n'/\\n}")" \
		"list --interrupts --sysroot $work/machine" 1 "proc/interrupts, line $2: "
}

# What FACTS.tsv counts, of the document in $out, in its order.
counts='[(.interrupt_cpus | length), ([.interrupts[] | select(.irq != null)] | length),
	([.interrupts[] | select(.name)] | length),
	([.interrupts[] | select(.class == "passed-through")] | length),
	([.interrupts[] | select(.irq != null and (.actions | join(", ") | contains(",")))] | length),
	([.interrupts[].counts[]] | add // 0), ([.interrupts[].total] | add // 0)] | @tsv'

# agrees FILE COUNTS...
agrees() {
	local got file=$1
	shift
	mkdir -p "$work/real/proc"
	cp "$machines/interrupts/$file" "$work/real/proc/interrupts"
	run "list --interrupts --json --sysroot $work/real" || return 1
	got=$(jq -r "$counts" "$out" | tr '\t' ' ')
	[[ $got == "$*" ]] || { echo "$got, not $*" && return 1; }
	run "list --interrupts --sysroot $work/real" || return 1
	(($(grep -cE '^ *[^ ]+ +(passed-through|host|managed|per-cpu|posted|unknown) ' "$out") == $2 + $3))
}

facts=()
if [[ -f $machines/FACTS.tsv ]]; then
	mapfile -t facts < <(tail -n +2 "$machines/FACTS.tsv")
fi
plan $((31 + (${#facts[@]} ? ${#facts[@]} : 1)))

holds "text, 80 columns" prints desktop.interrupts.80.txt "list --interrupts $desktop"
holds "the document" documents desktop.interrupts.json "list --interrupts $desktop --json"
holds "-c: what may fire there, most first" prints desktop.interrupts.cpus.txt \
	"list --interrupts -c 2-5 $desktop"
holds "--vm: of its devices" lists "$desktop --vm win11" '[.interrupts[].vm_pid] | unique' '[3000]'
holds "a number for lines, a name for rows" lists "$desktop" \
	'[.interrupts[] | [(.irq | type), (.name | type)]] | unique' \
	'[["null","string"],["number","null"]]'
holds "classes, where modes say nothing" lists "$desktop" \
	'[.interrupts[].class] | unique' '["host","passed-through","per-cpu"]'
cp -r "$fixtures/desktop" "$work/desktop"
chmod 444 "$work/desktop/proc/irq/121/smp_affinity_list"
holds "managed, where they do" lists "--sysroot $work/desktop" \
	'[.interrupts[] | select(.class == "managed") | [.irq, .writable]]' '[[121,false]]'
holds "no masks are recorded: null" lists "--sysroot $fixtures/smt" \
	'[.interrupts[] | .affinity, .effective, .node] | unique' '[null]'
holds "the document has them in any case" bash -c \
	"[[ \$('$LULL' list $desktop --json | jq '.interrupts | length > 0') == true ]]"
holds "a recorded machine without them: an empty list" bash -c \
	"mkdir '$work/none' && [[ \$('$LULL' list --sysroot '$work/none' --json | jq -c .interrupts) == '[]' ]]"
check "-c alone" "list -c 1 $desktop" 1 'add --interrupts'
check "-d alone" "list -d 1s $desktop" 1 'add --interrupts'
check "-d of a recorded machine" "list --interrupts -d 1s $desktop" 1 'nothing happens in'
check "-c: a CPU that is not there" "list --interrupts -c 2,99 $desktop" 4 'CPU 99 is not online'
check "-c: the same of the document" "list --json -c 99 $desktop" 4 'CPU 99 is not online'
check "-c: not a list" "list --interrupts -c 1- $desktop" 1 'not a CPU list'
check "no such VM" "list --interrupts --vm linux $desktop" 4 'no VM matches'
check "this machine, for 20 ms" "list --interrupts -d 20ms" 0 'counted for [0-9.]+ ms'
holds "this machine: the time that was counted" lists "-d 20ms" '.interval_ns >= 20000000' true

refuses '' 1
refuses 'nonsense\n' 1
refuses ' CPU0 CPUx\n' 1
refuses ' CPU99999999999999999999\n' 1
refuses ' CPU0\nno colon here\n' 2
refuses ' CPU0\nNMI: 1\n\nwhat is this\n' 4
refuses ' CPU0\n 1: 18446744073709551616 x\n' 2
mkdir -p "$work/none"
check "no file" "list --interrupts --sysroot $work/none" 1 'proc/interrupts: No such file'
put ' CPU0\n 24: 5 PCI-MSI 1-edge a\033[2Jb\302\233c\377\n'
check "-c: nobody knows which are there" "list --interrupts -c 99 --sysroot $work/machine" 0 ''
check "control characters in a name" "list --interrupts --sysroot $work/machine" 0 'a\?\[2Jb' $'\033'
holds "and in the document" lists "--sysroot $work/machine" '.interrupts[0].actions' '["a?[2Jb??c?"]'
put ' CPU0\n 24: 5 PCI-MSI 1-edge eth0-vfio-msi, vfio-msi[0](0000:01:00.0)\n 25: 1 x 1-edge vfio\n'
holds "vfio by action, not by word" lists "--sysroot $work/machine" '[.interrupts[].class]' \
	'["passed-through","host"]'

for row in "${facts[@]}"; do
	IFS=$'\t' read -r file cpus _ numbered named vfio shared _ notes <<<"$row"
	sum=${notes#*sum=}
	sum=${sum%%;*}
	holds "machine: $file" agrees "$file" "$cpus" "$numbered" "$named" "$vfio" "$shared" \
		"$sum" "$sum"
done
((${#facts[@]})) ||
	skip "real files" "no recorded machines beside the tree (LULL_MACHINES)"
