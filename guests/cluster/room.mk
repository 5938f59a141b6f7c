# SPDX-License-Identifier: BSD-3-Clause
# The cluster: build/guests/cluster/cluster.elf, a Multiboot1 ELF32 image of the RTOS and the instruments.

include guests/rtos/room.mk

CLUSTER := guests/cluster
CLUSTER_B := $(B)/$(CLUSTER)
CLUSTER_CFLAGS := $(RTOS_CFLAGS) -I$(CLUSTER) -I$(CLUSTER_B)
CLUSTER_OBJ := $(patsubst %.c,$(B)/%.o,$(wildcard $(CLUSTER)/*.c)) $(CLUSTER_B)/assets.o $(CLUSTER_B)/cluster_os.o
FONT_DIR := /usr/share/fonts/opentype/b612

PROGRAMS += $(CLUSTER_B)/cluster.elf

$(CLUSTER_B)/cockpit_dbc.h: $(CLUSTER)/cockpit.dbc $(CLUSTER)/tools/dbc2c.py
	@mkdir -p $(@D)
	python3 $(CLUSTER)/tools/dbc2c.py $< $@

$(CLUSTER_B)/mkassets: $(wildcard $(CLUSTER)/tools/*.[ch]) $(CLUSTER)/assets.h include/binnacle/vehicle.h
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -I$(CLUSTER) -I$(CLUSTER)/tools $$(pkg-config --cflags freetype2) $(filter %.c,$^) -o $@ \
		$$(pkg-config --libs freetype2) -lm

$(CLUSTER_B)/assets.c: $(CLUSTER_B)/mkassets
	$< $(FONT_DIR)/B612-Regular.otf $(FONT_DIR)/B612-Bold.otf $@

$(CLUSTER_B)/assets.o: $(CLUSTER_B)/assets.c
	$(CC) $(CLUSTER_CFLAGS) -c $< -o $@

# The one file that may use SSE registers (blit.c says who may call it).
$(B)/$(CLUSTER)/blit.o: CLUSTER_CFLAGS := $(filter-out -mgeneral-regs-only,$(CLUSTER_CFLAGS)) -msse2

$(B)/$(CLUSTER)/%.o: $(CLUSTER)/%.c $(CLUSTER_B)/cockpit_dbc.h $(CLUSTER_B)/cluster_os.h
	@mkdir -p $(@D)
	$(CC) $(CLUSTER_CFLAGS) -MMD -MP -c $< -o $@

$(CLUSTER_B)/cluster.elf: $(RTOS_OBJ) $(CLUSTER_OBJ) $(RTOS)/image.ld
	$(RTOS_LINK) -Map $(@:.elf=.map) -o $@ $(RTOS_OBJ) $(CLUSTER_OBJ)

# Unit tests and fuzzers: everything but what calls the kernel's services runs on the host.
CLUSTER_TESTS := $(B)/tests/cluster
CLUSTER_TEST_FLAGS := -I$(CLUSTER) -I$(CLUSTER_B) -I$(RTOS)/include -Itests/unit/cluster
CLUSTER_PARTS := $(filter-out $(CLUSTER)/cluster.c $(CLUSTER)/health.c $(CLUSTER)/listen.c,$(wildcard $(CLUSTER)/*.c))
CLUSTER_TEST_DEPS := $(CLUSTER_PARTS) $(CLUSTER_B)/assets.c $(CLUSTER_B)/cockpit_dbc.h $(wildcard $(CLUSTER)/*.h include/binnacle/*.h)

# A card and its controller, for those that drive one.
SD_MODEL := $(wildcard tests/unit/cluster/sd_model.*)
$(addprefix $(CLUSTER_TESTS)/,test_sdcard test_store fuzz_store): $(SD_MODEL)

$(CLUSTER_TESTS)/test_supervision: $(RTOS)/watchdog/wdgm.c

UNIT_TESTS += $(patsubst tests/unit/cluster/%.c,$(CLUSTER_TESTS)/%,$(wildcard tests/unit/cluster/test_*.c))
$(CLUSTER_TESTS)/test_%: tests/unit/cluster/test_%.c $(CLUSTER_TEST_DEPS)
	@mkdir -p $(@D)
	$(CC) $(SAN_CFLAGS) $(CLUSTER_TEST_FLAGS) $(filter %.c,$^) -o $@ -lcmocka -lm

FUZZERS += $(patsubst tests/fuzz/cluster/%.c,$(CLUSTER_TESTS)/%,$(wildcard tests/fuzz/cluster/fuzz_*.c))
$(CLUSTER_TESTS)/fuzz_%: tests/fuzz/cluster/fuzz_%.c $(CLUSTER_TEST_DEPS)
	@mkdir -p $(@D)
	$(CLANG) $(FUZZ_CFLAGS) $(CLUSTER_TEST_FLAGS) $(filter %.c,$^) -o $@

-include $(CLUSTER_OBJ:.o=.d)
