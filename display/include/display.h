/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What other rooms know of the compositor.
 *
 * Pictures: every guest VM has a Wayland socket of its own, $XDG_RUNTIME_DIR/binnacle/<vm>. Who
 * connects there is that VM. It finds wl_compositor, wl_subcompositor, wl_shm and xdg_wm_base, and
 * zwp_linux_dmabuf_v1 where a GPU draws. A toplevel whose app_id is "scanout-N" is its scanout N;
 * a configure event carries the size that it has on the screen; its place there is the scenario's,
 * whatever a client asks for. A client commits at most once per frame callback.
 *
 * Screens: a wl_output (version 4) of the same name, "scanout-N", is there while a screen is that
 * shows scanout N. Its current mode is the size that the scanout has on it, which may change.
 *
 * Input: $XDG_RUNTIME_DIR/binnacle/<vm>.input (SOCK_SEQPACKET). The compositor sends one packet per
 * report, up to BN_INPUT_BATCH struct bn_input_event, and reads nothing.
 */
#ifndef BINNACLE_DISPLAY_H
#define BINNACLE_DISPLAY_H

#include "binnacle/scenario.h"

#define BN_DISPLAY_DIR    "binnacle"
#define BN_SCANOUT_APP_ID "scanout-" /* then the number, decimal */
#define BN_MAX_SCANOUTS   16         /* VIRTIO 1.2 §5.7.6: VIRTIO_GPU_MAX_SCANOUTS */
#define BN_MAX_PICTURE    4096       /* pixels: width or height of a client's buffer */

enum bn_input_device {
    BN_INPUT_KEYBOARD = 0,
    BN_INPUT_TABLET =
        1, /* absolute pointer: ABS_X and ABS_Y run over the layer, 0..BN_INPUT_ABS_MAX */
};
#define BN_INPUT_ABS_MAX 32767
#define BN_INPUT_BATCH   16

struct bn_input_event { /* type, code and value as in linux/input-event-codes.h */
    uint16_t device;    /* enum bn_input_device */
    uint16_t scanout;   /* over which scanout of the VM */
    uint16_t type, code;
    int32_t value;
};
BN_SIZE_IS(struct bn_input_event, 12);

/* One scanout of a VM, as the scenario sizes it. */
struct bn_scanout_size {
    uint32_t width, height;
    uint32_t refresh_mhz;
};

/*
 * Reads a scenario from a file: a bare struct bn_scenario, or a shared window whose directory has a
 * BN_SHM_SCENARIO region (a file, or a device-dax node). Magic, version, size, checksum and every
 * index and rectangle are checked. 0 or -errno; `why` (may be NULL) gets a sentence.
 */
int bn_scenario_load(const char *path, struct bn_scenario *s, const char **why)
    __attribute__((warn_unused_result));

/*
 * Maps the region of that kind out of a shared window (a file, or a device-dax node) with the
 * rights asked for (BN_SHM_READ, BN_SHM_WRITE), at least min_bytes long; it stays mapped. 0 or
 * -errno: -ENOENT (the scenario has no such region), -EACCES (it does not grant the rights),
 * -EINVAL (too small, or no window; `why` may be NULL, and gets a sentence).
 */
int bn_region_map(const char *path, uint32_t kind, uint32_t rights, size_t min_bytes, void **base,
                  const char **why) __attribute__((warn_unused_result));

/*
 * Sizes of the scanouts of VM `vm` (index), out[0 .. BN_MAX_SCANOUTS); number of scanouts = highest
 * one used + 1. A number below that no layer shows has width 0.
 */
unsigned bn_scenario_scanouts(const struct bn_scenario *s, unsigned vm,
                              struct bn_scanout_size *out);

/* Index of the VM of that name, -ENOENT. */
int bn_scenario_vm_by_name(const struct bn_scenario *s, const char *name)
    __attribute__((warn_unused_result));

/*
 * For vhost-user back ends that are set up: leaves them the system calls of an event loop, of
 * vhost-user and of a client of the compositor, and the ioctl requests named; any other ends the
 * process. 0 or -errno.
 */
int bn_backend_sandbox(const unsigned long *ioctls, unsigned count)
    __attribute__((warn_unused_result));

/*
 * The same for one that has a GL driver in it: all its threads, which it may start more of, and any
 * request to a GPU's render node, to buffers and to fences. Files that the driver would open
 * and code that it would compile are refused to it.
 */
int bn_driver_sandbox(void) __attribute__((warn_unused_result));

#endif
