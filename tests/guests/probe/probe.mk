# The isolation probe, and the two initrds whose first process loads it: of the IVI, and of the service VM that starts it.
PROBE := $(B)/tests/guests/probe
PROBE_SOURCES := $(addprefix tests/guests/probe/,main.c registers.c machine.c hypercalls.c fields.c end.c beat.c probe.h Kbuild)
PROBE_APPLETS := sh mount echo dmesg sed grep insmod rmmod poweroff reboot sleep cat taskset

$(PROBE)/probe.ko: $(PROBE_SOURCES) $(BZIMAGE)
	@$(call kernel-modules,$(PROBE),$(PROBE_SOURCES))
$(PROBE)/ring3: tests/guests/probe/ring3.c
	@mkdir -p $(@D)
	@$(CC) -std=gnu17 -O2 $(WARNINGS) -ffreestanding -fno-stack-protector -static -nostdlib -Wl,-e,start $< -o $@

# One line of shell: what both have.
probe-root = rm -rf $(1) && mkdir -p $(1)/bin $(1)/proc $(1)/sys $(1)/dev && cp /bin/busybox $(1)/bin/ && \
	cp tests/guests/probe/init $(PROBE)/probe.ko $(PROBE)/ring3 $(1)/ && \
	for a in $(PROBE_APPLETS); do ln -s busybox $(1)/bin/$$a; done
probe-pack = (cd $(1) && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0) | lz4 -l -9 -q >$(2)

$(PROBE)/ivi.initrd: tests/guests/probe/init $(PROBE)/probe.ko $(PROBE)/ring3
	@$(call probe-root,$(PROBE)/ivi-root)
	@$(call probe-pack,$(PROBE)/ivi-root,$@)
$(PROBE)/initrd: $(PROBE)/ivi.initrd $(B)/service-vm/dm/binnacle-dm $(BZIMAGE)
	@$(call probe-root,$(PROBE)/root)
	@$(call linux-programs,$(PROBE)/root,$(B)/service-vm/dm/binnacle-dm)
	@cp $(PROBE)/beat.ko $(PROBE)/ivi.initrd $(BZIMAGE) $(PROBE)/root/
	@$(call probe-pack,$(PROBE)/root,$@)
