# SPDX-License-Identifier: BSD-3-Clause
# A cluster that spins with interrupts off, and the CD that boots it.
HANG := $(B)/tests/guests/hang
$(HANG)/hang.elf: tests/guests/hang/hang.S
	@mkdir -p $(HANG) && $(CC) -m32 -nostdlib -static -no-pie -Wl,-Ttext=0x100000,-n,-z,noexecstack,--build-id=none $< -o $@
$(HANG)/hang.iso: tools/mkgrub $(B)/hypervisor/multiboot2/loader.elf $(B)/hypervisor/hypervisor.bin \
		$(B)/scenarios/test-cluster.bin $(HANG)/hang.elf
	@tools/mkgrub $@ $(B)/hypervisor/multiboot2/loader.elf hypervisor.bin=$(B)/hypervisor/hypervisor.bin \
		scenario.bin=$(B)/scenarios/test-cluster.bin cluster.elf=$(HANG)/hang.elf
