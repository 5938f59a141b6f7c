/* SPDX-License-Identifier: BSD-3-Clause */
/* The service VM's PCI configuration space: what it sees of the machine, and which writes reach it.
 */
#include "hv/host.h"
#include "hv/passthrough.h"
#include "hv/pci.h"
#include "hv/vmsi.h"
#include "hv/watchdog.h"
#include "pci_regs.h"

#define DECODE     (PCI_COMMAND_IO | PCI_COMMAND_MEMORY)
#define PIRQ_FIRST 0x60u /* interrupt routing of the ISA bridge (ICH9 §13.1.20) */
#define PIRQ_LAST  0x6Bu

bool vpci_hidden(const struct vpci *pci, uint16_t bdf)
{
    for (uint32_t i = 0; i < pci->hidden_count; i++)
        if (pci->hidden[i] == bdf)
            return true;
    return passthrough_is_given(bdf);
}

bool vpci_leads_to_hidden(const struct vpci *pci, uint16_t bridge)
{
    for (uint32_t i = 0; i < pci->hidden_count; i++)
        if (pci_leads_to(bridge, (uint8_t)(pci->hidden[i] >> 8)))
            return true;
    return false;
}

static bool is_forbidden(const struct vpci *pci, uint64_t base, uint64_t bytes)
{
    for (uint32_t i = 0; i < pci->forbidden_count; i++)
        if (ranges_meet(base, bytes, pci->forbidden[i].base, pci->forbidden[i].bytes))
            return true;
    return passthrough_covers(base, bytes);
}

/* With its BARs as they are, would decoding put the device over what is not the VM's? */
static bool bars_collide(const struct vpci *pci, uint16_t bdf)
{
    for (unsigned bar = 0; bar < VPCI_BARS; bar++) {
        uint64_t bytes, base = pci_bar(bdf, bar, &bytes);

        if (bytes && is_forbidden(pci, base, bytes)) {
            vm_log(pci->vm, "PCI %02x:%02x.%x: BAR %u at %#lx, %#lx bytes, refused: not its memory",
                   PCI_NAME(bdf), bar, base, bytes);
            return true;
        }
    }
    return false;
}

static int shadow_slot(unsigned offset)
{
    if (offset >= PCI_BAR0 && offset < PCI_BAR0 + 4 * VPCI_BARS)
        return (int)(offset - PCI_BAR0) / 4;
    return (offset & 0xFFC) == PCI_ROM_ADDRESS ? (int)PCI_ROM_SLOT : -1;
}

static uint32_t shadow_read(const struct vpci *pci, unsigned offset)
{
    uint32_t dword = pci_read(pci->display->bdf, offset & 0xFFC, 4);
    int slot = shadow_slot(offset);

    if (slot >= 0)
        dword = pci->display_bars[slot];
    else if ((offset & 0xFFC) == PCI_COMMAND)
        dword = (dword & ~(uint32_t)DECODE) | (pci->display_command & DECODE);
    return dword >> 8 * (offset & 3);
}

/* Sizing works on the shadow: the writable bits were learnt before anybody began to draw. */
static void shadow_write(struct vpci *pci, unsigned offset, unsigned bytes, uint32_t value)
{
    unsigned at = offset & 0xFFC, pm = pci_capability(pci->display->bdf, PCI_CAP_ID_PM, 0);
    unsigned express = pci_capability(pci->display->bdf, PCI_CAP_ID_EXP, 0);
    int slot = shadow_slot(offset);

    if (slot >= 0) {
        uint32_t old = pci->display_bars[slot], mask = pci->display->writable[slot];

        pci->display_bars[slot] = (old & ~mask) | (pci_merge(old, offset, bytes, value) & mask);
        return;
    }
    if (pm && at == pm + 4)
        return; /* no power state but D0 */
    if (express && at == express + 8)
        value &= ~((uint32_t)PCI_EXP_DEVCTL_BCR_FLR >> 8 * (offset & 3)); /* no reset */
    if (at == PCI_COMMAND && offset < PCI_STATUS) {
        uint32_t old = pci_read(pci->display->bdf, PCI_COMMAND, 2);

        pci->display_command = (uint16_t)pci_merge(old, offset, bytes, value);
        pci_write(pci->display->bdf, PCI_COMMAND, 2,
                  (pci->display_command & ~(uint32_t)DECODE) | (old & DECODE));
        return;
    }
    pci_write(pci->display->bdf, offset, bytes, value);
}

/* Registers of chipset functions decide where power control, configuration space and system
 * management memory are: not for a VM. */
static bool chipset_write_allowed(uint16_t bdf, unsigned offset)
{
    return !pci_is_chipset(bdf) || (pci_read(bdf, PCI_CLASS_DEVICE, 2) == PCI_CLASS_ISA_BRIDGE &&
                                    offset >= PIRQ_FIRST && offset <= PIRQ_LAST);
}

/* The MSI-X table is where the VM cannot write to it, or nothing is decoded. */
static void follow(uint16_t bdf)
{
    if (vmsi_follow(bdf) != BN_OK)
        pci_change(bdf, PCI_COMMAND, 2, PCI_COMMAND_MEMORY, 0);
}

static void write_bar(struct vpci *pci, uint16_t bdf, unsigned offset, unsigned bytes,
                      uint32_t value)
{
    uint32_t old = pci_read(bdf, offset & 0xFFC, 4);

    pci_write(bdf, offset, bytes, value);
    /* All ones is how sizing begins; without decoding the address does not matter yet. */
    if (value == UINT32_MAX || !(pci_read(bdf, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY))
        return;
    if (bars_collide(pci, bdf))
        pci_write(bdf, offset & 0xFFC, 4, old);
    follow(bdf);
}

static void write_command(struct vpci *pci, uint16_t bdf, unsigned offset, unsigned bytes,
                          uint32_t value)
{
    bool opens = offset == PCI_COMMAND && value & PCI_COMMAND_MEMORY &&
                 !(pci_read(bdf, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY);

    if (opens && bars_collide(pci, bdf))
        value &= ~(uint32_t)PCI_COMMAND_MEMORY;
    pci_write(bdf, offset, bytes, value);
    if (offset == PCI_COMMAND)
        follow(bdf);
}

static void write_config(struct vpci *pci, uint16_t bdf, unsigned offset, unsigned bytes,
                         uint32_t value)
{
    bool bridge = pci_is_bridge(bdf), numbers = bridge && (offset & 0xFFC) == PCI_PRIMARY_BUS;
    unsigned bars_end = bridge ? PCI_BAR0 + 8 : PCI_BAR0 + 4 * VPCI_BARS;

    /* Linux sizes the BARs that chipset functions do not have, and switches access control services
     * on, as they are: no news. */
    if ((!chipset_write_allowed(bdf, offset) && offset < PCI_STD_HEADER_SIZEOF) ||
        (offset >= PCI_CFG_SPACE_SIZE && (offset & 0xFFC) == pci_acs(bdf) + PCI_ACS_CAP))
        return;
    if (!chipset_write_allowed(bdf, offset) || (bridge && vpci_leads_to_hidden(pci, bdf)))
        vm_log(pci->vm, "PCI %02x:%02x.%x: write of %#x to %#x ignored", PCI_NAME(bdf), value,
               offset);
    else if (numbers && pci_read(bdf, PCI_SECONDARY_BUS, 1))
        return; /* a function's number is who it is: to the IOMMU, to us */
    else if (pci->display && bdf == pci->display->bdf)
        shadow_write(pci, offset, bytes, value);
    else if (offset >= PCI_BAR0 && offset < bars_end)
        write_bar(pci, bdf, offset, bytes, value);
    else if ((offset & 0xFFC) == PCI_COMMAND)
        write_command(pci, bdf, offset, bytes, value);
    else
        pci_write(bdf, offset, bytes, value);
}

static void serve_config(struct vpci *pci, uint16_t bdf, unsigned offset, struct io_access *io)
{
    uint32_t value = (uint32_t)io->value;

    if (vmsi_config(bdf, offset, io->bytes, io->write, &value))
        io->value = value;
    else if (io->write)
        write_config(pci, bdf, offset, io->bytes, value);
    else if (pci->display && bdf == pci->display->bdf)
        io->value = shadow_read(pci, offset);
    else
        io->value = pci_read(bdf, offset, io->bytes);
}

static void access_config(struct vpci *pci, uint16_t bdf, unsigned offset, struct io_access *io)
{
    if (io->bytes > 4 || offset & (io->bytes - 1u))
        return;
    /* One guest access at a time: the checks look at more than one register. */
    spin_lock(&pci->lock);
    if (!vpci_hidden(pci, bdf))
        serve_config(pci, bdf, offset, io);
    spin_unlock(&pci->lock);
}

static void address_port(struct io_access *io)
{
    struct vpci *pci = io->device;

    if (io->offset == 1 && io->bytes == 1)
        power_cf9(io);
    else if (io->offset || io->bytes != 4)
        return;
    else if (io->write)
        __atomic_store_n(&pci->address, (uint32_t)io->value, __ATOMIC_RELAXED);
    else
        io->value = pci->address;
}

static void data_port(struct io_access *io)
{
    struct vpci *pci = io->device;
    uint32_t address = __atomic_load_n(&pci->address, __ATOMIC_RELAXED);

    if (address & PCI_ADDRESS_ENABLE)
        access_config(pci, (uint16_t)(address >> 8), (address & 0xFC) + (unsigned)io->offset, io);
}

static void ecam_window(struct io_access *io)
{
    access_config(io->device, (uint16_t)(io->offset >> 12), (unsigned)io->offset & 0xFFF, io);
}

/* Registers of somebody else's device, in memory. */
static void absent(struct io_access *io)
{
    const struct pci_bar *bar = io->device;

    vm_log(io->vcpu->vm, "denied: %s of %#lx, PCI %02x:%02x.%x is not its own",
           io->write ? "write" : "read", io->address, PCI_NAME(bar->bdf));
}

void vpci_hide(struct vpci *pci, uint16_t bdf)
{
    uint32_t count;
    const struct pci_bar *bar = pci_boot_bars(&count);

    HV_ASSERT(pci->hidden_count < VPCI_MAX_HIDDEN);
    pci->hidden[pci->hidden_count++] = bdf;
    for (; count--; bar++) {
        if (bar->bdf != bdf)
            continue;
        vpci_forbid(pci, bar->base, bar->bytes);
        vm_add_mmio(pci->vm, bar->base, bar->bytes, absent, (void *)(uintptr_t)bar);
    }
}

void vpci_forbid(struct vpci *pci, hpa_t base, uint64_t bytes)
{
    if (!bytes)
        return;
    HV_ASSERT(pci->forbidden_count < VPCI_MAX_FORBIDDEN && base + bytes > base);
    pci->forbidden[pci->forbidden_count++] = (struct host_range){base, bytes};
}

static void shadow_display(struct vpci *pci)
{
    pci->display = pci_boot_display();
    if (!pci->display)
        return;
    __builtin_memcpy(pci->display_bars, pci->display->value, sizeof(pci->display_bars));
    pci->display_command = (uint16_t)pci_read(pci->display->bdf, PCI_COMMAND, 2);
}

void vpci_init(struct vpci *pci, struct vm *vm)
{
    uint64_t ecam_bytes = (acpi_info.ecam_last_bus - acpi_info.ecam_first_bus + 1ull) << 20;

    *pci = (struct vpci){.vm = vm};
    vm->pci = pci;
    shadow_display(pci);
    vm_add_pio(vm, PCI_ADDRESS_PORT, 4, address_port, pci);
    vm_add_pio(vm, PCI_DATA_PORT, 4, data_port, pci);
    if (!acpi_info.ecam_base)
        return;
    vm_add_mmio(vm, acpi_info.ecam_base, ecam_bytes, ecam_window, pci);
    vpci_forbid(pci, acpi_info.ecam_base, ecam_bytes);
}
