# SPDX-License-Identifier: BSD-3-Clause
# The UEFI loader, with GNU-EFI's start code, linker script and library.
ifndef BOOT # the hypervisor's part includes this one too
BOOT := $(B)/hypervisor/boot
BOOT_EFI := /usr/lib
BOOT_SOURCES := $(wildcard hypervisor/boot/*.c) hypervisor/boot/start.S \
	$(addprefix hypervisor/,core/format.c core/lib.c core/scenario.c core/uart.c x86/dev/acpi.c x86/dev/acpi_iommu.c x86/dev/pci_host.c) # what both worlds need
BOOT_OBJECTS := $(patsubst hypervisor/%,$(BOOT)/%.o,$(BOOT_SOURCES))
# Firmware's own calls use SSE registers freely; ours are compiled without.
BOOT_CFLAGS := $(filter-out -fno-pic -fno-pie,$(FREESTANDING_CFLAGS)) -fpic -fvisibility=hidden -fshort-wchar \
	-DGNU_EFI_USE_MS_ABI -maccumulate-outgoing-args -Ihypervisor/include -I. \
	-isystem /usr/include/efi -isystem /usr/include/efi/x86_64

# But for what asks the processor whether it has them.
$(BOOT)/boot/sha256_instructions.c.o: BOOT_CFLAGS := $(filter-out -mgeneral-regs-only,$(BOOT_CFLAGS))

$(BOOT)/%.o: hypervisor/%
	@mkdir -p $(@D)
	@$(CC) $(BOOT_CFLAGS) -MMD -MP -c $< -o $@

$(BOOT)/loader.so: $(BOOT_OBJECTS)
	@$(LD) -nostdlib -shared -Bsymbolic -znocombreloc --no-undefined -z noexecstack -e loader_start --build-id=none \
		-T $(BOOT_EFI)/elf_x86_64_efi.lds $(BOOT_EFI)/crt0-efi-x86_64.o $^ -L$(BOOT_EFI) -lefi -lgnuefi -o $@

# The list of sums is empty here: bn-sums fills it in when the files it lists exist.
$(BOOT)/BOOTX64.EFI: $(BOOT)/loader.so
	@objcopy -j .text -j .sdata -j .data -j .rodata -j .dynamic -j .rela -j .reloc -j .bnsums \
		--target efi-app-x86_64 --subsystem=10 $< $@

PROGRAMS += $(BOOT)/BOOTX64.EFI
-include $(BOOT_OBJECTS:.o=.d)
include hypervisor/boot/multiboot2/room.mk
endif
