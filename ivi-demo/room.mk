# The IVI's home screen.
IVI_PKGS := cairo freetype2 libdrm gbm egl glesv2
IVI_SOUND := player player_engine sound wav
IVI_CFLAGS = -D_GNU_SOURCE -Iivi-demo $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(IVI_PKGS)))
IVI_LIBS = $(shell pkg-config --libs $(IVI_PKGS)) -lm
IVI_PARTS := car_mesh common gl icon map mesh page_home page_map page_media page_rear page_vehicle scene shader solid sprite theme town \
	town_mesh ui units vehicle

IVI_FILES += $(B)/ivi-demo/binnacle-ivi:/usr/bin/binnacle-ivi
PROGRAMS += $(B)/ivi-demo/binnacle-ivi $(B)/ivi-demo/binnacle-ivi-snapshot

$(B)/ivi-demo/binnacle-ivi: $(addprefix $(B)/ivi-demo/,main.o kms.o evdev.o $(addsuffix .o,$(IVI_PARTS) $(IVI_SOUND)))
	$(CC) $(HOST_CFLAGS) -pie -o $@ $^ $(IVI_LIBS) -lasound -pthread

$(B)/ivi-demo/%.o: ivi-demo/%.c
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) $(IVI_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/ivi-demo/binnacle-ivi-snapshot: $(addprefix $(B)/ivi-demo/,snapshot.o $(addsuffix .o,$(IVI_PARTS)))
	$(CC) $(HOST_CFLAGS) -pie -o $@ $^ $(IVI_LIBS)

# Music of our own, made at build time.
IVI_MUSIC := $(foreach n,1 2 3,$(B)/ivi-demo/music/$(n).wav)
IVI_FILES += $(foreach n,1 2 3,$(B)/ivi-demo/music/$(n).wav:/usr/share/binnacle/music/$(n).wav)
PROGRAMS += $(B)/ivi-demo/binnacle-compose
$(B)/ivi-demo/binnacle-compose: $(patsubst %.c,$(B)/%.o,$(wildcard ivi-demo/music/*.c))
	$(CC) $(HOST_CFLAGS) -pie -o $@ $^ -lm
$(IVI_MUSIC): $(B)/ivi-demo/music/%.wav: $(B)/ivi-demo/binnacle-compose
	@mkdir -p $(@D)
	$< $* $@

UNIT_TESTS += $(B)/tests/unit/ivi-demo/test_solid
IVI_TESTED := car_mesh common icon map mesh page_home page_map page_media page_rear page_vehicle theme town town_mesh ui units

$(B)/ivi-demo/san/%.o: ivi-demo/%.c
	@mkdir -p $(@D)
	$(CC) $(SAN_CFLAGS) $(IVI_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/tests/unit/ivi-demo/test_solid: tests/unit/ivi-demo/test_solid.c $(addprefix $(B)/ivi-demo/san/,$(addsuffix .o,$(IVI_TESTED)))
	@mkdir -p $(@D)
	$(CC) $(SAN_CFLAGS) $(IVI_CFLAGS) -o $@ $^ $(IVI_LIBS) -lcmocka

UNIT_TESTS += $(B)/tests/unit/ivi-demo/test_media
$(B)/tests/unit/ivi-demo/test_media: tests/unit/ivi-demo/test_media.c $(addprefix $(B)/ivi-demo/san/,$(addsuffix .o,$(IVI_TESTED)))
	@mkdir -p $(@D)
	$(CC) $(SAN_CFLAGS) $(IVI_CFLAGS) -o $@ $^ $(IVI_LIBS) -lcmocka

UNIT_TESTS += $(B)/tests/unit/ivi-demo/test_vehicle
$(B)/tests/unit/ivi-demo/test_vehicle: tests/unit/ivi-demo/test_vehicle.c $(addprefix $(B)/ivi-demo/san/,$(addsuffix .o,$(IVI_TESTED) vehicle))
	@mkdir -p $(@D)
	$(CC) $(SAN_CFLAGS) $(IVI_CFLAGS) -o $@ $^ $(IVI_LIBS) -lcmocka

# The sound card is a file, by ALSA's own plug-ins.
UNIT_TESTS += $(B)/tests/unit/ivi-demo/test_player
$(B)/tests/unit/ivi-demo/test_player: tests/unit/ivi-demo/test_player.c $(addprefix $(B)/ivi-demo/san/,$(addsuffix .o,$(IVI_SOUND)))
	@mkdir -p $(@D)
	$(CC) $(SAN_CFLAGS) $(IVI_CFLAGS) -o $@ $^ -lasound -pthread -lm -lcmocka

# The card is the test's: no libdrm.
UNIT_TESTS += $(B)/tests/unit/ivi-demo/test_kms
$(B)/tests/unit/ivi-demo/test_kms: tests/unit/ivi-demo/test_kms.c $(B)/ivi-demo/san/kms.o
	@mkdir -p $(@D)
	$(CC) $(SAN_CFLAGS) $(IVI_CFLAGS) -o $@ $^ $(shell pkg-config --libs cairo) -lcmocka

-include $(wildcard $(B)/ivi-demo/*.d $(B)/ivi-demo/music/*.d $(B)/ivi-demo/san/*.d)
