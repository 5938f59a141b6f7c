# The hypervisor: hypervisor.elf with symbols, hypervisor.bin for the target. Every source below core/, x86/ and svm/
# belongs to it; boot/ has its own part.
HV := $(B)/hypervisor
HV_SOURCES := $(sort $(wildcard $(foreach d,core core/hsm x86 x86/dev svm vmx iommu,hypervisor/$(d)/*.c hypervisor/$(d)/*.S)))
HV_OBJECTS := $(HV_SOURCES:hypervisor/%=$(HV)/%.o)
HV_CFLAGS := $(FREESTANDING_CFLAGS) -Ihypervisor/include -Ihypervisor -mcmodel=kernel -fno-strict-aliasing -ffunction-sections \
	-fdata-sections

PROGRAMS += $(HV)/hypervisor.bin

$(HV)/%.c.o: hypervisor/%.c
	@mkdir -p $(@D)
	@$(CC) $(HV_CFLAGS) -MMD -MP -c $< -o $@
$(HV)/%.S.o: hypervisor/%.S
	@mkdir -p $(@D)
	@$(CC) $(HV_CFLAGS) -MMD -MP -c $< -o $@
$(HV)/hypervisor.elf: hypervisor/hypervisor.lds $(HV_OBJECTS)
	@$(LD) -nostdlib -static --gc-sections -z max-page-size=4096 -z noexecstack --build-id=none -T $< -o $@ $(HV_OBJECTS)

$(HV)/hypervisor.bin: $(HV)/hypervisor.elf
	@objcopy -O binary $< $@

-include $(HV_OBJECTS:.o=.d)
include $(wildcard hypervisor/*/room.mk tests/unit/hv/*.mk tests/fuzz/hv/*.mk)
