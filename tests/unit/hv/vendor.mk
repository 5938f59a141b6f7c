# Unit tests of the two back ends, over processors in plain memory. fake_cpu/ stands in front of hv/cpu.h.
VENDOR_TESTS := $(B)/tests/vendor
VENDOR_CFLAGS := -Itests/unit/hv/fake_cpu -Ihypervisor/include -Ihypervisor -Itests/unit/hv
VENDOR_COMMON := tests/unit/hv/vendor_fake.c hypervisor/core/paging.c hypervisor/core/permission.c hypervisor/core/vcpu.c
VENDOR_NAMES := vmx vmx_exit svm svm_exit

$(VENDOR_TESTS)/obj/%.o: %.c
	@mkdir -p $(@D)
	@$(CC) $(SAN_CFLAGS) $(VENDOR_CFLAGS) -MMD -MP -c $< -o $@
vendor-objects = $(patsubst %.c,$(VENDOR_TESTS)/obj/%.o,$(VENDOR_COMMON) tests/unit/hv/$(1)_fake.c $(wildcard hypervisor/$(1)/*.c))
$(VENDOR_TESTS)/test_vmx $(VENDOR_TESTS)/test_vmx_exit: $(call vendor-objects,vmx)
$(VENDOR_TESTS)/test_svm $(VENDOR_TESTS)/test_svm_exit: $(call vendor-objects,svm)
$(VENDOR_NAMES:%=$(VENDOR_TESTS)/test_%): $(VENDOR_TESTS)/test_%: $(VENDOR_TESTS)/obj/tests/unit/hv/test_%.o
	@$(CC) $(SANITIZE) $^ -lcmocka -o $@

UNIT_TESTS += $(VENDOR_NAMES:%=$(VENDOR_TESTS)/test_%)
.SECONDARY: $(call vendor-objects,vmx) $(call vendor-objects,svm) $(VENDOR_NAMES:%=$(VENDOR_TESTS)/obj/tests/unit/hv/test_%.o)
-include $(patsubst %.o,%.d,$(call vendor-objects,vmx) $(call vendor-objects,svm)) $(VENDOR_NAMES:%=$(VENDOR_TESTS)/obj/tests/unit/hv/test_%.d)
