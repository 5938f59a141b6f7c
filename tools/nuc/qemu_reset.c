/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Part of qemu_gl.so: a driver that resets virtio-vga does not stop QEMU 10 for ever.
 *
 * The vCPU in virtio_gpu_reset() waits until the main thread has done the reset. The main thread,
 * when it looks at a screen that is still VGA's, waits until each vCPU has left its block of
 * instructions (tcg_log_global_after_sync). Either gives up the big lock meanwhile, so that they
 * can come to wait for each other. Here a reset that comes while the main thread looks is done by
 * that thread when it has looked: it also reads the driver's commands, so none of its next life can
 * come first. And while a vCPU waits for its reset nobody looks. What is kept here is written under
 * the big lock only.
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <unistd.h>

#define MODULES "/usr/lib/x86_64-linux-gnu/qemu/"

/* QEMU's own, as its modules call them. */
void virtio_gpu_reset(void *device);
void sdl2_gl_refresh(void *listener);
void sdl2_2d_refresh(void *listener);

static bool looking;   /* the main thread may be waiting for a vCPU */
static bool resetting; /* a vCPU may be waiting for the main thread */
static void *late;     /* the device whose reset is still to be done */

/* Modules are loaded later than this. */
static void call(const char *module, const char *function, void *argument)
{
    void *loaded = dlopen(module, RTLD_NOW | RTLD_NOLOAD);
    void (*next)(void *);

    *(void **)&next = loaded ? dlsym(loaded, function) : NULL;
    if (next)
        next(argument);
    if (loaded)
        dlclose(loaded);
}

static void reset(void *device)
{
    call(MODULES "hw-display-virtio-gpu.so", "virtio_gpu_reset", device);
}

void virtio_gpu_reset(void *device)
{
    if (looking && getpid() != gettid()) {
        late = device;
        return;
    }
    resetting = true;
    reset(device);
    resetting = false;
}

static void look(const char *function, void *listener)
{
    void *device;

    if (resetting)
        return;
    looking = true;
    call(MODULES "ui-sdl.so", function, listener);
    looking = false;
    device = late;
    late = NULL;
    if (device)
        reset(device);
}

void sdl2_gl_refresh(void *listener)
{
    look("sdl2_gl_refresh", listener);
}

void sdl2_2d_refresh(void *listener)
{
    look("sdl2_2d_refresh", listener);
}
