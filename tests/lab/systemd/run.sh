#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# systemd: where systemd owns the cgroups it is told which CPUs are the host's. What it starts later
# keeps to them, also after a daemon-reload; putting back leaves no file, no setting and no affinity
# behind, and what the administrator had set as it was. As a unit lull is ready when all is held, and
# lifts it when it is stopped.
. /test/lib.sh

# The same, and what the other knobs change.
state() {
	# shellcheck disable=SC2086 # words
	systemd_state $pids
	mask_state
}

# before NAME, as_before NAME
# Kernels before 7.2 let nobody empty a cpuset file again whose cgroup has tasks, and it stays when
# another unit keeps the controller: all CPUs mean the same.
before() {
	state | sed "$same" >"$OUT/$1.before"
}

as_before() {
	state | sed "$same" >"$OUT/$1.after"
	must diff "$OUT/$1.before" "$OUT/$1.after"
	must test ! -e /run/lull/journal
}

allowed() {
	systemctl show -p AllowedCPUs --value "$1"
}

is_shielded() {
	must test "$(allowed system.slice)" = "0-1 3"
	must test "$(cpus_of_daemon loose)" = 0-1,3
	must test "$(cpus_of_daemon pinned)" = 1
	must test "$(cpus_of_daemon guests)" = 0-1,3
	must test "$(cpus_of 1)" = 0-1,3
}

same=
systemd_daemons

before once
lull plan -c 2 --only cpuset
must lull shield -c 2
is_shielded
systemd_daemon later sleep 1000
must test "$(cpus_of_daemon later)" = 0-1,3
must systemctl daemon-reload
is_shielded
must test "$(cpus_of_daemon later)" = 0-1,3
must lull status
must lull restore --all >"$OUT/restored"
must grep -qx 'restored [0-9]* of [0-9]*, verified' "$OUT/restored"
as_before once
must test "$(cpus_of_daemon later)" = 0-3
echo "put back: $(lull status 2>&1 | head -n 1)"

# what the administrator says, for good and until reboot
must systemctl set-property user.slice AllowedCPUs=0-2
must systemctl set-property --runtime init.scope AllowedCPUs=0-2
same='s,slice/cpuset.cpus 0-3$,slice/cpuset.cpus ,'
before admin
must lull shield -c 2 --only cpuset >/dev/null
must test "$(allowed user.slice)" = 0-1
must test "$(allowed init.scope)" = 0-1
must lull restore --all
as_same='s,slice/cpuset.cpus 0-3$,slice/cpuset.cpus ,'
before admin
echo 'what the administrator has set is there again'
rm -r /etc/systemd/system.control /run/systemd/transient/init.scope.d
must systemctl daemon-reload

# a VM, and lull as a unit
modprobe kvm-amd
systemd_daemon guest --slice machine.slice miniguest --vcpus 1 --mode idle --pin 2
guest=$(systemctl show -p MainPID --value lab-guest.service)
until_true 10 vcpus_run "$guest"
pids="$pids $(vcpu_tid "$guest" 0)"
before vm
cat >/run/systemd/system/lab-lull.service <<UNIT
[Service]
Type=notify
ExecStart=/test/bin/lull shield --keep --vm $guest
UNIT
must systemctl daemon-reload
must systemctl start lab-lull.service
must systemctl is-active lab-lull.service
must test "$(allowed system.slice)" = "0-1 3"
must test "$(cpus_of "$(vcpu_tid "$guest" 0)")" = 2
must test "$(allowed machine.slice)" = ''
must systemctl stop lab-lull.service
must test "$(systemctl show -p Result --value lab-lull.service)" = success
as_before vm
journalctl -o cat -u lab-lull.service | tail -n 4

# irqbalance, told by its socket: neither restarted nor asked for anything afterwards
must systemctl start irqbalance.service
pid=$(systemctl show -p MainPID --value irqbalance.service)
until_true 20 test -e "/run/irqbalance/irqbalance$pid.sock"
lull plan -c 2 --only irqbalance >"$OUT/irqbalance.before"
must grep -q 'none -> 2' "$OUT/irqbalance.before"
must lull shield -c 2 --only irqbalance
must lull restore --all
lull plan -c 2 --only irqbalance >"$OUT/irqbalance.after"
must diff "$OUT/irqbalance.before" "$OUT/irqbalance.after"
must test "$(systemctl show -p MainPID --value irqbalance.service)" = "$pid"
