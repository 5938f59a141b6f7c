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
