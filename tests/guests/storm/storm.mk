# The guest that keeps the hypervisor of its CPU busy.
$(eval $(call bare-guest,storm))
