/* SPDX-License-Identifier: BSD-3-Clause */
/* Between vmsi.c, which keeps what a VM wrote, and vmsi_route.c, which finds out where that goes.
 */
#ifndef VMSI_ROUTE_H
#define VMSI_ROUTE_H

#include "hv/iommu.h"
#include "hv/vm.h"

#define VMSI_MASKED 1u

struct vmsi_message {
    /* As in an MSI-X table (PCI 3.0 §6.8.2.6): address, its upper half, data, control. Hostile. */
    uint32_t word[4];
    uint8_t pcpu, vector; /* the host's, for VMs that share their CPUs; vector 0: none yet */
};

/* What function `bdf` is to send, by `handle`, for the words of its VM. False, and the log tells
 * it: they name no CPU of the VM, or nothing that a device may send. */
bool vmsi_route(struct vm *vm, uint16_t bdf, uint32_t handle, struct vmsi_message *message,
                struct msi_message *out);
/* Its words are of no meaning any more. */
void vmsi_forget(uint16_t bdf, uint32_t handle, struct vmsi_message *message);

#endif
