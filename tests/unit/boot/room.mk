# SPDX-License-Identifier: BSD-3-Clause
# Unit tests and fuzzers of the loader, bn-scenario and bn-sums.
BOOT_TESTS := $(B)/tests/boot
BOOT_TEST_CFLAGS := -Ihypervisor/include -Itools/scenario -I.
BOOT_TEST_HEADERS := $(wildcard hypervisor/boot/*.h hypervisor/include/hv/scenario.h \
	include/binnacle/*.h tests/unit/tools/*.h tools/scenario/*.h)

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

$(eval $(call boot_test,test_scenario,tests/unit/tools/test_scenario.c $(SCENARIO_CHECK),-lcmocka))
$(eval $(call boot_test,test_sha256,tests/unit/boot/test_sha256.c $(SHA256),-lcmocka))
$(eval $(call boot_test,test_memory_map,tests/unit/boot/test_memory_map.c hypervisor/boot/memory_map.c,-lcmocka))
$(eval $(call boot_test,test_report,tests/unit/boot/test_report.c hypervisor/boot/features.c hypervisor/boot/report.c \
	hypervisor/boot/fit.c hypervisor/core/format.c hypervisor/core/scenario.c,-lcmocka))
$(eval $(call boot_test,test_tools,tests/unit/boot/test_tools.c,-DTOOLS='"$(BOOT_TESTS)/"' -lcmocka))
# The programs themselves, with sanitizers, for test_tools.
$(eval $(call boot_test,bn-scenario,$(SCENARIO_SOURCES),-lfdt))
$(eval $(call boot_test,bn-sums,$(SUMS_SOURCES),))
$(BOOT_TESTS)/test_tools: $(BOOT_TESTS)/bn-scenario $(BOOT_TESTS)/bn-sums $(B)/hypervisor/boot/BOOTX64.EFI

UNIT_TESTS += $(addprefix $(BOOT_TESTS)/test_,scenario sha256 memory_map report tools)

$(eval $(call boot_fuzzer,fuzz_scenario,tests/fuzz/tools/fuzz_scenario.c $(SCENARIO_CHECK),))
$(eval $(call boot_fuzzer,fuzz_memory_map,tests/fuzz/boot/fuzz_memory_map.c hypervisor/boot/memory_map.c,))
$(eval $(call boot_fuzzer,fuzz_scenario_reader,tests/fuzz/tools/fuzz_scenario_reader.c \
	$(addprefix tools/scenario/,property.c reader.c reader_vm.c source.c) $(SCENARIO_CHECK),-lfdt))

FUZZERS += $(addprefix $(BOOT_TESTS)/fuzz_,scenario memory_map scenario_reader)

# What the system tests boot instead of the hypervisor.
$(BOOT_TESTS)/payload.bin: tests/system/boot/payload.S tests/system/boot/payload.lds
	@mkdir -p $(@D)
	@$(CC) -c $< -o $(BOOT_TESTS)/payload.o
	@$(LD) -n -z max-page-size=4096 -T tests/system/boot/payload.lds $(BOOT_TESTS)/payload.o -o $(BOOT_TESTS)/payload.elf
	@objcopy -O binary $(BOOT_TESTS)/payload.elf $@
PROGRAMS += $(BOOT_TESTS)/payload.bin
