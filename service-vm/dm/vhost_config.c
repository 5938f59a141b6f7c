/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the configuration space of a vhost-user device: what of it is ours, and what its back end's.
 */
#include <errno.h>
#include <string.h>

#include "vhost_device_internal.h"

/* §5.7.4: events_read, events_clear and num_scanouts are those of whoever has the display. */
static void own_config(const struct vhost_device *v, uint8_t *config)
{
    const uint32_t own[3] = {v->events, 0, v->scanouts};

    memcpy(config, own, sizeof(own));
}

static void clear_events(struct vhost_device *v, uint32_t offset, uint32_t bytes,
                         const uint8_t *from)
{
    uint8_t config[VHU_MAX_CONFIG] = {0};
    uint32_t clear;

    memcpy(config + offset, from, bytes);
    memcpy(&clear, config + sizeof(v->events), sizeof(clear));
    v->events &= ~clear;
}

void vhost_config_read(struct virtio_device *d, uint32_t offset, uint32_t bytes, uint8_t *to)
{
    struct vhost_device *v = vhost_of_device(d);
    uint8_t config[VHU_MAX_CONFIG] = {0};
    int rc;

    if (v->kind->id == VIRTIO_ID_NET) { /* §5.1.4: the address is ours to give */
        for (uint32_t i = 0; i < bytes; i++)
            to[i] = offset + i < sizeof(v->mac) ? v->mac[offset + i] : 0;
        return;
    }
    if (v->f.fd < 0 || offset + bytes > VHU_MAX_CONFIG)
        return;
    /* always from the start, as QEMU asks: its library for back ends takes no notice of the offset
     */
    rc = vhf_get_config(&v->f, 0, offset + bytes, config);
    if (rc == 0 && v->display.socket >= 0)
        own_config(v, config);
    if (rc == 0)
        memcpy(to, config + offset, bytes);
    if (rc < 0 && rc != -EREMOTEIO && rc != -ENOTSUP)
        vhost_connection_lost(v, strerror(-rc));
}

void vhost_config_write(struct virtio_device *d, uint32_t offset, uint32_t bytes,
                        const uint8_t *from)
{
    struct vhost_device *v = vhost_of_device(d);
    int rc;

    if (v->kind->id == VIRTIO_ID_NET || v->f.fd < 0 || offset + bytes > VHU_MAX_CONFIG)
        return;
    if (v->display.socket >= 0) {
        clear_events(v, offset, bytes, from);
        return;
    }
    rc = vhf_set_config(&v->f, offset, bytes, from);
    if (rc < 0 && rc != -EREMOTEIO && rc != -ENOTSUP)
        vhost_connection_lost(v, strerror(-rc));
}

void vhost_config_make_mac(struct vhost_device *v)
{
    uint32_t h = 2166136261u;

    for (const char *p = v->d.m->name; *p; p++)
        h = (h ^ (uint8_t)*p) * 16777619u;
    v->mac[0] = 0x52;
    v->mac[1] = 0x42;
    for (int i = 0; i < 4; i++)
        v->mac[2 + i] = (uint8_t)(h >> 8 * i);
}
