/* SPDX-License-Identifier: BSD-3-Clause */
/* The virtual I/O APIC: redirection entries, level and edge pins, remote IRR, EOI (82093AA, ICH9
 * §13.5). */
#include "hv/vioapic.h"

#define REG_EOI 0x40u

#define INDEX_ID          0x00u
#define INDEX_ARBITRATION 0x02u

#define VERSION      (0x20u | (VIOAPIC_PINS - 1) << 16)
#define RTE_WRITABLE (RTE_VECTOR | RTE_DELIVERY | RTE_LOGICAL | RTE_LOW | RTE_LEVEL | RTE_MASKED)

/* Sends the pin's interrupt if its entry lets it. Lock held. */
static void deliver_pin(struct vioapic *ioapic, unsigned pin)
{
    uint64_t rte = ioapic->rte[pin];
    const struct vlapic_message message =
        vlapic_message((uint32_t)rte, (uint32_t)(rte >> RTE_DEST_SHIFT));
    bool fixed = vlapic_is_fixed(&message);

    if (rte & RTE_MASKED || (!fixed && message.delivery != DELIVER_NMI))
        return;
    if (vlapic_deliver(ioapic->vm, &message) && message.level && fixed)
        ioapic->rte[pin] |= RTE_REMOTE_IRR;
}

static void evaluate_level(struct vioapic *ioapic, unsigned pin)
{
    uint64_t rte = ioapic->rte[pin];

    if (rte & RTE_LEVEL && !(rte & RTE_REMOTE_IRR) && ioapic->lines >> pin & 1)
        deliver_pin(ioapic, pin);
}

void vioapic_set_line(struct vioapic *ioapic, unsigned pin, bool asserted)
{
    uint32_t bit;
    bool rose;

    if (pin >= VIOAPIC_PINS)
        return;
    bit = 1u << pin;
    spin_lock(&ioapic->lock);
    rose = asserted && !(ioapic->lines & bit);
    ioapic->lines = asserted ? ioapic->lines | bit : ioapic->lines & ~bit;
    if (ioapic->rte[pin] & RTE_LEVEL)
        evaluate_level(ioapic, pin);
    else if (rose)
        deliver_pin(ioapic, pin);
    spin_unlock(&ioapic->lock);
}

void vioapic_eoi(struct vioapic *ioapic, uint8_t vector)
{
    uint32_t ended = 0;

    spin_lock(&ioapic->lock);
    for (unsigned pin = 0; pin < VIOAPIC_PINS; pin++) {
        uint64_t rte = ioapic->rte[pin];

        if ((uint8_t)rte == vector && rte & RTE_LEVEL && rte & RTE_REMOTE_IRR) {
            ioapic->rte[pin] &= ~RTE_REMOTE_IRR;
            ended |= 1u << pin;
        }
    }
    spin_unlock(&ioapic->lock);
    for (unsigned pin = 0; pin < VIOAPIC_PINS; pin++) {
        if (!(ended >> pin & 1))
            continue;
        /* First the physical line's say: it lowers the pin, and raises it again if need be. */
        if (ioapic->pin_eoi)
            ioapic->pin_eoi(ioapic, pin);
        spin_lock(&ioapic->lock);
        evaluate_level(ioapic, pin);
        spin_unlock(&ioapic->lock);
    }
}

uint64_t vioapic_entry(const struct vioapic *ioapic, unsigned pin)
{
    return __atomic_load_n(&ioapic->rte[pin], __ATOMIC_ACQUIRE);
}

static uint32_t read_window(const struct vioapic *ioapic)
{
    uint32_t index = ioapic->select;
    unsigned pin = (index - IOAPIC_RTE) / 2;

    if (index == INDEX_ID || index == INDEX_ARBITRATION)
        return ioapic->id;
    if (index == IOAPIC_VERSION)
        return VERSION;
    if (index < IOAPIC_RTE || pin >= VIOAPIC_PINS)
        return 0;
    return (uint32_t)(index & 1 ? ioapic->rte[pin] >> 32 : ioapic->rte[pin]);
}

/* The pin whose entry was changed, or -1. Lock held. */
static int write_window(struct vioapic *ioapic, uint32_t value)
{
    uint32_t index = ioapic->select;
    unsigned pin = (index - IOAPIC_RTE) / 2;
    uint64_t *rte = &ioapic->rte[pin < VIOAPIC_PINS ? pin : 0];

    if (index == INDEX_ID)
        ioapic->id = value & 0x0F000000u;
    if (index < IOAPIC_RTE || pin >= VIOAPIC_PINS)
        return -1;
    if (index & 1)
        *rte = (*rte & UINT32_MAX) | (uint64_t)(value & 0xFF000000u) << 32;
    else
        *rte = (*rte & ~RTE_WRITABLE) | (value & RTE_WRITABLE);
    if (!(*rte & RTE_LEVEL))
        *rte &= ~RTE_REMOTE_IRR; /* how software without the EOI register clears it */
    evaluate_level(ioapic, pin);
    return (int)pin;
}

static void vioapic_mmio(struct io_access *io)
{
    struct vioapic *ioapic = io->device;
    int changed = -1;

    if (io->write && io->offset == REG_EOI) {
        vioapic_eoi(ioapic, (uint8_t)io->value);
        return;
    }
    spin_lock(&ioapic->lock);
    if (io->write && io->offset == IOAPIC_SELECT)
        ioapic->select = (uint8_t)io->value;
    else if (io->write && io->offset == IOAPIC_WINDOW && io->bytes == 4)
        changed = write_window(ioapic, (uint32_t)io->value);
    else if (!io->write)
        io->value = io->offset == IOAPIC_SELECT   ? ioapic->select
                    : io->offset == IOAPIC_WINDOW ? read_window(ioapic)
                                                  : 0;
    spin_unlock(&ioapic->lock);
    if (changed >= 0 && ioapic->pin_changed)
        ioapic->pin_changed(ioapic, (unsigned)changed);
}

void vioapic_reset(struct vioapic *ioapic)
{
    spin_lock(&ioapic->lock);
    ioapic->select = 0;
    ioapic->id = 0;
    ioapic->lines = 0;
    for (unsigned pin = 0; pin < VIOAPIC_PINS; pin++)
        ioapic->rte[pin] = RTE_MASKED;
    spin_unlock(&ioapic->lock);
    for (unsigned pin = 0; ioapic->pin_changed && pin < VIOAPIC_PINS; pin++)
        ioapic->pin_changed(ioapic, pin);
}

void vioapic_init(struct vioapic *ioapic, struct vm *vm)
{
    *ioapic = (struct vioapic){.vm = vm};
    vioapic_reset(ioapic);
    vm->ioapic = ioapic;
    vm_add_mmio(vm, VIOAPIC_BASE, VIOAPIC_BYTES, vioapic_mmio, ioapic);
}

enum bn_status vm_set_irqline(struct vm *vm, unsigned gsi, bool asserted)
{
    if (gsi >= VIOAPIC_PINS)
        return BN_EINVAL;
    if (vm->ioapic)
        vioapic_set_line(vm->ioapic, gsi, asserted);
    return BN_OK;
}
