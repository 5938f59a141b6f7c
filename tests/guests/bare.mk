# Bare guests: Multiboot1, ELF32, each of start.S and a C file of its name; for bare QEMU, KVM and Binnacle alike.
BARE_FLAGS := -m32 -march=i686 -std=gnu17 -O2 $(WARNINGS) $(REPRODUCIBLE) -ffreestanding -fno-pic -fno-pie -fno-stack-protector \
	-mgeneral-regs-only -fcf-protection=none -fno-asynchronous-unwind-tables
BARE_HEADER := $(B)/tests/guests/multiboot.o

$(BARE_HEADER): tests/guests/multiboot.S
	@mkdir -p $(@D)
	$(CC) $(BARE_FLAGS) -c $< -o $@
# (name): tests/guests/NAME/NAME.elf
define bare-guest
$(B)/tests/guests/$(1)/%.o: tests/guests/$(1)/%.c
	@mkdir -p $$(@D)
	$$(CC) $$(BARE_FLAGS) -MMD -MP -c $$< -o $$@
$(B)/tests/guests/$(1)/%.o: tests/guests/$(1)/%.S
	@mkdir -p $$(@D)
	$$(CC) $$(BARE_FLAGS) -MMD -MP -c $$< -o $$@
$(B)/tests/guests/$(1)/$(1).elf: tests/guests/bare.lds $(BARE_HEADER) $(B)/tests/guests/$(1)/start.o $(B)/tests/guests/$(1)/$(1).o
	$$(LD) -m elf_i386 -nostdlib -static -z noexecstack --no-warn-rwx-segments --build-id=none -T $$< -o $$@ $$(filter %.o,$$^)
PROGRAMS += $(B)/tests/guests/$(1)/$(1).elf
-include $(B)/tests/guests/$(1)/start.d $(B)/tests/guests/$(1)/$(1).d
endef
