# The sound service: PipeWire, mixer, policy, chimes.
SOUND_PKGS := libpipewire-0.3 libseccomp alsa
# PipeWire's headers are not ours to warn about.
SOUND_CFLAGS = -D_GNU_SOURCE -I. -Iaudio -Iaudio/sound $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(SOUND_PKGS)))
SOUND_LIBS = $(shell pkg-config --libs $(SOUND_PKGS)) -lm -lpthread
# No I/O: tests link these alone.
SOUND_PURE := policy/policy policy/limiter sound/chimes sound/mixer sound/requests sound/feed
SOUND_PARTS := $(SOUND_PURE) $(addprefix sound/,arguments bell card control engine format graph guard levels links main node recording sandbox status stream tap tsc)

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

# What of PipeWire the service VM has: the library, one module, four plugins. Debian's packages of them bring sixty others.
SOUND_LIBRARY := /usr/lib/x86_64-linux-gnu
SERVICE_FILES += $(B)/audio/binnacle-sound:/usr/bin/binnacle-sound
SERVICE_FILES += $(foreach l,libpipewire-0.3.so.0 libasound.so.2,$(realpath $(SOUND_LIBRARY)/$(l)):$(SOUND_LIBRARY)/$(l))
SERVICE_FILES += $(foreach l,pipewire-0.3/libpipewire-module-adapter spa-0.2/support/libspa-support spa-0.2/alsa/libspa-alsa \
	spa-0.2/audioconvert/libspa-audioconvert spa-0.2/audiomixer/libspa-audiomixer,$(SOUND_LIBRARY)/$(l).so:$(SOUND_LIBRARY)/$(l).so)

# ---------------------------------------------------------------- tests
SOUND_UNITS := $(addprefix $(B)/tests/unit/audio/,test_policy test_mixer test_sound_feed test_sound_requests)
UNIT_TESTS += $(SOUND_UNITS)
$(SOUND_UNITS): $(B)/tests/unit/audio/%: tests/unit/audio/%.c $(addprefix $(B)/audio/san/,$(addsuffix .o,$(SOUND_PURE)))
	@mkdir -p $(@D)
	$(CC) $(SAN_CFLAGS) $(SOUND_CFLAGS) -o $@ $^ -lcmocka -lm

SOUND_FUZZED := $(SOUND_PURE) sound/format
$(B)/audio/fuzz/sound/%.o: audio/sound/%.c
	@mkdir -p $(@D)
	$(CLANG) $(FUZZ_CFLAGS:-fsanitize=fuzzer=-fsanitize=fuzzer-no-link) $(SOUND_CFLAGS) -MMD -MP -c -o $@ $<
$(B)/audio/fuzz/policy/%.o: audio/policy/%.c
	@mkdir -p $(@D)
	$(CLANG) $(FUZZ_CFLAGS:-fsanitize=fuzzer=-fsanitize=fuzzer-no-link) $(SOUND_CFLAGS) -MMD -MP -c -o $@ $<
FUZZERS += $(B)/tests/fuzz/audio/fuzz_sound_service
$(B)/tests/fuzz/audio/fuzz_sound_service: tests/fuzz/audio/fuzz_sound_service.c $(addprefix $(B)/audio/fuzz/,$(addsuffix .o,$(SOUND_FUZZED)))
	@mkdir -p $(@D)
	$(CLANG) $(FUZZ_CFLAGS) $(SOUND_CFLAGS) -o $@ $^ -lm
