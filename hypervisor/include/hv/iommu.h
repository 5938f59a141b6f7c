/* SPDX-License-Identifier: BSD-3-Clause */
/* Which memory the machine's devices reach, and what becomes of an attempt to reach more. */
#ifndef HV_IOMMU_H
#define HV_IOMMU_H

#include "hv/types.h"

struct vm;

/*
 * Confines every device of the machine to the service VM's memory, and those that are others' to
 * none; says in the log where there is nothing to do that with. Before the first VM runs, once:
 * the service VM's memory is the same whenever it is started again.
 */
void iommu_init(void);
/* An IOMMU recorded a fault: tells of it and makes room for the next. On the boot CPU. */
void iommu_interrupt(void);

/*
 * Whose memory the function's DMA reaches from now on, at the guest-physical addresses of that VM;
 * NULL: nothing. BN_ENODEV: no IOMMU confines it; BN_ENOMEM.
 */
enum bn_status iommu_assign(uint16_t bdf, struct vm *vm);

/* ---- Interrupts that are messages (MSI, MSI-X). */
struct msi_message {
    uint64_t address;
    uint32_t data;
};
#define IOMMU_NOWHERE UINT32_MAX

/*
 * `count` consecutive handles for messages of the function `source`. BN_ENOMEM: the table is full.
 */
enum bn_status iommu_irq_alloc(uint16_t source, unsigned count, uint32_t *handle);
void iommu_irq_free(uint16_t source, uint32_t handle, unsigned count);
/*
 * Where one of them goes: to that CPU with that vector, fixed delivery, or to IOMMU_NOWHERE.
 * `message` gets what the function is to be given: without remapping the plain message (SDM 3
 * §11.11).
 */
enum bn_status iommu_irq_route(uint16_t source, uint32_t handle, uint32_t apic_id, uint8_t vector,
                               bool level, struct msi_message *message);

#endif
