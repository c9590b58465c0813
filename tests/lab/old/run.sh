#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# old: on a kernel before 6.1 measuring is refused, with exit code 4 and the list of what is missing,
# and nothing is left behind.
. /test/lib.sh

rc=0
lull record -c 0 -d 1s -o "$OUT/r.json" >"$OUT/stdout" 2>"$OUT/stderr" || rc=$?
cat "$OUT/stderr"
must test "$rc" -eq 4
must test ! -e "$OUT/r.json"
must test ! -s "$OUT/stdout"
must grep -q 'bpf_loop' "$OUT/stderr"
must grep -q 'sched_switch' "$OUT/stderr"
must test -z "$(cat /proc/*/fdinfo/* 2>/dev/null | grep link_type)"
