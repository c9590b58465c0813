#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# hello: is this VM a host that lull can be tested on? Asks for what the other tests build upon and
# for nothing of lull itself.
. /test/lib.sh

uname -r >"$OUT/release"
must test "$(nproc)" = 4
must test -s /sys/kernel/btf/vmlinux
must test -d /sys/kernel/tracing/events/irq/irq_handler_entry
must test -d /sys/kernel/tracing/events/sched/sched_switch
must test -f /sys/fs/cgroup/cgroup.controllers
must modprobe vfio-pci
must modprobe kvm-amd
must test -c /dev/kvm
must test -d /sys/kernel/tracing/events/kvm/kvm_exit
