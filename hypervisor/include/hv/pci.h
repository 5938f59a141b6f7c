/* SPDX-License-Identifier: BSD-3-Clause */
/* PCI configuration space: the hypervisor's own access, and the filter in front of the service VM.
 */
#ifndef HV_PCI_H
#define HV_PCI_H

#include "hv/vm.h"

#define PCI_BDF(bus, device, function) ((uint16_t)((bus) << 8 | (device) << 3 | (function)))
/* For log lines: "%02x:%02x.%x". */
#define PCI_NAME(bdf)      (bdf) >> 8, (bdf) >> 3 & 31, (bdf) & 7u
#define PCI_VENDOR_INTEL   0x8086u
#define PCI_ADDRESS_PORT   0xCF8u
#define PCI_DATA_PORT      0xCFCu
#define PCI_ADDRESS_ENABLE 0x80000000u
#define VPCI_MAX_HIDDEN    24u
#define VPCI_MAX_FORBIDDEN 40u
#define PCI_MAX_BARS       96u
#define VPCI_BARS          6u

/*
 * Hypervisor's own access, any CPU. ecam_base 0: ports only (offsets below 256). pci_init looks
 * through all functions and turns decoding off while it sizes their BARs: before any VM runs.
 */
void pci_init(hpa_t ecam_base, uint8_t first_bus, uint8_t last_bus);
/* The part of a dword register that an access of 1, 2 or 4 bytes at that offset changes. */
static inline uint32_t pci_merge(uint32_t old, unsigned offset, unsigned bytes, uint32_t value)
{
    uint32_t mask = (UINT32_MAX >> (32 - 8 * bytes)) << 8 * (offset & 3);

    return (old & ~mask) | (value << 8 * (offset & 3) & mask);
}
/* Bytes 1, 2, 4, naturally aligned; what is not there reads as ones. */
uint32_t pci_read(uint16_t bdf, unsigned offset, unsigned bytes);
void pci_write(uint16_t bdf, unsigned offset, unsigned bytes, uint32_t value);
/* Clears bits of a register, then sets others. */
static inline void pci_change(uint16_t bdf, unsigned at, unsigned bytes, uint32_t clear,
                              uint32_t set)
{
    pci_write(bdf, at, bytes, (pci_read(bdf, at, bytes) & ~clear) | set);
}
bool pci_is_there(uint16_t bdf);
bool pci_is_bridge(uint16_t bdf);
bool pci_leads_to(uint16_t bridge, uint8_t bus); /* by its bus numbers */
/* Host and ISA bridge: what everybody needs. */
bool pci_is_chipset(uint16_t bdf);
/* Address and size of a memory BAR, probed with decoding off. 0 bytes: none, or I/O, or the upper
 * half of the BAR before. */
uint64_t pci_bar(uint16_t bdf, unsigned bar, uint64_t *bytes);
/* All memory BARs that had an address when pci_init looked. */
struct pci_bar {
    uint16_t bdf;
    uint8_t bar;
    hpa_t base;
    uint64_t bytes;
};
const struct pci_bar *pci_boot_bars(uint32_t *count);
/* The first display controller as pci_init found it; NULL: none. */
struct pci_display {
    bool present;
    uint16_t bdf;
    uint32_t value[7], writable[7]; /* BARs, then the ROM's */
};
#define PCI_ROM_SLOT 6u
const struct pci_display *pci_boot_display(void);
/* Calls `visit` for every function there is, bridges before what is behind them. */
void pci_each(void (*visit)(uint16_t bdf, void *context), void *context);
/* Offset of a capability in the first 256 bytes, the first or the next `after` that; 0: none. */
unsigned pci_capability(uint16_t bdf, uint8_t id, unsigned after);
/* ---- Isolation groups (pci_group.c). */
/* Switches access control services on, wherever they are: once, before the first pci_group(). */
void pci_groups_init(void);
/* Functions with one number cannot be separated: they go to one VM (PCIe 6.0 §6.12). */
uint32_t pci_group(uint16_t bdf);
/* Its requests carry its own number, not that of a bridge to conventional PCI. */
bool pci_speaks_for_itself(uint16_t bdf);
uint16_t pci_parent(uint16_t bdf); /* the bridge to its bus; 0: none */
unsigned pci_acs(uint16_t bdf);    /* offset of its access control services; 0: none */

/* Resets one function, by FLR, its power states or, where it is alone there, its bus, and puts its
 * header back. Takes a tenth of a second. False: it has none of them. */
bool pci_reset(uint16_t bdf);
struct vpci {
    struct vm *vm;
    struct spinlock lock;
    uint32_t address;                 /* CF8 */
    uint16_t hidden[VPCI_MAX_HIDDEN]; /* read as absent */
    uint32_t hidden_count;
    struct host_range forbidden[VPCI_MAX_FORBIDDEN]; /* a BAR may not be moved over these */
    uint32_t forbidden_count;
    /*
     * The display controller's decode bits and BARs as the guest sees them. They never reach the
     * hardware: the cluster draws to its framebuffer, and Linux turns decoding off while it sizes
     * BARs; nor does what would reset it or take its power.
     */
    const struct pci_display *display; /* 0: none */
    uint32_t display_bars[7];
    uint16_t display_command;
};

/* Registers CF8/CFC and the ECAM window; vm->pci is set. */
void vpci_init(struct vpci *pci, struct vm *vm);
/* The function belongs to somebody else: it reads as absent, and so do its registers in memory. */
void vpci_hide(struct vpci *pci, uint16_t bdf);
/* Its VM has ended: no device of it writes to memory or interrupts from here on, and what can be
 * reset is. Takes a fifth of a second. */
void vpci_stop_devices(struct vpci *pci);
/* The function is somebody else's; the bridge leads to such a one. */
bool vpci_hidden(const struct vpci *pci, uint16_t bdf);
bool vpci_leads_to_hidden(const struct vpci *pci, uint16_t bridge);
/* No BAR may be put there. */
void vpci_forbid(struct vpci *pci, hpa_t base, uint64_t bytes);

#endif
