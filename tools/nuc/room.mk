# SPDX-License-Identifier: BSD-3-Clause
# Repairs of the display of QEMU, preloaded into it.
$(B)/tools/nuc/qemu_gl.so: tools/nuc/qemu_gl.c tools/nuc/qemu_monitors.c tools/nuc/qemu_reset.c
	@mkdir -p $(@D)
	@$(CC) $(HOST_CFLAGS) $$(pkg-config --cflags virglrenderer) -D_GNU_SOURCE -fPIC -shared $^ -lSDL2 -lvirglrenderer -o $@
# Of its idle machines without one.
$(B)/tools/nuc/qemu_turns.so: tools/nuc/qemu_turns.c
	@mkdir -p $(@D)
	@$(CC) $(HOST_CFLAGS) -D_GNU_SOURCE -fPIC -shared $^ -o $@
PROGRAMS += $(B)/tools/nuc/qemu_gl.so $(B)/tools/nuc/qemu_turns.so
image: $(B)/tools/nuc/qemu_gl.so $(B)/tools/nuc/qemu_turns.so
