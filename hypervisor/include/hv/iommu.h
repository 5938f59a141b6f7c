/* SPDX-License-Identifier: BSD-3-Clause */
/* Which memory the machine's devices reach, and what becomes of an attempt to reach more. */
#ifndef HV_IOMMU_H
#define HV_IOMMU_H

#include "hv/types.h"

struct vm;

/*
 * Before the first VM runs, once: from here on no device of the machine reaches anything but what
 * firmware reserved for it; says in the log where there is nothing to do that with. A function is
 * the service VM's unless the scenario gives it to another; then it reaches nothing until it is
 * assigned.
 */
void iommu_init(void);
/* An IOMMU recorded a fault: tells of it and makes room for the next. On the boot CPU. */
void iommu_interrupt(void);

/*
 * Whose memory the function's DMA reaches from now on, at the guest-physical addresses of that VM;
 * NULL: nothing. BN_ENODEV: no IOMMU confines it; BN_ENOMEM. BN_EBUSY: the IOMMU does not do what
 * it is told, and the function may still reach what it reached before.
 */
enum bn_status iommu_assign(uint16_t bdf, struct vm *vm);
/* The service VM's functions reach its memory, or what firmware reserved only. */
enum bn_status iommu_service_memory(bool there);
/*
 * The VM's memory changes, its memory_lock held: for its functions too, when this returns. Nothing
 * to do for one that has none. Errors as above.
 */
enum bn_status iommu_map(const struct vm *vm, gpa_t gpa, hpa_t hpa, uint64_t bytes,
                         uint32_t rights);
enum bn_status iommu_unmap(const struct vm *vm, gpa_t gpa, uint64_t bytes);
/* The VM's memory is given up: its functions reach nothing. */
void iommu_release(struct vm *vm);

/* ---- Interrupts that are messages (MSI, MSI-X). */
struct msi_message {
    uint64_t address;
    uint32_t data;
};
#define IOMMU_NOWHERE UINT32_MAX

/* Does an IOMMU see to it that a function sends no messages but those below? */
bool iommu_remaps_interrupts(void);
/* `count` consecutive handles for messages of the function `source`, for good. BN_ENOMEM: the table
 * is full. */
enum bn_status iommu_irq_alloc(uint16_t source, unsigned count, uint32_t *handle);
/*
 * Where one of them goes: to that CPU with that vector, fixed delivery, or to IOMMU_NOWHERE.
 * `message` gets what the function is to be given: without remapping the plain message (SDM 3
 * §11.11).
 */
enum bn_status iommu_irq_route(uint16_t source, uint32_t handle, uint32_t apic_id, uint8_t vector,
                               bool level, struct msi_message *message);

#endif
