/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the debug console at 402h, to which firmware writes one character at a time. */
#include <errno.h>
#include <stdlib.h>

#include "chardev.h"
#include "devices.h"
#include "layout.h"

#define PRESENT 0xE9 /* what a reader finds there */

struct debug_console {
    struct chardev out;
};

static void access(void *device, uint64_t offset, unsigned bytes, bool write, uint64_t *value)
{
    struct debug_console *d = device;
    uint8_t c = (uint8_t)*value;

    (void)offset;
    (void)bytes;
    if (write)
        chardev_write(&d->out, &c, 1);
    else
        *value = PRESENT;
}

int debug_console_create(struct debug_console **out, struct machine *m, const char *log)
{
    struct debug_console *d = calloc(1, sizeof(*d));
    int rc;

    if (!d)
        return -ENOMEM;
    rc = chardev_init(&d->out, m, log, NULL);
    if (rc < 0) {
        free(d);
        return rc;
    }
    rc = machine_add_ports(m, PORT_DEBUG, 1, access, d);
    if (rc < 0) {
        debug_console_destroy(d);
        return rc;
    }
    *out = d;
    return 0;
}

void debug_console_destroy(struct debug_console *d)
{
    chardev_finish(&d->out);
    free(d);
}
