#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# doctor: what a user sees of it: text and JSON, recorded machines, and the exact sentence for
# whoever may not measure: an ordinary user, dropped capabilities, a user namespace, a filter of
# system calls, /proc/irq that cannot be written. Each check on its own is in the unit tests.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need_lull
cd "$(dirname "$0")/../.." || exit 1

checks=user/doctor/checks.def
nobpf=$(realpath -m "${LULL_BUILD:-build}/tests/cli/nobpf")

# Words wrapped at the edge are one line again; each check and each remedy begins one.
unwrap() {
	sed -E ':a; N; $!ba; s/\n {11,}([^- ]|-[^>])/ \1/g' "$out"
}

# finds WHAT CODE REGEX...: after run; each matches a line of the unwrapped text.
finds() {
	local what=$1 code=$2 regex why=
	shift 2
	run "doctor $options"
	code_got=$?
	((code_got == code)) || why="exit code $code_got, not $code;"
	[[ ! -s $err ]] || why+=" said: $(head -n 2 "$err")"
	for regex; do
		unwrap | grep -qE -e "$regex" || why+=" nothing matches '$regex';"
	done
	if [[ -z $why ]]; then
		ok "$what"
	else
		not_ok "$what" "$why"
		diag "$(head -n 60 "$out")"
	fi
}

# machine NAME FILE=TEXT...: a recorded machine in $work/NAME
machine() {
	local at=$work/$1 file
	shift
	for file; do
		mkdir -p "$at/$(dirname "${file%%=*}")"
		echo "${file#*=}" >"$at/${file%%=*}"
	done
}

names_in_man() {
	local name bad=0
	for name in $(sed -nE 's/^ *CHECK\(.*"(.*)"\)/\1/p' $checks); do
		grep -qE "^\*(.*, \*)?$name\*" scripts/man/lull-doctor.8.scd || { echo "no $name" && bad=1; }
	done
	return $bad
}

# The document's keys, the words of the states, and every check of the list in its order.
json_is_well_formed() {
	run "doctor --json $options"
	jq -e '.schema == "lull.doctor/1" and (.verdict | keys == ["measure", "shield"]) and
		all(.checks[]; (keys == ["found", "name", "remedy", "section", "state"]) and
			(.state | IN("ok", "warn", "fail", "n/a", "unknown")) and
			(.section | IN("measure", "shield", "host")) and (.found | length > 0))' "$out" &&
		diff <(jq -r '.checks[] | select(.name | startswith("source ") | not) | .name' "$out") \
			<(sed -nE 's/^ *CHECK\(.*"(.*)"\)/\1/p' $checks)
}

fits_80() {
	run "doctor $options"
	[[ -s $out ]] && ! grep -nE '^.{81,}' "$out" | grep -vE '^[0-9]+: +(-> )?[^ ]{50,}'
}

no_escape() {
	run "doctor --sysroot $work/hostile" || return 1
	! grep -q $'\033' "$out"
}

colour_only_adds() {
	run "doctor $options" && cp "$out" "$work/plain"
	run "doctor --color always $options" && grep -q $'\033' "$out" &&
		sed 's/\x1b\[[0-9;]*m//g' "$out" | cmp - "$work/plain"
}

# What a doctor must not touch: settings, programs of BPF, its own files.
host_state() {
	sysctl -a 2>/dev/null |
		grep -vE '^(fs\.(dentry|inode|file-nr|aio-nr|quota)|kernel\.(random|ns_last_pid|pty)|net\.netfilter|kernel\.sched_domain)'
	cat /proc/irq/*/smp_affinity_list /proc/irq/default_smp_affinity 2>/dev/null
	ls -d /run/lull 2>/dev/null
}

# Programs of ours that are still loaded; the kernel frees them a moment later.
no_program_is_left() {
	! bpftool prog list 2>/dev/null | grep -qE 'name (sched|irq|kvm|vector)__'
}

changes_nothing() {
	host_state >"$work/before"
	run "doctor"
	host_state >"$work/after"
	diff "$work/before" "$work/after"
}

plan 28

machine quiet proc/sys/kernel/osrelease=6.12.107 sys/kernel/btf/vmlinux=x \
	"proc/cmdline=ro isolcpus=2-3" sys/devices/system/cpu/possible=0-3 \
	sys/devices/system/cpu/online=0-3 sys/kernel/mm/ksm/run=1
machine nobtf proc/sys/kernel/osrelease=6.12.107 sys/kernel/btf/kvm=x
machine old proc/sys/kernel/osrelease=5.10.0-46-amd64 sys/kernel/btf/vmlinux=x
machine hostile "proc/sys/kernel/osrelease=6.12"$'\033]0;owned\007' sys/kernel/btf/vmlinux=x
cp -r tests/fixtures/smt "$work/smt"

# ---- recorded machines

options="--sysroot $work/quiet"
finds "recorded: nothing is tried, and it says so" 0 '^  unknown  sources +not tried: recorded machine' \
	'^can measure: could not be told: [0-9]+ checks are unknown, none fails'
finds "recorded: a remedy is ready to paste" 0 '^  warn     isolcpus +isolcpus=2-3 without managed_irq' \
	'^ +-> at boot: isolcpus=managed_irq,domain,2-3$' \
	'^ +-> echo 0 > /sys/kernel/mm/ksm/run'
finds "recorded: three sections" 0 '^Can it measure\?$' '^Can it shield\?$' \
	'^What of this host makes guests stutter\?$'
holds "recorded: 80 columns" fits_80
holds "colour only adds to the words" colour_only_adds
options="--sysroot $work/nobtf"
finds "recorded: no BTF" 4 'kernel has no BTF \(CONFIG_DEBUG_INFO_BTF\); measuring off, shield works; counts from /proc/interrupts' \
	'^can measure: no$'
options="--sysroot $work/old"
finds "recorded: too old" 4 '^  fail     kernel +5.10.0-46-amd64 is too old' 'can measure: no'
options="--sysroot $work/smt"
finds "recorded: cores" 0 '^  ok       cores +3 cores, 5 CPUs online'
holds "a hostile file cannot write to the terminal" no_escape
check "--sysroot: no such folder" "doctor --sysroot /nosuch" 1 '/nosuch: No such file'
check "a word too many" "doctor now" 1 'unexpected word now'
holds "every check is in the man page" names_in_man
if command -v jq >/dev/null; then
	options="--sysroot $work/quiet"
	holds "--json: recorded" json_is_well_formed
	options=
	holds "--json: here" json_is_well_formed
else
	skip "--json: recorded" "jq is not installed"
	skip "--json: here" "jq is not installed"
fi
check "-q says nothing" "doctor -q --sysroot $work/quiet" 0 '' '.'

# ---- this machine, as whoever may and as whoever may not

options=
holds "here: 80 columns" fits_80
chmod 711 "$work" && chmod 777 "$here"
cp "$LULL" "$work/lull" && LULL=$work/lull
needs='loading eBPF needs CAP_BPF and CAP_PERFMON; this process has'
if ((EUID == 0)); then
	caps=$(setpriv --dump | grep -c 'Capability bounding set:.*bpf')
else
	caps=0
fi

if ((EUID == 0)); then
	run_as=(setpriv --reuid=65534 --regid=65534 --clear-groups --)
	finds "an ordinary user: what is missing, and what could not be seen" 4 \
		"^  fail     capabilities +$needs neither \(unit: AmbientCapabilities=" \
		'^  fail     root +uid 65534: only root' '^ +-> sudo lull doctor$' \
		'^  unknown  sources +not loaded' '^  unknown  siblings +which VMs run: only root may' '^can measure: no$'
	run_as=()
else
	finds "an ordinary user: what is missing" 4 "$needs neither"
fi
if ((caps)) && [[ -r /sys/kernel/btf/vmlinux ]]; then
	finds "root: measuring and shielding" 0 '^can measure: yes' '^can shield: yes' \
		'^  ok       sources +[0-9]+ loaded on trial: sched'
	sources=$(sed -nE 's/^  ok       sources +([0-9]+) loaded.*/\1/p' "$out")
	# the events of a module need one more capability than those two
	! grep -qE '^  ok       kvm-btf +known, KVM is a module' "$out" || sources=$((sources - 1))
	holds "changes nothing" changes_nothing
	if command -v bpftool >/dev/null; then
		holds "no program is left behind" wait_until 5 no_program_is_left
	else
		skip "no program is left behind" "no bpftool"
	fi
	run_as=(setpriv --bounding-set -all --inh-caps -all --)
	finds "root without capabilities" 4 "$needs neither" '^can measure: no$'
	run_as=(setpriv --bounding-set -all,+bpf --inh-caps -all --)
	finds "root with CAP_BPF alone" 4 "$needs CAP_BPF only"
	run_as=(setpriv --bounding-set -all,+bpf,+perfmon --inh-caps -all --)
	finds "the two capabilities are enough to measure" 0 \
		'^  ok       capabilities +CAP_BPF and CAP_PERFMON' \
		"^  ok       sources +${sources:-some} loaded" \
		'^  warn     root +no CAP_SYS_NICE' '^can measure: yes'
	run_as=("$nobpf" errno)
	finds "a filter refuses bpf()" 4 '^  fail     bpf-syscall +bpf\(\) itself is refused \(seccomp\?\)' \
		'^  unknown  sources +not tried'
	run_as=("$nobpf" kill)
	finds "a filter kills who calls bpf()" 4 \
		'bpf\(\) itself is refused \(seccomp\?\): it ends the process'
else
	for what in "root: measuring and shielding" "changes nothing" "no program is left behind" \
		"root without capabilities" "root with CAP_BPF alone" \
		"the two capabilities are enough to measure" "a filter refuses bpf()" \
		"a filter kills who calls bpf()"; do
		skip "$what" "needs root, CAP_BPF and BTF"
	done
fi
run_as=(unshare -Ur)
if unshare -Ur true 2>/dev/null; then
	finds "a user namespace" 4 'uid 0 of a user namespace cannot load eBPF' '^can measure: no$'
else
	skip "a user namespace" "none can be made here"
fi
# shellcheck disable=SC2016 # the inner shell expands it
read_only='mount --bind /proc/irq /proc/irq && mount -o remount,bind,ro /proc/irq && exec "$@"'
run_as=(unshare -m sh -c "'$read_only'" sh)
if ((EUID == 0)) && unshare -m sh -c "$read_only" sh true 2>/dev/null; then
	finds "/proc/irq is read-only" 4 \
		'/proc/irq: mounted read-only \(ProtectKernelTunables or container\)' \
		'^can shield: no$'
else
	skip "/proc/irq is read-only" "nothing can be mounted privately here"
fi
run_as=(unshare -pf --mount-proc)
if ((EUID == 0)) && unshare -pf --mount-proc true 2>/dev/null; then
	finds "a container" 4 'inside a container' '^ +-> run on the host$'
else
	skip "a container" "no pid namespace can be had here"
fi
