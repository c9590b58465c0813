#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# shield: shield, restore and status on a recorded machine, a folder, on which whatever is a file can
# be changed: what is planned is what is done and no more, the printed commands do the same, the
# journal cut anywhere, two at once with and without kills. At the end each file is as it was.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need_lull
fixture=$(realpath tests/fixtures/whole)
machine=$work/machine
on="--sysroot $machine"
knobs=$(sed -n 's/^KNOB([^"]*"\([^"]*\)".*/\1/p' user/isolate/knobs.def | paste -sd,)
# Where only files count: no thread of a folder can be moved, and no cpuset made.
files=$(tr , '\n' <<<"$knobs" | grep -vxE 'cpuset|kthreads|pins|irqbalance' | paste -sd,)

fresh() {
	rm -rf "$machine"
	cp -r "$fixture" "$machine"
}

# The machine, but for what lull keeps there.
is_as_before() {
	diff -r --exclude=lull "$fixture" "$machine"
}

# prints COMMAND: as shell commands that act in the machine.
commands_of() {
	run "$1" && sed -E "s#(> |< |cd )/#\1$machine/#g" "$out"
}

# did CODE ARGUMENTS
did() {
	local code
	run "$2"
	code=$?
	((code == $1)) || { cat "$out" "$err" && echo "$2: exit code $code, not $1" && return 1; }
}

# What is done is what was planned, and nothing else changed: each step's file has its value.
as_planned() {
	fresh
	did 0 "plan $on -c 2-3 --only $knobs --json" || return 1
	jq -c '[.steps[] | [.knob, .object, .old, .want]] | sort' "$out" >"$work/planned"
	did 0 "shield $on -c 2-3 --only $knobs --json" || return 1
	jq -c '[.steps[] | [.knob, .object, .old, .want]] | sort' "$out" >"$work/done"
	diff "$work/planned" "$work/done" || return 1
	diff -rq --exclude=lull "$fixture" "$machine" | awk '{ print $4 }' |
		sed "s|^$machine/||" | sort >"$work/changed"
	jq -r '.[][1] | select(startswith("task/") or startswith("cgroup/") | not)' "$work/planned" |
		sort >"$work/objects"
	diff "$work/objects" "$work/changed"
}

puts_back() {
	did 0 "restore $on" && grep -qxE 'restored ([0-9]+) of \1, verified' "$out" && is_as_before
}

# The commands that plan prints and those that restore prints do what lull does.
commands_do_it() {
	fresh
	did 0 "shield $on -c 2-3 --only $files" || return 1
	rm -rf "$work/by-lull" && cp -r "$machine" "$work/by-lull"
	commands_of "restore $on --print" >"$work/back.sh" || return 1
	fresh
	commands_of "plan $on -c 2-3 --only $files --shell" >"$work/there.sh" || return 1
	bash -e "$work/there.sh" && diff -r --exclude=lull "$work/by-lull" "$machine" || return 1
	bash -e "$work/back.sh" && is_as_before
}

# irq-default is put back first; cpusets within each other are widened from without, and narrowed
# from within.
in_order() {
	fresh
	did 0 "shield $on -c 2-3 --only irq-default,cpuset,watchdog" || return 1
	run "restore $on --print" || return 1
	sed -En "s/^echo '?([^']*)'? > /\\1 /p" "$out" | sed 's|/.*/cpuset/||' | diff - <(cat <<-'END'
		f /proc/irq/default_smp_affinity
		0-3 /proc/sys/kernel/watchdog_cpumask
		0-3 docker/cpuset.cpus
		0-1,3 jobs/cpuset.cpus
		0-3 docker/db/cpuset.cpus
		0-3 docker/web/cpuset.cpus
		0-3 docker/web/deep/cpuset.cpus
		2-3 docker/web/deep/cpuset.cpus
		2-3 docker/web/cpuset.cpus
		3 jobs/cpuset.cpus
	END
	)
}

# Of two shields the one that is named; what somebody else changed is a comment.
print_of_one() {
	fresh
	did 0 "shield $on -c 3 --only irq" && did 0 "shield $on -c 2 --only irq" || return 1
	run "restore $on --print"
	(($? == 4)) || return 1
	echo 2 >"$machine/proc/irq/24/smp_affinity_list"
	run "restore $on --vm cpus-3 --print" || return 1
	grep -qx '# irq 24 eth0: somebody else made it 2, so it stays (it was 0-3)' "$out" || return 1
	# The passed-through line goes to those whose the other CPU is, as nobody is known to have it.
	grep -v '^#' "$out" | diff - <(printf "echo '%s' > /proc/irq/%d/smp_affinity_list\n" 3 28 3 26 2 25)
}

# cut_at N: the first N bytes of the journal. Nothing is touched, and that is what is said.
cut_at() {
	head -c "$1" "$work/journal" >"$machine/run/lull/journal"
	run "restore $on"
	if (($? != 1)) || ! grep -q 'journal is damaged, so nothing is touched' "$err"; then
		echo "cut at $1: $(cat "$out" "$err")"
		return 1
	fi
}

# At each byte, or at some and around each end of a line.
cut_anywhere() {
	local n size ends every=7
	[[ -z ${LULL_CHECK_FULL-} ]] || every=1
	[[ $LULL != */san/* ]] || every=61
	fresh
	did 0 "shield $on -c 2-3" || return 1
	cp "$machine/run/lull/journal" "$work/journal"
	rm -rf "$work/shielded" && cp -r "$machine" "$work/shielded"
	size=$(stat -c %s "$work/journal")
	ends=$(LC_ALL=C grep -bo '^.' "$work/journal" | cut -d: -f1)
	for n in $({
		seq 0 $every $((size - 1))
		[[ $every == 61 ]] || for n in $ends; do seq $((n > 2 ? n - 2 : 0)) $((n + 1)); done
		seq $((size - 12)) $((size - 1))
	} | sort -un); do
		cut_at "$n" || return 1
	done
	diff -r --exclude=lull "$work/shielded" "$machine" || return 1
	cp "$work/journal" "$machine/run/lull/journal"
	puts_back
}

# task TID CPUSET: one of its own process.
task() {
	mkdir -p "$machine/proc/$1/task/$1"
	sed "s/^50 /$1 /" "$machine/proc/50/stat" >"$machine/proc/$1/stat"
	printf "Tgid:\t%d\nCpus_allowed_list:\t2-3\n" "$1" >"$machine/proc/$1/status"
	echo "$2" >"$machine/proc/$1/cpuset"
	echo "4:cpuset:$2" >"$machine/proc/$1/cgroup"
	cp "$machine/proc/$1"/{stat,status,cgroup} "$machine/proc/$1/task/$1"
}

# The cpusets of each are spared, whoever is named first, and the journal knows one thread of each.
two_threads() {
	local names first second third want
	fresh
	cp -r "$machine/sys/fs/cgroup/cpuset"/{jobs,other}
	task 60 /docker/db
	task 61 /jobs
	task 62 /jobs
	for names in '60 61 62 60,61' '61 62 60 61,60'; do
		read -r first second third want <<<"$names"
		did 0 "shield $on -t $first -t $second -t $third -c 2-3 --only cpuset --json" || return 1
		jq -c '[.steps[].object | select(endswith("cpuset.cpus"))]' "$out" |
			diff - <(echo '["sys/fs/cgroup/cpuset/other/cpuset.cpus"]') ||
			return 1
		grep "^layer .* $want$" "$machine/run/lull/journal" ||
			{ cat "$machine/run/lull/journal" && return 1; }
		did 0 "restore $on" || return 1
	done
}

# One that was being written when lull was killed is nobody's; so is that of another boot.
leftovers() {
	fresh
	did 0 "shield $on -c 2-3" || return 1
	head -c 300 "$machine/run/lull/journal" >"$machine/run/lull/journal.tmp"
	puts_back || return 1
	did 0 "shield $on -c 2-3" || return 1
	echo another >"$machine/proc/sys/kernel/random/boot_id"
	did 0 "restore $on" && grep -qx 'nothing to restore' "$out" || return 1
	did 0 "status $on" && grep -qx 'no shield is in force' "$out"
}

# No room for a journal of more than 1024 bytes: nothing is changed.
no_room() {
	fresh
	(
		ulimit -f 1
		trap '' XFSZ
		did 1 "shield $on -c 2-3 --only $files"
	) && grep -q 'File too large; nothing was changed' "$err" && is_as_before
}

# loop CPU KILLS: 20 shields and restores of it at random.
loop() {
	local i pid
	RANDOM=$1
	for ((i = 0; i < 20; i++)); do
		if ((RANDOM % 2)); then
			"$LULL" shield --sysroot "$machine" -c "$1" >/dev/null 2>"$work/said.$1" &
		else
			"$LULL" restore --sysroot "$machine" --vm "cpus-$1" >/dev/null 2>"$work/said.$1" &
		fi
		pid=$!
		if (($2 && RANDOM % 2)); then
			sleep "0.00$((RANDOM % 10))"
			kill -KILL "$pid" 2>/dev/null
		fi
		wait "$pid"
		case $? in
		0 | 137) ;;
		4) grep -q 'no shield is called' "$work/said.$1" || return 1 ;;
		*) cat "$work/said.$1" && return 1 ;;
		esac
	done
}

two_at_once() {
	local one two
	fresh
	loop 2 "$1" 2>/dev/null &
	one=$!
	loop 3 "$1" 2>/dev/null &
	two=$!
	wait "$one" || { cat "$work/said.2" && return 1; }
	wait "$two" || { cat "$work/said.3" && return 1; }
	did 0 "restore $on --all" && is_as_before && [[ ! -e $machine/run/lull/journal ]]
}

# The other CPUs for the same name: cpusets within each other follow, and back.
moves() {
	fresh
	mkdir -p "$machine/run/lull" && chmod 700 "$machine/run/lull"
	did 0 "shield $on -c 2-3" && did 0 "shield $on -c 1" || return 1
	[[ $(<"$machine/sys/fs/cgroup/cpuset/docker/web/cpuset.cpus") == 0 ]] || return 1
	did 0 "restore $on --vm cpus-2-3" || return 1
	[[ $(<"$machine/sys/fs/cgroup/cpuset/docker/web/cpuset.cpus") == 2-3 ]] || return 1
	puts_back
}

# A line that can be read, and not written.
unwritable() {
	fresh
	mv "$machine/proc/irq/26/smp_affinity_list" "$machine/proc/irq/26/behind"
	ln -s behind "$machine/proc/irq/26/smp_affinity_list"
	rm -rf "$work/odd" && cp -r "$machine" "$work/odd"
}

# Written under a shield, and not writable when it is lifted: owed, until it can be.
owed() {
	fresh
	did 0 "shield $on -c 2-3 --only irq" || return 1
	mv "$machine/proc/irq/26/smp_affinity_list" "$machine/proc/irq/26/behind"
	ln -s behind "$machine/proc/irq/26/smp_affinity_list"
	did 2 "restore $on" && grep -qx 'restored 3 of 4, verified' "$out" &&
		grep -q 'irq 26 ahci: failed (now 0-1, not 2-3)' "$out" || return 1
	did 2 "status $on" && grep -q ' 1 failed' "$out" || return 1
	mv "$machine/proc/irq/26/behind" "$machine/proc/irq/26/smp_affinity_list"
	did 0 "restore $on" && grep -qx 'everything is as it was' "$out" && is_as_before
}

plan 25
holds "what is planned is done, and nothing else" as_planned
check "status: all hold" "status $on" 0 ' 0 pending, 0 drifted, 0 gone, 0 failed'
holds "restore: every file is as before" puts_back
check "restore again" "restore $on" 0 '^nothing to restore'
holds "the printed commands do it, there and back" commands_do_it
holds "restore --print: in the order of restore" in_order
holds "restore --print: of one of two shields" print_of_one
holds "two shields, lifted in the order of coming" moves
holds "threads in several cpusets: each is spared" two_threads
holds "a journal that is cut anywhere: nothing is touched" cut_anywhere
holds "a journal that was not written to its end, or is of another boot" leftovers
holds "no room for a journal: nothing is changed" no_room
holds "two at once, 20 times at random" two_at_once 0
holds "two at once, and killed at random" two_at_once 1

unwritable
check "a step that fails: its name, and all rolled back" "shield $on -c 2-3" 1 \
	'irq 26 ahci \(irq\): 2-3 -> 0-1: |rolled back, nothing is changed'
holds "it is as before" diff -r --exclude=lull "$work/odd" "$machine"
check "--best-effort keeps what holds" "shield $on -c 2-3 --best-effort" 2 \
	'irq 26 ahci: failed \(now 2-3, not 0-1\)'
check "--best-effort: restore" "restore $on" 0 '^restored 13 of 13, verified'
holds "--best-effort: it is as before" diff -r --exclude=lull "$work/odd" "$machine"
holds "a step that cannot be put back stays owed" owed
check "restore: no such shield" "restore $on --vm nosuch" 4 'no shield is called nosuch'

fresh
run "shield $on -c 3 --only irq"
printf 'vfio-msi[1](0000:01:00.0)\n' >"$machine/sys/kernel/irq/25/actions"
sed -i 's/vfio-msi.0/vfio-msi[1/' "$machine/proc/interrupts"
echo 0-2 >"$machine/proc/irq/25/smp_affinity_list"
check "status: an interrupt that is another one now" "status $on" 0 '3 held, 0 pending, 0 drifted, 1 gone'
check "status: it is not placed" "status $on" 0 'irq 25 vfio-msi.1.\(0000:01:00.0\): 0-2, not 3'
check "--keep needs a host" "shield $on -c 3 --keep" 1 'not of a recorded machine'
check "restore: a folder that is not there" "restore --sysroot /nosuch" 1 'No such file'
