#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# keep: an interrupt that a driver gets again is another one; a lull that stays places the line of a
# passed-through device that appears, and appears again, within a second; writes again what a CPU's
# going and coming has reset; puts everything back on SIGTERM, and by itself when the VM ends.
. /test/lib.sh

edu=$(pci_find 0x1234:0x11e8)
line="vfio-msi[0]($edu)"

state() {
	for file in /proc/irq/*/smp_affinity_list /proc/irq/default_smp_affinity \
		/sys/devices/virtual/workqueue/cpumask /proc/sys/kernel/watchdog_cpumask; do
		[ ! -e "$file" ] || echo "$file $(cat "$file")"
	done
}

# keep_start NAME ARGUMENT...: sets $keep.
keep_start() {
	_name=$1
	shift
	lull shield --keep --without cpuset "$@" >"$OUT/$_name.keep" 2>&1 &
	keep=$!
	until_true 20 grep -q 'steps held' "$OUT/$_name.keep"
}

# keep_end NAME: it ends; all is as before.
keep_end() {
	_rc=0
	wait "$keep" || _rc=$?
	cat "$OUT/$1.keep"
	state >"$OUT/$1.after"
	must test "$_rc" -eq 0
	must diff "$OUT/before" "$OUT/$1.after"
	must test ! -e /run/lull/journal
}

# In hundredths of a second.
uptime_cs() {
	cut -d' ' -f1 /proc/uptime | tr -d .
}

is_placed() {
	[ "$(cat "/proc/irq/$(line_of "$line")/smp_affinity_list")" = 2 ]
}

is_there() {
	[ -n "$(line_of "$line")" ]
}

is_gone() {
	! is_there
}

device_ends() {
	kill -TERM "$device"
	wait "$device" || true
	until_true 5 is_gone
}

vfio_bind "$edu"
state >"$OUT/before"

# Of a lull that does not stay: the line that a driver gets again is another one, which no shield has
# placed, and nobody has made it drift. Then there is nothing of it to put back.
device_start edu vfirq "$edu" --rate 1000
until_true 20 is_there
must lull shield -c 2 --without cpuset
must is_placed
device_ends
device_start edu vfirq "$edu" --rate 1000
until_true 20 is_there
must lull status >"$OUT/status"
must grep -q ' 0 drifted, 1 gone, 0 failed' "$OUT/status"
must grep -q "vfio-msi.0.*, not 2" "$OUT/status"
must lull restore
[ "$(cat "/proc/irq/$(line_of "$line")/smp_affinity_list")" = 0-3 ]
device_ends
state >"$OUT/again"
must diff "$OUT/before" "$OUT/again"

keep_start late -c 2
for time in first again; do
	device_start edu vfirq "$edu" --rate 1000
	until_true 20 is_there
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
keep_end late

guest_start guest --vcpus 1 --mode idle --pin 3
keep_start vm --vm "$guest"
guest_end "$guest"
keep_end vm
