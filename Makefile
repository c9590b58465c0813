# SPDX-License-Identifier: GPL-2.0-or-later
#
# The one makefile of lull. New files are picked up by wildcards; all output is below build/.
# It builds; what is tested, and how, is in scripts/check.
#
#   make                 build/lull and, with scdoc, the man pages
#   make check-unit      builds and runs the unit tests
#   make tests           test programs: O/unit and O/tests/ROOM/NAME from tests/ROOM/NAME.c
#   make fuzz            the fuzz programs (clang), in build/fuzz
#   make install         DESTDIR, prefix
#   make gallery         a recording in every format, as pages and pictures, in build/gallery
#   make bench | format | format-check | tidy | clean
#
# Switches: CC=gcc|clang  SAN=1  STATIC=1  WERROR=0|1  WITH_HWLOC WITH_DW WITH_XML
#           WITH_CAPNG WITH_SYSTEMD=0|1
#           CROSS=aarch64-linux-gnu SYSROOT=DIR for another machine, below build/aarch64-linux-gnu
#           BUILD=DIR instead of build, O=DIR for the objects of one variant, V=1 shows commands

LULL_VERSION := 0.1.0

CROSS   ?=
SYSROOT ?=
CC      := $(if $(filter default,$(origin CC)),$(CROSS:%=%-)gcc,$(CC))
AR      := $(CROSS:%=%-)ar
CLANG   ?= clang
BPFTOOL ?= $(firstword $(shell command -v bpftool) $(wildcard /usr/sbin/bpftool /sbin/bpftool) bpftool)
PKGCONF ?= pkg-config
SCDOC   ?= $(shell command -v scdoc)
prefix  ?= /usr/local
MACHINE := $(or $(firstword $(subst -, ,$(CROSS))),$(shell uname -m))
ARCH    := $(or $(if $(filter x86_64,$(MACHINE)),x86),$(if $(filter aarch64,$(MACHINE)),arm64),$(MACHINE))
BUILD   ?= build$(CROSS:%=/%)
VARIANT := $(if $(FUZZ),/fuzz,$(if $(SAN),/san,$(if $(STATIC),/static)))
O       ?= $(BUILD)$(VARIANT)

ifdef FUZZ
CC := $(CLANG)
endif

# Headers and libraries of the other machine, and none of this one's.
ifneq ($(SYSROOT),)
CC      += --sysroot=$(SYSROOT)
PKGCONF := env PKG_CONFIG_SYSROOT_DIR=$(SYSROOT) PKG_CONFIG_LIBDIR=$(SYSROOT)/usr/lib/$(CROSS)/pkgconfig:$(SYSROOT)/usr/share/pkgconfig $(PKGCONF)
endif

quoted = '$(subst ','\'',$(1))'
say = $(if $(V),,@printf '  %-5s %s\n' $(1) $@;)

# ---- sources

GOALS_WITHOUT_BUILD := clean format format-check
SRC       := $(sort $(wildcard user/*/*.c))
UNIT_SRC  := $(sort $(wildcard tests/unit/*.c))
FUZZ_SRC  := $(sort $(wildcard tests/fuzz/fuzz_*.c))
PART_SRC  := $(sort $(wildcard tests/*/*_part.c))
PROG_SRC  := $(filter-out $(PART_SRC),$(sort $(wildcard tests/bpf/*.c tests/cli/*.c tests/lab/*.c tests/root/*.c)))
BPF_SRC   := $(sort $(wildcard bpf/*.bpf.c))
MAN_SRC   := $(sort $(wildcard scripts/man/*.8.scd))
C_FILES   := $(sort $(wildcard bpf/*.[ch] user/*/*.[ch] tests/*/*.[ch]))

OBJ       := $(SRC:%.c=$(O)/%.o)
MAIN_OBJ  := $(filter $(O)/user/app/main.o,$(OBJ))
LIB_OBJ   := $(filter-out $(MAIN_OBJ),$(OBJ))
UNIT_OBJ  := $(UNIT_SRC:%.c=$(O)/%.o)
FUZZ_OBJ  := $(FUZZ_SRC:%.c=$(O)/%.o)
PROG_OBJ  := $(PROG_SRC:%.c=$(O)/%.o)
PART_OBJ  := $(PART_SRC:%.c=$(O)/%.o)
LIB       := $(O)/liblull.a
BIN       := $(if $(MAIN_OBJ),$(O)/lull)
FUZZ_BIN  := $(FUZZ_SRC:tests/fuzz/%.c=$(O)/%)
PROG_BIN  := $(PROG_SRC:%.c=$(O)/%)
BPF_OBJ   := $(BPF_SRC:%.c=$(BUILD)/%.o)
SKEL      := $(if $(BPF_SRC),$(BUILD)/skel/lull.skel.h)
MAN       := $(if $(SCDOC),$(MAN_SRC:scripts/man/%.scd=$(BUILD)/man/%))

# ---- libraries

# A switch is 1 when pkg-config finds the library. A static binary takes the least: only what the
# target of a test machine needs, and what Debian ships as an archive.
has         = $(if $(STATIC),0,$(if $(shell $(PKGCONF) --exists $(1) 2>/dev/null && echo y),1,0))
WITH_HWLOC ?= $(call has,hwloc)
WITH_DW    ?= $(call has,libdw)
WITH_XML   ?= $(call has,libxml-2.0)
WITH_CAPNG ?= $(call has,libcap-ng)
WITH_SYSTEMD ?= $(call has,libsystemd)
# Once, not at each use; an override on the command line stays what it is.
WITH_HWLOC := $(WITH_HWLOC)
WITH_DW    := $(WITH_DW)
WITH_XML   := $(WITH_XML)
WITH_CAPNG := $(WITH_CAPNG)
WITH_SYSTEMD := $(WITH_SYSTEMD)

PKGS := libbpf libelf zlib json-c
PKGS += $(if $(filter 1,$(WITH_HWLOC)),hwloc)
PKGS += $(if $(filter 1,$(WITH_DW)),libdw)
PKGS += $(if $(filter 1,$(WITH_XML)),libxml-2.0)
PKGS += $(if $(filter 1,$(WITH_CAPNG)),libcap-ng)
PKGS += $(if $(filter 1,$(WITH_SYSTEMD)),libsystemd)

ifneq ($(filter-out $(GOALS_WITHOUT_BUILD),$(or $(MAKECMDGOALS),all)),)
PKG_MISSING := $(strip $(foreach p,$(PKGS),$(if $(shell $(PKGCONF) --exists $(p) || echo n),$(p))))
ifneq ($(PKG_MISSING),)
$(error missing: $(PKG_MISSING) (pkg-config does not find it); as root: scripts/deps)
endif
PKG_CFLAGS := $(shell $(PKGCONF) --cflags $(PKGS))
PKG_LIBS   := $(shell $(PKGCONF) $(if $(STATIC),--static) --libs $(PKGS))
endif

# ---- flags

IS_CLANG := $(findstring clang,$(CC))
# A release tarball builds with compilers that are not born yet.
WERROR   ?= $(if $(wildcard .git),1,0)

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
	-Wundef -Wvla -Wformat=2 -Wpointer-arith -Wwrite-strings -Wcast-qual -Wredundant-decls \
	-Wimplicit-fallthrough -Wdate-time $(if $(filter 1,$(WERROR)),-Werror)
WARN += $(if $(IS_CLANG),,-Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wjump-misses-init)

SAN_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
HARDEN    := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
HARDEN    += $(if $(filter x86 arm64,$(ARCH)),-fstack-clash-protection)
HARDEN    += $(if $(filter x86,$(ARCH)),-fcf-protection)
ifdef FUZZ
MODE_CFLAGS  := $(SAN_FLAGS) -fsanitize=fuzzer-no-link
MODE_LDFLAGS := $(SAN_FLAGS)
else ifdef SAN
MODE_CFLAGS  := $(SAN_FLAGS)
MODE_LDFLAGS := $(SAN_FLAGS)
else
MODE_CFLAGS  := $(HARDEN)
MODE_LDFLAGS := $(if $(STATIC),-static,-pie) -Wl,-z,relro,-z,now
endif

CFLAGS   ?= -O2 -g
CPPFLAGS += -D_GNU_SOURCE -Iuser -Ibpf -isystem $(BUILD)/skel $(PKG_CFLAGS) \
	-DLULL_WITH_HWLOC=$(WITH_HWLOC) -DLULL_WITH_DW=$(WITH_DW) -DLULL_WITH_CAPNG=$(WITH_CAPNG) \
	-DLULL_WITH_XML=$(WITH_XML) -DLULL_WITH_SYSTEMD=$(WITH_SYSTEMD) \
	-include user/base/banned.h
ALL_CFLAGS  := -std=gnu17 $(CFLAGS) $(WARN) -fno-common -fno-strict-aliasing $(MODE_CFLAGS)
ALL_LDFLAGS := $(MODE_LDFLAGS) $(LDFLAGS)
LIBS        := $(PKG_LIBS) -lm

BPF_FLAGS := -std=gnu17 -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_$(ARCH) -Wall -Wextra -Werror \
	-Wno-unused-parameter -Ibpf $(addprefix -I,$(wildcard $(SYSROOT)/usr/include/$(MACHINE)-linux-gnu))

# ---- what to build

.PHONY: all man tests fuzz check-unit install gallery bench format format-check tidy tidy-flags clean FORCE
.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:

all: $(BIN) $(OBJ) man

man: $(MAN)

tests: $(O)/unit $(PROG_BIN)

check-unit: $(O)/unit
	$(O)/unit

# Written only when its content changes, so that a change of compiler or flags, and of nothing
# else, rebuilds what depends on it.
$(O)/flags: FORCE
	@mkdir -p $(@D)
	@echo $(call quoted,$(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) $(LIBS)) >$@.tmp
	@cmp -s $@.tmp $@ && rm $@.tmp || mv $@.tmp $@

# The version names the commit, so only the sources that speak of it are built again for each.
# Private: else the file of flags, a prerequisite, would be written with it too.
GIT_HASH  := $(if $(wildcard .git),$(shell git -c safe.directory='*' rev-parse --short=9 HEAD 2>/dev/null | grep -E '^[0-9a-f]+$$'))
VERSION   := $(LULL_VERSION)$(if $(GIT_HASH),-g$(GIT_HASH))
VERSIONED := $(patsubst %.c,$(O)/%.o,$(shell grep -ls LULL_VERSION $(SRC) $(UNIT_SRC) /dev/null))

$(O)/version: FORCE
	@mkdir -p $(@D)
	@echo '$(VERSION)' >$@.tmp
	@cmp -s $@.tmp $@ && rm $@.tmp || mv $@.tmp $@

$(VERSIONED): private CPPFLAGS += -DLULL_VERSION='"$(VERSION)"'
$(VERSIONED): $(O)/version

$(O)/%.o: %.c $(O)/flags | $(SKEL)
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MD -MP -c -o $@ $<

$(LIB): $(LIB_OBJ)
	@rm -f $@
	@$(AR) rcs $@ $^

$(O)/lull: $(MAIN_OBJ) $(LIB_OBJ)
	$(call say,LINK)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(O)/unit: $(UNIT_OBJ) $(LIB_OBJ)
	$(call say,LINK)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(PROG_BIN): %: %.o $(PART_OBJ) $(LIB)
	$(call say,LINK)$(CC) $(ALL_LDFLAGS) -o $@ $< $(PART_OBJ) $(LIB) $(LIBS)

# ---- fuzzing: a build of its own, by clang

ifdef FUZZ
fuzz: $(FUZZ_BIN)

$(FUZZ_BIN): $(O)/%: $(O)/tests/fuzz/%.o $(LIB)
	$(call say,LINK)$(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $< $(LIB) $(LIBS)
else
fuzz:
	+$(MAKE) FUZZ=1 fuzz
endif

# ---- BPF: one object per source, linked into one, embedded as one skeleton

$(BUILD)/bpf/%.bpf.o: bpf/%.bpf.c Makefile
	@mkdir -p $(@D)
	$(call say,BPF)$(CLANG) $(BPF_FLAGS) -MD -MP -c -o $@ $<

$(BUILD)/bpf/lull.bpf.o: $(filter-out $(BUILD)/bpf/lull.bpf.o,$(BPF_OBJ))
	$(call say,BPF)$(BPFTOOL) gen object $@ $^

$(BUILD)/skel/lull.skel.h: $(BUILD)/bpf/lull.bpf.o
	@mkdir -p $(@D)
	$(call say,SKEL)$(BPFTOOL) gen skeleton $< name lull_bpf >$@

# ---- rooms of tests with programs of their own kind

GUEST_BUILD := $(O)/guest
include $(wildcard tests/*/*.mk)
tests: $(if $(wildcard tests/guest/guest.mk),guest)

# ---- man pages, installation

$(BUILD)/man/%.8: scripts/man/%.8.scd
	@mkdir -p $(@D)
	$(call say,MAN)$(SCDOC) <$< >$@

install: all
	install -d $(DESTDIR)$(prefix)/bin $(DESTDIR)$(prefix)/share/man/man8
	$(if $(BIN),install -m 755 $(BIN) $(DESTDIR)$(prefix)/bin/lull)
	$(if $(MAN),install -m 644 $(MAN) $(DESTDIR)$(prefix)/share/man/man8)

# ---- tools

# Every format of one recorded recording, its page, and the pictures of README.
gallery: all
	@LULL=$(O)/lull BUILD=$(BUILD) scripts/gallery

bench: all
	scripts/bench

format:
	clang-format -i $(C_FILES)

format-check:
	clang-format --dry-run --Werror $(C_FILES)

tidy: $(SKEL)
	scripts/check-tidy

# For scripts/check-tidy, which needs what the compiler is told.
tidy-flags:
	@echo $(call quoted,-std=gnu17 $(CPPFLAGS) -DLULL_VERSION="")

clean:
	rm -rf $(BUILD)

-include $(wildcard $(OBJ:.o=.d) $(UNIT_OBJ:.o=.d) $(FUZZ_OBJ:.o=.d) $(PROG_OBJ:.o=.d) $(PART_OBJ:.o=.d) $(BPF_OBJ:.o=.d))
