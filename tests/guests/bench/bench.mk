# The bench guest: Multiboot1, ELF32, for bare QEMU, KVM and Binnacle alike.
BENCH_FLAGS := -m32 -march=i686 -std=gnu17 -O2 $(WARNINGS) $(REPRODUCIBLE) -ffreestanding -fno-pic -fno-pie -fno-stack-protector \
	-mgeneral-regs-only -fcf-protection=none -fno-asynchronous-unwind-tables
BENCH_OBJECTS := $(B)/tests/guests/bench/start.o $(B)/tests/guests/bench/bench.o

$(B)/tests/guests/bench/%.o: tests/guests/bench/%.c
	@mkdir -p $(@D)
	$(CC) $(BENCH_FLAGS) -MMD -MP -c $< -o $@
$(B)/tests/guests/bench/%.o: tests/guests/bench/%.S
	@mkdir -p $(@D)
	$(CC) $(BENCH_FLAGS) -MMD -MP -c $< -o $@
$(B)/tests/guests/bench/bench.elf: tests/guests/bench/bench.lds $(BENCH_OBJECTS)
	$(LD) -m elf_i386 -nostdlib -static -z noexecstack --no-warn-rwx-segments --build-id=none -T $< -o $@ $(BENCH_OBJECTS)

PROGRAMS += $(B)/tests/guests/bench/bench.elf
-include $(BENCH_OBJECTS:.o=.d)
