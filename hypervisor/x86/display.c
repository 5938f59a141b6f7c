/* SPDX-License-Identifier: BSD-3-Clause */
/* Finds the display controller at boot and the driver that can put it back to its boot mode. */
#include "hv/display.h"
#include "hv/log.h"
#include "hv/pci.h"

#define LAST_BUS      15u /* display controllers sit near the root */
#define CLASS_DISPLAY 0x03u

static const struct display_restore *const drivers[] = {&display_virtio_vga};
static const struct display_restore *chosen;

static void try_function(uint16_t bdf)
{
    uint32_t id = pci_read(bdf, 0, 4);

    if ((id & 0xFFFF) == 0xFFFF || pci_read(bdf, 0x0B, 1) != CLASS_DISPLAY)
        return;
    for (size_t i = 0; i < HV_ARRAY_SIZE(drivers) && !chosen; i++)
        if (drivers[i]->probe(bdf, (uint16_t)id, (uint16_t)(id >> 16)))
            chosen = drivers[i];
    if (chosen)
        hv_log("display: %s at %02x:%02x.%u can be restored", chosen->name, bdf >> 8, bdf >> 3 & 31,
               bdf & 7u);
}

void display_init(void)
{
    for (uint32_t bdf = 0; bdf < (LAST_BUS + 1) << 8 && !chosen; bdf++)
        try_function((uint16_t)bdf);
    if (!chosen)
        hv_log("display: no controller that could be restored");
}

bool display_safe(void)
{
    if (!chosen)
        return false;
    chosen->restore();
    return true;
}
