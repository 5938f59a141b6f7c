# The GPU mediator: vhost-user-gpu on one side, the compositor on the other.
GVT_PKGS := wayland-client libseccomp libdrm
GVT_CFLAGS = -D_GNU_SOURCE -I. -Igvt -Iservice-vm/vhost/include -I$(B)/display/proto -I$(B)/gvt $(shell pkg-config --cflags libdrm)
GVT_LIBS = $(shell pkg-config --libs $(GVT_PKGS))
# What a guest's command stream may hold; the device without physical GPU and processes, which tests and fuzzers link.
GVT_STREAM := proto/virgl proto/virgl_table
GVT_CORE := $(GVT_STREAM) $(addprefix proto/,capset command format pixels) \
	$(addprefix core/,config context edid health layout monitor query render resource screen stream vgpu work) backend/soft2d
GVT_DEVICE := $(GVT_CORE) backend/opener backend/virtgpu server/device
GVT_SERVER := core/schedule $(addprefix server/,arbiter arguments choice import main outputs remote remote_messages screens status turns \
	view wayland)

# The other end of the display socket, which the device model links.
GVT_DISPLAY := $(addprefix server/,import outputs view viewer viewer_messages viewer_run wayland) core/edid core/monitor core/resource backend/soft2d
GVT_DISPLAY_OTHERS := $(addprefix $(B)/display/,$(addsuffix .o,$(DISPLAY_SCENARIO) sandbox)) \
	$(B)/display/proto/xdg-shell-protocol.o $(B)/gvt/linux-dmabuf-protocol.o

PROGRAMS += $(B)/gvt/binnacle-gvt $(B)/gvt/gvt-virgl.so $(B)/gvt/libdisplay.a
SERVICE_FILES += $(B)/gvt/gvt-virgl.so:/usr/lib/binnacle/gvt-virgl.so
# Where the program looks for its library: beside it, or where the image has it.
GVT_LOAD := -rdynamic -Wl,-rpath,'$$ORIGIN:$$ORIGIN/../lib/binnacle'

$(B)/gvt/gvt-virgl.so: gvt/backend/virgl.c
	@mkdir -p $(B)/gvt/backend
	$(CC) $(HOST_CFLAGS) -fPIC $(GVT_CFLAGS) -MMD -MP -MF $(B)/gvt/backend/virgl.d -shared -o $@ $< \
		$(shell pkg-config --cflags --libs virglrenderer libdrm)

DMABUF_XML = $(shell pkg-config --variable=pkgdatadir wayland-protocols)/stable/linux-dmabuf/linux-dmabuf-v1.xml
GVT_PROTOCOLS := $(B)/display/proto/xdg-shell-client-protocol.h $(B)/gvt/linux-dmabuf-client-protocol.h

$(B)/gvt/linux-dmabuf-client-protocol.h:
	@mkdir -p $(@D)
	wayland-scanner client-header $(DMABUF_XML) $@
$(B)/gvt/linux-dmabuf-protocol.c:
	@mkdir -p $(@D)
	wayland-scanner private-code $(DMABUF_XML) $@
$(B)/gvt/linux-dmabuf-protocol.o: $(B)/gvt/linux-dmabuf-protocol.c
	$(CC) $(HOST_CFLAGS) -c -o $@ $<

$(B)/gvt/%.o: gvt/%.c | $(GVT_PROTOCOLS)
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) $(GVT_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/gvt/san/%.o: gvt/%.c
	@mkdir -p $(@D)
	$(CC) $(SAN_CFLAGS) $(GVT_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/gvt/fuzz/%.o: gvt/%.c
	@mkdir -p $(@D)
	$(CLANG) $(FUZZ_CFLAGS:-fsanitize=fuzzer=-fsanitize=fuzzer-no-link) $(GVT_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/gvt/libdisplay.a: $(addprefix $(B)/gvt/,$(addsuffix .o,$(GVT_DISPLAY))) $(GVT_DISPLAY_OTHERS)
	@rm -f $@
	@$(AR) rcs $@ $^
$(B)/gvt/binnacle-gvt: $(addprefix $(B)/gvt/,$(addsuffix .o,$(GVT_DEVICE) $(GVT_SERVER))) $(GVT_DISPLAY_OTHERS) \
		$(B)/service-vm/vhost/libvhost.a
	$(CC) $(HOST_CFLAGS) -pie $(GVT_LOAD) -o $@ $^ $(GVT_LIBS)

-include $(wildcard $(B)/gvt/*/*.d $(B)/gvt/*/*/*.d)

# ---------------------------------------------------------------- tests
GVT_TESTED := $(GVT_CORE) backend/null
# The order of the guests, without any of the above.
UNIT_TESTS += $(B)/tests/unit/gvt/test_schedule
$(B)/tests/unit/gvt/test_schedule: tests/unit/gvt/test_schedule.c $(B)/gvt/san/core/schedule.o
	@mkdir -p $(@D)
	$(CC) $(SAN_CFLAGS) $(GVT_CFLAGS) -o $@ $^ -lcmocka

# And with the sockets between the arbiter and its mediators.
UNIT_TESTS += $(B)/tests/unit/gvt/test_arbiter
$(B)/tests/unit/gvt/test_arbiter: tests/unit/gvt/test_arbiter.c \
		$(addprefix $(B)/gvt/san/,core/schedule.o server/arbiter.o server/turns.o) $(B)/service-vm/vhost/libvhost-san.a
	@mkdir -p $(@D)
	$(CC) $(SAN_CFLAGS) $(GVT_CFLAGS) -o $@ $^ -lcmocka

GVT_UNITS := $(addprefix $(B)/tests/unit/gvt/,test_health test_render test_vgpu)
UNIT_TESTS += $(GVT_UNITS) $(addprefix $(B)/tests/unit/gvt/,test_command test_remote test_viewer test_virgl test_virgl_protocol)
FUZZERS += $(addprefix $(B)/tests/fuzz/gvt/,fuzz_display_socket fuzz_gvt_control fuzz_gvt_virgl)
# Whose instructions callgrind counts (tests/system/test_gpu_cost.py).
PROGRAMS += $(B)/tests/unit/gvt/relocate_frame

$(B)/tests/unit/gvt/test_command: tests/unit/gvt/test_command.c $(B)/gvt/san/proto/command.o
	@mkdir -p $(@D)
	$(CC) $(SAN_CFLAGS) $(GVT_CFLAGS) -o $@ $^ -lcmocka

$(B)/tests/unit/gvt/test_virgl: $(addprefix tests/unit/gvt/,test_virgl.c legal.c frame.c) \
		$(addprefix $(B)/gvt/san/,$(addsuffix .o,$(GVT_STREAM)))
	@mkdir -p $(@D)
	$(CC) $(SAN_CFLAGS) $(GVT_CFLAGS) -o $@ $^ -lcmocka

# Mesa's header is in the builder root (tools/builder) and nowhere in the tree.
$(B)/tests/unit/gvt/test_virgl_protocol: tests/unit/gvt/test_virgl_protocol.c tests/unit/gvt/legal.c \
		$(addprefix $(B)/gvt/san/,$(addsuffix .o,$(GVT_STREAM)))
	@mkdir -p $(@D)
	$(CC) $(SAN_CFLAGS) $(GVT_CFLAGS) -isystem /usr/src -o $@ $^ -lcmocka

$(GVT_UNITS): $(B)/tests/unit/gvt/%: tests/unit/gvt/%.c $(addprefix $(B)/gvt/san/,$(addsuffix .o,$(GVT_TESTED))) \
		$(B)/service-vm/vhost/libvhost-san.a
	@mkdir -p $(@D)
	$(CC) $(SAN_CFLAGS) $(GVT_CFLAGS) -o $@ $^ -lcmocka

$(addprefix $(B)/tests/unit/gvt/,test_remote test_viewer): $(B)/tests/unit/gvt/%: tests/unit/gvt/%.c \
		$(addprefix $(B)/gvt/san/,$(addsuffix .o,$(GVT_CORE))) \
		$(addprefix $(B)/gvt/san/server/,remote.o remote_messages.o viewer.o viewer_messages.o) $(B)/service-vm/vhost/libvhost-san.a
	@mkdir -p $(@D)
	$(CC) $(SAN_CFLAGS) $(GVT_CFLAGS) -o $@ $^ -lcmocka

# The event of a change, by vhost-user.
UNIT_TESTS += $(B)/tests/unit/gvt/test_device
$(B)/tests/unit/gvt/test_device: tests/unit/gvt/test_device.c $(addprefix $(B)/gvt/san/,$(addsuffix .o,$(GVT_CORE) server/device)) \
		$(B)/service-vm/vhost/libvhost-san.a
	@mkdir -p $(@D)
	$(CC) $(SAN_CFLAGS) $(GVT_CFLAGS) -o $@ $^ -lcmocka

# The connection to the compositor, with the other end of it.
UNIT_TESTS += $(B)/tests/unit/gvt/test_screens
$(addprefix $(B)/gvt/san/server/,import.o view.o wayland.o): | $(GVT_PROTOCOLS)
$(B)/tests/unit/gvt/stage.o: tests/unit/gvt/stage.c tests/unit/gvt/stage.h | $(B)/display/proto/xdg-shell-protocol.h
	@mkdir -p $(@D)
	$(CC) $(SAN_CFLAGS) $(GVT_CFLAGS) -c -o $@ $<
$(B)/tests/unit/gvt/test_screens: tests/unit/gvt/test_screens.c $(B)/tests/unit/gvt/stage.o \
		$(addprefix $(B)/gvt/san/,$(addsuffix .o,$(GVT_TESTED) $(addprefix server/,import outputs view wayland))) \
		$(B)/display/proto/xdg-shell-protocol.o $(B)/gvt/linux-dmabuf-protocol.o $(B)/service-vm/vhost/libvhost-san.a
	@mkdir -p $(@D)
	$(CC) $(SAN_CFLAGS) $(GVT_CFLAGS) -o $@ $^ -lwayland-client -lwayland-server -lcmocka

$(B)/tests/fuzz/gvt/fuzz_gvt_control: tests/fuzz/gvt/fuzz_gvt_control.c $(addprefix $(B)/gvt/fuzz/,$(addsuffix .o,$(GVT_TESTED))) \
		$(B)/service-vm/vhost/libvhost-fuzz.a
	@mkdir -p $(@D)
	$(CLANG) $(FUZZ_CFLAGS) $(GVT_CFLAGS) -o $@ $^

$(B)/tests/fuzz/gvt/fuzz_display_socket: tests/fuzz/gvt/fuzz_display_socket.c \
		$(addprefix $(B)/gvt/fuzz/,$(addsuffix .o,$(GVT_CORE) server/viewer server/viewer_messages)) $(B)/service-vm/vhost/libvhost-fuzz.a
	@mkdir -p $(@D)
	$(CLANG) $(FUZZ_CFLAGS) $(GVT_CFLAGS) -o $@ $^

$(B)/tests/fuzz/gvt/fuzz_gvt_virgl: tests/fuzz/gvt/fuzz_gvt_virgl.c $(addprefix $(B)/gvt/fuzz/,$(addsuffix .o,$(GVT_STREAM)))
	@mkdir -p $(@D)
	$(CLANG) $(FUZZ_CFLAGS) $(GVT_CFLAGS) -o $@ $^

$(B)/tests/unit/gvt/relocate_frame $(B)/tests/unit/gvt/virgl_seeds: $(B)/tests/unit/gvt/%: tests/unit/gvt/%.c \
		$(addprefix tests/unit/gvt/,legal.c frame.c) $(addprefix $(B)/gvt/,$(addsuffix .o,$(GVT_STREAM)))
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) $(GVT_CFLAGS) -pie -o $@ $^

# The virgl fuzzer's corpus in the tree, from the table.
.PHONY: virgl-seeds
virgl-seeds: $(B)/tests/unit/gvt/virgl_seeds
	@mkdir -p tests/fuzz/gvt/corpus/gvt_virgl; rm -f tests/fuzz/gvt/corpus/gvt_virgl/*; $< tests/fuzz/gvt/corpus/gvt_virgl
