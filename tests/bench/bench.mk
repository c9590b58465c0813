# SPDX-License-Identifier: GPL-2.0-or-later
#
# bench: the program behind scripts/bench, with two BPF objects of its own. Included by the top
# Makefile, for its compiler, flags and libraries. The lab runs it, too.

BENCH_BUILD := $(O)/bench
BENCH_SRC   := $(filter-out %.bpf.c,$(sort $(wildcard tests/bench/*.c)))
BENCH_OBJ   := $(BENCH_SRC:tests/bench/%.c=$(BENCH_BUILD)/%.o)
BENCH_SKEL  := $(patsubst tests/bench/%.bpf.c,$(BENCH_BUILD)/%.skel.h,$(wildcard tests/bench/*.bpf.c))

$(BENCH_BUILD)/%.bpf.o: tests/bench/%.bpf.c tests/bench/bench.mk
	@mkdir -p $(@D)
	$(call say,BPF)$(CLANG) $(BPF_FLAGS) -MD -MP -c -o $@ $<

$(BENCH_BUILD)/%.skel.h: $(BENCH_BUILD)/%.bpf.o
	$(call say,SKEL)$(BPFTOOL) gen skeleton $< name $*_bpf >$@

$(BENCH_BUILD)/%.o: tests/bench/%.c $(O)/flags | $(BENCH_SKEL) $(SKEL)
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(CPPFLAGS) -isystem $(BENCH_BUILD) -Itests $(ALL_CFLAGS) -pthread \
		-MD -MP -c -o $@ $<

$(BENCH_BUILD)/bench: $(BENCH_OBJ) $(LIB)
	$(call say,LINK)$(CC) $(ALL_LDFLAGS) -pthread -o $@ $^ $(LIBS)

ifeq ($(CROSS),)
tests: $(BENCH_BUILD)/bench
endif

-include $(wildcard $(BENCH_BUILD)/*.d)
