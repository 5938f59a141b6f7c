# Binnacle's front door. On a host every target sets up the builder and runs inside it; inside, the rooms' parts
# (room.mk) say what is built. `make help` lists the targets.

IMAGE_GOALS := image nuc-image ready demo test failover bench soak
INSIDE := $(wildcard /etc/binnacle-builder)
.DEFAULT_GOAL := all

ifeq ($(INSIDE),)
# ---------------------------------------------------------------- on the host
GOALS := $(filter-out clean help,$(or $(MAKECMDGOALS),all))
OVERRIDES = $(foreach v,$(filter-out MAKE% GOALS,$(.VARIABLES)),$(if $(filter command,$(origin $(v))),$(v)='$($(v))'))

ifneq ($(GOALS),)
.PHONY: $(GOALS) inside
$(GOALS): inside ;@:
# The shell waits until what is inside has cleaned up after Ctrl-C: bwrap ends everything with its parent.
inside:
	@tools/builder ensure
	@$(if $(filter $(IMAGE_GOALS),$(GOALS)),tools/image-roots)
	@trap : INT; tools/builder run tools/whole-make -j$$(nproc) $(OVERRIDES) $(GOALS) || tools/builder failed
endif

else
# ---------------------------------------------------------------- in the builder
B := build
SHELL := /bin/bash
CC := gcc
AR := ar
LD := ld
CLANG := clang
WARNINGS := -Wall -Wextra -Werror -Wmissing-prototypes -Wshadow -Wconversion
# The same source gives the same bytes, wherever the checkout is.
REPRODUCIBLE := -ffile-prefix-map=$(CURDIR)=. -Wdate-time
HOST_CFLAGS := -std=gnu17 -O2 -g $(WARNINGS) $(REPRODUCIBLE) -fstack-protector-strong -fPIE -D_FORTIFY_SOURCE=2 -Iinclude
FREESTANDING_CFLAGS := -std=gnu17 -O2 -g $(WARNINGS) $(REPRODUCIBLE) -ffreestanding -fno-stack-protector -fno-pic -fno-pie \
	-mno-red-zone -mgeneral-regs-only -fcf-protection=none -fno-asynchronous-unwind-tables -fno-common -Iinclude
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
SAN_CFLAGS := -std=gnu17 -O1 -g $(WARNINGS) $(SANITIZE) -Iinclude
FUZZ_CFLAGS := -std=gnu17 -O1 -g $(WARNINGS) $(SANITIZE) -fsanitize=fuzzer -Iinclude

PROGRAMS :=
UNIT_TESTS :=
FUZZERS :=
# What goes into the images (tools/image.mk), and the parts of them that rooms may name.
ESP_FILES :=
SERVICE_FILES :=
SERVICE_FOLDERS :=
IVI_FILES :=
IVI_FOLDERS :=
PEER_FILES :=
BZIMAGE := $(B)/kernel/bzImage
SERVICE_INITRD := $(B)/image/service.initrd
IVI_INITRD := $(B)/image/ivi.initrd

# A target whose recipe failed (full disk, Ctrl-C) is not taken for made.
.DELETE_ON_ERROR:
.PHONY: ready all check check-format check-headers check-rooms check-unit fuzz prove image nuc-image demo test failover bench soak
all:

include $(wildcard */room.mk audio/*/room.mk hypervisor/*/room.mk guests/*/room.mk service-vm/*/room.mk tools/*/room.mk)
include tools/image.mk

all: $(PROGRAMS)
	@echo "built: $(words $(PROGRAMS)) programs under $(B)/"

# Phases of the fast check; each ends in one line.
check: check-format check-headers check-rooms check-unit
	@echo "check: all passed"
check-format:
	@tools/check-format
check-headers:
	@HEADER_CC="$(CC)" tools/check-headers
check-rooms:
	@tools/check-rooms
check-unit: $(UNIT_TESTS)
	@tools/run-unit-tests $(UNIT_TESTS)

# The campaigns. Unit tests and fuzzers are part of the one pytest run: it finds them in these lists.
$(B)/unit-tests.list: $(UNIT_TESTS) FORCE
	@mkdir -p $(@D); printf '%s\n' $(UNIT_TESTS) >$@
$(B)/fuzzers.list: $(FUZZERS) FORCE
	@mkdir -p $(@D); printf '%s\n' $(FUZZERS) >$@
.PHONY: FORCE
FORCE:
TESTABLE := $(PROGRAMS) image nuc-image $(B)/unit-tests.list $(B)/fuzzers.list $(B)/bochs/bochs $(B)/tests/guests/matrix/matrix.iso
# An emulator keeps one CPU busy and up to 6 GiB of memory: two at a time (tests/system/workers.py).
WORKERS ?= $(shell [ $$(nproc) -gt 1 ] && echo 2 || echo 1)
PYTEST := python3 -m pytest -p no:cacheprovider -v -n $(WORKERS) --dist loadgroup -ra --durations=60 --durations-min=15 --tb=short tests/system
ready: $(TESTABLE)
test: $(TESTABLE)
	@$(PYTEST) --campaign all
failover bench: $(TESTABLE)
	@$(PYTEST) --campaign $@
soak: $(TESTABLE)
	@SOAK=1 FUZZ_SECONDS=600 $(PYTEST) --campaign all
demo: $(PROGRAMS) image
	@tools/vnuc demo --scenario $(B)/scenarios/$(PLAN).bin $(if $(KEYS),--keys)

# Bounded proofs; each prints its bounds.
prove:
	@tools/run-proofs

# FUZZ_SECONDS each, from the corpus in the tree; what they find new stays under build/.
FUZZ_SECONDS ?= 30
fuzz: $(FUZZERS)
	@tools/run-fuzzers $(FUZZ_SECONDS) $(FUZZERS)
endif

.PHONY: clean help
clean:
	rm -rf build

help:
	@echo 'make            build everything (first time: sets up the builder, about 2 minutes)'
	@echo 'make check      fast checks: format, headers, room rules, unit tests under ASan and UBSan'
	@echo 'make demo       boot the cockpit in the virtual NUC and show it; PLAN=rear-seat: another scenario; KEYS=1: you drive'
	@echo 'make test       the whole test suite'
	@echo 'make failover   kill the IVI in five ways, count the cluster frames'
	@echo 'make bench      what an exit costs, beside KVM'
	@echo 'make fuzz       run the fuzzers, FUZZ_SECONDS=30 each'
	@echo 'make prove      bounded proofs by CBMC'
	@echo 'make soak       the long forms of every campaign'
	@echo 'make image      the disk image of the virtual NUC'
	@echo 'make nuc-image  build/nuc/binnacle-nuc.img, for a USB stick that boots an Intel NUC (docs/nuc.md)'
	@echo 'make ready      everything that make test needs, without running it'
	@echo 'make clean      remove build/ (the cache stays: '"$${BINNACLE_CACHE:-$${XDG_CACHE_HOME:-$$HOME/.cache}/binnacle}"')'
	@echo 'tools/builder run CMD...   run a command in the builder'
