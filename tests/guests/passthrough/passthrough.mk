# The initrd of the pass-through test: the service VM's card goes to the guest and comes back.
PASS := $(B)/tests/guests/passthrough
PASS_APPLETS := sh mount echo grep cat rm usleep sleep basename readlink ip ping poweroff

$(PASS)/initrd: tests/guests/passthrough/init tests/guests/passthrough/passthrough.mk tests/guests/linux.mk $(LINUX_PROGRAMS) $(BZIMAGE)
	@$(call linux-initrds,$(PASS),$<,$(PASS_APPLETS))
$(PASS)/scenario.bin: tests/guests/passthrough/passthrough.dts scenarios/bochs.dts $(B)/tools/scenario/bn-scenario
	@mkdir -p $(@D) && $(B)/tools/scenario/bn-scenario compile $< $@
$(PASS)/passthrough.iso: tools/mkgrub $(LINUX_CD) $(PASS)/initrd $(PASS)/scenario.bin
	@$(call linux-cd,$@,$(PASS)/initrd,$(PASS)/scenario.bin)
