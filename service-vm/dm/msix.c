/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns MSI-X tables. */
#include "msix.h"

#include <errno.h>
#include <string.h>

#define CONTROL_ENABLE 0x8000u
#define CONTROL_MASK   0x4000u
#define VECTOR_MASKED  1u

int msix_init(struct msix *x, struct pci_function *f, unsigned bar, unsigned vectors)
{
    memset(x, 0, sizeof(*x));
    x->vectors = vectors < MSIX_VECTORS ? vectors : MSIX_VECTORS;
    x->cap = pci_add_capability(f, PCI_CAP_MSIX, 12);
    if (!x->cap)
        return -ENOSPC;
    pci_put16(f->config + x->cap + 2, (uint16_t)(x->vectors - 1));
    pci_put16(f->writable + x->cap + 2, CONTROL_ENABLE | CONTROL_MASK);
    pci_put32(f->config + x->cap + 4, bar);
    pci_put32(f->config + x->cap + 8, MSIX_PENDING | bar);
    pci_set_bar(f, bar, MSIX_BAR_BYTES, false, false);
    msix_reset(x, f);
    return 0;
}

void msix_reset(struct msix *x, struct pci_function *f)
{
    memset(x->table, 0, sizeof(x->table));
    for (unsigned i = 0; i < x->vectors; i++)
        x->table[i][3] = VECTOR_MASKED;
    pci_put16(f->config + x->cap + 2, (uint16_t)(x->vectors - 1));
}

bool msix_live(const struct msix *x, const struct pci_function *f, unsigned vector,
               uint64_t *address, uint32_t *data)
{
    uint16_t control = pci_get16(f->config + x->cap + 2);

    if (vector >= x->vectors || (control & (CONTROL_ENABLE | CONTROL_MASK)) != CONTROL_ENABLE)
        return false;
    if (x->table[vector][3] & VECTOR_MASKED)
        return false;
    *address = x->table[vector][0] | (uint64_t)x->table[vector][1] << 32;
    *data = x->table[vector][2];
    return true;
}

bool msix_access(struct msix *x, uint64_t offset, unsigned bytes, bool write, uint64_t *value,
                 uint32_t pending)
{
    uint32_t *word = &x->table[0][0] + offset / 4;

    if ((bytes != 4 && bytes != 8) || offset % bytes)
        return false; /* only aligned words and double words are defined */
    if (offset >= MSIX_PENDING) {
        if (!write)
            *value = offset == MSIX_PENDING ? pending : 0;
        return false;
    }
    if (offset + bytes > x->vectors * sizeof(x->table[0])) {
        if (!write)
            *value = 0;
        return false;
    }
    if (!write) {
        *value = bytes == 8 ? word[0] | (uint64_t)word[1] << 32 : word[0];
        return false;
    }
    word[0] = (uint32_t)*value;
    if (bytes == 8)
        word[1] = (uint32_t)(*value >> 32);
    return true;
}
