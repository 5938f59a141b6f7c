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

PROGRAMS += $(B)/tests/guests/bench/bench.elf $(B)/tests/guests/bench/initrd

# The service VM of the scenario bench-dm: the device model and nothing else.
BENCH_ROOT := $(B)/tests/guests/bench/root
$(B)/tests/guests/bench/initrd: tests/guests/bench/init $(B)/tests/guests/bench/bench.elf $(LINUX_PROGRAMS)
	@rm -rf $(BENCH_ROOT) && mkdir -p $(addprefix $(BENCH_ROOT)/,bin proc sys dev tmp)
	@cp /bin/busybox $(LINUX_PROGRAMS) $(BENCH_ROOT)/bin/ && cp $(filter-out $(LINUX_PROGRAMS),$^) $(BENCH_ROOT)/
	@for a in sh mount cat grep usleep poweroff; do ln -s busybox $(BENCH_ROOT)/bin/$$a; done
	@for f in $$(ldd $(LINUX_PROGRAMS) | grep -o '/[^ :]* ('  | tr -d '(' | sort -u); do install -D $$f $(BENCH_ROOT)$$f; done
	@(cd $(BENCH_ROOT) && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0) | lz4 -l -9 -q >$@
-include $(BENCH_OBJECTS:.o=.d)
