/* SPDX-License-Identifier: BSD-3-Clause */
/* Display restore for virtio-vga: a device reset (VIRTIO 1.2 §4.1.4.3.1) brings back the VGA mode
 * that the firmware set, and with it the linear framebuffer. */
#include "hv/display.h"
#include "hv/host.h"
#include "hv/log.h"
#include "hv/pci.h"

#define VENDOR_VIRTIO  0x1AF4u
#define DEVICE_GPU     0x1050u
#define PCI_COMMAND    0x04u
#define PCI_MEMORY     0x2u
#define PCI_MASTER     0x4u
#define PCI_STATUS_CAP 0x10u
#define CAP_VENDOR     0x09u
#define COMMON_CONFIG  1u    /* virtio_pci_cap.cfg_type */
#define DEVICE_STATUS  0x14u /* in the common configuration */
#define RESET_POLLS    100000u

static struct {
    uint16_t bdf;
    volatile uint8_t *status; /* 0: no such device */
} gpu;

/* Where the common configuration is: virtio_pci_cap of §4.1.4. */
static bool find_common(uint16_t bdf, unsigned *bar, uint32_t *offset)
{
    unsigned at = pci_read(bdf, 0x34, 1) & 0xFCu;

    if (!(pci_read(bdf, 0x06, 2) & PCI_STATUS_CAP))
        return false;
    for (unsigned hops = 0; at >= 0x40 && hops < 48;
         hops++, at = pci_read(bdf, at + 1, 1) & 0xFCu) {
        if (pci_read(bdf, at, 1) != CAP_VENDOR || pci_read(bdf, at + 3, 1) != COMMON_CONFIG)
            continue;
        *bar = pci_read(bdf, at + 4, 1);
        *offset = pci_read(bdf, at + 8, 4);
        return *bar < 6;
    }
    return false;
}

static hpa_t bar_base(uint16_t bdf, unsigned bar)
{
    uint32_t low = pci_read(bdf, 0x10 + bar * 4, 4);

    if (low & 1)
        return 0;
    return (low & ~0xFu) |
           ((low & 6) == 4 && bar < 5 ? (hpa_t)pci_read(bdf, 0x14 + bar * 4, 4) << 32 : 0);
}

static bool probe(uint16_t bdf, uint16_t vendor_id, uint16_t device_id)
{
    unsigned bar;
    uint32_t offset;
    hpa_t base;
    volatile uint8_t *window;

    if (vendor_id != VENDOR_VIRTIO || device_id != DEVICE_GPU || !find_common(bdf, &bar, &offset))
        return false;
    base = bar_base(bdf, bar);
    if (!base)
        return false;
    window = host_map_mmio((base + offset) & ~(hpa_t)(HV_PAGE_BYTES - 1), 2 * HV_PAGE_BYTES);
    if (!window)
        return false;
    gpu.bdf = bdf;
    gpu.status = window + ((base + offset) & (HV_PAGE_BYTES - 1)) + DEVICE_STATUS;
    return true;
}

static void restore(void)
{
    uint32_t command = pci_read(gpu.bdf, PCI_COMMAND, 2);

    /* The driver may have left it undecoded, and its rings are no longer anybody's. */
    pci_write(gpu.bdf, PCI_COMMAND, 2, (command | PCI_MEMORY) & ~PCI_MASTER);
    *gpu.status = 0;
    for (unsigned i = 0; i < RESET_POLLS && *gpu.status; i++)
        __builtin_ia32_pause();
    if (*gpu.status)
        hv_log("display: virtio-vga does not finish its reset");
}

const struct display_restore display_virtio_vga = {"virtio-vga", probe, restore};
