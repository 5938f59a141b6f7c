# What draws in the IVI and on the bare GPU: GL cases and piglit's shaders, whose pixels are compared, and glmark2. Both VMs get
# them as one disk and run them with their own Mesa; of libraries the disk has what one of the images has not.
GPU_GUEST := $(B)/tests/guests/gpu
GPU_CASES := $(addprefix tests/guests/gpu/,main.c gl.c scenes.c shaders.c)
GPU_LIBS := libjpeg.so.62 libwaffle-1.so.0 libGL.so.1 libGLX.so.0 libxcb-dri2.so.0 libwayland-client.so.0
# Every twelfth of piglit's shaders for desktop GL 2 and 3 that look at what they have drawn.
PIGLIT := /usr/src/piglit/usr/lib/x86_64-linux-gnu/piglit
PIGLIT_SHADERS = $(shell grep -lr '^probe' $(PIGLIT)/tests/spec | sort | awk 'NR % 12 == 1')

$(GPU_GUEST)/gl-cases: $(GPU_CASES) tests/guests/gpu/gl.h tests/guests/gpu/gpu.mk
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -D_GNU_SOURCE -I. $(shell pkg-config --cflags libdrm) -pie -o $@ $(GPU_CASES) -lEGL -lGLESv2 -lgbm -lm
$(GPU_GUEST)/one_mode.so: tests/guests/gpu/one_mode.c
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -D_GNU_SOURCE $(shell pkg-config --cflags libdrm) -fPIC -shared -o $@ $<
$(GPU_GUEST)/pixels.so: tests/guests/gpu/pixels.c tests/guests/gpu/pixels.h
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -D_GNU_SOURCE -fPIC -shared -o $@ $<
$(GPU_GUEST)/pixels-diff: tests/guests/gpu/pixels_diff.c tests/guests/gpu/pixels.h
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -o $@ $< -lm
.PHONY: gpu-programs
gpu-programs: $(addprefix $(GPU_GUEST)/,gl-cases one_mode.so pixels.so pixels-diff)
	@rm -rf $(GPU_GUEST)/disk && mkdir -p $(GPU_GUEST)/disk/lib && cp $^ /usr/bin/glmark2-es2-drm $(GPU_GUEST)/disk/
	@cp -r /usr/share/glmark2 $(GPU_GUEST)/disk/data
	@mkdir $(GPU_GUEST)/disk/piglit && cp $(PIGLIT)/bin/shader_runner $(GPU_GUEST)/disk/
	@cp $(PIGLIT)/lib/*.so.0 $(GPU_GUEST)/disk/lib/ && cp $(PIGLIT_SHADERS) $(GPU_GUEST)/disk/piglit/
	@for f in $(GPU_LIBS); do cp -L /usr/lib/x86_64-linux-gnu/$$f $(GPU_GUEST)/disk/lib/; done
