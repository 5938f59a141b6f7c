# Fuzzers of hypercall arguments and of the ioreq page, over the machine of the unit tests.
HSM_FUZZERS := $(B)/fuzz/fuzz_hypercall $(B)/fuzz/fuzz_ioreq
$(HSM_FUZZERS): $(B)/fuzz/%: tests/fuzz/hv/%.c $(HSM_TEST_SOURCES) tests/unit/hv/hsm_fake.h
	@mkdir -p $(@D)
	$(CLANG) $(FUZZ_CFLAGS) $(HSM_TEST_FLAGS) $(filter %.c,$^) -o $@
FUZZERS += $(HSM_FUZZERS)
