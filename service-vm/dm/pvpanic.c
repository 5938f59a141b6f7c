/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the pvpanic function (QEMU docs/specs/pvpanic.rst): one byte by which the guest's kernel
 * says that it panics. */
#include <errno.h>
#include <stdlib.h>

#include "devices.h"
#include "log.h"

#define PANICKED     1u
#define CRASH_LOADED 2u /* a crash kernel takes over: not the end */

struct pvpanic {
    struct pci_function f;
    struct machine *m;
};

static void bar_access(struct pci_function *f, unsigned bar, uint64_t offset, unsigned bytes,
                       bool write, uint64_t *value)
{
    struct pvpanic *p = (struct pvpanic *)((char *)f - offsetof(struct pvpanic, f));

    (void)bar;
    (void)bytes;
    if (!write)
        *value = offset == 0 ? PANICKED | CRASH_LOADED : 0; /* what we understand */
    else if (offset == 0 && (*value & PANICKED))
        machine_end(p->m, END_GUEST_PANIC, "pvpanic");
    else if (offset == 0 && (*value & CRASH_LOADED))
        log_line("the guest's crash kernel takes over");
}

static const struct pci_ops ops = {.bar_access = bar_access};

int pvpanic_create(struct pvpanic **out, struct machine *m, unsigned slot)
{
    struct pvpanic *p = calloc(1, sizeof(*p));
    int rc;

    if (!p)
        return -ENOMEM;
    p->m = m;
    pci_function_init(&p->f, "pvpanic", &ops, 0x1B36, 0x0011, 0x088000);
    pci_set_subsystem(&p->f, 0x1AF4, 0x1100);
    pci_set_bar(&p->f, 0, 16, false, false);
    rc = pci_add(&m->pci, slot, &p->f);
    if (rc < 0) {
        free(p);
        return rc;
    }
    *out = p;
    return 0;
}

void pvpanic_destroy(struct pvpanic *p)
{
    free(p);
}
