/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the firmware's memory: pages for files, the scenario's ranges, the end of boot services. */
#include "loader.h"
#include "memory_map.h"

#define BELOW_1M  0xFFFFFu
#define MAP_BYTES (64u << 10)

static uint64_t map_buffer[MAP_BYTES / 8];

static uint64_t pages_below(uint64_t limit, uint64_t bytes, const char *what)
{
    EFI_PHYSICAL_ADDRESS base = limit;
    UINTN pages = page_up(bytes) / HV_PAGE_BYTES;
    EFI_STATUS status = BS->AllocatePages(AllocateMaxAddress, EfiLoaderData, pages, &base);

    if (status != EFI_SUCCESS)
        fail("too little memory: no %lu KiB free %s", pages * HV_PAGE_BYTES >> 10, what);
    BS->SetMem((VOID *)base, pages * HV_PAGE_BYTES, 0);
    return base;
}

uint64_t memory_pages(uint64_t bytes)
{
    return pages_below(HV_4_GIB - 1, bytes, "below 4 GiB");
}

uint64_t memory_low_page(void)
{
    uint64_t page = pages_below(BELOW_1M, HV_PAGE_BYTES, "below 1 MiB");

    return page ? page
                : pages_below(BELOW_1M, HV_PAGE_BYTES, "below 1 MiB"); /* page 0 is nobody's */
}

static UINTN read_raw_map(UINTN *stride, UINTN *key)
{
    UINTN bytes = sizeof(map_buffer);
    UINT32 version;
    EFI_STATUS status =
        BS->GetMemoryMap(&bytes, (EFI_MEMORY_DESCRIPTOR *)map_buffer, key, stride, &version);

    if (status != EFI_SUCCESS)
        fail("the firmware's memory map cannot be read: %s", efi_error(status));
    return bytes;
}

void memory_read_map(struct bn_boot_info *info)
{
    UINTN stride, key, bytes = read_raw_map(&stride, &key);

    info->memory_count =
        memory_map_read(map_buffer, bytes, stride, info->memory, BN_BOOT_MAX_MEMORY);
    if (info->memory_count > BN_BOOT_MAX_MEMORY)
        fail("the firmware's memory map has more than %u parts", BN_BOOT_MAX_MEMORY);
}

/* The parts of the range that firmware has free become ours; what it holds itself is free after
 * boot services. */
static void claim(const struct bn_range *r, bool whole)
{
    static uint64_t copy[MAP_BYTES / 8]; /* each allocation changes the map under us */
    const uint64_t end = r->hpa + r->bytes;
    UINTN stride, key, bytes = read_raw_map(&stride, &key);
    uint64_t claimed = 0;

    BS->CopyMem(copy, map_buffer, bytes);
    for (UINTN at = 0; at + stride <= bytes; at += stride) {
        const EFI_MEMORY_DESCRIPTOR *d = (const EFI_MEMORY_DESCRIPTOR *)((uint8_t *)copy + at);
        const uint64_t d_end = d->PhysicalStart + d->NumberOfPages * HV_PAGE_BYTES;
        EFI_PHYSICAL_ADDRESS from = d->PhysicalStart > r->hpa ? d->PhysicalStart : r->hpa;
        const uint64_t to = d_end < end ? d_end : end;

        if (d->Type != EfiConventionalMemory || from >= to)
            continue;
        if (BS->AllocatePages(AllocateAddress, EfiLoaderData, (to - from) / HV_PAGE_BYTES, &from) ==
            EFI_SUCCESS)
            claimed += to - from;
    }
    if (whole && claimed != r->bytes)
        fail("the firmware uses memory between 0x%lx and 0x%lx, which the scenario gives to the "
             "hypervisor: plan it elsewhere",
             r->hpa, end);
}

void memory_claim(const struct bn_scenario *s)
{
    struct bn_range range;
    struct scenario_ref who;

    for (uint32_t n = 0; scenario_claim(s, n, &range, &who); n++)
        claim(&range, who.object == SCENARIO_HYPERVISOR);
}

void memory_exit_boot_services(struct bn_boot_info *info)
{
    EFI_STATUS status = EFI_INVALID_PARAMETER;
    UINTN stride = 0, key = 0, bytes = 0;

    /* The map may change between the two calls (an event): then the key is old and both are to be
     * done again, §7.4.6. */
    for (unsigned tries = 0; tries < 8 && status == EFI_INVALID_PARAMETER; tries++) {
        bytes = read_raw_map(&stride, &key);
        status = BS->ExitBootServices(efi_image, key);
    }
    if (status != EFI_SUCCESS)
        fail("the firmware does not end its boot services: %s", efi_error(status));
    console_screen_off();
    info->tsc_exit = __builtin_ia32_rdtsc();
    info->memory_count =
        memory_map_read(map_buffer, bytes, stride, info->memory, BN_BOOT_MAX_MEMORY);
    if (info->memory_count > BN_BOOT_MAX_MEMORY) { /* firmware is gone: only the UART is left */
        say("ERROR: the firmware's memory map has more than %u parts", BN_BOOT_MAX_MEMORY);
        for (;;)
            __asm__ volatile("cli; hlt");
    }
}
