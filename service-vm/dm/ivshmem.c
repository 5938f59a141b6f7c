/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Owns the function by which the guest sees the shared window: shaped like QEMU's ivshmem-plain
 * (registers in BAR 0, memory in BAR 2). The hypervisor maps the memory with the rights that the
 * scenario gives this VM, whatever is asked for here.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "devices.h"
#include "log.h"

#define BAR_REGS   0
#define BAR_MEMORY 2

struct ivshmem {
    struct pci_function f;
    struct machine *m;
    uint8_t *window;
    uint64_t bytes;
};

/* Interrupt mask and status, position, doorbell: a plain ivshmem has none of them to say anything.
 */
static void bar_access(struct pci_function *f, unsigned bar, uint64_t offset, unsigned bytes,
                       bool write, uint64_t *value)
{
    (void)f;
    (void)offset;
    (void)bytes;
    /* memory that comes here is memory the guest has no right to: it reads as ones and takes no
     * writes */
    if (!write && bar == BAR_REGS)
        *value = 0;
}

static const struct pci_ops ops = {.bar_access = bar_access};

int ivshmem_create(struct ivshmem **out, struct machine *m, void *window, uint64_t bytes,
                   unsigned slot)
{
    struct ivshmem *s = calloc(1, sizeof(*s));
    uint64_t size = 4096;
    int rc;

    if (!s)
        return -ENOMEM;
    while (size < bytes)
        size *= 2;
    s->m = m;
    s->window = window;
    s->bytes = bytes;
    pci_function_init(&s->f, "shared window", &ops, 0x1AF4, 0x1110, 0x050000);
    s->f.config[0x08] = 1; /* revision 1 */
    pci_set_subsystem(&s->f, 0x1AF4, 0x1100);
    pci_set_bar(&s->f, BAR_REGS, 256, false, false);
    pci_set_bar(&s->f, BAR_MEMORY, size, true, true);
    rc = pci_add(&m->pci, slot, &s->f);
    if (rc < 0) {
        free(s);
        return rc;
    }
    *out = s;
    return 0;
}

int ivshmem_map(struct ivshmem *s, uint64_t offset, uint64_t bytes, bool writable)
{
    uint64_t at = s->f.bar[BAR_MEMORY].address + offset;
    int rc = -EINVAL;

    if (offset <= s->bytes && bytes <= s->bytes - offset)
        rc = s->m->ops->map_shared(s->m->hyp, at, s->window + offset, bytes, writable);
    if (rc < 0)
        log_line("shared window: 0x%llx bytes cannot be mapped at 0x%llx: %s",
                 (unsigned long long)bytes, (unsigned long long)at, strerror(-rc));
    return rc;
}

void ivshmem_destroy(struct ivshmem *s)
{
    free(s);
}
