/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages of devices: to where the hypervisor says, and where no IOMMU remaps them to anywhere. */
#include "hv/hw.h"
#include "iommu_ops.h"

#define MSI_LEVEL (1u << 15 | 1u << 14) /* asserted */

bool iommu_remaps_interrupts(void)
{
    return iommu.ops && iommu.limits.remapping;
}

enum bn_status iommu_irq_alloc(uint16_t source, unsigned count, uint32_t *handle)
{
    enum bn_status status = BN_OK;
    uint32_t first = 0, end = 0;

    *handle = 0;
    if (!iommu_remaps_interrupts())
        return BN_OK;
    spin_lock(&iommu.lock);
    while (end < iommu.ops->irq_count && end - first < count) {
        const uint64_t *entry = iommu.ops->irq_entry(source, end++);

        if (!entry)
            break;
        if (entry[0])
            first = end;
    }
    if (end - first < count || !count)
        status = BN_ENOMEM;
    for (uint32_t i = first; i < end && status == BN_OK; i++)
        hw_store_pair(iommu.ops->irq_entry(source, i), iommu.ops->mark, 0);
    spin_unlock(&iommu.lock);
    *handle = first;
    return status;
}

static enum bn_status route(uint16_t source, uint32_t handle, uint32_t apic_id, uint8_t vector,
                            bool level, struct msi_message *message)
{
    uint64_t *entry = handle < iommu.ops->irq_count ? iommu.ops->irq_entry(source, handle) : NULL;

    if (!entry || !entry[0] || (apic_id != IOMMU_NOWHERE && apic_id > 0xFE && !iommu.limits.wide))
        return BN_EINVAL;
    if (apic_id == IOMMU_NOWHERE)
        hw_store_pair(entry, iommu.ops->mark, 0);
    else
        iommu.ops->irq_write(entry, source, handle, apic_id, vector, level, message);
    return iommu.ops->irq_flush(source, handle) ? BN_OK : BN_EBUSY;
}

enum bn_status iommu_irq_route(uint16_t source, uint32_t handle, uint32_t apic_id, uint8_t vector,
                               bool level, struct msi_message *message)
{
    enum bn_status status;

    *message = (struct msi_message){0, 0};
    if (iommu_remaps_interrupts()) {
        spin_lock(&iommu.lock);
        status = route(source, handle, apic_id, vector, level, message);
        spin_unlock(&iommu.lock);
        return status;
    }
    if (apic_id == IOMMU_NOWHERE)
        return BN_OK;
    if (apic_id > 0xFE)
        return BN_EINVAL;
    *message = (struct msi_message){MSI_ADDRESS | apic_id << 12, vector | (level ? MSI_LEVEL : 0)};
    return BN_OK;
}
