# The guest that owns functions of the machine.
$(eval $(call bare-guest,owner))
