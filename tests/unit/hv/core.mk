# Unit tests of the core: page tables, over pages in plain memory; the log; the scheduler, over a clock that is a number.
CORE_TESTS := $(B)/tests/hvcore
CORE_CFLAGS := -Ihypervisor/include

$(CORE_TESTS)/test_paging: tests/unit/hv/test_paging.c hypervisor/core/paging.c
	@mkdir -p $(@D)
	@$(CC) $(SAN_CFLAGS) $(CORE_CFLAGS) -MMD -MP -MF $@.d $^ -lcmocka -o $@
$(CORE_TESTS)/test_log: tests/unit/hv/test_log.c hypervisor/core/log.c hypervisor/core/format.c
	@mkdir -p $(@D)
	@$(CC) $(SAN_CFLAGS) $(CORE_CFLAGS) -MMD -MP -MF $@.d $^ -lcmocka -o $@
$(CORE_TESTS)/test_sched: tests/unit/hv/test_sched.c hypervisor/core/sched.c hypervisor/core/timer.c
	@mkdir -p $(@D)
	@$(CC) $(SAN_CFLAGS) $(CORE_CFLAGS) -MMD -MP -MF $@.d $^ -lcmocka -o $@

$(CORE_TESTS)/test_forget: tests/unit/hv/test_forget.c hypervisor/x86/forget.c
	@mkdir -p $(@D)
	@$(CC) $(SAN_CFLAGS) $(CORE_CFLAGS) -MMD -MP -MF $@.d $^ -lcmocka -o $@

# IOMMUs, each over a unit that is a few numbers.
IOMMU_TESTS := $(addprefix $(CORE_TESTS)/test_,vtd amdvi)
$(IOMMU_TESTS): $(CORE_TESTS)/test_%: tests/unit/hv/test_%.c tests/unit/hv/iommu_fake.c $(wildcard hypervisor/iommu/*.c) \
		hypervisor/core/paging.c
	@mkdir -p $(@D)
	@$(CC) $(SAN_CFLAGS) -Itests/unit/hv/fake $(CORE_CFLAGS) -Ihypervisor/iommu -MMD -MP -MF $@.d $^ -lcmocka -o $@

UNIT_TESTS += $(addprefix $(CORE_TESTS)/test_,paging log sched forget) $(IOMMU_TESTS)
-include $(addprefix $(CORE_TESTS)/test_,paging.d log.d sched.d forget.d) $(IOMMU_TESTS:=.d)
