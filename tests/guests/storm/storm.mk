# SPDX-License-Identifier: BSD-3-Clause
# A storm of exits for the failover campaign, in the IVI's root.
$(B)/tests/guests/storm/storm: tests/guests/storm/storm.c
	@mkdir -p $(@D)
	@$(CC) $(HOST_CFLAGS) -D_GNU_SOURCE -pie $< -o $@
IVI_FILES += $(B)/tests/guests/storm/storm:/usr/lib/binnacle/storm
