# A Debian guest for the sound card's tests: ALSA's tools, the kernel's own ALSA selftests, frames that count themselves.
SOUND_GUEST := $(B)/tests/guests/sound
SELFTESTS := tools/testing/selftests
# pcm-test wants a folder of cards that it knows; ours is none of them.
SELFTEST_CARD := $(SOUND_GUEST)/linux/$(SELFTESTS)/alsa/conf.d/Lenovo_ThinkPad_P1_Gen2.conf
SOUND_FILES := $(foreach p,mixer-test pcm-test libatest.so pcm-count,$(SOUND_GUEST)/$(p):/usr/lib/binnacle/$(p)) \
	$(SOUND_GUEST)/linux/$(SELFTESTS)/alsa/pcm-test.conf:/usr/lib/binnacle/pcm-test.conf \
	$(SELFTEST_CARD):/usr/lib/binnacle/conf.d/$(notdir $(SELFTEST_CARD))

# They are the kernel's: built where its source is in the builder, and nowhere in the tree.
$(SOUND_GUEST)/linux/$(SELFTESTS)/alsa/pcm-test.conf $(SELFTEST_CARD) &: tests/guests/sound/sound.mk
	@rm -rf $(SOUND_GUEST)/linux && mkdir -p $(SOUND_GUEST)/linux
	@tar -xf /usr/src/linux-source-6.12.tar.xz -C $(SOUND_GUEST)/linux --strip-components=1 \
		$(addprefix linux-source-6.12/$(SELFTESTS)/,alsa kselftest.h)
	@touch $(SOUND_GUEST)/linux/$(SELFTESTS)/alsa/pcm-test.conf $(SELFTEST_CARD)
$(SOUND_GUEST)/libatest.so: $(SOUND_GUEST)/linux/$(SELFTESTS)/alsa/pcm-test.conf
	$(CC) -O2 -shared -fPIC -Wl,-soname,libatest.so -o $@ $(<D)/conf.c -lasound
$(SOUND_GUEST)/mixer-test $(SOUND_GUEST)/pcm-test: $(SOUND_GUEST)/%: $(SOUND_GUEST)/libatest.so
	$(CC) -O2 -I$(@D)/linux/$(SELFTESTS) -o $@ $(@D)/linux/$(SELFTESTS)/alsa/$*.c $< -Wl,-rpath,/usr/lib/binnacle -lasound -lpthread
$(SOUND_GUEST)/pcm-count: tests/guests/sound/pcm_count.c
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -D_GNU_SOURCE -pie -o $@ $< -lasound -lm
