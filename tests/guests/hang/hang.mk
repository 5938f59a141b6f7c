# SPDX-License-Identifier: BSD-3-Clause
# A hard hang for the failover campaign, in the IVI's root.
HANG := $(B)/tests/guests/hang
$(HANG)/hang.ko: tests/guests/hang/hang.c tests/guests/hang/Kbuild $(BZIMAGE)
	@mkdir -p $(HANG) && cp tests/guests/hang/hang.c tests/guests/hang/Kbuild $(HANG)/
	@env -u MAKEFLAGS -u MFLAGS $(MAKE) -s -C $(realpath $(B)/kernel/headers) M=$(CURDIR)/$(HANG) modules
IVI_FILES += $(HANG)/hang.ko:/usr/lib/binnacle/hang.ko
