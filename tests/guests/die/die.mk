# SPDX-License-Identifier: BSD-3-Clause
# Deaths of a kernel for the failover campaign, in the IVI's root.
DIE := $(B)/tests/guests/die
$(DIE)/die.ko: tests/guests/die/die.c tests/guests/die/Kbuild $(BZIMAGE)
	@$(call kernel-modules,$(DIE),tests/guests/die/die.c tests/guests/die/Kbuild)
IVI_FILES += $(DIE)/die.ko:/usr/lib/binnacle/die.ko
