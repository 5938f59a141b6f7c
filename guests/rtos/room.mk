# SPDX-License-Identifier: BSD-3-Clause
# The RTOS kernel as a library of objects for an image (guests/cluster links them), the OIL tool, images that only tests run,
# and the unit tests. Guarded, because a room that links it includes it first.

ifndef RTOS
RTOS := guests/rtos
RTOS_B := $(B)/$(RTOS)
RTOS_CFLAGS := $(FREESTANDING_CFLAGS) -m32 -march=pentium4 -fno-tree-loop-distribute-patterns -I$(RTOS)/include -I$(RTOS)
RTOS_SRC := $(wildcard $(RTOS)/kernel/*.c $(RTOS)/watchdog/*.c $(RTOS)/x86/*.c)
RTOS_OBJ := $(RTOS_SRC:%.c=$(B)/%.o) $(RTOS_B)/x86/start.o
# Calls of services go by way of x86/user.c.
RTOS_SERVICES := $(shell sed -n 's/^ *X.\(\w*\),.*/\1/p' $(RTOS)/kernel/services.h) StartOS ShutdownOS
RTOS_LINK = $(LD) -m elf_i386 -T $(RTOS)/image.ld -z noexecstack --no-warn-rwx-segments $(RTOS_SERVICES:%=--wrap=%)

$(RTOS_B)/%.o: $(RTOS)/%.c
	@mkdir -p $(@D)
	$(CC) $(RTOS_CFLAGS) -I$(@D) -MMD -MP -c $< -o $@

$(RTOS_B)/%.o: $(RTOS)/%.S
	@mkdir -p $(@D)
	$(CC) -m32 -c $< -o $@

# X.oil becomes X_os.h and X_os.c.
OIL2C := $(RTOS_B)/oil/oil2c
OIL_SRC := $(filter-out $(RTOS)/oil/oil2c.c,$(wildcard $(RTOS)/oil/*.c))
PROGRAMS += $(OIL2C)
$(OIL2C): $(RTOS)/oil/oil2c.c $(OIL_SRC) $(RTOS)/oil/oil.h
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) $(filter %.c,$^) -o $@

$(B)/%_os.h $(B)/%_os.c &: %.oil $(OIL2C)
	@mkdir -p $(@D)
	$(OIL2C) $< $(B)/$*_os.h $(B)/$*_os.c

.PRECIOUS: $(B)/%_os.c
$(B)/%_os.o: $(B)/%_os.c
	$(CC) $(RTOS_CFLAGS) -c $< -o $@

# The kernel on the machine itself; only the system tests run it.
RTOS_SELFTEST := $(RTOS_B)/selftest.elf
PROGRAMS += $(RTOS_SELFTEST)
$(RTOS_B)/selftest/selftest.o: $(RTOS_B)/selftest/selftest_os.h
$(RTOS_SELFTEST): $(RTOS_OBJ) $(RTOS_B)/selftest/selftest.o $(RTOS_B)/selftest/selftest_os.o $(RTOS)/image.ld
	$(RTOS_LINK) -o $@ $(filter %.o,$^)

# What services, switches and interrupts cost.
PROGRAMS += $(RTOS_B)/timing.elf
$(RTOS_B)/timing/timing.o: $(RTOS_B)/timing/timing_os.h
$(RTOS_B)/timing.elf: $(RTOS_OBJ) $(RTOS_B)/timing/timing.o $(RTOS_B)/timing/timing_os.o $(RTOS)/image.ld
	$(RTOS_LINK) -o $@ $(filter %.o,$^)

# Attacks by an untrusted task, on the machine itself.
RTOS_PROTECTION_OBJ := $(addprefix $(RTOS_B)/selftest/,protection.o attacks.o)
PROGRAMS += $(RTOS_B)/protection.elf
$(RTOS_PROTECTION_OBJ): $(RTOS_B)/selftest/protection_os.h
$(RTOS_B)/protection.elf: $(RTOS_OBJ) $(RTOS_PROTECTION_OBJ) $(RTOS_B)/selftest/protection_os.o $(RTOS)/image.ld
	$(RTOS_LINK) -o $@ $(filter %.o,$^)

# The conformance table on the machine itself.
RTOS_CONF := $(RTOS)/conformance
RTOS_CONF_B := $(RTOS_B)/conformance
RTOS_CONF_SRC := $(wildcard $(RTOS_CONF)/*.c)
RTOS_CONF_OBJ := $(RTOS_CONF_SRC:%.c=$(B)/%.o)
PROGRAMS += $(RTOS_B)/conformance.elf
$(RTOS_CONF_OBJ): $(RTOS_CONF_B)/conformance_os.h
$(RTOS_B)/conformance.elf: $(RTOS_OBJ) $(RTOS_CONF_OBJ) $(RTOS_CONF_B)/conformance_os.o $(RTOS)/image.ld
	$(RTOS_LINK) -o $@ $(filter %.o,$^)

# On the host: the kernel with a port of the test's own.
RTOS_TESTS := $(B)/tests/rtos
RTOS_KERNEL := $(wildcard $(RTOS)/kernel/*.c)
RTOS_TEST_DEPS := $(RTOS_KERNEL) $(wildcard $(RTOS)/kernel/*.h $(RTOS)/include/*.h)

RTOS_TEST_FLAGS := -I$(RTOS)/include -I$(RTOS) -Itests/unit/rtos -I$(B)/tests/unit/rtos -I$(RTOS_CONF_B)
STILL_PORT := $(wildcard tests/unit/rtos/still_port.*)
INVARIANTS := $(STILL_PORT) $(wildcard tests/unit/rtos/invariants.*)
RTOS_KERNEL_TESTS := test_kernel test_small test_stack test_tables test_protect test_application test_conformance
$(addsuffix /test_kernel,$(RTOS_TESTS) $(RTOS_TESTS)/coverage): tests/unit/rtos/test_kernel.c $(B)/tests/unit/rtos/kernel_os.c $(INVARIANTS)
$(addsuffix /test_small,$(RTOS_TESTS) $(RTOS_TESTS)/coverage): tests/unit/rtos/test_small.c $(B)/tests/unit/rtos/small_os.c $(STILL_PORT)
$(addsuffix /test_stack,$(RTOS_TESTS) $(RTOS_TESTS)/coverage): tests/unit/rtos/test_stack.c $(B)/tests/unit/rtos/small_os.c $(STILL_PORT)
$(addsuffix /test_tables,$(RTOS_TESTS) $(RTOS_TESTS)/coverage): tests/unit/rtos/test_tables.c $(B)/tests/unit/rtos/tables_os.c $(STILL_PORT)
$(addsuffix /test_protect,$(RTOS_TESTS) $(RTOS_TESTS)/coverage): tests/unit/rtos/test_protect.c $(B)/tests/unit/rtos/protect_os.c $(STILL_PORT)
$(addsuffix /test_application,$(RTOS_TESTS) $(RTOS_TESTS)/coverage): tests/unit/rtos/test_application.c $(B)/tests/unit/rtos/application_os.c \
	tests/unit/rtos/application.ld $(INVARIANTS)
$(addsuffix /test_conformance,$(RTOS_TESTS) $(RTOS_TESTS)/coverage): tests/unit/rtos/test_conformance.c \
	$(filter-out $(RTOS_CONF)/machine.c,$(RTOS_CONF_SRC)) $(RTOS_CONF)/conformance.h $(RTOS_CONF_B)/conformance_os.c

UNIT_TESTS += $(RTOS_KERNEL_TESTS:%=$(RTOS_TESTS)/%)
$(RTOS_KERNEL_TESTS:%=$(RTOS_TESTS)/%): $(RTOS_TEST_DEPS)
	@mkdir -p $(@D)
	$(CC) $(SAN_CFLAGS) $(RTOS_TEST_FLAGS) $(filter %.c,$^) $(addprefix -T,$(filter %.ld,$^)) -o $@ -lcmocka

# The same programs, counting the statements and branches of the kernel that they reach (test_cluster_rtos.py).
RTOS_COVERAGE := $(RTOS_KERNEL_TESTS:%=$(RTOS_TESTS)/coverage/%)
PROGRAMS += $(RTOS_COVERAGE)
$(RTOS_COVERAGE): $(RTOS_TEST_DEPS)
	@mkdir -p $(@D) && rm -f $@ $@-*.gcno $@-*.gcda
	$(CC) -std=gnu17 -O0 -g --coverage $(WARNINGS) -Iinclude $(RTOS_TEST_FLAGS) $(filter %.c,$^) $(addprefix -T,$(filter %.ld,$^)) -o $@ -lcmocka

UNIT_TESTS += $(RTOS_TESTS)/test_oil
$(RTOS_TESTS)/test_oil: tests/unit/rtos/test_oil.c $(OIL_SRC) $(RTOS)/oil/oil.h
	@mkdir -p $(@D)
	$(CC) $(SAN_CFLAGS) -I$(RTOS)/oil $(filter %.c,$^) -o $@ -lcmocka

UNIT_TESTS += $(RTOS_TESTS)/test_wdgm
$(RTOS_TESTS)/test_wdgm: tests/unit/rtos/test_wdgm.c $(wildcard $(RTOS)/watchdog/*.c) $(RTOS)/include/wdgm.h
	@mkdir -p $(@D)
	$(CC) $(SAN_CFLAGS) -I$(RTOS)/include $(filter %.c,$^) -o $@ -lcmocka

FUZZERS += $(RTOS_TESTS)/fuzz_oil
$(RTOS_TESTS)/fuzz_oil: tests/fuzz/rtos/fuzz_oil.c $(OIL_SRC) $(RTOS)/oil/oil.h
	@mkdir -p $(@D)
	$(CLANG) $(FUZZ_CFLAGS) -I$(RTOS)/oil $(filter %.c,$^) -o $@

-include $(RTOS_OBJ:.o=.d) $(RTOS_CONF_OBJ:.o=.d) $(RTOS_B)/selftest/selftest.d $(RTOS_PROTECTION_OBJ:.o=.d) $(RTOS_B)/timing/timing.d
endif
