/* SPDX-License-Identifier: BSD-3-Clause */
/* The service VM's view of ACPI: a root of its own that lists its CPUs and leaves out what is not
 * its. */
#include "acpi_tables.h"
#include "hv/vioapic.h"

#define MADT_AT 64u /* behind the root pointer */

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

static void put_number(struct builder *b, uint64_t value, uint32_t bytes)
{
    put(b, &value, bytes);
}

static uint32_t begin_table(struct builder *b, const char *signature, uint8_t revision)
{
    uint32_t start = b->at;

    put(b, signature, 4);
    put_number(b, 0, 4);          /* length, by end_table */
    put_number(b, revision, 2);   /* and the checksum */
    put(b, "BNACLEBINNACLE", 14); /* OEM id, OEM table id */
    put_number(b, 1, 4);
    put(b, "BNCL", 4);
    put_number(b, 1, 4);
    return start;
}

static void end_table(struct builder *b, uint32_t start)
{
    uint32_t bytes = b->at - start;

    if (b->full)
        return;
    __builtin_memcpy(b->page + start + SDT_LENGTH, &bytes, 4);
    b->page[start + SDT_CHECKSUM] = (uint8_t)-acpi_sum(b->page + start, bytes);
    b->at = (b->at + 15) & ~15u;
}

static void build_madt(struct builder *b, const struct acpi_info *info, const struct vm *vm)
{
    uint32_t start = begin_table(b, "APIC", 4);

    put_number(b, VLAPIC_BASE, 4);
    put_number(b, 0, 4); /* no 8259s */
    for (uint32_t i = 0; i < vm->vcpu_count; i++) {
        const struct vcpu *vcpu = &vm->vcpu[i]; /* CPUs are numbered as `info` lists them */

        put_number(b, MADT_LAPIC | 8 << 8, 2);
        put_number(b, info->cpu[vcpu->pcpu->id].uid | vcpu->lapic.apic_id << 8, 2);
        put_number(b, 1, 4);
    }
    put_number(b, MADT_IOAPIC | 12 << 8, 2);
    put_number(b, info->ioapic[0].id, 2); /* 0 if there is none */
    put_number(b, VIOAPIC_BASE, 8);       /* and its first line: 0 */
    for (uint32_t i = 0; i < info->override_count; i++) {
        if (info->override[i].gsi >= VIOAPIC_PINS)
            continue;
        put_number(b, MADT_OVERRIDE | 10 << 8 | (uint32_t)info->override[i].irq << 24, 4); /* ISA */
        put_number(b, info->override[i].gsi, 4);
        put_number(b, info->override[i].flags, 2);
    }
    end_table(b, start);
}

static bool dropped(hpa_t table)
{
    /*
     * Remapping hardware is the hypervisor's; topology, memory and error tables tell of CPUs and
     * memory that are others'; the console that SPCR and DBG2 name is not the guest's.
     */
    static const char drop[][5] = {"APIC", "DMAR", "IVRS", "SRAT", "SLIT", "MSCT", "PPTT",
                                   "HMAT", "EINJ", "ERST", "HEST", "BERT", "DRTM", "SPCR",
                                   "DBG2", "WDAT", "WDRT", "XSDT", "HPET"};

    for (size_t i = 0; i < HV_ARRAY_SIZE(drop); i++)
        if (acpi_is(table, drop[i]))
            return true;
    return false;
}

enum bn_status acpi_build_service(const struct acpi_info *info, const struct vm *vm, hpa_t page)
{
    struct builder b = {.page = hpa_to_ptr(page), .at = MADT_AT};
    uint8_t *rsdp = b.page;
    uint32_t start;

    __builtin_memset(b.page, 0, HV_PAGE_BYTES);
    build_madt(&b, info, vm);
    start = begin_table(&b, "XSDT", 1);
    put_number(&b, page + MADT_AT, 8);
    for (uint32_t i = 0; i < info->table_count; i++)
        if (!dropped(info->tables[i]))
            put_number(&b, info->tables[i], 8);
    end_table(&b, start);
    if (b.full)
        return BN_ENOMEM;

    b.at = 0;
    put(&b, "RSD PTR \0BNACLE\2", 16); /* checksum 0 as yet, revision 2 */
    put_number(&b, 0, 4);              /* no RSDT */
    put_number(&b, RSDP_BYTES, 4);
    put_number(&b, page + start, 8);
    rsdp[RSDP_CHECKSUM] = (uint8_t)-acpi_sum(rsdp, RSDP_V1_BYTES);
    rsdp[RSDP_X_CHECKSUM] = (uint8_t)-acpi_sum(rsdp, RSDP_BYTES);
    return BN_OK;
}
