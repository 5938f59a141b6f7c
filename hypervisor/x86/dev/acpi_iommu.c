/* SPDX-License-Identifier: BSD-3-Clause */
/* What ACPI tells of IOMMUs: where they are, what memory devices go on using, whose messages come
 * from where (DMAR: VT-d chapter 8; IVRS: AMD IOMMU §5.2). */
#include "acpi_tables.h"
#include "hv/acpi.h"

static void set_source(struct acpi_info *info, uint8_t ioapic, uint16_t bdf)
{
    for (uint32_t i = 0; i < info->ioapic_count; i++)
        if (info->ioapic[i].id == ioapic)
            info->ioapic[i].source = bdf;
}

static void add_reserved(struct acpi_info *info, hpa_t base, hpa_t end)
{
    if (info->reserved_count == ACPI_MAX_RESERVED || end <= base)
        return;
    info->reserved[info->reserved_count].base = base;
    info->reserved[info->reserved_count++].end = end;
}

/* The same unit again, from another entry: said anew. */
static struct acpi_iommu *add_iommu(struct acpi_info *info, hpa_t base)
{
    static struct acpi_iommu surplus; /* counted, so that it is refused */

    for (uint32_t i = 0; i < info->iommu_count && i < ACPI_MAX_IOMMUS; i++)
        if (info->iommu[i].base == base)
            return &info->iommu[i];
    return info->iommu_count++ < ACPI_MAX_IOMMUS ? &info->iommu[info->iommu_count - 1] : &surplus;
}

/* DMAR (VT-d §8.3, §8.4). A unit's registers: 2^n pages from revision 2 on, else one. The path to
 * an I/O APIC that goes through bridges is not followed. */
void acpi_read_dmar_entry(struct acpi_info *info, hpa_t entry, uint16_t type, uint16_t bytes)
{
    if (type == DMAR_UNIT && bytes >= DMAR_UNIT_BYTES) {
        hpa_t base = acpi_get64(entry + 8);

        *add_iommu(info, base) = (struct acpi_iommu){
            .base = base, .bytes = HV_PAGE_BYTES << (acpi_get8(entry + 5) & 15)};
        for (uint32_t at = DMAR_UNIT_BYTES; at + 8u <= bytes; at += acpi_get8(entry + at + 1)) {
            if (acpi_get8(entry + at) == SCOPE_IOAPIC && acpi_get8(entry + at + 1) == 8)
                set_source(info, acpi_get8(entry + at + 4),
                           (uint16_t)(acpi_get8(entry + at + 5) << 8 |
                                      (acpi_get8(entry + at + 6) & 31) << 3 |
                                      (acpi_get8(entry + at + 7) & 7)));
            if (acpi_get8(entry + at + 1) < 8)
                return;
        }
    } else if (type == DMAR_RESERVED && bytes >= 24) {
        add_reserved(info, acpi_get64(entry + 8), acpi_get64(entry + 16) + 1);
    }
}

/* The I/O APICs among a unit's devices (AMD IOMMU §5.2.2.6). */
static void read_ivhd_devices(struct acpi_info *info, hpa_t entry, uint32_t at, uint32_t bytes)
{
    while (at + 4 <= bytes) {
        uint8_t type = acpi_get8(entry + at);
        uint32_t length = 4u << (type >> 6);

        if (type == DEVICE_ACPI)
            length = at + 22 <= bytes ? 22u + acpi_get8(entry + at + 21) : bytes;
        if (length > bytes - at)
            return;
        if (type == DEVICE_SPECIAL && acpi_get8(entry + at + 7) == 1)
            set_source(info, acpi_get8(entry + at + 4), acpi_get16(entry + at + 5));
        at += length;
    }
}

/* IVRS (AMD IOMMU §5.2). A unit has up to three entries; the later ones say more of it. */
void acpi_read_ivrs_entry(struct acpi_info *info, hpa_t entry, uint16_t type, uint16_t bytes)
{
    uint8_t kind = (uint8_t)type, flags = (uint8_t)(type >> 8);
    uint32_t header = kind == IVHD_10 ? IVHD_10_BYTES : IVHD_BYTES;

    if ((kind == IVHD_10 || kind == IVHD_11 || kind == IVHD_40) && bytes >= header) {
        hpa_t base = acpi_get64(entry + 8);
        bool counters = kind != IVHD_10 && acpi_get64(entry + IVHD_FEATURES) >> 9 & 1;

        *add_iommu(info, base) = (struct acpi_iommu){.base = base,
                                                     .bytes = counters ? 0x80000u : 0x4000u,
                                                     .amd = true,
                                                     .flags = flags,
                                                     .bdf = acpi_get16(entry + 4)};
        read_ivhd_devices(info, entry, header, bytes);
    } else if (kind >= IVMD_FIRST && kind <= IVMD_LAST && bytes >= 32) {
        add_reserved(info, acpi_get64(entry + 16), acpi_get64(entry + 16) + acpi_get64(entry + 24));
    }
}
