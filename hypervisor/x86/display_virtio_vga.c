/* SPDX-License-Identifier: BSD-3-Clause */
/* Display restore for virtio-vga: a device reset (VIRTIO 1.2 §4.1.4.3.1) brings back the VGA mode
 * that the firmware set, and with it the linear framebuffer. */
#include "dev/pci_regs.h"
#include "hv/host.h"
#include "hv/pci.h"

#define VIRTIO_GPU    0x10501AF4u
#define CAP_VENDOR    0x09u
#define COMMON_CONFIG 1u    /* virtio_pci_cap.cfg_type */
#define DEVICE_STATUS 0x14u /* in the common configuration */
#define RESET_POLLS   100000u

static struct {
    uint16_t bdf;
    volatile uint8_t *status;
} gpu;

/* The common configuration is where a capability says: virtio_pci_cap of §4.1.4. */
static bool probe(uint16_t bdf, uint32_t ids)
{
    unsigned at = pci_capability(bdf, CAP_VENDOR, 0);
    uint64_t bytes;
    hpa_t base;
    volatile uint8_t *window;

    for (unsigned i = 0; at && i < 48 && pci_read(bdf, at + 3, 1) != COMMON_CONFIG; i++)
        at = pci_capability(bdf, CAP_VENDOR, at);
    if (ids != VIRTIO_GPU || !at || pci_read(bdf, at + 3, 1) != COMMON_CONFIG)
        return false;
    base = pci_bar(bdf, pci_read(bdf, at + 4, 1), &bytes);
    if (!base)
        return false;
    base += pci_read(bdf, at + 8, 4);
    window = host_map_mmio(page_down(base), 2 * HV_PAGE_BYTES);
    if (!window)
        return false;
    gpu.bdf = bdf;
    gpu.status = window + (base & (HV_PAGE_BYTES - 1)) + DEVICE_STATUS;
    return true;
}

static void restore(void)
{
    uint32_t command = pci_read(gpu.bdf, PCI_COMMAND, 2);

    /* The driver may have left it undecoded, and its rings are no longer anybody's. */
    pci_write(gpu.bdf, PCI_COMMAND, 2,
              (command | PCI_COMMAND_MEMORY) & ~(uint32_t)PCI_COMMAND_MASTER);
    *gpu.status = 0;
    for (unsigned i = 0; i < RESET_POLLS && *gpu.status; i++)
        __builtin_ia32_pause();
    if (*gpu.status)
        hv_log("display: virtio-vga does not finish its reset");
}

const struct display_restore display_virtio_vga = {"virtio-vga", probe, restore};
