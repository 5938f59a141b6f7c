/* SPDX-License-Identifier: BSD-3-Clause */
/* PCI functions that exist only for a VM: configuration space, fixed BARs, MSI-X. */
#include "hv/log.h"
#include "pci_regs.h"
#include "vpci.h"

#define MSIX_CAP     0x40u
#define MSIX_PENDING 0x800u /* offset of the pending bits in the table's BAR */
#define MSIX_ENABLE  0x8000u
#define MSIX_MASKALL 0x4000u
#define ENTRY_MASKED 1u

static void set16(struct vpci_function *function, unsigned offset, uint16_t value)
{
    __builtin_memcpy(function->config + offset, &value, 2);
}

static void set32(struct vpci_function *function, unsigned offset, uint32_t value)
{
    __builtin_memcpy(function->config + offset, &value, 4);
}

static uint32_t get32(const struct vpci_function *function, unsigned offset)
{
    uint32_t value;

    __builtin_memcpy(&value, function->config + offset, 4);
    return value;
}

static uint16_t msix_control(const struct vpci_function *function)
{
    return (uint16_t)(get32(function, MSIX_CAP) >> 16);
}

void vpci_identify(struct vpci_function *function, uint16_t vendor_id, uint16_t device_id,
                   uint32_t class_and_revision)
{
    set16(function, PCI_VENDOR, vendor_id);
    set16(function, PCI_VENDOR + 2, device_id);
    set32(function, PCI_REVISION, class_and_revision);
    set16(function, PCI_SUBSYSTEM, vendor_id);
    set16(function, PCI_SUBSYSTEM + 2, device_id);
}

/* Lock held. Sends what is pending and no longer masked. */
static void send_pending(struct vpci_function *function)
{
    uint16_t control = msix_control(function);

    if (!(control & MSIX_ENABLE) || control & MSIX_MASKALL)
        return;
    for (unsigned i = 0; i < function->msix_count; i++) {
        const struct vpci_msix_entry *entry = &function->msix[i];

        if (!(function->msix_pending >> i & 1) || entry->control & ENTRY_MASKED)
            continue;
        function->msix_pending &= ~(1ull << i);
        if (vlapic_deliver_msi(function->vm, entry->address, entry->data) != BN_OK)
            vm_log(function->vm, "PCI %04x: MSI-X vector %u has no valid address or data",
                   function->bdf, i);
    }
}

enum bn_status vpci_msix_fire(struct vpci_function *function, unsigned vector)
{
    if (vector >= function->msix_count)
        return BN_EINVAL;
    spin_lock(&function->lock);
    if (msix_control(function) & MSIX_ENABLE) {
        function->msix_pending |= 1ull << vector;
        send_pending(function);
    }
    spin_unlock(&function->lock);
    return BN_OK;
}

static void msix_access(struct vpci_function *function, uint64_t offset, unsigned bytes, bool write,
                        uint64_t *value)
{
    struct vpci_msix_entry *entry = &function->msix[offset / 16];
    uint8_t *at = (uint8_t *)entry + offset % 16;

    /* Only whole dwords and quadwords are defined (PCI Local Bus 3.0 §6.8.2). */
    if ((bytes != 4 && bytes != 8) || offset % bytes) {
        if (!write)
            *value = 0;
        return;
    }
    spin_lock(&function->lock);
    if (write) {
        __builtin_memcpy(at, value, bytes);
        entry->control &= ENTRY_MASKED;
        send_pending(function);
    } else {
        *value = 0;
        __builtin_memcpy(value, at, bytes);
    }
    spin_unlock(&function->lock);
}

static enum bn_status bar_access(struct vcpu *vcpu, void *device, uint64_t offset, unsigned bytes,
                                 bool write, uint64_t *value)
{
    struct vpci_bar *bar = device;
    struct vpci_function *function = bar->function;
    unsigned index = (unsigned)(bar - function->bar);

    (void)vcpu;
    if (function->msix_count && index == function->msix_bar) {
        if (offset < 16ull * function->msix_count) {
            msix_access(function, offset, bytes, write, value);
            return BN_OK;
        }
        if (offset >= MSIX_PENDING && offset < MSIX_PENDING + 8) {
            if (!write)
                *value = function->msix_pending >> 8 * (offset - MSIX_PENDING);
            return BN_OK;
        }
    }
    return function->ops->bar(function, index, offset, bytes, write, value);
}

static void write_register(struct vpci_function *function, unsigned at, uint32_t value)
{
    const uint32_t command = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_NO_INTX;
    const uint32_t control = (uint32_t)(MSIX_ENABLE | MSIX_MASKALL) << 16;

    if (at == PCI_COMMAND) {
        set16(function, PCI_COMMAND, (uint16_t)(value & command));
    } else if (at >= PCI_BAR0 && at < PCI_BAR0 + 4 * VPCI_BARS) {
        uint32_t bit = 1u << (at - PCI_BAR0) / 4;

        /* Sizing answers; the place does not change. */
        function->bar_sizing =
            value == UINT32_MAX ? function->bar_sizing | bit : function->bar_sizing & ~bit;
    } else if (at == PCI_INTERRUPT_LINE) {
        function->config[PCI_INTERRUPT_LINE] = (uint8_t)value;
    } else if (at == MSIX_CAP && function->msix_count) {
        set32(function, MSIX_CAP, (get32(function, MSIX_CAP) & ~control) | (value & control));
        send_pending(function);
    }
}

void vpci_function_config(struct vpci_function *function, unsigned offset, unsigned bytes,
                          bool write, uint64_t *value)
{
    unsigned at = offset & 0xFFC, shift = 8 * (offset & 3), bar = (at - PCI_BAR0) / 4;
    uint32_t mask = UINT32_MAX >> (32 - 8 * bytes), dword;

    if (at >= sizeof(function->config)) {
        if (!write)
            *value = 0;
        return;
    }
    spin_lock(&function->lock);
    dword = get32(function, at);
    if (at >= PCI_BAR0 && bar < VPCI_BARS && function->bar_sizing >> bar & 1)
        dword = function->bar[bar].bytes ? ~(function->bar[bar].bytes - 1) : 0;
    if (write)
        write_register(function, at,
                       (dword & ~(mask << shift)) | ((uint32_t)*value & mask) << shift);
    else
        *value = dword >> shift & mask;
    spin_unlock(&function->lock);
}

static enum bn_status add_bar(struct vpci *pci, struct vpci_function *function, unsigned index)
{
    struct vpci_bar *bar = &function->bar[index];

    if (!bar->bytes)
        return BN_OK;
    if (bar->bytes < HV_PAGE_BYTES || bar->bytes & (bar->bytes - 1))
        return BN_EINVAL;
    bar->function = function;
    bar->base = (uint32_t)pci_place(bar->bytes);
    if (!bar->base) {
        hv_log("PCI %04x: no room below 4 GiB for BAR %u, %u bytes", function->bdf, index,
               bar->bytes);
        return BN_ENOMEM;
    }
    set32(function, PCI_BAR0 + 4 * index, bar->base);
    return vm_add_mmio(pci->vm, bar->base, bar->bytes, bar_access, bar);
}

enum bn_status vpci_add(struct vpci *pci, struct vpci_function *function)
{
    if (pci->function_count == VPCI_MAX_FUNCTIONS || function->msix_count > VPCI_MSIX_MAX)
        return BN_ENOMEM;
    if ((uint16_t)pci_read(function->bdf, PCI_VENDOR, 2) != 0xFFFF) {
        hv_log("PCI %04x: there is a real function at the place of the virtual one", function->bdf);
        return BN_EBUSY;
    }
    function->vm = pci->vm;
    for (unsigned i = 0; i < VPCI_BARS; i++) {
        enum bn_status status = add_bar(pci, function, i);

        if (status != BN_OK)
            return status;
    }
    if (function->msix_count) {
        set16(function, PCI_STATUS, PCI_STATUS_CAPABILITIES);
        function->config[PCI_CAPABILITIES] = MSIX_CAP;
        set32(function, MSIX_CAP, PCI_CAP_MSIX | (function->msix_count - 1u) << 16);
        set32(function, MSIX_CAP + 4, function->msix_bar);
        set32(function, MSIX_CAP + 8, MSIX_PENDING | function->msix_bar);
        for (unsigned i = 0; i < function->msix_count; i++)
            function->msix[i].control = ENTRY_MASKED;
    }
    pci->function[pci->function_count++] = function;
    return BN_OK;
}
