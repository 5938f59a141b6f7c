/* SPDX-License-Identifier: BSD-3-Clause */
/* Finds the display controller at boot, and can put it back to its boot mode if it is virtio-vga: a
 * device reset (VIRTIO 1.2 §4.1.4.3.1) brings back the VGA mode that the firmware set, and with it
 * the linear framebuffer. */
#include <linux/virtio_pci.h>

#include "dev/pci_regs.h"
#include "hv/host.h"
#include "hv/pci.h"

#define VIRTIO_GPU  0x10501AF4u
#define RESET_POLLS 100000u

static struct {
    uint16_t bdf;
    volatile uint8_t *status;
} gpu;

/* The common configuration is where a capability says: virtio_pci_cap of §4.1.4. */
static bool probe(uint16_t bdf)
{
    unsigned at = pci_capability(bdf, PCI_CAP_ID_VNDR, 0);
    uint64_t bytes;
    hpa_t base;

    for (unsigned i = 0; at && i < 48 && pci_read(bdf, at + 3, 1) != VIRTIO_PCI_CAP_COMMON_CFG; i++)
        at = pci_capability(bdf, PCI_CAP_ID_VNDR, at);
    if (pci_read(bdf, PCI_VENDOR_ID, 4) != VIRTIO_GPU || !at ||
        pci_read(bdf, at + 3, 1) != VIRTIO_PCI_CAP_COMMON_CFG)
        return false;
    base = pci_bar(bdf, pci_read(bdf, at + 4, 1), &bytes);
    if (!base)
        return false;
    gpu.bdf = bdf;
    gpu.status = host_map_mmio(base + pci_read(bdf, at + 8, 4) + VIRTIO_PCI_COMMON_STATUS, 1);
    return gpu.status;
}

void display_init(void)
{
    const struct pci_display *found = pci_boot_display();

    if (found && probe(found->bdf))
        hv_log("display: virtio-vga at %02x:%02x.%u can be restored", PCI_NAME(found->bdf));
    else
        hv_log("display: no controller that could be restored");
}

bool display_safe(void)
{
    if (!gpu.status)
        return false;
    /* The driver may have left it undecoded, and its rings are no longer anybody's. */
    pci_change(gpu.bdf, PCI_COMMAND, 2, PCI_COMMAND_MASTER, PCI_COMMAND_MEMORY);
    *gpu.status = 0;
    for (unsigned i = 0; i < RESET_POLLS && *gpu.status; i++)
        __builtin_ia32_pause();
    if (*gpu.status)
        hv_log("display: virtio-vga does not finish its reset");
    return true;
}
