/* SPDX-License-Identifier: BSD-3-Clause */
/* Offsets inside ACPI tables (ACPI 6.5 §5.2), and reads at any alignment. */
#ifndef ACPI_TABLES_H
#define ACPI_TABLES_H

#include "hv/paging.h"

enum {
    RSDP_V1_BYTES = 20,
    RSDP_BYTES = 36,
    RSDP_CHECKSUM = 8,
    RSDP_REVISION = 15,
    RSDP_RSDT = 16,
    RSDP_XSDT = 24,
    RSDP_X_CHECKSUM = 32,

    SDT_BYTES = 36,
    SDT_LENGTH = 4,
    SDT_CHECKSUM = 9,

    MADT_ENTRIES = 44,
    MADT_LAPIC = 0, /* entry types */
    MADT_IOAPIC = 1,
    MADT_OVERRIDE = 2,
    MADT_X2APIC = 9,

    DMAR_FLAGS = 36,
    DMAR_ENTRIES = 48,
    DMAR_UNIT = 0, /* entry types: a remapping unit */
    DMAR_RESERVED = 1,
    DMAR_UNIT_BYTES = 16, /* then its scopes */
    SCOPE_IOAPIC = 3,

    IVRS_ENTRIES = 48,
    IVHD_10 = 0x10, /* entry types: a unit, */
    IVHD_11 = 0x11,
    IVHD_40 = 0x40,
    IVMD_FIRST = 0x20, /* and memory */
    IVMD_LAST = 0x22,
    IVHD_10_BYTES = 24, /* then its devices */
    IVHD_BYTES = 40,
    IVHD_FEATURES = 24, /* not in the short one */
    DEVICE_SPECIAL = 0x48,
    DEVICE_ACPI = 0xF0,

    MCFG_ENTRIES = 44,

    GAS_BYTES = 12,
    GAS_ADDRESS = 4,
    GAS_IO = 1,

    FADT_V1_BYTES = 116,
    FADT_DSDT = 40,
    FADT_SMI = 48,
    FADT_ACPI_ENABLE = 52,
    FADT_PM1A_EVENT = 56,
    FADT_PM1A_CONTROL = 64,
    FADT_PM1B_CONTROL = 68,
    FADT_PM_TIMER = 76,
    FADT_FLAGS = 112,
    FADT_RESET_SUPPORTED = 1 << 10,
    FADT_RESET = 116,
    FADT_RESET_VALUE = 128,
    FADT_X_PM1A_EVENT = 148,
    FADT_X_PM1A_CONTROL = 172,
    FADT_X_PM1B_CONTROL = 184,
    FADT_X_PM_TIMER = 208,
};

/* acpi_get8 to acpi_get64, at any alignment. */
#define ACPI_GET(bits)                                                                             \
    static inline uint##bits##_t acpi_get##bits(hpa_t address)                                     \
    {                                                                                              \
        uint##bits##_t value;                                                                      \
                                                                                                   \
        __builtin_memcpy(&value, hpa_to_ptr(address), sizeof(value));                              \
        return value;                                                                              \
    }
ACPI_GET(8)
ACPI_GET(16)
ACPI_GET(32)
ACPI_GET(64)

bool acpi_is(hpa_t table, const char *signature);
uint8_t acpi_sum(const uint8_t *from, size_t bytes); /* 0: a good one */

struct acpi_info;
void acpi_read_dmar_entry(struct acpi_info *info, hpa_t entry, uint16_t type, uint16_t bytes);
void acpi_read_ivrs_entry(struct acpi_info *info, hpa_t entry, uint16_t type, uint16_t bytes);

#endif
