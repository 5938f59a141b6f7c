/* SPDX-License-Identifier: BSD-3-Clause */
/* Offsets inside ACPI tables (ACPI 6.5 §5.2), and reads at any alignment. */
#ifndef ACPI_TABLES_H
#define ACPI_TABLES_H

#include "hv/paging.h"

enum {
    RSDP_V1_BYTES = 20,
    RSDP_BYTES = 36,
    RSDP_CHECKSUM = 8,
    RSDP_OEM = 9,
    RSDP_REVISION = 15,
    RSDP_RSDT = 16,
    RSDP_LENGTH = 20,
    RSDP_XSDT = 24,
    RSDP_X_CHECKSUM = 32,

    SDT_BYTES = 36,
    SDT_LENGTH = 4,
    SDT_REVISION = 8,
    SDT_CHECKSUM = 9,
    SDT_OEM = 10,

    MADT_LAPIC_ADDRESS = 36,
    MADT_FLAGS = 40,
    MADT_ENTRIES = 44,
    MADT_LAPIC = 0, /* entry types */
    MADT_IOAPIC = 1,
    MADT_OVERRIDE = 2,
    MADT_X2APIC = 9,

    MCFG_ENTRIES = 44,

    GAS_BYTES = 12,
    GAS_ADDRESS = 4,
    GAS_IO = 1,

    FADT_V1_BYTES = 116,
    FADT_FACS = 36,
    FADT_DSDT = 40,
    FADT_SCI = 46,
    FADT_SMI = 48,
    FADT_ACPI_ENABLE = 52,
    FADT_PM1A_EVENT = 56,
    FADT_PM1B_EVENT = 60,
    FADT_PM1A_CONTROL = 64,
    FADT_PM1B_CONTROL = 68,
    FADT_PM_TIMER = 76,
    FADT_PM1_EVENT_BYTES = 88,
    FADT_PM1_CONTROL_BYTES = 89,
    FADT_FLAGS = 112,
    FADT_RESET_SUPPORTED = 1 << 10,
    FADT_RESET = 116,
    FADT_RESET_VALUE = 128,
    FADT_X_PM1A_EVENT = 148,
    FADT_X_PM1B_EVENT = 160,
    FADT_X_PM1A_CONTROL = 172,
    FADT_X_PM1B_CONTROL = 184,
    FADT_X_PM_TIMER = 208,
};

static inline uint8_t acpi_get8(hpa_t address)
{
    return *(const uint8_t *)hpa_to_ptr(address);
}

static inline uint16_t acpi_get16(hpa_t address)
{
    uint16_t value;

    __builtin_memcpy(&value, hpa_to_ptr(address), sizeof(value));
    return value;
}

static inline uint32_t acpi_get32(hpa_t address)
{
    uint32_t value;

    __builtin_memcpy(&value, hpa_to_ptr(address), sizeof(value));
    return value;
}

static inline uint64_t acpi_get64(hpa_t address)
{
    uint64_t value;

    __builtin_memcpy(&value, hpa_to_ptr(address), sizeof(value));
    return value;
}

bool acpi_is(hpa_t table, const char *signature);

#endif
