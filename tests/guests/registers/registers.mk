# The guest that watches its registers: Multiboot1, ELF32.
REGISTERS := $(B)/tests/guests/registers
REGISTERS_OBJECTS := $(REGISTERS)/start.o $(REGISTERS)/registers.o
$(REGISTERS)/%.o: tests/guests/registers/%.c
	@mkdir -p $(@D)
	$(CC) $(BENCH_FLAGS) -MMD -MP -c $< -o $@
$(REGISTERS)/%.o: tests/guests/registers/%.S
	@mkdir -p $(@D)
	$(CC) $(BENCH_FLAGS) -MMD -MP -c $< -o $@
$(REGISTERS)/registers.elf: tests/guests/bench/bench.lds $(REGISTERS_OBJECTS)
	$(LD) -m elf_i386 -nostdlib -static -z noexecstack --no-warn-rwx-segments --build-id=none -T $< -o $@ $(REGISTERS_OBJECTS)

PROGRAMS += $(REGISTERS)/registers.elf
-include $(REGISTERS_OBJECTS:.o=.d)
