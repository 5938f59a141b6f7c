/* SPDX-License-Identifier: BSD-3-Clause */
/* Finds the display controller at boot and the driver that can put it back to its boot mode. */
#include "hv/host.h"
#include "hv/pci.h"

static const struct display_restore *const drivers[] = {&display_virtio_vga};
static const struct display_restore *chosen;

void display_init(void)
{
    const struct pci_display *found = pci_boot_display();

    for (size_t i = 0; found && i < HV_ARRAY_SIZE(drivers) && !chosen; i++)
        if (drivers[i]->probe(found->bdf, pci_read(found->bdf, 0, 4)))
            chosen = drivers[i];
    if (chosen)
        hv_log("display: %s at %02x:%02x.%u can be restored", chosen->name, PCI_NAME(found->bdf));
    else
        hv_log("display: no controller that could be restored");
}

bool display_safe(void)
{
    if (!chosen)
        return false;
    chosen->restore();
    return true;
}
