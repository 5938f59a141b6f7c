/* SPDX-License-Identifier: BSD-3-Clause */
/* The physical I/O APICs: direct lines, and those that follow the service VM's virtual one. */
#include "hv/host.h"
#include "hv/hw.h"
#include "hv/iommu.h"
#include "hv/vioapic.h"

#define PIN_NONE   UINT32_MAX
#define PINS_MAX   120u /* of one chip */
#define NO_HANDLE  UINT16_MAX
#define RTE_FIELDS 0x7FFull /* of the low half: vector and kind of delivery */

static struct {
    struct spinlock lock; /* taken before a virtual I/O APIC's */
    uint32_t pins[ACPI_MAX_IOAPICS];
    uint16_t handle[ACPI_MAX_IOAPICS][PINS_MAX]; /* where messages are remapped */

    struct vioapic *ioapic;     /* of the VM that gets the lines with the numbers of its pins */
    uint32_t direct, emulated;  /* but not those: routed for good, the VM's virtual ones */
    uint32_t waiting;           /* level pins: masked here until the guest's EOI */
    uint64_t rte[VIOAPIC_PINS]; /* as the machine has them, waiting ones masked there in addition */
} irq;

static uint32_t chip_read(const struct acpi_ioapic *chip, uint32_t index)
{
    hw_mmio_write(chip->base + IOAPIC_SELECT, 4, index);
    return hw_mmio_read(chip->base + IOAPIC_WINDOW, 4);
}

static void chip_write(const struct acpi_ioapic *chip, uint32_t index, uint32_t value)
{
    hw_mmio_write(chip->base + IOAPIC_SELECT, 4, index);
    hw_mmio_write(chip->base + IOAPIC_WINDOW, 4, value);
}

static const struct acpi_ioapic *chip_of(uint32_t gsi)
{
    for (uint32_t i = 0; i < acpi_info.ioapic_count; i++)
        if (gsi >= acpi_info.ioapic[i].gsi_base && gsi - acpi_info.ioapic[i].gsi_base < irq.pins[i])
            return &acpi_info.ioapic[i];
    return NULL;
}

/* Where messages are remapped, destination and vector lie in the IOMMU's table and the pin sends
 * what that asks for: in an entry's words (VT-d §5.1.5.1; AMD's index is where the vector was). */
static uint64_t remapped(const struct acpi_ioapic *chip, uint32_t pin, uint64_t rte)
{
    uint16_t *handle = &irq.handle[chip - acpi_info.ioapic][pin];
    uint32_t fresh = NO_HANDLE;
    struct msi_message message;

    if (rte & RTE_MASKED)
        return RTE_MASKED;
    if (*handle == NO_HANDLE && iommu_irq_alloc((uint16_t)chip->source, 1, &fresh) == BN_OK)
        *handle = (uint16_t)fresh;
    if (*handle == NO_HANDLE ||
        iommu_irq_route((uint16_t)chip->source, *handle, (uint32_t)(rte >> RTE_DEST_SHIFT),
                        (uint8_t)rte, rte & RTE_LEVEL, &message) != BN_OK)
        return RTE_MASKED;
    return (message.address >> 4 & 0xFFFF) << 48 | (message.data & RTE_FIELDS) |
           (rte & (RTE_LEVEL | RTE_LOW));
}

/* Masked while it is half-written, and an edge: no level is in service there any more. */
static void write_rte(uint32_t gsi, uint64_t rte)
{
    const struct acpi_ioapic *chip = chip_of(gsi);
    uint32_t index;

    if (!chip)
        return;
    if (iommu_remaps_interrupts())
        rte = remapped(chip, gsi - chip->gsi_base, rte);
    index = IOAPIC_RTE + 2 * (gsi - chip->gsi_base);
    chip_write(chip, index, (uint32_t)RTE_MASKED);
    chip_write(chip, index + 1, (uint32_t)(rte >> 32));
    chip_write(chip, index, (uint32_t)rte);
}

void hostirq_init(void)
{
    irq.direct = 0;
    irq.ioapic = NULL;
    irq.waiting = 0;
    __builtin_memset(irq.handle, 0xFF, sizeof(irq.handle));
    for (uint32_t i = 0; i < acpi_info.ioapic_count; i++) {
        irq.pins[i] = (chip_read(&acpi_info.ioapic[i], IOAPIC_VERSION) >> 16 & 0xFF) + 1;
        if (irq.pins[i] > PINS_MAX)
            irq.pins[i] = PINS_MAX;
        for (uint32_t pin = 0; pin < irq.pins[i]; pin++)
            write_rte(acpi_info.ioapic[i].gsi_base + pin, RTE_MASKED);
    }
    hw_out8(0x21, 0xFF);
    hw_out8(0xA1, 0xFF);
}

enum bn_status hostirq_route_isa(unsigned isa, uint32_t apic_id, uint8_t vector)
{
    struct acpi_override line = {.gsi = isa}; /* the bus' own: edges, active high */

    for (uint32_t i = acpi_info.override_count; i--;)
        if (acpi_info.override[i].irq == isa)
            line = acpi_info.override[i];
    if (!chip_of(line.gsi))
        return BN_ENODEV;
    if (apic_id > 0xFE || vector < DEVICE_VECTOR_FIRST)
        return BN_EINVAL;
    spin_lock(&irq.lock);
    if (line.gsi < VIOAPIC_PINS)
        irq.direct |= 1u << line.gsi;
    write_rte(line.gsi, (uint64_t)apic_id << RTE_DEST_SHIFT |
                            ((line.flags >> 2 & 3) == 3 ? RTE_LEVEL : 0) |
                            ((line.flags & 3) == 3 ? RTE_LOW : 0) | vector);
    spin_unlock(&irq.lock);
    return BN_OK;
}

/* The machine's entry for a pin as the guest programmed its own; masked if that cannot be. */
static uint64_t physical_entry(const struct vioapic *ioapic, uint64_t rte)
{
    const struct vlapic_message message =
        vlapic_message((uint32_t)rte, (uint32_t)(rte >> RTE_DEST_SHIFT));
    const struct vcpu *vcpu = vlapic_destination(ioapic->vm, &message);

    if (!vcpu || rte & RTE_MASKED || !vlapic_is_fixed(&message) ||
        message.vector < DEVICE_VECTOR_FIRST || message.vector >= HOST_VECTOR_DEVICE_FIRST)
        return RTE_MASKED;
    return (uint64_t)vcpu->pcpu->apic_id << RTE_DEST_SHIFT |
           (rte & (RTE_LEVEL | RTE_LOW | RTE_VECTOR));
}

static void pin_changed(struct vioapic *ioapic, unsigned pin)
{
    uint32_t bit = 1u << pin;
    uint64_t rte;
    bool lower, refused;

    spin_lock(&irq.lock);
    if ((irq.direct | irq.emulated) & bit) {
        spin_unlock(&irq.lock);
        return;
    }
    rte = vioapic_entry(ioapic, pin);
    irq.rte[pin] = physical_entry(ioapic, rte);
    /* Ended by other means than an EOI (trigger mode toggled, entry reset): nothing to wait for. */
    lower = irq.waiting & bit && !(rte & (RTE_REMOTE_IRR | RTE_MASKED));
    if (lower)
        irq.waiting &= ~bit;
    write_rte(pin, irq.rte[pin] | (irq.waiting & bit ? RTE_MASKED : 0));
    refused = irq.rte[pin] & ~rte & RTE_MASKED;
    spin_unlock(&irq.lock);
    if (refused)
        vm_log(ioapic->vm, "denied: I/O APIC pin %u as %lx", pin, rte);
    if (lower)
        vioapic_set_line(ioapic, pin, false);
}

static void pin_eoi(struct vioapic *ioapic, unsigned pin)
{
    bool was_waiting;

    spin_lock(&irq.lock);
    was_waiting = irq.waiting >> pin & 1;
    irq.waiting &= ~(1u << pin);
    spin_unlock(&irq.lock);
    if (!was_waiting)
        return;
    vioapic_set_line(ioapic, pin, false);
    spin_lock(&irq.lock);
    if (!(irq.waiting >> pin & 1))
        write_rte(pin, irq.rte[pin]); /* still asserted: the machine interrupts again */
    spin_unlock(&irq.lock);
}

/* An entry that the VM before left open would interrupt for ever: nobody knows its vector, so
 * nobody masks the line. */
static void mask_forwarded(void)
{
    irq.waiting = 0;
    for (unsigned pin = 0; pin < VIOAPIC_PINS; pin++) {
        irq.rte[pin] = RTE_MASKED;
        if (!((irq.direct | irq.emulated) >> pin & 1))
            write_rte(pin, RTE_MASKED);
    }
}

void hostirq_stop(void)
{
    spin_lock(&irq.lock);
    mask_forwarded();
    irq.ioapic = NULL;
    spin_unlock(&irq.lock);
}

void hostirq_forward(struct vioapic *ioapic, uint32_t virtual_pins)
{
    spin_lock(&irq.lock);
    irq.emulated = virtual_pins;
    mask_forwarded();
    irq.ioapic = ioapic;
    spin_unlock(&irq.lock);
    ioapic->pin_changed = pin_changed;
    ioapic->pin_eoi = pin_eoi;
}

/* The forwarded pin that this vector at this CPU belongs to; level ones are masked at once. */
static uint32_t claim_pin(const struct pcpu *pcpu, uint8_t vector, bool *level)
{
    for (uint32_t pin = 0; pin < VIOAPIC_PINS; pin++) {
        uint64_t rte = irq.rte[pin];

        if (rte & RTE_MASKED || (uint8_t)rte != vector || rte >> RTE_DEST_SHIFT != pcpu->apic_id)
            continue;
        *level = rte & RTE_LEVEL;
        if (*level) {
            irq.waiting |= 1u << pin;
            write_rte(pin, rte | RTE_MASKED);
        }
        return pin;
    }
    return PIN_NONE;
}

bool hostirq_take(struct vcpu *vcpu, uint8_t vector)
{
    struct vioapic *ioapic = irq.ioapic;
    bool level = false;
    uint32_t pin;

    if (!ioapic || vcpu->vm != ioapic->vm)
        return false;
    spin_lock(&irq.lock);
    pin = claim_pin(vcpu->pcpu, vector, &level);
    spin_unlock(&irq.lock);
    if (pin == PIN_NONE)
        return false;
    vioapic_set_line(ioapic, pin, true);
    if (!level)
        vioapic_set_line(ioapic, pin, false);
    return true;
}
