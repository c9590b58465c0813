#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# keep: an interrupt that a driver gets again is another one; a lull that stays places the line of a
# passed-through device that appears, and appears again, within a second; writes again what a CPU's
# going and coming has reset; puts everything back on SIGTERM, and by itself when the VM ends.
. /test/lib.sh

edu=$(pci_find 0x1234:0x11e8)
line="vfio-msi[0]($edu)"

# In hundredths of a second.
uptime_cs() {
	cut -d' ' -f1 /proc/uptime | tr -d .
}

is_placed() {
	[ "$(cat "/proc/irq/$(line_of "$line")/smp_affinity_list")" = 2 ]
}

is_gone() {
	! line_is_there "$line"
}

device_ends() {
	kill -TERM "$device"
	wait "$device" || true
	until_true 5 is_gone
}

vfio_bind "$edu"
mask_state >"$OUT/before"

# Of a lull that does not stay: the line that a driver gets again is another one, which no shield has
# placed, and nobody has made it drift. Then there is nothing of it to put back.
device_start edu vfirq "$edu" --rate 1000
until_true 20 line_is_there "$line"
must lull shield -c 2 --without cpuset
must is_placed
device_ends
device_start edu vfirq "$edu" --rate 1000
until_true 20 line_is_there "$line"
must lull status >"$OUT/status"
must grep -q ' 0 drifted, 1 gone, 0 failed' "$OUT/status"
must grep -q "vfio-msi.0.*, not 2" "$OUT/status"
must lull restore
[ "$(cat "/proc/irq/$(line_of "$line")/smp_affinity_list")" = 0-3 ]
device_ends
mask_state >"$OUT/again"
must diff "$OUT/before" "$OUT/again"

keep_start late --without cpuset -c 2
for time in first again; do
	device_start edu vfirq "$edu" --rate 1000
	until_true 20 line_is_there "$line"
	since=$(uptime_cs)
	until_true 10 is_placed
	took=$(($(uptime_cs) - since))
	echo "the line is placed after $took hundredths of a second"
	must test "$took" -lt 250 # the look at everything is every 5 s; the emulator is slow
	[ "$time" = again ] || device_ends
done
device_raise edu 5
before=$(line_counts "$line")
device_raise edu 50
echo "from $before to $(line_counts "$line")" >"$OUT/counts"
must test "$(echo "$before" | cut -d, -f1,2,4)" = "$(line_counts "$line" | cut -d, -f1,2,4)"

echo 0 >/sys/devices/system/cpu/cpu2/online
sleep 1
must kill -0 "$keep"
echo 1 >/sys/devices/system/cpu/cpu2/online
until_true 10 is_placed
echo "the line is placed after its CPU was gone"
device_ends
lull status || true
kill -TERM "$keep"
keep_end late mask_state

guest_start guest --vcpus 1 --mode idle --pin 3
keep_start vm --without cpuset --vm "$guest"
guest_end "$guest"
keep_end vm mask_state
