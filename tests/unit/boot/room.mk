# SPDX-License-Identifier: BSD-3-Clause
# Unit tests and fuzzers of the loader, the scenario check and their host tools.
BOOT_TESTS := $(B)/tests/boot
CHECK_SOURCES := $(wildcard hypervisor/core/scenario_*.c) hypervisor/core/format.c
BOOT_TEST_CFLAGS := -Ihypervisor/include -I.
BOOT_TEST_HEADERS := $(wildcard hypervisor/boot/*.h hypervisor/core/scenario_*.h hypervisor/include/hv/scenario.h \
	include/binnacle/*.h tests/unit/boot/*.h tools/scenario/*.h)

# $(1): what is built, $(2): its sources, $(3): more flags
define boot_test
$(BOOT_TESTS)/$(1): $(2) $(BOOT_TEST_HEADERS)
	@mkdir -p $$(@D)
	@$$(CC) $$(SAN_CFLAGS) $(BOOT_TEST_CFLAGS) $(2) $(3) -o $$@
endef
define boot_fuzzer
$(BOOT_TESTS)/$(1): $(2) $(BOOT_TEST_HEADERS)
	@mkdir -p $$(@D)
	@$$(CLANG) $$(FUZZ_CFLAGS) $(BOOT_TEST_CFLAGS) $(2) $(3) -o $$@
endef

$(eval $(call boot_test,test_scenario,tests/unit/boot/test_scenario.c $(CHECK_SOURCES),-lcmocka))
$(eval $(call boot_test,test_sha256,tests/unit/boot/test_sha256.c hypervisor/boot/sha256.c,-lcmocka))
$(eval $(call boot_test,test_elf,tests/unit/boot/test_elf.c hypervisor/boot/elf.c,-lcmocka))
$(eval $(call boot_test,test_memory_map,tests/unit/boot/test_memory_map.c hypervisor/boot/memory_map.c,-lcmocka))
$(eval $(call boot_test,test_tools,tests/unit/boot/test_tools.c,-DTOOLS='"$(BOOT_TESTS)/"' -lcmocka))
# The programs themselves, with sanitizers, for test_tools.
$(eval $(call boot_test,bn-scenario,$(SCENARIO_SOURCES),-lfdt))
$(eval $(call boot_test,bn-sums,$(SUMS_SOURCES),))
$(BOOT_TESTS)/test_tools: $(BOOT_TESTS)/bn-scenario $(BOOT_TESTS)/bn-sums $(B)/hypervisor/boot/BOOTX64.EFI

UNIT_TESTS += $(addprefix $(BOOT_TESTS)/test_,scenario sha256 elf memory_map tools)

$(eval $(call boot_fuzzer,fuzz_scenario,tests/fuzz/boot/fuzz_scenario.c $(CHECK_SOURCES),))
$(eval $(call boot_fuzzer,fuzz_elf,tests/fuzz/boot/fuzz_elf.c hypervisor/boot/elf.c,))
$(eval $(call boot_fuzzer,fuzz_memory_map,tests/fuzz/boot/fuzz_memory_map.c hypervisor/boot/memory_map.c,))
$(eval $(call boot_fuzzer,fuzz_scenario_reader,tests/fuzz/tools/fuzz_scenario_reader.c tools/scenario/reader.c \
	tools/scenario/property.c tools/scenario/source.c $(CHECK_SOURCES),-lfdt))

FUZZERS += $(addprefix $(BOOT_TESTS)/fuzz_,scenario elf memory_map scenario_reader)

# What the system tests boot instead of the hypervisor.
$(BOOT_TESTS)/payload.elf: tests/system/boot/payload.S tests/system/boot/payload.lds
	@mkdir -p $(@D)
	@$(CC) -c $< -o $(BOOT_TESTS)/payload.o
	@$(LD) -n -z max-page-size=4096 -T tests/system/boot/payload.lds $(BOOT_TESTS)/payload.o -o $@
PROGRAMS += $(BOOT_TESTS)/payload.elf
