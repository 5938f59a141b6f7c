/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns isa-debug-exit: a write of n to port F4h ends the device model with status 2n + 1. */
#include <stdio.h>

#include "devices.h"
#include "layout.h"

static void access(void *device, uint64_t offset, unsigned bytes, bool write, uint64_t *value)
{
    struct machine *m = device;
    char detail[32];

    (void)offset;
    (void)bytes;
    if (!write)
        return;
    m->exit_code = (int)(*value << 1 | 1) & 0xFF;
    (void)snprintf(detail, sizeof(detail), "status %d", m->exit_code);
    machine_end(m, END_DEBUG_EXIT, detail);
}

int debug_exit_add(struct machine *m)
{
    return machine_add_ports(m, PORT_DEBUG_EXIT, 4, access, m);
}
