/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages of devices where no IOMMU remaps them: any function can send any. */
#include "hv/iommu.h"

#define MSI_ADDRESS 0xFEE00000u
#define MSI_LEVEL   (1u << 15 | 1u << 14) /* asserted */

/* The one domain there is cannot be left. */
enum bn_status iommu_assign(uint16_t bdf, struct vm *vm)
{
    (void)bdf;
    (void)vm;
    return BN_ENODEV;
}

enum bn_status iommu_irq_alloc(uint16_t source, unsigned count, uint32_t *handle)
{
    (void)source;
    (void)count;
    *handle = 0;
    return BN_OK;
}

void iommu_irq_free(uint16_t source, uint32_t handle, unsigned count)
{
    (void)source;
    (void)handle;
    (void)count;
}

enum bn_status iommu_irq_route(uint16_t source, uint32_t handle, uint32_t apic_id, uint8_t vector,
                               bool level, struct msi_message *message)
{
    (void)source;
    (void)handle;
    if (apic_id == IOMMU_NOWHERE) {
        *message = (struct msi_message){0, 0};
        return BN_OK;
    }
    if (apic_id > 0xFE)
        return BN_EINVAL;
    *message = (struct msi_message){MSI_ADDRESS | apic_id << 12, vector | (level ? MSI_LEVEL : 0)};
    return BN_OK;
}
