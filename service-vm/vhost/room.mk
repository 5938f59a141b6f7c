# The virtqueue and vhost-user library. Link $(B)/service-vm/vhost/libvhost.a (tests: libvhost-san.a, fuzzers:
# libvhost-fuzz.a) and compile with -Iservice-vm/vhost/include.
VHOST := $(B)/service-vm/vhost
VHOST_SRC := $(wildcard service-vm/vhost/*.c)
VHOST_INC := -D_GNU_SOURCE -Iservice-vm/vhost/include

define VHOST_LIB # suffix, compiler, flags
$(VHOST)/libvhost$(1).a: $(VHOST_SRC:service-vm/vhost/%.c=$(VHOST)/obj$(1)/%.o)
	@rm -f $$@
	@$(AR) rcs $$@ $$^
$(VHOST)/obj$(1)/%.o: service-vm/vhost/%.c
	@mkdir -p $$(@D)
	@$(2) $(3) $(VHOST_INC) -MMD -MP -c -o $$@ $$<
-include $(VHOST_SRC:service-vm/vhost/%.c=$(VHOST)/obj$(1)/%.d)
endef
$(eval $(call VHOST_LIB,,$(CC),$(HOST_CFLAGS)))
$(eval $(call VHOST_LIB,-san,$(CC),$(SAN_CFLAGS)))
$(eval $(call VHOST_LIB,-fuzz,$(CLANG),$(FUZZ_CFLAGS:-fsanitize=fuzzer=-fsanitize=fuzzer-no-link)))

PROGRAMS += $(VHOST)/libvhost.a

VHOST_TESTS := $(patsubst tests/unit/vhost/%.c,$(B)/tests/unit/vhost/%,$(wildcard tests/unit/vhost/test_*.c))
UNIT_TESTS += $(VHOST_TESTS)
$(VHOST_TESTS): $(B)/tests/unit/vhost/%: tests/unit/vhost/%.c $(VHOST)/libvhost-san.a
	@mkdir -p $(@D)
	@$(CC) $(SAN_CFLAGS) $(VHOST_INC) -MMD -MP -o $@ $< $(VHOST)/libvhost-san.a -lcmocka -lpthread
-include $(VHOST_TESTS:=.d)

VHOST_FUZZERS := $(patsubst tests/fuzz/vhost/%.c,$(B)/tests/fuzz/vhost/%,$(wildcard tests/fuzz/vhost/fuzz_*.c))
FUZZERS += $(VHOST_FUZZERS)
$(VHOST_FUZZERS): $(B)/tests/fuzz/vhost/%: tests/fuzz/vhost/%.c $(VHOST)/libvhost-fuzz.a
	@mkdir -p $(@D)
	@$(CLANG) $(FUZZ_CFLAGS) $(VHOST_INC) -MMD -MP -o $@ $< $(VHOST)/libvhost-fuzz.a
-include $(VHOST_FUZZERS:=.d)
