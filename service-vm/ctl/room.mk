# binnaclectl: what the hypervisor says about its VMs, and commands to it.
CTL := $(B)/service-vm/ctl
CTL_SRC := $(wildcard service-vm/ctl/*.c)
PROGRAMS += $(CTL)/binnaclectl
$(CTL)/binnaclectl: $(CTL_SRC:service-vm/ctl/%.c=$(CTL)/obj/%.o)
	@$(CC) -pie -Wl,-z,relro,-z,now -o $@ $^
$(CTL)/obj/%.o: service-vm/ctl/%.c
	@mkdir -p $(@D)
	@$(CC) $(HOST_CFLAGS) -D_GNU_SOURCE -Iservice-vm/ctl -MMD -MP -c -o $@ $<
-include $(CTL_SRC:service-vm/ctl/%.c=$(CTL)/obj/%.d)
SERVICE_FILES += $(CTL)/binnaclectl:/usr/bin/binnaclectl

UNIT_TESTS += $(B)/tests/unit/ctl/test_hvregs
$(B)/tests/unit/ctl/test_hvregs: tests/unit/ctl/test_hvregs.c service-vm/ctl/hvregs.c service-vm/ctl/hvregs.h
	@mkdir -p $(@D)
	@$(CC) $(SAN_CFLAGS) -D_GNU_SOURCE -Iservice-vm/ctl -o $@ $(filter %.c,$^) -lcmocka
UNIT_TESTS += $(B)/tests/unit/ctl/test_gpu
$(B)/tests/unit/ctl/test_gpu: tests/unit/ctl/test_gpu.c service-vm/ctl/gpu.c service-vm/ctl/gpu.h include/binnacle/gpu_status.h
	@mkdir -p $(@D)
	@$(CC) $(SAN_CFLAGS) -D_GNU_SOURCE -Iservice-vm/ctl -o $@ $(filter %.c,$^) -lcmocka
UNIT_TESTS += $(B)/tests/unit/ctl/test_audio
$(B)/tests/unit/ctl/test_audio: tests/unit/ctl/test_audio.c service-vm/ctl/audio.c service-vm/ctl/audio.h include/binnacle/sound_status.h
	@mkdir -p $(@D)
	@$(CC) $(SAN_CFLAGS) -D_GNU_SOURCE -Iservice-vm/ctl -o $@ $(filter %.c,$^) -lcmocka
