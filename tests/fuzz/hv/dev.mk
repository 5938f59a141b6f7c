# Fuzzers of the emulated devices, over the same machine in plain memory as their unit tests.
DEV_FUZZ := $(B)/tests/hv/fuzz_insn $(B)/tests/hv/fuzz_vlapic
DEV_FUZZ_SOURCES := $(wildcard hypervisor/x86/dev/*.c hypervisor/x86/insn*.c) hypervisor/core/console.c hypervisor/core/uart.c \
	tests/unit/hv/dev_fake.c

$(DEV_FUZZ): $(B)/tests/hv/fuzz_%: tests/fuzz/hv/fuzz_%.c $(DEV_FUZZ_SOURCES) $(wildcard hypervisor/include/hv/*.h tests/unit/hv/*.h)
	@mkdir -p $(@D)
	@$(CLANG) $(FUZZ_CFLAGS) -Itests/unit/hv/fake -Ihypervisor/include -Itests/unit/hv $< $(DEV_FUZZ_SOURCES) -lcmocka -o $@

FUZZERS += $(DEV_FUZZ)
