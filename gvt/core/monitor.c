/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns what a guest is told of a scanout's monitor. */
#include "core/monitor.h"

#include "core/edid.h"

bool monitor_set(struct monitor *m, const struct vgpu_mode *mode)
{
    const bool unplugged = mode->width == 0 || mode->height == 0;
    const bool same = mode->width == m->mode.width && mode->height == m->mode.height &&
                      mode->refresh_mhz == m->mode.refresh_mhz;

    if (unplugged) {
        const bool was_there = m->mode.width && !m->unplugged;

        m->unplugged = true;
        return was_there;
    }
    if (same && !m->unplugged)
        return false;
    *m = (struct monitor){.mode = *mode};
    return true;
}

struct vgpu_display_one monitor_info(const struct monitor *m)
{
    if (m->unplugged || m->mode.width == 0)
        return (struct vgpu_display_one){0};
    return (struct vgpu_display_one){{0, 0, m->mode.width, m->mode.height}, 1, 0};
}

void monitor_edid(const struct monitor *m, unsigned number, struct vgpu_edid *edid)
{
    edid->size = EDID_BYTES;
    edid_make(edid->edid, m->mode.width, m->mode.height, m->mode.refresh_mhz, number);
}
