/* SPDX-License-Identifier: BSD-3-Clause */
/* The hypervisor's own access to PCI configuration space, and what it found there at boot. */
#include "hv/hw.h"
#include "hv/pci.h"
#include "pci_regs.h"

static struct {
    struct spinlock lock; /* of the two ports */
    hpa_t ecam;
    uint8_t first_bus, last_bus;
    struct pci_bar bar[PCI_MAX_BARS]; /* as the firmware set them */
    uint32_t bar_count;
    struct pci_display display;
} host;

static bool in_ecam(uint16_t bdf)
{
    return host.ecam && bdf >> 8 >= host.first_bus && bdf >> 8 <= host.last_bus;
}

static hpa_t ecam_address(uint16_t bdf, unsigned offset)
{
    return host.ecam + (((uint64_t)bdf - ((uint64_t)host.first_bus << 8)) << 12) + offset;
}

static uint32_t port_address(uint16_t bdf, unsigned offset)
{
    return PCI_ADDRESS_ENABLE | (uint32_t)bdf << 8 | (offset & 0xFC);
}

uint32_t pci_read(uint16_t bdf, unsigned offset, unsigned bytes)
{
    uint32_t value;

    if (in_ecam(bdf))
        return hw_mmio_read(ecam_address(bdf, offset), bytes);
    if (offset >= 256)
        return UINT32_MAX >> (32 - 8 * bytes);
    spin_lock(&host.lock);
    hw_out32(PCI_ADDRESS_PORT, port_address(bdf, offset));
    value = hw_in((uint16_t)(PCI_DATA_PORT + (offset & 3)), bytes);
    spin_unlock(&host.lock);
    return value;
}

void pci_write(uint16_t bdf, unsigned offset, unsigned bytes, uint32_t value)
{
    if (in_ecam(bdf)) {
        hw_mmio_write(ecam_address(bdf, offset), bytes, value);
        return;
    }
    if (offset >= 256)
        return;
    spin_lock(&host.lock);
    hw_out32(PCI_ADDRESS_PORT, port_address(bdf, offset));
    hw_out((uint16_t)(PCI_DATA_PORT + (offset & 3)), bytes, value);
    spin_unlock(&host.lock);
}

bool pci_is_there(uint16_t bdf)
{
    return pci_read(bdf, PCI_VENDOR_ID, 2) != 0xFFFF;
}

bool pci_is_bridge(uint16_t bdf)
{
    return (pci_read(bdf, PCI_HEADER_TYPE, 1) & 0x7F) == PCI_HEADER_TYPE_BRIDGE;
}

bool pci_leads_to(uint16_t bridge, uint8_t bus)
{
    return bus >= pci_read(bridge, PCI_SECONDARY_BUS, 1) &&
           bus <= pci_read(bridge, PCI_SUBORDINATE_BUS, 1);
}

bool pci_is_chipset(uint16_t bdf)
{
    uint32_t class = pci_read(bdf, PCI_CLASS_DEVICE, 2);

    return class == PCI_CLASS_HOST_BRIDGE || class == PCI_CLASS_ISA_BRIDGE;
}

static unsigned bar_count(uint16_t bdf)
{
    return pci_is_bridge(bdf) ? 2 : VPCI_BARS;
}

/* Is BAR `bar` the upper half of a 64-bit one? */
static bool is_upper_half(uint16_t bdf, unsigned bar)
{
    bool upper = false;

    for (unsigned i = 0; i < bar; i++) {
        uint32_t low = pci_read(bdf, PCI_BAR0 + 4 * i, 4);

        upper = !upper && !(low & PCI_BAR_IO) && (low & PCI_BAR_TYPE) == PCI_BAR_64;
    }
    return upper;
}

/* Which bits of a register can be written; decoding is off meanwhile. */
static uint32_t writable_bits(uint16_t bdf, unsigned at, uint32_t ones)
{
    uint32_t command = pci_read(bdf, PCI_COMMAND, 2), value = pci_read(bdf, at, 4), bits;

    pci_write(bdf, PCI_COMMAND, 2, command & ~(uint32_t)(PCI_COMMAND_IO | PCI_COMMAND_MEMORY));
    pci_write(bdf, at, 4, ones);
    bits = pci_read(bdf, at, 4);
    pci_write(bdf, at, 4, 0);
    bits ^= pci_read(bdf, at, 4);
    pci_write(bdf, at, 4, value);
    pci_write(bdf, PCI_COMMAND, 2, command);
    return bits;
}

uint64_t pci_bar(uint16_t bdf, unsigned bar, uint64_t *bytes)
{
    unsigned at = PCI_BAR0 + 4 * bar;
    uint32_t low, low_mask, high_mask = UINT32_MAX;
    bool wide;

    *bytes = 0;
    if (bar >= bar_count(bdf) || is_upper_half(bdf, bar))
        return 0;
    low = pci_read(bdf, at, 4);
    if (low & PCI_BAR_IO)
        return 0;
    wide = (low & PCI_BAR_TYPE) == PCI_BAR_64 && bar + 1 < bar_count(bdf);
    low_mask = writable_bits(bdf, at, UINT32_MAX) & PCI_BAR_MASK;
    if (wide)
        high_mask = writable_bits(bdf, at + 4, UINT32_MAX);
    if (!low_mask && (!wide || !high_mask))
        return 0;
    *bytes = ~((uint64_t)high_mask << 32 | low_mask) + 1;
    return (wide ? (uint64_t)pci_read(bdf, at + 4, 4) << 32 : 0) | (low & PCI_BAR_MASK);
}

unsigned pci_capability(uint16_t bdf, uint8_t id, unsigned after)
{
    unsigned at = after ? pci_read(bdf, after + 1, 1) : pci_read(bdf, PCI_CAPABILITY_LIST, 1);

    if (!(pci_read(bdf, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST))
        return 0;
    for (unsigned steps = 0; (at &= 0xFC) >= 0x40 && steps < 48; steps++) {
        if (pci_read(bdf, at, 1) == id)
            return at;
        at = pci_read(bdf, at + 1, 1);
    }
    return 0;
}

static void note_bar(uint16_t bdf, unsigned bar)
{
    uint64_t bytes, base = pci_bar(bdf, bar, &bytes);

    if (!base || !bytes)
        return;
    if (host.bar_count < PCI_MAX_BARS)
        host.bar[host.bar_count++] = (struct pci_bar){bdf, (uint8_t)bar, base, bytes};
    else
        hv_log("PCI: more than %u memory BARs", PCI_MAX_BARS);
}

/* Which bits of its BARs can be written, while nobody draws yet. */
static void learn_display(uint16_t bdf)
{
    host.display.present = true;
    host.display.bdf = bdf;
    for (unsigned slot = 0; slot < HV_ARRAY_SIZE(host.display.writable); slot++) {
        unsigned at = slot == PCI_ROM_SLOT ? PCI_ROM_ADDRESS : PCI_BAR0 + 4 * slot;

        host.display.value[slot] = pci_read(bdf, at, 4);
        host.display.writable[slot] =
            writable_bits(bdf, at, slot == PCI_ROM_SLOT ? ~1u : UINT32_MAX);
    }
}

static void scan_function(uint16_t bdf, void *context)
{
    (void)context;
    for (unsigned bar = 0; bar < bar_count(bdf); bar++)
        note_bar(bdf, bar);
    if (pci_read(bdf, PCI_CLASS_DEVICE, 2) >> 8 == PCI_CLASS_DISPLAY && !host.display.present)
        learn_display(bdf);
}

static void note_bus(uint16_t bdf, uint32_t buses[8])
{
    uint32_t secondary = pci_read(bdf, PCI_SECONDARY_BUS, 1);

    if (pci_is_bridge(bdf) && secondary > bdf >> 8) /* numbers grow downwards: no cycles */
        buses[secondary / 32] |= 1u << secondary % 32;
}

void pci_each(void (*visit)(uint16_t bdf, void *context), void *context)
{
    uint32_t buses[8] = {1};

    for (unsigned bus = 0; bus < 256; bus++) {
        if (!(buses[bus / 32] >> bus % 32 & 1))
            continue;
        for (unsigned slot = 0; slot < 32 * 8; slot++) {
            uint16_t bdf = (uint16_t)(bus << 8 | slot);

            if (!pci_is_there(bdf)) {
                slot |= slot & 7 ? 0 : 7u; /* no function 0: no others */
            } else {
                visit(bdf, context);
                note_bus(bdf, buses);
            }
            if (!(slot & 7) && !(pci_read(bdf, PCI_HEADER_TYPE, 1) & PCI_HEADER_TYPE_MFD))
                slot |= 7;
        }
    }
}

const struct pci_bar *pci_boot_bars(uint32_t *count)
{
    *count = host.bar_count;
    return host.bar;
}

const struct pci_display *pci_boot_display(void)
{
    return host.display.present ? &host.display : NULL;
}

void pci_init(hpa_t ecam_base, uint8_t first_bus, uint8_t last_bus)
{
    host.ecam = ecam_base;
    host.first_bus = first_bus;
    host.last_bus = last_bus;
    host.bar_count = 0;
    host.display.present = false;
    pci_each(scan_function, NULL);
}
