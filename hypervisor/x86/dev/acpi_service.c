/* SPDX-License-Identifier: BSD-3-Clause */
/* The service VM's view of ACPI: a root of its own that lists its CPUs and leaves out what is not
 * its. */
#include "acpi_tables.h"
#include "hv/acpi.h"
#include "hv/vioapic.h"

#define XSDT_AT 64u /* behind the root pointer */

struct builder {
    uint8_t *page;
    uint32_t at;
    bool full;
};

static void put(struct builder *b, const void *data, uint32_t bytes)
{
    if (b->full || bytes > HV_PAGE_BYTES - b->at) {
        b->full = true;
        return;
    }
    __builtin_memcpy(b->page + b->at, data, bytes);
    b->at += bytes;
}

static void put8(struct builder *b, uint8_t value)
{
    put(b, &value, 1);
}

static void put16(struct builder *b, uint16_t value)
{
    put(b, &value, 2);
}

static void put32(struct builder *b, uint32_t value)
{
    put(b, &value, 4);
}

static void put64(struct builder *b, uint64_t value)
{
    put(b, &value, 8);
}

static uint8_t checksum(const uint8_t *from, uint32_t bytes)
{
    uint8_t sum = 0;

    while (bytes--)
        sum = (uint8_t)(sum + *from++);
    return (uint8_t)-sum;
}

static uint32_t begin_table(struct builder *b, const char *signature, uint8_t revision)
{
    uint32_t start = b->at;

    put(b, signature, 4);
    put32(b, 0); /* length, by end_table */
    put8(b, revision);
    put8(b, 0); /* checksum */
    put(b,
        "BNACLE"
        "BINNACLE",
        14); /* OEM id, OEM table id */
    put32(b, 1);
    put(b, "BNCL", 4);
    put32(b, 1);
    return start;
}

static void end_table(struct builder *b, uint32_t start)
{
    uint32_t bytes = b->at - start;

    if (b->full)
        return;
    __builtin_memcpy(b->page + start + SDT_LENGTH, &bytes, 4);
    b->page[start + SDT_CHECKSUM] = checksum(b->page + start, bytes);
    b->at = (b->at + 15) & ~15u;
}

static uint8_t uid_of(const struct acpi_info *info, uint32_t apic_id)
{
    for (uint32_t i = 0; i < info->cpu_count; i++)
        if (info->cpu_apic_id[i] == apic_id)
            return info->cpu_uid[i];
    return (uint8_t)apic_id;
}

static uint32_t build_madt(struct builder *b, const struct acpi_info *info,
                           const struct acpi_service_view *view)
{
    uint32_t start = begin_table(b, "APIC", 4);

    put32(b, (uint32_t)VLAPIC_BASE);
    put32(b, 0); /* no 8259s */
    for (uint32_t i = 0; i < view->cpu_count; i++) {
        put16(b, MADT_LAPIC | 8 << 8);
        put8(b, uid_of(info, view->apic_id[i]));
        put8(b, (uint8_t)view->apic_id[i]);
        put32(b, 1);
    }
    put16(b, MADT_IOAPIC | 12 << 8);
    put16(b, info->ioapic_count ? info->ioapic[0].id : 0);
    put32(b, (uint32_t)VIOAPIC_BASE);
    put32(b, 0);
    for (uint32_t i = 0; i < info->override_count; i++) {
        if (info->override[i].gsi >= VIOAPIC_PINS)
            continue;
        put16(b, MADT_OVERRIDE | 10 << 8);
        put16(b, (uint16_t)(info->override[i].irq << 8)); /* bus 0: ISA */
        put32(b, info->override[i].gsi);
        put16(b, info->override[i].flags);
    }
    end_table(b, start);
    return start;
}

static bool dropped(hpa_t table, const struct acpi_service_view *view)
{
    /*
     * Remapping hardware is the hypervisor's; topology, memory and error tables tell of CPUs and
     * memory that are others'; the console that SPCR and DBG2 name is not the guest's.
     */
    static const char drop[][5] = {"APIC", "DMAR", "IVRS", "SRAT", "SLIT", "MSCT",
                                   "PPTT", "HMAT", "EINJ", "ERST", "HEST", "BERT",
                                   "DRTM", "SPCR", "DBG2", "WDAT", "WDRT", "XSDT"};

    for (size_t i = 0; i < HV_ARRAY_SIZE(drop); i++)
        if (acpi_is(table, drop[i]))
            return true;
    for (uint32_t i = 0; i < view->drop_count && i < HV_ARRAY_SIZE(view->drop); i++)
        if (acpi_is(table, view->drop[i]))
            return true;
    return acpi_is(table, "HPET") && !view->keep_hpet;
}

enum bn_status acpi_build_service(const struct acpi_info *info,
                                  const struct acpi_service_view *view, hpa_t page)
{
    struct builder b = {.page = hpa_to_ptr(page), .at = XSDT_AT};
    uint8_t *rsdp = b.page;
    uint64_t xsdt = page + XSDT_AT, madt;
    uint32_t bytes = RSDP_BYTES, start, entry;

    __builtin_memset(b.page, 0, HV_PAGE_BYTES);
    start = begin_table(&b, "XSDT", 1);
    entry = b.at;
    put64(&b, 0); /* the MADT, whose place is not known yet */
    for (uint32_t i = 0; i < info->table_count; i++)
        if (!dropped(info->tables[i], view))
            put64(&b, info->tables[i]);
    end_table(&b, start);
    madt = page + build_madt(&b, info, view);
    if (b.full)
        return BN_ENOMEM;
    __builtin_memcpy(b.page + entry, &madt, 8);
    bytes = acpi_get32(xsdt + SDT_LENGTH);
    b.page[start + SDT_CHECKSUM] = 0;
    b.page[start + SDT_CHECKSUM] = checksum(b.page + start, bytes);

    bytes = RSDP_BYTES;
    __builtin_memcpy(rsdp, "RSD PTR ", 8);
    __builtin_memcpy(rsdp + RSDP_OEM, "BNACLE", 6);
    rsdp[RSDP_REVISION] = 2;
    __builtin_memcpy(rsdp + RSDP_LENGTH, &bytes, 4);
    __builtin_memcpy(rsdp + RSDP_XSDT, &xsdt, 8);
    rsdp[RSDP_CHECKSUM] = checksum(rsdp, RSDP_V1_BYTES);
    rsdp[RSDP_X_CHECKSUM] = checksum(rsdp, RSDP_BYTES);
    return BN_OK;
}
