# The guest that measures exits.
$(eval $(call bare-guest,bench))

PROGRAMS += $(B)/tests/guests/bench/initrd

# The service VM of the scenario bench-dm: the device model and nothing else.
BENCH_ROOT := $(B)/tests/guests/bench/root
$(B)/tests/guests/bench/initrd: tests/guests/bench/init $(B)/tests/guests/bench/bench.elf $(LINUX_PROGRAMS)
	@rm -rf $(BENCH_ROOT) && mkdir -p $(addprefix $(BENCH_ROOT)/,bin proc sys dev tmp)
	@cp /bin/busybox $(LINUX_PROGRAMS) $(BENCH_ROOT)/bin/ && cp $(filter-out $(LINUX_PROGRAMS),$^) $(BENCH_ROOT)/
	@for a in sh mount cat grep usleep poweroff; do ln -s busybox $(BENCH_ROOT)/bin/$$a; done
	@for f in $$(ldd $(LINUX_PROGRAMS) | grep -o '/[^ :]* ('  | tr -d '(' | sort -u); do install -D $$f $(BENCH_ROOT)$$f; done
	@(cd $(BENCH_ROOT) && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0) | lz4 -l -9 -q >$@
