# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# judge: for tests/lab/*/check, which look at what a VM left: $out, on kernel $kernel, version
# $release. Durations are compared with each other only, because the VM's clock is an emulator's.
set -euo pipefail

out=$1 kernel=$2
release=$(basename "$(readlink "$(dirname "${BASH_SOURCE[0]}")/../../build/lab/kernels/$kernel")")
failed=0

# For filters: vcpu(N): that thread; row(NAME): its entries of a row; ns, times: what they sum to.
prelude='
def vcpu(n): .threads[] | select(.vcpu == n);
def row(name): [.ledger[] | select(.row == name)];
def ns: map(.sum_ns) | add // 0;
def times: map(.count) | add // 0;
# An exit for a host interrupt is the row of its own: untraced, what was not seen of the interrupt.
def reasons: (row("exit") | map(select(.name != "reason not known"))) +
	(row("untraced") | map(.name = "interrupt"));
def exits(name): reasons | map(select(.name == name)) | times;
'

holds() {
	echo "holds: $*"
}

fails() {
	echo "FAILS: $*"
	failed=1
}

# is NAME WHAT FILTER [X]: the jq filter yields true on the recording; $x in it is the JSON X.
is() {
	local file=$out/$1.json what=$2 filter=$3 x=${4:-null}

	if jq -e --argjson x "$x" "$prelude $filter" "$file" >/dev/null 2>"$out/jq"; then
		holds "$what"
	else
		fails "$what $(head -n 1 "$out/jq")"
	fi
}

# say NAME FILTER: for people
say() {
	jq -r "$prelude $2" "$out/$1.json"
}

# judge_recording NAME: what holds for every recording.
judge_recording() {
	is "$1" 'schema' '.schema == "lull.recording/1"'
	is "$1" 'the kernel is named' ".host.kernel == \"$release\""
	is "$1" 'nothing lost' '.loss.complete and ([.loss | .. | numbers] | add // 0) == 0'
	is "$1" 'every ledger sums to its wall time' 'all(.threads[]; (.ledger | ns) == .wall_ns)'
	is "$1" 'every CPU sums to its wall time' 'all(.cpus[]; (.sources | ns) == .wall_ns)'
	is "$1" 'every histogram counts what its entry counts' '
		all(.. | objects | select(has("count") and has("hist") and .hist != null);
		.count == (.hist.buckets | map(.[2]) | add // 0))'
	is "$1" 'every stall is as long as its segments together' '
		all(.stalls[]; ([.segments[].ns] | add // 0) == .duration_ns)'
	is "$1" 'no thread waits for itself' '
		all(.threads[]; .tid as $tid | all(row("preempted")[], row("wake")[];
		.name | test(" \($tid)( |$)") | not))'
	# A vector is traced before the kernel counts it, a line after: the one that is in between when
	# the window opens, and when it closes, may be on either side of each.
	is "$1" 'every interrupt is counted as by the kernel, but for 1 at either edge' '
		all(.audit[] | select((.what | startswith("cpu")) and .lull != null);
		.lull >= .kernel_min - 1 and .lull <= .kernel_max + 1)'
	is "$1" 'no time without a label, but before the first event of a thread' '
		all(.threads[]; row("lost") | all(.name == "before the first event"))'
}

done_judging() {
	exit "$failed"
}
