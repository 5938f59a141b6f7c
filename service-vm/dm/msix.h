/* SPDX-License-Identifier: BSD-3-Clause */
/* The MSI-X capability, table and pending bits of a function (PCI Local Bus 3.0 §6.8.2). */
#ifndef DM_MSIX_H
#define DM_MSIX_H

#include <stdbool.h>
#include <stdint.h>

#include "pci.h"

#define MSIX_VECTORS   32
#define MSIX_BAR_BYTES 0x1000u /* table at 0, pending bits at 0x800 */
#define MSIX_PENDING   0x800u

struct msix {
    unsigned cap; /* offset of the capability in configuration space */
    unsigned vectors;
    uint32_t table[MSIX_VECTORS][4]; /* address low, address high, data, control */
};

/* Adds capability and BAR; 0 or -ENOSPC. */
int msix_init(struct msix *x, struct pci_function *f, unsigned bar, unsigned vectors)
    __attribute__((warn_unused_result));
void msix_reset(struct msix *x, struct pci_function *f);
/* True when the vector may fire now: MSI-X on, neither function nor vector masked. */
bool msix_live(const struct msix *x, const struct pci_function *f, unsigned vector,
               uint64_t *address, uint32_t *data);
/* The BAR. `pending`: bit per vector, for reads of the pending bits. True: the table changed. */
bool msix_access(struct msix *x, uint64_t offset, unsigned bytes, bool write, uint64_t *value,
                 uint32_t pending);

#endif
