# SPDX-License-Identifier: BSD-3-Clause
# A CD that boots an image of the RTOS under the hypervisor: its conformance table, its protection.
$(B)/tests/guests/rtos/%.iso: tools/mkgrub $(B)/hypervisor/multiboot2/loader.elf $(B)/hypervisor/hypervisor.bin $(B)/scenarios/test-rtos.bin \
		$(B)/guests/rtos/%.elf
	@mkdir -p $(@D) && tools/mkgrub $@ $(B)/hypervisor/multiboot2/loader.elf hypervisor.bin=$(B)/hypervisor/hypervisor.bin \
		scenario.bin=$(B)/scenarios/test-rtos.bin rtos.elf=$(B)/guests/rtos/$*.elf
