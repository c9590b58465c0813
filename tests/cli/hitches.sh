# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# hitches: a file of frame times, and a recording whose stalls lie under its hitches.

# mangohud N SEED: frames of about 8 ms, about every 97th one of 25.
mangohud() {
	awk -v n="$1" -v seed="$2" 'BEGIN {
		print "os,cpu,gpu,ram,kernel,driver,cpuscheduler"
		print "Arch,AMD Ryzen, 7,RX,6543,6.17,,performance"
		print "fps,frametime,cpu_load,elapsed"
		x = 42
		for (i = 1; i <= n; i++) {
			x = x * 16807 % 2147483647
			ms = x % 97 ? 8 + (i * seed % 13) / 10 : 25
			at += ms
			printf "%.3f,%.5f,20,%.0f\n", 1000 / ms, ms, at * 1e6
		}
	}'
}

# stalls_over FILE: a recording with a stall over each hitch of it, at 5 s, and one beside.
stalls_over() {
	awk -F, 'NR > 3 && $2 > 20 { print ($4 / 1e6 - $2 + 5000) * 1e6 }' "$1" | jq -s '{at: .}' >"$work/at.json"
	jq --slurpfile at "$work/at.json" '.stalls = ([$at[0].at[] | {at_ns: (. | floor), tid: 1, cpu: 2,
		duration_ns: 17000000, segments: [{row: "preempted", name: "z_wr_iss 933", ns: 17000000}]}]
		+ [{at_ns: 1000000, tid: 1, cpu: 2, duration_ns: 2000000, segments: []}])
		| .duration_ns = 60000000000' tests/golden/quiet.json
}
