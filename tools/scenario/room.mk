# SPDX-License-Identifier: BSD-3-Clause
# bn-scenario compiles scenarios, bn-sums fills in the loader's list of files.
SCENARIO := $(B)/tools/scenario
SCENARIO_CHECK := $(addprefix tools/scenario/,check.c check_devices.c check_vms.c explain.c) \
	$(addprefix hypervisor/,boot/fit.c core/format.c core/scenario.c)
SCENARIO_SOURCES := $(addprefix tools/scenario/,main.c property.c reader.c reader_vm.c show.c source.c) $(SCENARIO_CHECK)
SHA256 := hypervisor/boot/sha256.c hypervisor/boot/sha256_instructions.c
SUMS_SOURCES := tools/scenario/sums.c $(SHA256)
SCENARIO_OBJECTS := $(patsubst %.c,$(SCENARIO)/obj/%.o,$(SCENARIO_SOURCES))
SUMS_OBJECTS := $(patsubst %.c,$(SCENARIO)/obj/%.o,$(SUMS_SOURCES))

$(SCENARIO)/obj/%.o: %.c
	@mkdir -p $(@D)
	@$(CC) $(HOST_CFLAGS) -Ihypervisor/include -I. -MMD -MP -c $< -o $@

$(SCENARIO)/bn-scenario: $(SCENARIO_OBJECTS)
	@$(CC) -pie $^ -lfdt -o $@

$(SCENARIO)/bn-sums: $(SUMS_OBJECTS)
	@$(CC) -pie $^ -o $@

PROGRAMS += $(SCENARIO)/bn-scenario $(SCENARIO)/bn-sums
-include $(SCENARIO_OBJECTS:.o=.d) $(SUMS_OBJECTS:.o=.d)
include tests/unit/boot/room.mk
