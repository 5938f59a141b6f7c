/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the translation of the EFI memory map. */
#include "memory_map.h"

#define EFI_PAGE      4096u
#define MAX_PAGES     (UINT64_C(1) << 40)
#define EFI_MEMORY_SP UINT64_C(0x40000) /* specific purpose: kept for drivers */
#define EFI_MEMORY_WB UINT64_C(0x8)

struct efi_descriptor { /* EFI_MEMORY_DESCRIPTOR, UEFI 2.10 §7.2.3 */
    uint32_t type, pad;
    uint64_t physical_start, virtual_start, pages, attribute;
};

static uint32_t type_of(const struct efi_descriptor *d)
{
    static const uint8_t types[] = {
        /* what is not here stays reserved */
        [1] = BN_MEMORY_USABLE,    /* EfiLoaderCode */
        [2] = BN_MEMORY_USABLE,    /* EfiLoaderData */
        [3] = BN_MEMORY_USABLE,    /* EfiBootServicesCode */
        [4] = BN_MEMORY_USABLE,    /* EfiBootServicesData */
        [7] = BN_MEMORY_USABLE,    /* EfiConventionalMemory */
        [9] = BN_MEMORY_ACPI,      /* EfiACPIReclaimMemory */
        [10] = BN_MEMORY_ACPI_NVS, /* EfiACPIMemoryNVS */
        [11] = BN_MEMORY_MMIO,     /* EfiMemoryMappedIO */
        [12] = BN_MEMORY_MMIO,     /* EfiMemoryMappedIOPortSpace */
    };
    uint32_t type = d->type < sizeof(types) ? types[d->type] : 0;

    if (!type)
        type = BN_MEMORY_RESERVED;
    if (type == BN_MEMORY_USABLE &&
        ((d->attribute & EFI_MEMORY_SP) || !(d->attribute & EFI_MEMORY_WB)))
        type = BN_MEMORY_RESERVED;
    return type;
}

bool memory_map_insert(struct bn_memory *to, uint32_t *count, uint32_t max, struct bn_memory e)
{
    uint32_t at = *count;

    if (*count == max)
        return false;
    for (; at > 0 && to[at - 1].base > e.base; at--)
        to[at] = to[at - 1];
    to[at] = e;
    ++*count;
    return true;
}

/* What a broken firmware lists twice is cut off the later entry. */
uint32_t memory_map_join(struct bn_memory *to, uint32_t count)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < count; i++) {
        struct bn_memory e = to[i];

        if (kept) {
            struct bn_memory *last = &to[kept - 1];
            const uint64_t end = last->base + last->bytes;

            if (e.base < end) {
                const uint64_t cut = end - e.base;

                if (cut >= e.bytes)
                    continue;
                e.base += cut;
                e.bytes -= cut;
            }
            if (e.base == end && e.type == last->type) {
                last->bytes += e.bytes;
                continue;
            }
        }
        to[kept++] = e;
    }
    return kept;
}

uint32_t memory_map_read(const void *map, size_t bytes, size_t stride, struct bn_memory *to,
                         uint32_t max)
{
    uint32_t count = 0;

    if (stride < sizeof(struct efi_descriptor))
        return 0;
    for (size_t at = 0; at + stride <= bytes; at += stride) {
        struct efi_descriptor d;

        __builtin_memcpy(&d, (const uint8_t *)map + at, sizeof(d));
        if (d.pages == 0 || d.pages > MAX_PAGES || d.physical_start > MAX_PAGES * EFI_PAGE)
            continue;
        const struct bn_memory e = {d.physical_start, d.pages * EFI_PAGE, type_of(&d), 0};

        if (count == max) /* firmware's maps are long and mostly neighbours of one type */
            count = memory_map_join(to, count);
        if (!memory_map_insert(to, &count, max, e))
            return max + 1;
    }
    return memory_map_join(to, count);
}
