#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sleep: the machine sleeps and wakes up under a lull that stays: all that was shielded is afterwards,
# and what was before all is put back. The kernel does everything but the last step (pm_test "core":
# tasks frozen, devices and all CPUs but one down, the clock stopped), after which the emulated machine
# would not wake up.
. /test/lib.sh

edu=$(pci_find 0x1234:0x11e8)
line="vfio-msi[0]($edu)"

all_held() {
	lull status >"$OUT/status" 2>&1
}

grep -qw mem /sys/power/state && [ -e /sys/power/pm_test ] || {
	echo 'this kernel cannot try to sleep'
	exit 77
}
vfio_bind "$edu"
device_start edu vfirq "$edu" --rate 1000
until_true 20 line_is_there "$line"
device_raise edu 5
mask_state >"$OUT/before"
keep_start awake --without cpuset -c 2
until_true 20 all_held
mask_state >"$OUT/shielded"
must test "$(cat "/proc/irq/$(line_of "$line")/smp_affinity_list")" = 2

echo core >/sys/power/pm_test
for time in first again; do
	echo mem >/sys/power/state || fail 'the kernel does not go to sleep'
	must kill -0 "$keep"
	mask_state >"$OUT/awake-$time"
	diff "$OUT/shielded" "$OUT/awake-$time" || echo "rewritten by the kernel ($time)"
	sleep 6 # the look at everything is every 5 s
	until_true 20 all_held
	mask_state >"$OUT/held-$time"
	must diff "$OUT/shielded" "$OUT/held-$time"
	device_raise edu 20
	before=$(line_counts "$line")
	device_raise edu 20
	echo "$time: from $before to $(line_counts "$line")"
	must test "$(echo "$before" | cut -d, -f1,2,4)" = "$(line_counts "$line" | cut -d, -f1,2,4)"
done
must test "$(dmesg | grep -c 'CPU 2 is now offline')" -eq 2

kill -TERM "$keep"
keep_end awake mask_state
