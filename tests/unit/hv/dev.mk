# Unit tests of the emulated devices, over a machine in plain memory (dev_fake.c).
DEV_TESTS := $(B)/tests/hv
DEV_NAMES := vlapic vioapic vuart console insn acpi pci pci_group vmsi passthrough hostirq power msr
DEV_SOURCES := $(wildcard hypervisor/x86/dev/*.c hypervisor/x86/insn*.c) hypervisor/core/console.c \
	hypervisor/core/uart.c hypervisor/x86/msr.c
DEV_OBJECTS := $(DEV_SOURCES:hypervisor/%.c=$(DEV_TESTS)/obj/%.o) $(DEV_TESTS)/obj/dev_fake.o
DEV_CFLAGS := -Itests/unit/hv/fake -Ihypervisor/include -Itests/unit/hv

$(DEV_TESTS)/obj/%.o: hypervisor/%.c
	@mkdir -p $(@D)
	@$(CC) $(SAN_CFLAGS) $(DEV_CFLAGS) -MMD -MP -c $< -o $@
$(DEV_TESTS)/obj/dev_fake.o: tests/unit/hv/dev_fake.c
	@mkdir -p $(@D)
	@$(CC) $(SAN_CFLAGS) $(DEV_CFLAGS) -MMD -MP -c $< -o $@
$(DEV_NAMES:%=$(DEV_TESTS)/test_%): $(DEV_TESTS)/test_%: tests/unit/hv/test_%.c $(DEV_OBJECTS)
	@$(CC) $(SAN_CFLAGS) $(DEV_CFLAGS) -MMD -MP -MF $@.d $< $(DEV_OBJECTS) -lcmocka -o $@

UNIT_TESTS += $(DEV_NAMES:%=$(DEV_TESTS)/test_%)
-include $(DEV_OBJECTS:.o=.d) $(DEV_NAMES:%=$(DEV_TESTS)/test_%.d)
