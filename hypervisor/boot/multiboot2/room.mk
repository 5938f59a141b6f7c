# The way in for machines without UEFI: an ELF that GRUB loads at 1 MiB, with the other files as modules.
MB2 := $(B)/hypervisor/multiboot2
MB2_OBJECTS := $(patsubst %,$(MB2)/%.o,boot/multiboot2/start.S boot/multiboot2/main.c boot/features.c boot/fit.c boot/image.c \
	boot/machine.c boot/memory_map.c boot/report.c core/format.c core/lib.c core/scenario.c core/uart.c \
	x86/dev/acpi.c x86/dev/acpi_iommu.c x86/dev/pci_host.c)

$(MB2)/%.o: hypervisor/%
	@mkdir -p $(@D)
	@$(CC) $(FREESTANDING_CFLAGS) -Ihypervisor/include -I. -MMD -MP -c $< -o $@
$(MB2)/loader.elf: hypervisor/boot/multiboot2/loader.lds $(MB2_OBJECTS)
	@$(LD) -nostdlib -static -n -z noexecstack --no-warn-rwx-segments --build-id=none -T $< -o $@ $(MB2_OBJECTS)

PROGRAMS += $(MB2)/loader.elf
-include $(MB2_OBJECTS:.o=.d)
