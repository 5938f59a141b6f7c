/* SPDX-License-Identifier: BSD-3-Clause */
/* Where a device's message goes: the CPU and vector that it interrupts, and what becomes of it
 * there. */
#include "vmsi_route.h"
#include "hv/pci.h"
#include "hv/vlapic.h"
#include "hv/vmsi.h"

#define VECTORS (HOST_VECTOR_DEVICE_LAST - HOST_VECTOR_DEVICE_FIRST + 1)

/* By CPU and vector. A message keeps its place whatever its VM writes later: nothing that is under
 * way gets lost. */
static struct {
    struct vm *vm;
    const struct vmsi_message *message;
} places[HV_MAX_PCPUS][VECTORS];
static struct spinlock lock;

static bool take_place(struct vm *vm, const struct pcpu *pcpu, struct vmsi_message *message)
{
    spin_lock(&lock);
    for (unsigned i = 0; i < VECTORS && !message->vector; i++) {
        if (places[pcpu->id][i].vm)
            continue;
        places[pcpu->id][i].vm = vm;
        places[pcpu->id][i].message = message;
        message->pcpu = (uint8_t)pcpu->id;
        message->vector = (uint8_t)(HOST_VECTOR_DEVICE_FIRST + i);
    }
    spin_unlock(&lock);
    return message->vector;
}

/* The vectors of the service VM, and of one that takes its interrupts itself, are those of the
 * machine: their vCPUs have their CPUs' APIC ids. */
static bool choose(struct vm *vm, struct vmsi_message *message, uint32_t *apic_id, uint8_t *vector)
{
    struct vlapic_message wanted;
    const struct vcpu *vcpu;

    if (vlapic_decode_msi((uint64_t)message->word[1] << 32 | message->word[0], message->word[2],
                          &wanted) != BN_OK ||
        wanted.delivery == DELIVER_NMI)
        return false;
    vcpu = vlapic_destination(vm, &wanted);
    if (!vcpu)
        return false;
    if (vm_is_service(vm) || vm->config->flags & BN_VM_DIRECT_IRQ) {
        *apic_id = vcpu->pcpu->apic_id;
        *vector = wanted.vector;
        return wanted.vector >= DEVICE_VECTOR_FIRST && wanted.vector < HOST_VECTOR_DEVICE_FIRST;
    }
    if (!message->vector && !take_place(vm, vcpu->pcpu, message))
        return false;
    *apic_id = pcpus[message->pcpu].apic_id;
    *vector = message->vector;
    return true;
}

bool vmsi_route(struct vm *vm, uint16_t bdf, uint32_t handle, struct vmsi_message *message,
                struct msi_message *out)
{
    uint32_t apic_id;
    uint8_t vector;

    if (choose(vm, message, &apic_id, &vector) &&
        iommu_irq_route(bdf, handle, apic_id, vector, false, out) == BN_OK)
        return true;
    vm_log(vm, "denied: PCI %02x:%02x.%x, message %x to %x:%x", PCI_NAME(bdf), message->word[2],
           message->word[1], message->word[0]);
    return false;
}

void vmsi_forget(uint16_t bdf, uint32_t handle, struct vmsi_message *message)
{
    struct msi_message nowhere;

    /* Cannot fail: nothing is to be found for it. */
    (void)!iommu_irq_route(bdf, handle, IOMMU_NOWHERE, 0, false, &nowhere);
    spin_lock(&lock);
    if (message->vector)
        places[message->pcpu][message->vector - HOST_VECTOR_DEVICE_FIRST].vm = NULL;
    *message = (struct vmsi_message){.word = {0, 0, 0, VMSI_MASKED}};
    spin_unlock(&lock);
}

void vmsi_interrupt(const struct pcpu *pcpu, uint8_t vector)
{
    unsigned i = vector - HOST_VECTOR_DEVICE_FIRST;
    struct vm *vm;
    struct vmsi_message m = {0};

    spin_lock(&lock);
    vm = places[pcpu->id][i].vm;
    if (vm)
        m = *places[pcpu->id][i].message;
    spin_unlock(&lock);
    /* Refused: its VM has written something else meanwhile. */
    if (vm)
        (void)!vlapic_deliver_msi(vm, (uint64_t)m.word[1] << 32 | m.word[0], m.word[2]);
}
