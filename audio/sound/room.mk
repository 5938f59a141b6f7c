# The sound service: PipeWire, mixer, policy, chimes.
SOUND_PKGS := libpipewire-0.3 libseccomp
# PipeWire's headers are not ours to warn about.
SOUND_CFLAGS = -D_GNU_SOURCE -I. -Iaudio -Iaudio/sound $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(SOUND_PKGS)))
SOUND_LIBS = $(shell pkg-config --libs $(SOUND_PKGS)) -lm -lpthread
# No I/O: tests link these alone.
SOUND_PURE := policy/policy policy/limiter sound/chimes sound/mixer sound/requests sound/feed
SOUND_PARTS := $(SOUND_PURE) $(addprefix sound/,arguments bell card control engine format graph guard links main node sandbox status stream tap tsc)

PROGRAMS += $(B)/audio/binnacle-sound

$(B)/audio/sound/%.o: audio/sound/%.c
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) $(SOUND_CFLAGS) -MMD -MP -c -o $@ $<
$(B)/audio/policy/%.o: audio/policy/%.c
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) $(SOUND_CFLAGS) -MMD -MP -c -o $@ $<
$(B)/audio/san/sound/%.o: audio/sound/%.c
	@mkdir -p $(@D)
	$(CC) $(SAN_CFLAGS) $(SOUND_CFLAGS) -MMD -MP -c -o $@ $<
$(B)/audio/san/policy/%.o: audio/policy/%.c
	@mkdir -p $(@D)
	$(CC) $(SAN_CFLAGS) $(SOUND_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/audio/binnacle-sound: $(addprefix $(B)/audio/,$(addsuffix .o,$(SOUND_PARTS))) \
		$(addprefix $(B)/display/,$(addsuffix .o,$(DISPLAY_SCENARIO)))
	$(CC) $(HOST_CFLAGS) -pie -o $@ $^ $(SOUND_LIBS)

-include $(wildcard $(B)/audio/sound/*.d $(B)/audio/policy/*.d $(B)/audio/san/sound/*.d $(B)/audio/san/policy/*.d)
