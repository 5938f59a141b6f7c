/* SPDX-License-Identifier: BSD-3-Clause */
/* Access to the hypervisor's PCI function (binnacle/hvpci.h) from user space. */
#ifndef CTL_HVPCI_H
#define CTL_HVPCI_H

#include <stdint.h>

#include "binnacle/hvpci.h"

struct hvpci {
    volatile uint8_t *bar; /* registers */
};

/* Finds and maps the function. `file`: a BAR's content in a file instead, for tests; NULL: search.
 * 0 or -errno. */
int hvpci_open(struct hvpci *h, const char *file) __attribute__((warn_unused_result));
void hvpci_close(struct hvpci *h);

uint32_t hvpci_read32(const struct hvpci *h, unsigned offset);
uint64_t hvpci_read64(const struct hvpci *h, unsigned offset);
unsigned hvpci_vms(const struct hvpci *h);
/* A copy of record i, i < hvpci_vms(). */
void hvpci_vm(const struct hvpci *h, unsigned i, struct bn_hvpci_vm *vm);
/* The VM of that name, -1: there is none. */
int hvpci_find(const struct hvpci *h, const char *name);
/* 0, or -errno as the hypervisor answers. */
int hvpci_command(const struct hvpci *h, enum bn_hvpci_command command, unsigned vm)
    __attribute__((warn_unused_result));

#endif
