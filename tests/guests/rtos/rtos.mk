# SPDX-License-Identifier: BSD-3-Clause
# A CD that boots the RTOS's conformance table under the hypervisor.
$(B)/tests/guests/rtos/conformance.iso: tools/mkgrub $(B)/hypervisor/multiboot2/loader.elf $(B)/hypervisor/hypervisor.bin \
		$(B)/scenarios/test-rtos.bin $(B)/guests/rtos/conformance.elf
	@mkdir -p $(@D) && tools/mkgrub $@ $(B)/hypervisor/multiboot2/loader.elf hypervisor.bin=$(B)/hypervisor/hypervisor.bin \
		scenario.bin=$(B)/scenarios/test-rtos.bin conformance.elf=$(B)/guests/rtos/conformance.elf
