# The device model: binnacle-dm.
DM := $(B)/service-vm/dm
DM_SRC := $(wildcard service-vm/dm/*.c)
DM_FLAGS := -D_GNU_SOURCE -Iservice-vm/dm -Iservice-vm/vhost/include -Igvt/include
DM_LIBS := -lseccomp -lpthread
# What the process needs that shows a foreign GPU (gpu_display.c).
DM_DISPLAY = $(B)/gvt/libdisplay.a $(B)/service-vm/vhost/libvhost.a $(shell pkg-config --libs wayland-client)
DM_LIB_SRC := $(filter-out service-vm/dm/main.c,$(DM_SRC))

PROGRAMS += $(DM)/binnacle-dm
$(DM)/binnacle-dm: $(DM_SRC:service-vm/dm/%.c=$(DM)/obj/%.o) $(DM)/obj/dsdt.o $(B)/gvt/libdisplay.a $(B)/service-vm/vhost/libvhost.a
	@$(CC) -pie -Wl,-z,relro,-z,now -o $@ $(filter %.o,$^) $(DM_DISPLAY) $(DM_LIBS)

$(DM)/dsdt.aml: service-vm/dm/dsdt.asl
	@mkdir -p $(@D)
	@iasl -p $(DM)/dsdt $< >$(DM)/iasl.log 2>&1 || { cat $(DM)/iasl.log >&2; exit 1; }
$(DM)/obj/dsdt.o: service-vm/dm/dsdt.S $(DM)/dsdt.aml
	@mkdir -p $(@D)
	@$(CC) -Wa,-I$(DM) -c -o $@ $<

define DM_OBJECTS # suffix, compiler, flags
$(DM)/obj$(1)/%.o: service-vm/dm/%.c
	@mkdir -p $$(@D)
	@$(2) $(3) $(DM_FLAGS) -MMD -MP -c -o $$@ $$<
$(DM)/libdm$(1).a: $(DM_LIB_SRC:service-vm/dm/%.c=$(DM)/obj$(1)/%.o) $(DM)/obj/dsdt.o
	@rm -f $$@
	@$(AR) rcs $$@ $$^
-include $(DM_SRC:service-vm/dm/%.c=$(DM)/obj$(1)/%.d)
endef
$(eval $(call DM_OBJECTS,,$(CC),$(HOST_CFLAGS)))
$(eval $(call DM_OBJECTS,-san,$(CC),$(SAN_CFLAGS)))
$(eval $(call DM_OBJECTS,-fuzz,$(CLANG),$(FUZZ_CFLAGS:-fsanitize=fuzzer=-fsanitize=fuzzer-no-link)))

DM_TESTS := $(patsubst tests/unit/dm/%.c,$(B)/tests/unit/dm/%,$(wildcard tests/unit/dm/test_*.c))
UNIT_TESTS += $(DM_TESTS)
$(DM_TESTS): $(B)/tests/unit/dm/%: tests/unit/dm/%.c $(DM)/libdm-san.a $(B)/service-vm/vhost/libvhost-san.a
	@mkdir -p $(@D)
	@$(CC) $(SAN_CFLAGS) $(DM_FLAGS) -MMD -MP -o $@ $< $(DM)/libdm-san.a $(B)/service-vm/vhost/libvhost-san.a -lcmocka $(DM_LIBS)
-include $(DM_TESTS:=.d)

DM_FUZZERS := $(patsubst tests/fuzz/dm/%.c,$(B)/tests/fuzz/dm/%,$(wildcard tests/fuzz/dm/fuzz_*.c))
FUZZERS += $(DM_FUZZERS)
$(DM_FUZZERS): $(B)/tests/fuzz/dm/%: tests/fuzz/dm/%.c $(DM)/libdm-fuzz.a $(B)/service-vm/vhost/libvhost-fuzz.a
	@mkdir -p $(@D)
	@$(CLANG) $(FUZZ_CFLAGS) $(DM_FLAGS) -MMD -MP -o $@ $< $(DM)/libdm-fuzz.a $(B)/service-vm/vhost/libvhost-fuzz.a $(DM_LIBS)
-include $(DM_FUZZERS:=.d)
SERVICE_FILES += $(DM)/binnacle-dm:/usr/bin/binnacle-dm
