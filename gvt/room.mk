# The GPU mediator: vhost-user-gpu on one side, the compositor on the other.
GVT_PKGS := wayland-client libseccomp
GVT_CFLAGS = -D_GNU_SOURCE -I. -Igvt -Iservice-vm/vhost/include -I$(B)/display/proto
GVT_LIBS = $(shell pkg-config --libs $(GVT_PKGS))
# The device without its processes: what tests and fuzzers link.
GVT_DEVICE := proto/command core/edid core/resource core/vgpu backend/null backend/soft2d server/device
GVT_SERVER := server/main server/view server/wayland

PROGRAMS += $(B)/gvt/binnacle-gvt

$(B)/gvt/%.o: gvt/%.c | $(B)/display/proto/xdg-shell-client-protocol.h
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) $(GVT_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/gvt/san/%.o: gvt/%.c
	@mkdir -p $(@D)
	$(CC) $(SAN_CFLAGS) $(GVT_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/gvt/fuzz/%.o: gvt/%.c
	@mkdir -p $(@D)
	$(CLANG) $(FUZZ_CFLAGS:-fsanitize=fuzzer=-fsanitize=fuzzer-no-link) $(GVT_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/gvt/binnacle-gvt: $(addprefix $(B)/gvt/,$(addsuffix .o,$(GVT_DEVICE) $(GVT_SERVER))) \
		$(addprefix $(B)/display/,$(addsuffix .o,$(DISPLAY_SCENARIO) sandbox)) $(B)/display/proto/xdg-shell-protocol.o \
		$(B)/service-vm/vhost/libvhost.a
	$(CC) $(HOST_CFLAGS) -pie -o $@ $^ $(GVT_LIBS)

-include $(wildcard $(B)/gvt/*/*.d $(B)/gvt/*/*/*.d)

# ---------------------------------------------------------------- tests
GVT_CORE := proto/command core/edid core/resource core/vgpu backend/null backend/soft2d
UNIT_TESTS += $(addprefix $(B)/tests/unit/gvt/,test_command test_vgpu)
FUZZERS += $(B)/tests/fuzz/gvt/fuzz_gvt_control

$(B)/tests/unit/gvt/test_command: tests/unit/gvt/test_command.c $(B)/gvt/san/proto/command.o
	@mkdir -p $(@D)
	$(CC) $(SAN_CFLAGS) $(GVT_CFLAGS) -o $@ $^ -lcmocka

$(B)/tests/unit/gvt/test_vgpu: tests/unit/gvt/test_vgpu.c $(addprefix $(B)/gvt/san/,$(addsuffix .o,$(GVT_CORE))) \
		$(B)/service-vm/vhost/libvhost-san.a
	@mkdir -p $(@D)
	$(CC) $(SAN_CFLAGS) $(GVT_CFLAGS) -o $@ $^ -lcmocka

$(B)/tests/fuzz/gvt/fuzz_gvt_control: tests/fuzz/gvt/fuzz_gvt_control.c $(addprefix $(B)/gvt/fuzz/,$(addsuffix .o,$(GVT_CORE))) \
		$(B)/service-vm/vhost/libvhost-fuzz.a
	@mkdir -p $(@D)
	$(CLANG) $(FUZZ_CFLAGS) $(GVT_CFLAGS) -o $@ $^
