# The compositor and the input back end.
DISPLAY_PKGS := wlroots-0.18 wayland-server pixman-1 xkbcommon libinput
# wlroots' headers are not ours to warn about.
DISPLAY_CFLAGS = -D_GNU_SOURCE -DWLR_USE_UNSTABLE -Idisplay -Idisplay/include -Iservice-vm/vhost/include -I$(B)/display/proto \
	$(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(DISPLAY_PKGS)))
DISPLAY_LIBS = $(shell pkg-config --libs $(DISPLAY_PKGS)) -lm
XDG_SHELL_XML = $(shell pkg-config --variable=pkgdatadir wayland-protocols)/stable/xdg-shell/xdg-shell.xml

# Everything but main: the tests link it as it is.
DISPLAY_PARTS := arrow clock cluster device frames inputport layer layout monitor pixels route scanout screen seat server status vm window
# What gvt uses as well: reading a scenario.
DISPLAY_SCENARIO := layout window

PROGRAMS += $(B)/display/binnacle-display $(B)/display/binnacle-input

INPUT_PARTS := input/main input/virtio_input sandbox

$(B)/display/binnacle-input: $(addprefix $(B)/display/,$(addsuffix .o,$(INPUT_PARTS))) $(B)/service-vm/vhost/libvhost.a
	$(CC) $(HOST_CFLAGS) -pie -o $@ $^ -lseccomp

$(B)/display/proto/xdg-shell-protocol.h:
	@mkdir -p $(@D)
	wayland-scanner server-header $(XDG_SHELL_XML) $@

$(B)/display/%.o: display/%.c | $(B)/display/proto/xdg-shell-protocol.h
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) $(DISPLAY_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/display/san/%.o: display/%.c | $(B)/display/proto/xdg-shell-protocol.h
	@mkdir -p $(@D)
	$(CC) $(SAN_CFLAGS) $(DISPLAY_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/display/binnacle-display: $(addprefix $(B)/display/,main.o $(addsuffix .o,$(DISPLAY_PARTS)))
	$(CC) $(HOST_CFLAGS) -pie -o $@ $^ $(DISPLAY_LIBS)

-include $(wildcard $(B)/display/*.d $(B)/display/input/*.d $(B)/display/san/*.d)

# ---------------------------------------------------------------- tests
DISPLAY_TESTS := test_compositor test_monitors test_route
UNIT_TESTS += $(addprefix $(B)/display/tests/,$(DISPLAY_TESTS))
DISPLAY_TEST_CFLAGS = $(SAN_CFLAGS) $(DISPLAY_CFLAGS) -Itests/unit/display
DISPLAY_SAN_PARTS = $(addprefix $(B)/display/san/,$(addsuffix .o,$(DISPLAY_PARTS)))

$(B)/display/proto/xdg-shell-client-protocol.h:
	@mkdir -p $(@D)
	wayland-scanner client-header $(XDG_SHELL_XML) $@

$(B)/display/proto/xdg-shell-protocol.c:
	@mkdir -p $(@D)
	wayland-scanner private-code $(XDG_SHELL_XML) $@

$(B)/display/proto/xdg-shell-protocol.o: $(B)/display/proto/xdg-shell-protocol.c
	$(CC) $(HOST_CFLAGS) -c -o $@ $<

$(B)/display/tests/%.o: tests/unit/display/%.c | $(B)/display/proto/xdg-shell-protocol.h $(B)/display/proto/xdg-shell-client-protocol.h
	@mkdir -p $(@D)
	$(CC) $(DISPLAY_TEST_CFLAGS) -MMD -MP -c -o $@ $<

$(addprefix $(B)/display/tests/,$(filter-out test_route,$(DISPLAY_TESTS))): %: %.o $(addprefix $(B)/display/tests/,harness.o client.o) $(DISPLAY_SAN_PARTS) \
		$(B)/display/proto/xdg-shell-protocol.o
	$(CC) $(SAN_CFLAGS) -o $@ $^ $(DISPLAY_LIBS) -lwayland-client -lcmocka

$(B)/display/tests/test_route: $(B)/display/tests/test_route.o $(B)/display/san/route.o
	$(CC) $(SAN_CFLAGS) -o $@ $^ -lcmocka -lm

-include $(wildcard $(B)/display/tests/*.d)

FUZZERS += $(B)/tests/fuzz/display/fuzz_display_frames
$(B)/tests/fuzz/display/fuzz_display_frames: tests/fuzz/display/fuzz_display_frames.c display/frames.c
	@mkdir -p $(@D)
	$(CLANG) $(FUZZ_CFLAGS) -D_GNU_SOURCE -Idisplay -o $@ $^
