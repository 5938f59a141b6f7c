# Unit tests of hypercalls, ioreq and shared window, over a machine in plain memory.
HSM_TESTS := test_hypercall test_hypercall_memory test_ioreq test_shm
HSM_TEST_SOURCES := $(addprefix hypervisor/core/hsm/,hypercall.c hsm_vm.c hsm_regs.c hsm_irq.c hsm_memory.c ioreq.c shm.c) \
	tests/unit/hv/hsm_fake.c
HSM_TEST_OBJECTS := $(HSM_TEST_SOURCES:%.c=$(B)/unit/hsm/%.o)
HSM_TEST_FLAGS := -Ihypervisor/include -fno-builtin-memcpy

$(B)/unit/hsm/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(SAN_CFLAGS) $(HSM_TEST_FLAGS) -MMD -MP -c $< -o $@
$(HSM_TESTS:%=$(B)/unit/hsm/%): $(B)/unit/hsm/%: $(B)/unit/hsm/tests/unit/hv/%.o $(HSM_TEST_OBJECTS)
	$(CC) $(SANITIZE) $^ -lcmocka -o $@

HSM_POLICY_OBJECTS := $(addprefix $(B)/unit/hsm/hypervisor/core/hsm/,watchdog.o power_policy.o)
$(B)/unit/hsm/test_watchdog: $(B)/unit/hsm/tests/unit/hv/test_watchdog.o $(HSM_POLICY_OBJECTS) $(HSM_TEST_OBJECTS)
	$(CC) $(SANITIZE) $^ -lcmocka -o $@

UNIT_TESTS += $(HSM_TESTS:%=$(B)/unit/hsm/%) $(B)/unit/hsm/test_watchdog
.SECONDARY: $(HSM_TEST_OBJECTS) $(HSM_POLICY_OBJECTS) $(B)/unit/hsm/tests/unit/hv/test_watchdog.o $(HSM_TESTS:%=$(B)/unit/hsm/tests/unit/hv/%.o)
-include $(HSM_TEST_OBJECTS:.o=.d) $(HSM_POLICY_OBJECTS:.o=.d) $(B)/unit/hsm/tests/unit/hv/test_watchdog.d $(HSM_TESTS:%=$(B)/unit/hsm/tests/unit/hv/%.d)
