# The guest that owns functions of the machine: Multiboot1, ELF32.
OWNER := $(B)/tests/guests/owner
$(OWNER)/%.o: tests/guests/owner/%.c
	@mkdir -p $(@D)
	$(CC) $(BENCH_FLAGS) -MMD -MP -c $< -o $@
$(OWNER)/%.o: tests/guests/owner/%.S
	@mkdir -p $(@D)
	$(CC) $(BENCH_FLAGS) -MMD -MP -c $< -o $@
$(OWNER)/owner.elf: tests/guests/bench/bench.lds $(OWNER)/start.o $(OWNER)/owner.o
	$(LD) -m elf_i386 -nostdlib -static -z noexecstack --no-warn-rwx-segments --build-id=none -T $< -o $@ $(OWNER)/start.o $(OWNER)/owner.o

PROGRAMS += $(OWNER)/owner.elf
-include $(OWNER)/start.d $(OWNER)/owner.d
