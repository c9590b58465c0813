# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: the programs that make a guest and noise of known amounts, for scripts/demo and the live
# tests. Included by the top Makefile, for its CC, BUILD and WARN; works alone too:
# make -f tests/guest/guest.mk guest. GUEST_STATIC=1 links for an initramfs.

GUEST_BUILD  ?= $(or $(BUILD),build)/guest
GUEST_STATIC ?=

guest_cflags := -std=gnu17 -O2 -g -D_GNU_SOURCE $(or $(WARN),-Wall -Wextra) -fno-common \
	-fno-strict-aliasing -pthread -Iuser -Itests/guest -include user/base/banned.h
guest_ldflags := -pthread $(if $(GUEST_STATIC),-static)

guest_base := $(addprefix user/base/,cpuset.c parse.c str.c)
guest_headers := $(wildcard user/base/*.h tests/guest/*.h)
guest_programs := $(GUEST_BUILD)/noise $(GUEST_BUILD)/vfirq
# The guest's code is written for x86-64; elsewhere there is none.
ifeq ($(or $(MACHINE),$(shell uname -m)),x86_64)
guest_programs += $(GUEST_BUILD)/miniguest
endif

guest_miniguest := $(addprefix tests/guest/,miniguest.c passthrough.c device.c vm.c stats.c code.s)
guest_noise := $(addprefix tests/guest/,noise.c noise_cpu.c noise_irq.c noise_io.c)
guest_vfirq := $(addprefix tests/guest/,vfirq.c device.c)

.PHONY: guest
guest: $(guest_programs)

$(GUEST_BUILD)/miniguest: $(guest_miniguest)
$(GUEST_BUILD)/noise: $(guest_noise)
$(GUEST_BUILD)/vfirq: $(guest_vfirq)
$(guest_programs): $(guest_base) $(guest_headers) tests/guest/guest.mk
	@mkdir -p $(@D)
	$(CC) $(guest_cflags) -o $@ $(filter %.c %.s,$^) $(guest_ldflags)
