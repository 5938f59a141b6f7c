# A guest that tries its sound card by ALSA's library: an initrd for plain QEMU.
AUDIO_GUEST := $(B)/tests/guests/audio
AUDIO_GUEST_APPLETS := sh mount echo cat grep dmesg poweroff
PROGRAMS += $(AUDIO_GUEST)/initrd

$(AUDIO_GUEST)/audio-guest: tests/guests/audio/main.c
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -D_GNU_SOURCE -pie -o $@ $< $$(pkg-config --libs alsa) -lpthread
$(AUDIO_GUEST)/initrd: tests/guests/audio/init tests/guests/audio/audio.mk tests/guests/linux.mk $(AUDIO_GUEST)/audio-guest
	@$(call linux-root,$(AUDIO_GUEST)/root,$<,$(AUDIO_GUEST_APPLETS))
	@$(call linux-programs,$(AUDIO_GUEST)/root,$(AUDIO_GUEST)/audio-guest)
	@mkdir -p $(AUDIO_GUEST)/root/usr/share/alsa && cp -r /usr/share/alsa/alsa.conf /usr/share/alsa/pcm /usr/share/alsa/ctl \
		$(AUDIO_GUEST)/root/usr/share/alsa/
	@$(call linux-pack,$(AUDIO_GUEST)/root,$@)
# The same program in a guest of our device model, on the scenario "bochs"; the device is killed there.
AUDIO_DM := $(B)/tests/guests/audio/dm
AUDIO_DM_APPLETS := $(AUDIO_GUEST_APPLETS) kill pidof sleep usleep tail
$(AUDIO_DM)/audio.iso: tests/guests/audio/both tests/guests/audio/audio.mk tests/guests/linux.mk $(LINUX_PROGRAMS) $(LINUX_CD) \
		$(B)/audio/binnacle-audio $(AUDIO_GUEST)/audio-guest
	@mkdir -p $(AUDIO_DM)
	@$(call linux-root,$(AUDIO_DM)/guest,$<,$(AUDIO_DM_APPLETS))
	@$(call linux-programs,$(AUDIO_DM)/guest,$(AUDIO_GUEST)/audio-guest)
	@mkdir -p $(AUDIO_DM)/guest/usr/share/alsa && cp -r /usr/share/alsa/alsa.conf /usr/share/alsa/pcm /usr/share/alsa/ctl \
		$(AUDIO_DM)/guest/usr/share/alsa/
	@$(call linux-pack,$(AUDIO_DM)/guest,$(AUDIO_DM)/guest.initrd)
	@$(call linux-root,$(AUDIO_DM)/root,$<,$(AUDIO_DM_APPLETS))
	@cp $(BZIMAGE) $(AUDIO_DM)/root/ && cp $(AUDIO_DM)/guest.initrd $(AUDIO_DM)/root/initrd
	@$(call linux-programs,$(AUDIO_DM)/root,$(LINUX_PROGRAMS) $(B)/audio/binnacle-audio)
	@$(call linux-pack,$(AUDIO_DM)/root,$(AUDIO_DM)/initrd)
	@$(call linux-cd,$@,$(AUDIO_DM)/initrd)
