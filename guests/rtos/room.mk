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
	$(CC) $(RTOS_CFLAGS) -MMD -c $< -o $@

$(B)/$(RTOS)/%.o: $(RTOS)/%.S
	@mkdir -p $(@D)
	$(CC) -m32 -c $< -o $@

-include $(RTOS_OBJ:.o=.d)
endif
