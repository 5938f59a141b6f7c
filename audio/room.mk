# Sound: a guest's virtio-snd device, and the sound service that plays what all of them say.
AUDIO_CFLAGS = -D_GNU_SOURCE -I. -Iaudio -Iservice-vm/vhost/include
AUDIO_VHOST := $(B)/service-vm/vhost/libvhost

$(B)/audio/%.o: audio/%.c
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) $(AUDIO_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/audio/san/%.o: audio/%.c
	@mkdir -p $(@D)
	$(CC) $(SAN_CFLAGS) $(AUDIO_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/audio/fuzz/%.o: audio/%.c
	@mkdir -p $(@D)
	$(CLANG) $(FUZZ_CFLAGS:-fsanitize=fuzzer=-fsanitize=fuzzer-no-link) $(AUDIO_CFLAGS) -MMD -MP -c -o $@ $<

-include $(wildcard $(B)/audio/*/*.d $(B)/audio/*/*/*.d)

# ---------------------------------------------------------------- the device: binnacle-audio
# The device without its back ends and its process, which tests and fuzzers link.
AUDIO_DEVICE := proto/pcm backend/ring $(addprefix device/,card control ctl device event files flight jack pcm state stream)
AUDIO_BACKENDS := $(addprefix backend/,clock link link_messages null)
AUDIO_SERVER := $(addprefix device/,arguments main)
# From the compositor's room (whose own lists are read after this file): reading a scenario, the seccomp filter.
AUDIO_OTHERS := $(addprefix $(B)/display/,layout.o window.o sandbox.o)

PROGRAMS += $(B)/audio/binnacle-audio
SERVICE_FILES += $(B)/audio/binnacle-audio:/usr/bin/binnacle-audio
$(B)/audio/binnacle-audio: $(addprefix $(B)/audio/,$(addsuffix .o,$(AUDIO_DEVICE) $(AUDIO_BACKENDS) $(AUDIO_SERVER))) \
		$(AUDIO_OTHERS) $(AUDIO_VHOST).a
	$(CC) $(HOST_CFLAGS) -pie -o $@ $^ -lseccomp

# ---------------------------------------------------------------- tests of the device
AUDIO_UNITS := $(addprefix $(B)/tests/unit/audio/,test_control test_pcm test_state test_stream)
UNIT_TESTS += $(AUDIO_UNITS) $(B)/tests/unit/audio/test_backends
$(B)/tests/unit/audio/stage.o: tests/unit/audio/stage.c
	@mkdir -p $(@D)
	$(CC) $(SAN_CFLAGS) $(AUDIO_CFLAGS) -MMD -MP -c -o $@ $<
-include $(B)/tests/unit/audio/stage.d
$(AUDIO_UNITS): $(B)/tests/unit/audio/%: tests/unit/audio/%.c $(B)/tests/unit/audio/stage.o \
		$(addprefix $(B)/audio/san/,$(addsuffix .o,$(AUDIO_DEVICE))) $(AUDIO_VHOST)-san.a
	@mkdir -p $(@D)
	$(CC) $(SAN_CFLAGS) $(AUDIO_CFLAGS) -Itests/unit/audio -o $@ $^ -lcmocka
$(B)/tests/unit/audio/test_backends: tests/unit/audio/test_backends.c \
		$(addprefix $(B)/audio/san/,$(addsuffix .o,$(AUDIO_BACKENDS) backend/ring proto/pcm)) $(AUDIO_VHOST)-san.a
	@mkdir -p $(@D)
	$(CC) $(SAN_CFLAGS) $(AUDIO_CFLAGS) -o $@ $^ -lcmocka

AUDIO_FUZZERS := $(addprefix $(B)/tests/fuzz/audio/,fuzz_audio_queues fuzz_audio_state)
FUZZERS += $(AUDIO_FUZZERS) $(B)/tests/fuzz/audio/fuzz_audio_link
$(AUDIO_FUZZERS): $(B)/tests/fuzz/audio/%: tests/fuzz/audio/%.c tests/unit/audio/stage.c \
		$(addprefix $(B)/audio/fuzz/,$(addsuffix .o,$(AUDIO_DEVICE))) $(AUDIO_VHOST)-fuzz.a
	@mkdir -p $(@D)
	$(CLANG) $(FUZZ_CFLAGS) $(AUDIO_CFLAGS) -Itests/unit/audio -o $@ $^
$(B)/tests/fuzz/audio/fuzz_audio_link: tests/fuzz/audio/fuzz_audio_link.c \
		$(addprefix $(B)/audio/fuzz/,$(addsuffix .o,$(AUDIO_BACKENDS) backend/ring proto/pcm)) $(AUDIO_VHOST)-fuzz.a
	@mkdir -p $(@D)
	$(CLANG) $(FUZZ_CFLAGS) $(AUDIO_CFLAGS) -o $@ $^
# The program itself, killed again and again.
UNIT_TESTS += $(B)/tests/unit/audio/test_process
$(B)/tests/unit/audio/test_process: $(addprefix tests/unit/audio/,test_process.c service.c) $(B)/tests/unit/audio/stage.o \
		$(addprefix $(B)/audio/san/,$(addsuffix .o,$(AUDIO_DEVICE))) $(AUDIO_VHOST)-san.a | $(B)/audio/binnacle-audio
	@mkdir -p $(@D)
	$(CC) $(SAN_CFLAGS) $(AUDIO_CFLAGS) -Itests/unit/audio -DAUDIO_PROGRAM='"$(B)/audio/binnacle-audio"' -o $@ $^ -lcmocka -lpthread
UNIT_TESTS += $(B)/tests/unit/audio/test_arguments
$(B)/tests/unit/audio/test_arguments: tests/unit/audio/test_arguments.c $(B)/audio/san/device/arguments.o \
		$(addprefix $(B)/display/san/,layout.o window.o)
	@mkdir -p $(@D)
	$(CC) $(SAN_CFLAGS) $(AUDIO_CFLAGS) -o $@ $^ -lcmocka
