#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# systemd-killed: a shield that is killed, and a restore that is, at their calls that tell or change
# something: systemd asked and told, drop-ins removed, affinities set. The next restore leaves all as
# it was before.
. /test/lib.sh

step=3 # each call in turn takes minutes

restored() {
	lull restore --all >"$OUT/restored" 2>&1 || fail "$1: $(cat "$OUT/restored")"
	# shellcheck disable=SC2086 # words
	systemd_state $pids >"$OUT/after"
	diff "$OUT/before" "$OUT/after" || fail "$1"
	must test ! -e /run/lull/journal
}

# is_killed N COMMAND...: false when it came to its end first.
is_killed() {
	_rc=0
	/test/bin/tests/lab/killat "$@" >"$OUT/said" 2>&1 || _rc=$?
	[ "$_rc" -le 1 ] || fail "killat: exit code $_rc"
	[ "$_rc" -eq 0 ]
}

systemd_daemons
# shellcheck disable=SC2086 # words
systemd_state $pids >"$OUT/before"

n=1
while is_killed "$n" lull shield -c 2 --only cpuset; do
	restored "shield killed at call $n"
	n=$((n + step))
done
must test "$(cpus_of_daemon pinned)" = 1
echo "shield: killed at $((n / step)) of its calls"

n=1
while is_killed "$n" lull restore --all; do
	restored "restore killed at call $n"
	must lull shield -c 2 --only cpuset >/dev/null
	n=$((n + step))
done
restored 'restore'
must test "$n" -gt 30
echo "restore: killed at $((n / step)) of its calls"
