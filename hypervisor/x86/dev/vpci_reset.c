/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The devices of a service VM that has ended: they stop writing to memory and sending interrupts
 * before the VM that comes next has its first page, and those that can be reset are. The display
 * keeps its mode and its decode bits: the cluster draws there.
 */
#include "hv/pci.h"
#include "pci_regs.h"

#define MAX_RESETS    64u
#define RESET_NS      100000000u /* after a function level reset (PCIe 6.0 §6.6.2) */
#define BUS_NS        1000000u   /* a bus is held in reset (PCIe 6.0 §7.5.1.3.13) */
#define POWER_NS      10000000u  /* between power states (PCI PM 1.2 §5.6.1) */
#define HEADER_DWORDS 16u

/* What a reset takes away and the next owner, like after power-on, wants to find. */
static struct reset_function {
    uint16_t bdf;
    uint16_t power; /* offset of its power register, if it is reset by that; 0: by FLR */
    uint32_t header[HEADER_DWORDS];
} resets[MAX_RESETS];

struct walk {
    const struct vpci *pci;
    uint32_t count, stopped;
    bool pending; /* some function still has requests under way */
};

static bool is_service_device(const struct vpci *pci, uint16_t bdf)
{
    return !pci_is_chipset(bdf) && !vpci_hidden(pci, bdf) &&
           !(pci_is_bridge(bdf) && vpci_leads_to_hidden(pci, bdf));
}

/* No DMA, no MSI, no line. A bridge passes nothing on for what is behind it. */
static void stop(uint16_t bdf, void *context)
{
    struct walk *walk = context;
    unsigned msi = pci_capability(bdf, PCI_CAP_ID_MSI, 0),
             msix = pci_capability(bdf, PCI_CAP_ID_MSIX, 0);

    if (!is_service_device(walk->pci, bdf))
        return;
    pci_change(bdf, PCI_COMMAND, 2, PCI_COMMAND_MASTER, PCI_COMMAND_INTX_DISABLE);
    if (msi)
        pci_change(bdf, msi + PCI_MSI_FLAGS, 2, PCI_MSI_FLAGS_ENABLE, 0);
    if (msix)
        pci_change(bdf, msix + PCI_MSIX_FLAGS, 2, PCI_MSIX_FLAGS_ENABLE, 0);
    walk->stopped++;
}

static void look_pending(uint16_t bdf, void *context)
{
    struct walk *walk = context;
    unsigned express = pci_capability(bdf, PCI_CAP_ID_EXP, 0);

    if (express && is_service_device(walk->pci, bdf) &&
        pci_read(bdf, express + PCI_EXP_DEVSTA, 2) & PCI_EXP_DEVSTA_TRPND)
        walk->pending = true;
}

static void look_beside(uint16_t bdf, void *context)
{
    uint16_t *alone = context;

    if (bdf != *alone && bdf >> 8 && bdf >> 8 == *alone >> 8)
        *alone = 0;
}

/* The port to which nothing leads but this one function; 0: there is none. */
static uint16_t own_port(uint16_t bdf)
{
    uint16_t alone = bdf;

    pci_each(look_beside, &alone);
    return alone ? pci_parent(bdf) : 0;
}

static bool reset_bus(uint16_t port)
{
    if (!port)
        return false;
    pci_change(port, PCI_BRIDGE_CONTROL, 2, 0, PCI_BRIDGE_CTL_BUS_RESET);
    clock_wait_ns(BUS_NS);
    pci_change(port, PCI_BRIDGE_CONTROL, 2, PCI_BRIDGE_CTL_BUS_RESET, 0);
    return true;
}

/* True: it is on its way. */
static bool begin_reset(struct reset_function *function, uint16_t bdf)
{
    unsigned express = pci_capability(bdf, PCI_CAP_ID_EXP, 0);
    unsigned features = pci_capability(bdf, PCI_CAP_ID_AF, 0);
    unsigned power = pci_capability(bdf, PCI_CAP_ID_PM, 0);

    *function = (struct reset_function){.bdf = bdf};
    for (unsigned i = 0; i < HEADER_DWORDS; i++)
        function->header[i] = pci_read(bdf, 4 * i, 4);
    if (express && pci_read(bdf, express + PCI_EXP_DEVCAP, 4) & PCI_EXP_DEVCAP_FLR) {
        pci_change(bdf, express + PCI_EXP_DEVCTL, 2, 0, PCI_EXP_DEVCTL_BCR_FLR);
    } else if (features && pci_read(bdf, features + PCI_AF_CAP, 1) & PCI_AF_CAP_FLR) {
        pci_write(bdf, features + PCI_AF_CTRL, 1, PCI_AF_CTRL_FLR);
    } else if (power && !(pci_read(bdf, power + PCI_PM_CTRL, 2) & PCI_PM_CTRL_NO_SOFT_RESET)) {
        function->power = (uint16_t)(power + PCI_PM_CTRL);
        pci_change(bdf, function->power, 2, 0, PCI_PM_CTRL_STATE_MASK);
    } else {
        return reset_bus(own_port(bdf));
    }
    return true;
}

static void reset(uint16_t bdf, void *context)
{
    struct walk *walk = context;
    const struct pci_display *display = pci_boot_display();

    if (pci_is_bridge(bdf) || !is_service_device(walk->pci, bdf) ||
        (display && display->bdf == bdf) || walk->count == MAX_RESETS)
        return;
    walk->count += begin_reset(&resets[walk->count], bdf);
}

static void restore(const struct reset_function *function)
{
    static const uint8_t kept[] = {
        0x0C, 0x10, 0x14, 0x18, 0x1C, 0x20, 0x24, PCI_ROM_ADDRESS, PCI_INTERRUPT_LINE};

    for (unsigned i = 0; i < sizeof(kept); i++)
        pci_write(function->bdf, kept[i], 4, function->header[kept[i] / 4]);
    pci_write(function->bdf, PCI_COMMAND, 2, function->header[PCI_COMMAND / 4] & 0xFFFF);
}

/* All that are on their way, together. */
static void finish_resets(const struct reset_function *functions, uint32_t count)
{
    clock_wait_ns(RESET_NS);
    for (uint32_t i = 0; i < count; i++)
        if (functions[i].power)
            pci_change(functions[i].bdf, functions[i].power, 2, PCI_PM_CTRL_STATE_MASK, 0);
    clock_wait_ns(POWER_NS);
    for (uint32_t i = 0; i < count; i++)
        restore(&functions[i]);
}

bool pci_reset(uint16_t bdf)
{
    struct reset_function function;

    if (!begin_reset(&function, bdf))
        return false;
    finish_resets(&function, 1);
    return true;
}

void vpci_stop_devices(struct vpci *pci)
{
    struct walk walk = {.pci = pci};
    uint64_t end = tsc_now() + tsc_from_ns(RESET_NS);

    pci_each(stop, &walk);
    do {
        walk.pending = false;
        pci_each(look_pending, &walk);
    } while (walk.pending && tsc_now() < end);
    pci_each(reset, &walk);
    finish_resets(resets, walk.count);
    vm_event(pci->vm, "devices: %u stopped, %u of them reset", walk.stopped, walk.count);
}
