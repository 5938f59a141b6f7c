/* SPDX-License-Identifier: BSD-3-Clause */
/* Reader of the firmware's ACPI tables (ACPI 6.5 §5.2); nothing is believed before its checksum. */
#include "hv/acpi.h"
#include "acpi_tables.h"
#include "hv/log.h"

#define TABLE_MAX_BYTES 0x400000u

static uint32_t length_of(hpa_t table)
{
    return acpi_get32(table + SDT_LENGTH);
}

uint8_t acpi_sum(const uint8_t *from, size_t bytes)
{
    uint8_t sum = 0;

    while (bytes--)
        sum = (uint8_t)(sum + *from++);
    return sum;
}

static bool table_good(hpa_t table)
{
    uint32_t bytes;

    /* What is certain to be in the direct map. */
    if (!table || table > HV_4_GIB - TABLE_MAX_BYTES)
        return false;
    bytes = length_of(table);
    if (bytes < SDT_BYTES || bytes > TABLE_MAX_BYTES || acpi_sum(hpa_to_ptr(table), bytes)) {
        hv_log("acpi: table %.4s at %#lx: bad length or checksum", (const char *)hpa_to_ptr(table),
               table);
        return false;
    }
    return true;
}

bool acpi_is(hpa_t table, const char *signature)
{
    return !__builtin_memcmp(hpa_to_ptr(table), signature, 4);
}

static void add_cpu(struct acpi_info *info, uint32_t apic_id, uint8_t uid, uint32_t flags)
{
    if (!(flags & 1))
        return;
    if (info->cpu_count == HV_MAX_PCPUS) {
        hv_log("acpi: more than %u CPUs; APIC id %u is left out", HV_MAX_PCPUS, apic_id);
        return;
    }
    info->cpu[info->cpu_count++] = (struct acpi_cpu){apic_id, uid};
}

static void read_madt_entry(struct acpi_info *info, hpa_t entry, uint16_t type, uint16_t bytes)
{
    if (type == MADT_LAPIC && bytes >= 8) {
        add_cpu(info, acpi_get8(entry + 3), acpi_get8(entry + 2), acpi_get32(entry + 4));
    } else if (type == MADT_X2APIC && bytes >= 16) {
        add_cpu(info, acpi_get32(entry + 4), acpi_get8(entry + 12), acpi_get32(entry + 8));
    } else if (type == MADT_IOAPIC && bytes >= 12 && info->ioapic_count < ACPI_MAX_IOAPICS) {
        info->ioapic[info->ioapic_count++] = (struct acpi_ioapic){
            .id = acpi_get8(entry + 2),
            .base = acpi_get32(entry + 4),
            .gsi_base = acpi_get32(entry + 8),
            .source = ACPI_NO_SOURCE,
        };
    } else if (type == MADT_OVERRIDE && bytes >= 10 && info->override_count < ACPI_MAX_OVERRIDES &&
               acpi_get8(entry + 3) < 16) {
        info->override[info->override_count++] = (struct acpi_override){
            .irq = acpi_get8(entry + 3),
            .gsi = acpi_get32(entry + 4),
            .flags = acpi_get16(entry + 8),
        };
    }
}

/* A table of entries that start with their type and length, `width` bytes each. */
static void read_entries(struct acpi_info *info, hpa_t table, uint32_t at, unsigned width,
                         void (*read)(struct acpi_info *, hpa_t, uint16_t, uint16_t))
{
    uint32_t bytes = length_of(table);

    while (at + 2 * width <= bytes) {
        uint16_t type = width == 1 ? acpi_get8(table + at) : acpi_get16(table + at);
        uint16_t length = width == 1 ? acpi_get8(table + at + 1) : acpi_get16(table + at + 2);

        if (length < 2 * width || length > bytes - at) {
            hv_log("acpi: %.4s: entry at %u has length %u", (const char *)hpa_to_ptr(table), at,
                   length);
            return;
        }
        read(info, table + at, type, length);
        at += length;
    }
}

static void read_mcfg(struct acpi_info *info, hpa_t table)
{
    for (uint32_t at = MCFG_ENTRIES; at + 16 <= length_of(table); at += 16) {
        hpa_t base = acpi_get64(table + at);

        if (acpi_get16(table + at + 8) != 0 || base >= HV_4_GIB ||
            acpi_get8(table + at + 11) < acpi_get8(table + at + 10))
            continue; /* other segments, out of reach, or no buses: the ports serve */
        info->ecam_base = base;
        info->ecam_first_bus = acpi_get8(table + at + 10);
        info->ecam_last_bus = acpi_get8(table + at + 11);
    }
}

/* A port register block: the extended address where there is one, else the old 32-bit field. */
static uint16_t port_block(hpa_t fadt, uint32_t old, uint32_t extended)
{
    if (length_of(fadt) >= extended + GAS_BYTES && acpi_get8(fadt + extended) == GAS_IO &&
        acpi_get64(fadt + extended + GAS_ADDRESS))
        return (uint16_t)acpi_get64(fadt + extended + GAS_ADDRESS);
    return (uint16_t)acpi_get32(fadt + old);
}

/* One small integer of AML: ZeroOp, OneOp or BytePrefix. False: something else. */
static bool aml_byte(const uint8_t *aml, uint32_t bytes, uint32_t *at, uint8_t *value)
{
    if (*at + 1 >= bytes)
        return false;
    *value = aml[*at] == 0x0A ? aml[*at + 1] : aml[*at];
    *at += aml[*at] == 0x0A ? 2 : 1;
    return aml[*at - 1] <= 7;
}

/*
 * The sleep types of soft-off are in AML, and the package \_S5 is plain enough to be found without
 * an interpreter: Name(_S5, Package(n) {a, b, ...}).
 */
static void find_s5(struct acpi_info *info, hpa_t dsdt)
{
    const uint8_t *aml;
    uint32_t bytes;

    if (!table_good(dsdt))
        return;
    aml = hpa_to_ptr(dsdt);
    bytes = length_of(dsdt);
    for (uint32_t i = SDT_BYTES; i + 8 < bytes; i++) {
        uint32_t at = i + 5;

        if (__builtin_memcmp(aml + i, "_S5_\x12", 5))
            continue;
        at += 2u + (aml[at] >> 6); /* package length, element count */
        if (aml_byte(aml, bytes, &at, &info->s5_type[0]) &&
            aml_byte(aml, bytes, &at, &info->s5_type[1]))
            info->has_s5 = true;
        return;
    }
}

static void read_fadt(struct acpi_info *info, hpa_t table)
{
    uint32_t bytes = length_of(table);

    if (bytes < FADT_V1_BYTES) {
        hv_log("acpi: FACP: only %u bytes", bytes);
        return;
    }
    info->smi_command = acpi_get32(table + FADT_SMI);
    info->acpi_enable = acpi_get8(table + FADT_ACPI_ENABLE);
    find_s5(info, acpi_get32(table + FADT_DSDT));
    info->pm1a_event = port_block(table, FADT_PM1A_EVENT, FADT_X_PM1A_EVENT);
    info->pm1a_control = port_block(table, FADT_PM1A_CONTROL, FADT_X_PM1A_CONTROL);
    info->pm1b_control = port_block(table, FADT_PM1B_CONTROL, FADT_X_PM1B_CONTROL);
    info->pm_timer = port_block(table, FADT_PM_TIMER, FADT_X_PM_TIMER);
    if (bytes > FADT_RESET_VALUE && acpi_get32(table + FADT_FLAGS) & FADT_RESET_SUPPORTED) {
        info->reset_supported = true;
        info->reset_space = acpi_get8(table + FADT_RESET);
        info->reset_address = acpi_get64(table + FADT_RESET + GAS_ADDRESS);
        info->reset_value = acpi_get8(table + FADT_RESET_VALUE);
    }
}

static void read_table(struct acpi_info *info, hpa_t table)
{
    if (acpi_is(table, "APIC"))
        read_entries(info, table, MADT_ENTRIES, 1, read_madt_entry);
    else if (acpi_is(table, "MCFG"))
        read_mcfg(info, table);
    else if (acpi_is(table, "FACP"))
        read_fadt(info, table);
    else if (acpi_is(table, "HPET") && length_of(table) >= 56)
        info->hpet_base = acpi_get64(table + 44);
}

/* Once the I/O APICs are known. */
static void read_iommus(struct acpi_info *info, hpa_t table)
{
    if (acpi_is(table, "IVRS"))
        read_entries(info, table, IVRS_ENTRIES, 2, acpi_read_ivrs_entry);
    if (acpi_is(table, "DMAR") && length_of(table) >= DMAR_ENTRIES) {
        info->no_remapping = !(acpi_get8(table + DMAR_FLAGS) & 1);
        read_entries(info, table, DMAR_ENTRIES, 2, acpi_read_dmar_entry);
    }
}

/* The boot CPU is number 0; the others keep the firmware's order. */
static void boot_cpu_first(struct acpi_info *info, uint32_t boot_apic_id)
{
    for (uint32_t i = 1; i < info->cpu_count; i++) {
        struct acpi_cpu boot = info->cpu[i];

        if (boot.apic_id != boot_apic_id)
            continue;
        __builtin_memmove(&info->cpu[1], &info->cpu[0], i * sizeof(boot));
        info->cpu[0] = boot;
    }
}

enum bn_status acpi_read(hpa_t rsdp, uint32_t boot_apic_id, struct acpi_info *info)
{
    bool extended;
    hpa_t root;
    uint32_t step;

    *info = (struct acpi_info){0};
    if (!rsdp || rsdp > HV_4_GIB - RSDP_BYTES ||
        __builtin_memcmp(hpa_to_ptr(rsdp), "RSD PTR ", 8) ||
        acpi_sum(hpa_to_ptr(rsdp), RSDP_V1_BYTES)) {
        hv_log("acpi: root pointer at %#lx is none", rsdp);
        return BN_EINVAL;
    }
    extended = acpi_get8(rsdp + RSDP_REVISION) >= 2 && !acpi_sum(hpa_to_ptr(rsdp), RSDP_BYTES) &&
               acpi_get64(rsdp + RSDP_XSDT);
    root = extended ? acpi_get64(rsdp + RSDP_XSDT) : acpi_get32(rsdp + RSDP_RSDT);
    step = extended ? 8 : 4;
    if (!table_good(root))
        return BN_EINVAL;
    for (uint32_t at = SDT_BYTES; at + step <= length_of(root); at += step) {
        hpa_t table = extended ? acpi_get64(root + at) : acpi_get32(root + at);

        if (!table_good(table))
            continue;
        if (info->table_count == ACPI_MAX_TABLES) {
            hv_log("acpi: more than %u tables; the others are left out", ACPI_MAX_TABLES);
            break;
        }
        info->tables[info->table_count++] = table;
        read_table(info, table);
    }
    for (uint32_t i = 0; i < info->table_count; i++)
        read_iommus(info, info->tables[i]);
    if (info->iommu_count > ACPI_MAX_IOMMUS) { /* one that is not hidden would be a VM's */
        hv_log("acpi: more than %u IOMMUs", ACPI_MAX_IOMMUS);
        return BN_EINVAL;
    }
    boot_cpu_first(info, boot_apic_id);
    return BN_OK;
}
