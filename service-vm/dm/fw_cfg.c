/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns QEMU's fw_cfg (docs/specs/fw_cfg.rst): selector 510h, data 511h, files; no DMA, no writing.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "devices.h"
#include "layout.h"

#define KEY_SIGNATURE  0x0000
#define KEY_ID         0x0001
#define KEY_RAM_SIZE   0x0003
#define KEY_CPUS       0x0005
#define KEY_MAX_CPUS   0x000F
#define KEY_FILES      0x0019
#define KEY_FIRST_FILE 0x0020

#define MAX_FILES 8

struct entry { /* of the directory; numbers big-endian */
    uint8_t bytes[4], key[2], reserved[2];
    char name[56];
} __attribute__((packed));
_Static_assert(sizeof(struct entry) == 64, "an entry of fw_cfg's directory");

struct fw_cfg {
    struct machine *m;
    uint8_t number[8]; /* of an item that is a number */
    const uint8_t *item;
    size_t bytes, at; /* of the item chosen; how much of it has been read */
    unsigned files;
    uint8_t *file[MAX_FILES];
    size_t file_bytes[MAX_FILES];
    struct {
        uint8_t count[4];
        struct entry entry[MAX_FILES];
    } __attribute__((packed)) directory;
};

static void choose_number(struct fw_cfg *c, uint64_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        c->number[i] = (uint8_t)(v >> 8 * i);
    c->item = c->number;
    c->bytes = bytes;
}

static void choose(struct fw_cfg *c, uint16_t key)
{
    c->at = c->bytes = 0; /* an item that is not there reads as zeros */
    switch (key) {
    case KEY_SIGNATURE:
        c->item = (const uint8_t *)"QEMU";
        c->bytes = 4;
        break;
    case KEY_ID:
        choose_number(c, 1, 4); /* traditional interface only */
        break;
    case KEY_RAM_SIZE:
        choose_number(c, c->m->mem.low + c->m->mem.high, 8);
        break;
    case KEY_CPUS:
    case KEY_MAX_CPUS:
        choose_number(c, c->m->vcpus, 2);
        break;
    case KEY_FILES:
        c->item = c->directory.count;
        c->bytes = sizeof(c->directory.count) + c->files * sizeof(c->directory.entry[0]);
        break;
    default:
        if (key >= KEY_FIRST_FILE && key - KEY_FIRST_FILE < (int)c->files) {
            c->item = c->file[key - KEY_FIRST_FILE];
            c->bytes = c->file_bytes[key - KEY_FIRST_FILE];
        }
        break;
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
    if (offset == 1 && bytes == 1)
        *value = c->at < c->bytes ? c->item[c->at++] : 0;
}

int fw_cfg_add_file(struct fw_cfg *c, const char *name, const void *data, size_t bytes)
{
    struct entry *e = &c->directory.entry[c->files];
    unsigned key = KEY_FIRST_FILE + c->files;
    uint8_t *copy;

    if (c->files == MAX_FILES || strlen(name) >= sizeof(e->name) || bytes > UINT32_MAX)
        return -ENOSPC;
    copy = malloc(bytes);
    if (!copy)
        return -ENOMEM;
    memcpy(copy, data, bytes);
    for (unsigned i = 0; i < 4; i++)
        e->bytes[i] = (uint8_t)(bytes >> 8 * (3 - i));
    e->key[0] = (uint8_t)(key >> 8);
    e->key[1] = (uint8_t)key;
    memcpy(e->name, name, strlen(name) + 1);
    c->file[c->files] = copy;
    c->file_bytes[c->files] = bytes;
    c->directory.count[3] = (uint8_t)++c->files;
    return 0;
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
    for (unsigned i = 0; i < c->files; i++)
        free(c->file[i]);
    free(c);
}
