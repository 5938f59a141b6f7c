# What draws in the IVI and on the bare GPU: GL cases whose pixels are compared, and glmark2. Both VMs get them as one disk and
# run them with their own Mesa; of libraries the disk has what neither image has.
GPU_GUEST := $(B)/tests/guests/gpu
GPU_CASES := $(addprefix tests/guests/gpu/,main.c gl.c scenes.c shaders.c)
GPU_LIBS := libjpeg.so.62

$(GPU_GUEST)/gl-cases: $(GPU_CASES) tests/guests/gpu/gl.h tests/guests/gpu/gpu.mk
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -D_GNU_SOURCE -I. $(shell pkg-config --cflags libdrm) -pie -o $@ $(GPU_CASES) -lEGL -lGLESv2 -lgbm -lm
$(GPU_GUEST)/one_mode.so: tests/guests/gpu/one_mode.c
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -D_GNU_SOURCE $(shell pkg-config --cflags libdrm) -fPIC -shared -o $@ $<
.PHONY: gpu-programs
gpu-programs: $(GPU_GUEST)/gl-cases $(GPU_GUEST)/one_mode.so
	@rm -rf $(GPU_GUEST)/disk && mkdir -p $(GPU_GUEST)/disk/lib && cp $^ /usr/bin/glmark2-es2-drm $(GPU_GUEST)/disk/
	@cp -r /usr/share/glmark2 $(GPU_GUEST)/disk/data
	@for f in $(GPU_LIBS); do cp -L /usr/lib/x86_64-linux-gnu/$$f $(GPU_GUEST)/disk/lib/; done
