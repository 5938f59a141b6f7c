/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the basics of QEMU's fw_cfg (docs/specs/fw_cfg.rst): selector 510h, data 511h, no DMA, an
 * empty file directory. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "devices.h"
#include "layout.h"

#define KEY_SIGNATURE 0x0000
#define KEY_ID        0x0001
#define KEY_UUID      0x0002
#define KEY_RAM_SIZE  0x0003
#define KEY_CPUS      0x0005
#define KEY_MAX_CPUS  0x000F
#define KEY_FILES     0x0019

struct fw_cfg {
    struct machine *m;
    uint8_t item[16];
    unsigned bytes, at;
};

static void put64(struct fw_cfg *c, uint64_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        c->item[i] = (uint8_t)(v >> 8 * i);
    c->bytes = bytes;
}

static void choose(struct fw_cfg *c, uint16_t key)
{
    c->at = 0;
    c->bytes = 0;
    switch (key) {
    case KEY_SIGNATURE:
        memcpy(c->item, "QEMU", 4);
        c->bytes = 4;
        break;
    case KEY_ID:
        put64(c, 1, 4); /* traditional interface only */
        break;
    case KEY_RAM_SIZE:
        put64(c, c->m->mem.low + c->m->mem.high, 8);
        break;
    case KEY_CPUS:
    case KEY_MAX_CPUS:
        put64(c, c->m->vcpus, 2);
        break;
    case KEY_FILES:
        put64(c, 0, 4); /* count, big endian: none */
        break;
    default:
        break; /* an item that is not there reads as zeros */
    }
}

static void access(void *device, uint64_t offset, unsigned bytes, bool write, uint64_t *value)
{
    struct fw_cfg *c = device;

    if (write) {
        if (offset == 0 && bytes == 2)
            choose(c, (uint16_t)*value);
        return;
    }
    if (offset == 1 && bytes == 1) {
        *value = c->at < c->bytes ? c->item[c->at] : 0;
        c->at++;
    }
}

int fw_cfg_create(struct fw_cfg **out, struct machine *m)
{
    struct fw_cfg *c = calloc(1, sizeof(*c));
    int rc;

    if (!c)
        return -ENOMEM;
    c->m = m;
    rc = machine_add_ports(m, PORT_FW_CFG, 2, access, c);
    if (rc < 0) {
        free(c);
        return rc;
    }
    *out = c;
    return 0;
}

void fw_cfg_destroy(struct fw_cfg *c)
{
    free(c);
}
