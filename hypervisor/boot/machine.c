/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the loader's questions to the machine: CPUs, PCI functions, UARTs. */
#include "hv/acpi.h"
#include "hv/pci.h"
#include "loader.h"

static bool same_guid(const EFI_GUID *a, const EFI_GUID *b)
{
    return __builtin_memcmp(a, b, sizeof(*a)) == 0;
}

uint64_t machine_rsdp(void)
{
    const EFI_GUID acpi2 = ACPI_20_TABLE_GUID, acpi1 = ACPI_TABLE_GUID;
    uint64_t old = 0;

    for (UINTN i = 0; i < efi_system->NumberOfTableEntries; i++) {
        const EFI_CONFIGURATION_TABLE *t = &efi_system->ConfigurationTable[i];

        if (same_guid(&t->VendorGuid, &acpi2))
            return (uint64_t)t->VendorTable;
        if (same_guid(&t->VendorGuid, &acpi1))
            old = (uint64_t)t->VendorTable;
    }
    return old;
}

void *hpa_to_ptr(hpa_t address)
{
    return (void *)address; /* the firmware's tables are an identity map */
}

uint32_t machine_cpus(uint64_t rsdp)
{
    static struct acpi_info info;

    return acpi_read(rsdp, 0, &info) == BN_OK ? info.cpu_count : 0;
}

/* A 16550 keeps what is written to its scratch register; nothing there reads as ones. */
bool machine_uart_present(void *context, uint16_t port)
{
    const uint16_t scratch = (uint16_t)(port + 7);
    bool present = true;

    (void)context;
    for (uint8_t probe = 0x5A; present; probe = (uint8_t)~probe) {
        hw_out8(scratch, probe);
        present = hw_in8(scratch) == probe;
        if (probe == 0xA5)
            break;
    }
    return present;
}

bool machine_pci_ids(void *context, uint16_t bdf, uint16_t *vendor_id, uint16_t *device_id)
{
    const uint32_t ids = pci_read(bdf, 0, 4);

    (void)context;
    *vendor_id = (uint16_t)ids;
    *device_id = (uint16_t)(ids >> 16);
    return *vendor_id != 0xFFFF;
}
