/* SPDX-License-Identifier: BSD-3-Clause */
/* The hypervisor's own address space: image by rights, direct map without execution, guarded
 * stacks. */
#include "hv/arch.h"
#include "hv/host.h"
#include "hv/log.h"

#define DIRECT_BASE 0xffff800000000000ull
#define STACK_BASE  0xffffffffc0000000ull /* stacks, each with an unmapped page below it */
#define LOWER_48    0x0000ffffffffffffull

extern char image_start[], image_rodata[], image_data[], image_end[];

static struct nested_paging tables;
static uint64_t next_stack = STACK_BASE;
static struct spinlock lock;

void *hpa_to_ptr(hpa_t address)
{
    return (void *)(DIRECT_BASE + address);
}

hpa_t ptr_to_hpa(const void *pointer)
{
    uint64_t p = (uint64_t)pointer;

    if (p >= (uint64_t)image_start)
        return p - (uint64_t)image_start + boot_info.image_base;
    return p - DIRECT_BASE;
}

/* The table module counts addresses from 0 to 2^48: the lower 48 bits select the same entries. */
static void map(uint64_t virtual, hpa_t to, uint64_t bytes, uint32_t rights)
{
    if (paging_map(&tables, virtual & LOWER_48, to, bytes, rights) != BN_OK)
        hv_panic("no memory for the hypervisor's page tables");
}

static void map_image(const char *from, const char *to, uint32_t rights)
{
    map((uint64_t)from, ptr_to_hpa(from), (uint64_t)(to - from), rights);
}

static void map_direct(void)
{
    map(DIRECT_BASE, 0, HV_4_GIB, MAP_READ | MAP_WRITE | MAP_UNCACHED);
    for (uint32_t i = 0; i < boot_info.memory_count; i++) {
        const struct bn_memory *m = &boot_info.memory[i];
        hpa_t from = page_down(m->base);
        hpa_t to = page_up(m->base + m->bytes);

        if (m->type == BN_MEMORY_USABLE || m->type == BN_MEMORY_ACPI ||
            m->type == BN_MEMORY_ACPI_NVS)
            map(DIRECT_BASE + from, from, to - from, MAP_READ | MAP_WRITE);
    }
}

void hostmap_init(void)
{
    if (cpuid(0x80000001, 0).edx & 1u << 26)
        paging_max_large = 2;
    if (paging_init(&tables, &paging_x86) != BN_OK)
        hv_panic("no memory for the hypervisor's page tables");
    map_direct();
    map_image(image_start, image_rodata, MAP_READ | MAP_EXEC);
    map_image(image_rodata, image_data, MAP_READ);
    map_image(image_data, image_end, MAP_READ | MAP_WRITE);
    HV_ASSERT(tables.root < HV_4_GIB); /* other CPUs load it in 32-bit mode */
    write_cr3(tables.root);
}

volatile void *host_map_mmio(hpa_t base, uint64_t bytes)
{
    hpa_t from = page_down(base);
    uint64_t length = page_up(base + bytes) - from;
    enum bn_status status = BN_OK;

    spin_lock(&lock);
    if (base >= HV_4_GIB)
        status = paging_map(&tables, (DIRECT_BASE + from) & LOWER_48, from, length,
                            MAP_READ | MAP_WRITE | MAP_UNCACHED);
    spin_unlock(&lock);
    return status == BN_OK ? hpa_to_ptr(base) : NULL;
}

uint64_t hostmap_stack(uint64_t bytes)
{
    hpa_t pages = pages_alloc(bytes / HV_PAGE_BYTES);
    uint64_t at;

    if (!pages)
        hv_panic("no memory for stacks");
    spin_lock(&lock);
    at = next_stack + HV_PAGE_BYTES;
    next_stack = at + bytes;
    map(at, pages, bytes, MAP_READ | MAP_WRITE);
    spin_unlock(&lock);
    return at + bytes;
}

void hostmap_low_page(hpa_t page, bool present)
{
    if (present)
        map(page, page, HV_PAGE_BYTES, MAP_READ | MAP_WRITE | MAP_EXEC);
    else if (paging_unmap(&tables, page, HV_PAGE_BYTES) != BN_OK)
        hv_panic("low page stays mapped");
    write_cr3(tables.root);
}
