/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the loader's questions to the machine: CPUs, PCI functions, UARTs. */
#include "loader.h"

struct acpi_header { /* ACPI 6.5 §5.2.6 */
    char signature[4];
    uint32_t length;
    uint8_t revision, checksum;
    char oem_id[6], oem_table_id[8];
    uint32_t oem_revision, creator_id, creator_revision;
} __attribute__((packed));

struct acpi_rsdp { /* §5.2.5.3 */
    char signature[8];
    uint8_t checksum;
    char oem_id[6];
    uint8_t revision;
    uint32_t rsdt;
    uint32_t length;
    uint64_t xsdt;
} __attribute__((packed));

#define MADT_ENTRIES      44 /* bytes before the first entry, §5.2.12 */
#define MADT_LOCAL_APIC   0
#define MADT_LOCAL_X2APIC 9
#define MAX_TABLE_BYTES   (1u << 20)

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

static const struct acpi_header *find_madt(uint64_t rsdp_address)
{
    const struct acpi_rsdp *rsdp = (const struct acpi_rsdp *)rsdp_address;
    const bool wide = rsdp->revision >= 2 && rsdp->xsdt;
    const struct acpi_header *root =
        (const struct acpi_header *)(wide ? rsdp->xsdt : (uint64_t)rsdp->rsdt);
    const uint32_t step = wide ? 8 : 4;

    if (!root || root->length > MAX_TABLE_BYTES)
        return NULL;
    for (uint32_t at = sizeof(*root); at + step <= root->length; at += step) {
        uint64_t address = 0;

        __builtin_memcpy(&address, (const uint8_t *)root + at, step);
        const struct acpi_header *table = (const struct acpi_header *)address;

        if (table && __builtin_memcmp(table->signature, "APIC", 4) == 0)
            return table->length <= MAX_TABLE_BYTES ? table : NULL;
    }
    return NULL;
}

uint32_t machine_cpus(uint64_t rsdp)
{
    const struct acpi_header *madt = rsdp ? find_madt(rsdp) : NULL;
    uint32_t cpus = 0;

    if (!madt)
        return 0;
    for (uint32_t at = MADT_ENTRIES; at + 2 <= madt->length;) {
        const uint8_t *e = (const uint8_t *)madt + at;

        if (e[1] < 2 || at + e[1] > madt->length)
            break;
        /* Flags are at 4 of a local APIC entry and at 8 of an x2APIC entry; bit 0: enabled. */
        if ((e[0] == MADT_LOCAL_APIC && e[1] >= 8 && (e[4] & 1)) ||
            (e[0] == MADT_LOCAL_X2APIC && e[1] >= 16 && (e[8] & 1)))
            cpus++;
        at += e[1];
    }
    return cpus;
}

static uint32_t pci_read(uint16_t bdf, uint8_t offset)
{
    const uint32_t address = 0x80000000u | (uint32_t)bdf << 8 | (offset & 0xFCu);
    uint32_t value;

    __asm__ volatile("outl %0, %1" : : "a"(address), "Nd"((uint16_t)0xCF8));
    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"((uint16_t)0xCFC));
    return value;
}

bool machine_pci_ids(void *context, uint16_t bdf, uint16_t *vendor, uint16_t *device)
{
    const uint32_t ids = pci_read(bdf, 0);

    (void)context;
    *vendor = (uint16_t)ids;
    *device = (uint16_t)(ids >> 16);
    return *vendor != 0xFFFF;
}

/* A 16550 keeps what is written to its scratch register; nothing there reads as ones. */
bool machine_uart_present(void *context, uint16_t port)
{
    const uint16_t scratch = (uint16_t)(port + 7);
    bool present = true;

    (void)context;
    for (uint8_t probe = 0x5A; present; probe = (uint8_t)~probe) {
        outb(scratch, probe);
        present = inb(scratch) == probe;
        if (probe == 0xA5)
            break;
    }
    return present;
}
