# The UEFI test: two FAT disks with an EFI program, one with Linux beside it, Debian's OVMF, and what serves the disks, in the
# service VM's initrd.
UEFI := $(B)/tests/guests/uefi
UEFI_APPLETS := sh mount echo grep cat usleep sleep kill ls poweroff
UEFI_PROGRAMS := $(LINUX_PROGRAMS) /usr/bin/qemu-storage-daemon

$(UEFI)/hello.so: tests/guests/uefi/hello.c
	@mkdir -p $(@D) && $(CC) $(BOOT_CFLAGS) -c $< -o $(UEFI)/hello.o
	@$(LD) -nostdlib -shared -Bsymbolic -znocombreloc --no-undefined -z noexecstack --build-id=none \
		-T $(BOOT_EFI)/elf_x86_64_efi.lds $(BOOT_EFI)/crt0-efi-x86_64.o $(UEFI)/hello.o -L$(BOOT_EFI) -lefi -lgnuefi -o $@
$(UEFI)/hello.efi: $(UEFI)/hello.so
	@objcopy -j .text -j .sdata -j .data -j .rodata -j .dynamic -j .rela -j .reloc --target efi-app-x86_64 --subsystem=10 $< $@
$(UEFI)/disk.img: $(UEFI)/hello.efi tools/esp
	@tools/esp $@ $<
$(UEFI)/guest.initrd: tests/guests/uefi/init tests/guests/uefi/uefi.mk tests/guests/linux.mk
	@mkdir -p $(@D) && $(call linux-root,$(UEFI)/guest,$<,$(UEFI_APPLETS)) && $(call linux-pack,$(UEFI)/guest,$@)
$(UEFI)/linux.img: $(UEFI)/hello.efi $(UEFI)/guest.initrd $(BZIMAGE) tools/esp
	@tools/esp $@ $< $(BZIMAGE) initrd=$(UEFI)/guest.initrd
UEFI_FILES := $(UEFI)/disk.img $(UEFI)/linux.img /usr/share/OVMF/OVMF_CODE_4M.fd /usr/share/ovmf/OVMF.fd
$(UEFI)/initrd: tests/guests/uefi/init tests/guests/uefi/uefi.mk tests/guests/linux.mk $(UEFI_PROGRAMS) $(UEFI_FILES)
	@$(call linux-root,$(UEFI)/root,$<,$(UEFI_APPLETS)) && $(call linux-programs,$(UEFI)/root,$(UEFI_PROGRAMS)) && \
		cp $(UEFI_FILES) $(UEFI)/root/ && $(call linux-pack,$(UEFI)/root,$@)
$(UEFI)/uefi.iso: tools/mkgrub $(LINUX_CD) $(UEFI)/initrd
	@$(call linux-cd,$@,$(UEFI)/initrd)
