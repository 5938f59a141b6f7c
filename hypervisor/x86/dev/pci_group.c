/* SPDX-License-Identifier: BSD-3-Clause */
/* Isolation groups: which functions reach each other before an IOMMU sees it, or look to it like
 * one (access control services, PCIe 6.0 §6.12). */
#include "hv/pci.h"
#include "pci_regs.h"

#define WANTED     (PCI_ACS_SV | PCI_ACS_RR | PCI_ACS_CR | PCI_ACS_UF)
#define ONE_DEVICE (1u << 16) /* in a group's number: all of the device, and what is behind it */

unsigned pci_acs(uint16_t bdf)
{
    uint32_t header;

    for (unsigned at = PCI_CFG_SPACE_SIZE, steps = 0; at && steps < 64; steps++) {
        header = pci_read(bdf, at, 4);
        if (header == UINT32_MAX || PCI_EXT_CAP_ID(header) == PCI_EXT_CAP_ID_ACS)
            return header == UINT32_MAX ? 0 : at;
        at = PCI_EXT_CAP_NEXT(header);
    }
    return 0;
}

static void switch_on(uint16_t bdf, void *context)
{
    unsigned acs = pci_acs(bdf);

    (void)context;
    if (acs)
        pci_change(bdf, acs + PCI_ACS_CTRL, 2, 0, pci_read(bdf, acs + PCI_ACS_CAP, 2) & WANTED);
}

void pci_groups_init(void)
{
    pci_each(switch_on, NULL);
}

/* Device and port type (§7.5.3.2); a conventional function is what is behind a bridge to such. */
static unsigned type_of(uint16_t bdf)
{
    unsigned express = pci_capability(bdf, PCI_CAP_ID_EXP, 0);

    return express ? (pci_read(bdf, express + PCI_EXP_FLAGS, 2) & PCI_EXP_FLAGS_TYPE) >> 4
                   : PCI_EXP_TYPE_PCI_BRIDGE;
}

/* Does it send upwards what its neighbours, or those behind it, want of each other? What it has no
 * bit for it does always. The upper port of a switch has no neighbours. */
static bool redirects(uint16_t bdf)
{
    unsigned acs = pci_acs(bdf);
    uint32_t can = acs ? pci_read(bdf, acs + PCI_ACS_CAP, 2) & WANTED : 0;

    if (type_of(bdf) == PCI_EXP_TYPE_UPSTREAM &&
        !(pci_read(bdf, PCI_HEADER_TYPE, 1) & PCI_HEADER_TYPE_MFD))
        return true;
    return acs && (pci_read(bdf, acs + PCI_ACS_CTRL, 2) & can) == can;
}

/* On the root bus a slot is a device; behind a port there is one device, or the ports of a switch.
 */
static uint16_t device_of(uint16_t bdf)
{
    return (uint16_t)(bdf >> 8 ? bdf & 0xFF00u : bdf & ~7u);
}

struct place {
    uint16_t bdf, port; /* that leads there; 0: none does, it is on the root bus */
    bool open;          /* something of its device does not redirect, and so reaches all of it */
};

static void look(uint16_t bdf, void *context)
{
    struct place *place = context;

    if (bdf >> 8 < place->bdf >> 8 && pci_is_bridge(bdf) &&
        pci_read(bdf, PCI_SECONDARY_BUS, 1) == place->bdf >> 8)
        place->port = bdf;
    if (device_of(bdf) == device_of(place->bdf) && !redirects(bdf))
        place->open = true;
}

static struct place place_of(uint16_t bdf)
{
    struct place place = {.bdf = bdf};

    pci_each(look, &place);
    return place;
}

uint16_t pci_parent(uint16_t bdf)
{
    return place_of(bdf).port;
}

uint32_t pci_group(uint16_t bdf)
{
    struct place at = place_of(bdf);
    uint32_t group = at.open ? ONE_DEVICE | device_of(bdf) : bdf;

    while (at.port) {
        at = place_of(at.port);
        if (at.open)
            group = ONE_DEVICE | device_of(at.bdf);
    }
    return group;
}

bool pci_speaks_for_itself(uint16_t bdf)
{
    for (uint16_t port = pci_parent(bdf); port; port = pci_parent(port))
        if (type_of(port) == PCI_EXP_TYPE_PCI_BRIDGE)
            return false;
    return true;
}
