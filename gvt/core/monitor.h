/* SPDX-License-Identifier: BSD-3-Clause */
/* The monitor that a guest finds at a scanout: whether it is plugged in, and its one mode. */
#ifndef GVT_CORE_MONITOR_H
#define GVT_CORE_MONITOR_H

#include <stdbool.h>

#include "proto/virtio_gpu.h"

struct vgpu_mode { /* width 0: not there */
    uint32_t width, height, refresh_mhz;
};

struct monitor {
    struct vgpu_mode mode; /* also while it is unplugged: the last one */
    bool unplugged;
};

/* It is of that mode from now on, or (width 0) unplugged. True: that is news. */
bool monitor_set(struct monitor *m, const struct vgpu_mode *mode);

/* VIRTIO 1.2 §5.7.6.8, GET_DISPLAY_INFO: where it is, if it is. */
struct vgpu_display_one monitor_info(const struct monitor *m);
/* GET_EDID, without the header: number is the scanout's. */
void monitor_edid(const struct monitor *m, unsigned number, struct vgpu_edid *edid);

#endif
