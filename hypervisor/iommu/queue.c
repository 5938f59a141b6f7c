/* SPDX-License-Identifier: BSD-3-Clause */
/* Registers and command queues, the same for every kind of IOMMU. */
#include "hv/hw.h"
#include "iommu_ops.h"

uint64_t iommu_read64(hpa_t reg)
{
    return hw_mmio_read(reg, 4) | (uint64_t)hw_mmio_read(reg + 4, 4) << 32;
}

void iommu_write64(hpa_t reg, uint64_t value)
{
    hw_mmio_write(reg, 4, (uint32_t)value);
    hw_mmio_write(reg + 4, 4, (uint32_t)(value >> 32));
}

bool iommu_queue_init(struct iommu_queue *queue, hpa_t tail_register, bool write_back)
{
    *queue = (struct iommu_queue){.commands = page_alloc(),
                                  .done = page_alloc(),
                                  .tail_register = tail_register,
                                  .write_back = write_back};
    return queue->commands && queue->done;
}

bool iommu_queue_send(struct iommu_queue *queue, uint64_t (*commands)[2], unsigned count)
{
    volatile uint32_t *done = hpa_to_ptr(queue->done);
    uint64_t(*slots)[2] = hpa_to_ptr(queue->commands);

    for (unsigned i = 0; i < count; i++) {
        uint64_t *slot = slots[queue->tail];

        slot[0] = commands[i][0];
        slot[1] = commands[i][1];
        if (queue->write_back)
            hw_write_back(slot, sizeof(slots[0]));
        queue->tail = (queue->tail + 1) % IOMMU_QUEUE;
    }
    __atomic_thread_fence(__ATOMIC_SEQ_CST); /* commands and tables before the word that they are */
    hw_mmio_write(queue->tail_register, 4, queue->tail * sizeof(slots[0]));
    for (unsigned i = 0; i < IOMMU_SPINS; i++) {
        if (*done == queue->number)
            return true;
        __builtin_ia32_pause();
    }
    return false;
}
