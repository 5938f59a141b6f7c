# SPDX-License-Identifier: BSD-3-Clause
# Every scenario, checked and in the form that the target reads.
SCENARIOS := $(patsubst scenarios/%.dts,$(B)/scenarios/%.bin,$(wildcard scenarios/*.dts))

$(B)/scenarios/%.bin: scenarios/%.dts $(B)/tools/scenario/bn-scenario
	@mkdir -p $(@D)
	@$(B)/tools/scenario/bn-scenario compile $< $@

$(B)/scenarios/nuc.bin $(B)/scenarios/rear-seat.bin: scenarios/cockpit.dts # which they include

PROGRAMS += $(SCENARIOS)
