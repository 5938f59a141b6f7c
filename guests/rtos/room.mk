# SPDX-License-Identifier: BSD-3-Clause
# The RTOS kernel as a library of objects for an image (guests/cluster links them), and its unit tests.
# Guarded, because a room that links it includes it first.

ifndef RTOS
RTOS := guests/rtos
RTOS_CFLAGS := $(FREESTANDING_CFLAGS) -m32 -march=pentium4 -fno-tree-loop-distribute-patterns -I$(RTOS)/include -I$(RTOS)
RTOS_SRC := $(wildcard $(RTOS)/kernel/*.c $(RTOS)/x86/*.c)
RTOS_OBJ := $(RTOS_SRC:%.c=$(B)/%.o) $(B)/$(RTOS)/x86/start.o

$(B)/$(RTOS)/%.o: $(RTOS)/%.c
	@mkdir -p $(@D)
	$(CC) $(RTOS_CFLAGS) -MMD -MP -c $< -o $@

$(B)/$(RTOS)/%.o: $(RTOS)/%.S
	@mkdir -p $(@D)
	$(CC) -m32 -c $< -o $@

# The kernel on the machine itself; only the system tests run it.
RTOS_SELFTEST := $(B)/$(RTOS)/selftest.elf
PROGRAMS += $(RTOS_SELFTEST)
$(RTOS_SELFTEST): $(RTOS_OBJ) $(B)/$(RTOS)/selftest/selftest.o $(RTOS)/image.ld
	$(LD) -m elf_i386 -T $(RTOS)/image.ld -z noexecstack --no-warn-rwx-segments -o $@ $(filter %.o,$^)

RTOS_TEST := $(B)/tests/rtos/test_kernel
UNIT_TESTS += $(RTOS_TEST)
$(RTOS_TEST): tests/unit/rtos/test_kernel.c $(wildcard $(RTOS)/kernel/*.[ch] $(RTOS)/include/*.h)
	@mkdir -p $(@D)
	$(CC) $(SAN_CFLAGS) -I$(RTOS)/include -I$(RTOS) $(filter %.c,$^) -o $@ -lcmocka

-include $(RTOS_OBJ:.o=.d) $(B)/$(RTOS)/selftest/selftest.d
endif
