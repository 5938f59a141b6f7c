# The guest that watches its registers.
$(eval $(call bare-guest,registers))
