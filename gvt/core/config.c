/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the configuration space (VIRTIO 1.2 §5.7.4) and its events. */
#include <errno.h>
#include <string.h>

#include "core/vgpu.h"

int vgpu_config_read(const struct vgpu *g, uint32_t offset, uint32_t bytes, void *to)
{
    if (offset > sizeof(g->config) || bytes > sizeof(g->config) - offset)
        return -EINVAL;
    memcpy(to, (const uint8_t *)&g->config + offset, bytes);
    return 0;
}

int vgpu_config_write(struct vgpu *g, uint32_t offset, uint32_t bytes, const void *from)
{
    struct vgpu_config c = {0};

    if (offset > sizeof(c) || bytes > sizeof(c) - offset)
        return -EINVAL;
    memcpy((uint8_t *)&c + offset, from, bytes);
    g->config.events_read &= ~c.events_clear;
    return 0;
}

bool vgpu_set_mode(struct vgpu *g, unsigned n, const struct vgpu_mode *mode)
{
    if (n >= g->scanouts || !monitor_set(&g->scanout[n].monitor, mode))
        return false;
    g->config.events_read |= VGPU_EVENT_DISPLAY;
    return true;
}
