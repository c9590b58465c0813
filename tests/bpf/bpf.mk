# SPDX-License-Identifier: GPL-2.0-or-later
#
# bpf: replay has more than its own source: what holds the tables against the sequences. So has
# calls: what counts instructions is the benchmark's.

REPLAY_OBJ := $(O)/tests/replay/check.o $(O)/tests/replay/trace.o

$(O)/tests/bpf/replay: $(REPLAY_OBJ)
$(O)/tests/bpf/replay: private LIBS := $(REPLAY_OBJ) $(LIB) $(LIBS)


CALLS_OBJ := $(O)/tests/bench/insns.o

$(O)/tests/bpf/calls: $(CALLS_OBJ)
$(O)/tests/bpf/calls: private LIBS := $(CALLS_OBJ) $(LIB) $(LIBS)

-include $(REPLAY_OBJ:.o=.d) $(CALLS_OBJ:.o=.d)
