/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The memory map: identity, PAE, nothing both writable and executable, guard pages under every
 * stack, page 0 and all that the kernel does not know left out (SDM vol. 3 §4.4).
 */
#include "../kernel/internal.h"
#include "board.h"
#include "mem.h"
#include "x86.h"

#define SMALL_BYTES                                                                                \
    (16u << 20) /* the image's first part is mapped in 4 KiB pages, the rest in 2 MiB ones */
#define LARGE 0x200000u

#define PTE_P   1ull
#define PTE_W   2ull
#define PTE_U   4ull
#define PTE_PWT 8ull
#define PTE_PCD 16ull
#define PTE_A   0x20ull
#define PTE_D   0x40ull
#define PTE_PS  0x80ull
#define PTE_NX  (1ull << 63)

#define CPUID_1_EDX_PAE  (1u << 6)
#define CPUID_1_EDX_PAT  (1u << 16)
#define CPUID_X1_EDX_NX  (1u << 20)
#define EFER_NXE         0x800u
#define PAT_WB_WC_UCM_UC 0x00070106u /* entry 1, reached by PWT alone, becomes write-combining */

extern uint8_t image_start[], text_end[], rodata_end[], applications_start[], stacks_start[],
    stacks_end[], image_end[];
extern uint8_t boot_stack[], emergency_stack[];

static uint64_t pdpt[4] __attribute__((aligned(32)));
static uint64_t pd[4][512] __attribute__((aligned(4096)));
static uint64_t pt[SMALL_BYTES / LARGE][512] __attribute__((aligned(4096)));
static uint64_t nx;
static bool have_pat;

static void map_small(const uint8_t *from, const uint8_t *to, uint64_t bits)
{
    for (uint32_t a = (uint32_t)from; a < (uint32_t)to; a += OS_PAGE_BYTES)
        pt[a / LARGE][a / OS_PAGE_BYTES % 512] = a | bits | PTE_P | PTE_A | PTE_D;
}

static void unmap_guard(const uint8_t *stack)
{
    uint32_t a = (uint32_t)stack;

    OS_ASSERT(a % OS_PAGE_BYTES == 0 && a >= (uint32_t)stacks_start && a < (uint32_t)stacks_end);
    pt[a / LARGE][a / OS_PAGE_BYTES % 512] = 0;
}

static void map_image(void)
{
    uint32_t end = ((uint32_t)image_end + LARGE - 1) & ~(LARGE - 1);
    const uint8_t *small_end = end < SMALL_BYTES ? image_end : (const uint8_t *)SMALL_BYTES;

    OS_ASSERT((uint32_t)stacks_end <= SMALL_BYTES);
    map_small(image_start, text_end, PTE_U);
    map_small(text_end, rodata_end, PTE_U | nx);
    map_small(rodata_end, small_end, PTE_W | nx);
    unmap_guard(boot_stack);
    unmap_guard(emergency_stack);
    for (uint8_t t = 0; t < os_config.tasks; t++)
        unmap_guard(os_config.task[t].stack);
    for (uint8_t t = 0; t < os_config.tasks; t++)
        if (os_config.task[t].kernel_stack)
            unmap_guard(os_config.task[t].kernel_stack);
    for (uint32_t i = 0; i < SMALL_BYTES / LARGE; i++)
        pd[0][i] = (uint32_t)pt[i] | PTE_P | PTE_W | PTE_U;
    for (uint32_t a = SMALL_BYTES; a < end; a += LARGE)
        pd[a >> 30][a / LARGE % 512] = a | PTE_P | PTE_W | PTE_PS | PTE_A | PTE_D | nx;
}

static void discover(void)
{
    uint32_t r[4], low, high;

    cpuid(1, r);
    OS_ASSERT(r[3] & CPUID_1_EDX_PAE);
    have_pat = r[3] & CPUID_1_EDX_PAT && safe_rdmsr(MSR_PAT, &low, &high) == 0 &&
               safe_wrmsr(MSR_PAT, PAT_WB_WC_UCM_UC, 0x00070406u) == 0;
    cpuid(0x80000000u, r);
    if (r[0] < 0x80000001u)
        return;
    cpuid(0x80000001u, r);
    if (r[3] & CPUID_X1_EDX_NX && safe_rdmsr(MSR_EFER, &low, &high) == 0 &&
        safe_wrmsr(MSR_EFER, low | EFER_NXE, high) == 0)
        nx = PTE_NX;
}

/* Of the small pages' tables, the first of the two that hold applications' data and the stacks. */
static uint32_t first_table(void)
{
    uint32_t first = (uint32_t)applications_start / LARGE;

    OS_ASSERT((uint32_t)stacks_end <= (first + 2) * LARGE && first + 2 <= SMALL_BYTES / LARGE);
    return first;
}

void paging_clone(uint64_t *root, uint64_t (*tables)[512])
{
    uint32_t first = first_table();

    memcpy(root, pdpt, sizeof(pdpt));
    memcpy(tables[0], pd[0], sizeof(pd[0]));
    root[0] = (uint32_t)tables[0] | PTE_P;
    for (uint32_t i = 0; i < 2; i++) {
        memcpy(tables[1 + i], pt[first + i], sizeof(pt[0]));
        tables[0][first + i] = (uint32_t)tables[1 + i] | PTE_P | PTE_W | PTE_U;
    }
}

void paging_grant(uint64_t (*tables)[512], const uint8_t *from, const uint8_t *to)
{
    for (uint32_t a = (uint32_t)from; a < (uint32_t)to; a += OS_PAGE_BYTES)
        tables[1 + a / LARGE - first_table()][a / OS_PAGE_BYTES % 512] |= PTE_U;
}

uint32_t paging_root(void)
{
    return (uint32_t)pdpt;
}

void paging_init(void)
{
    discover();
    map_image();
    for (uint32_t i = 0; i < 4; i++)
        pdpt[i] = (uint32_t)pd[i] | PTE_P;
    /* CR4: PAE; OSFXSR and OSXMMEXCPT for the drawing code; neither SMEP nor SMAP, for the code is
     * that of all rings. CR0: PG, WP (read-only binds us too),
     * no emulation of SSE. */
    __asm__ volatile(
        "movl %0, %%cr3\n\t"
        "movl %%cr4, %%eax\n\tandl $0xFFCFFFFF, %%eax\n\torl $0x620, %%eax\n\tmovl %%eax, %%cr4\n\t"
        "movl %%cr0, %%eax\n\tandl $0x9FFFFFF3, %%eax\n\torl $0x80010022, %%eax\n\t"
        "movl %%eax, %%cr0\n\tjmp 1f\n1:"
        :
        : "r"((uint32_t)pdpt)
        : "eax", "memory");
}

bool paging_map(uint64_t pa, uint64_t bytes, enum map_kind kind)
{
    uint64_t bits = PTE_P | PTE_W | PTE_PS | PTE_A | PTE_D | nx, end = pa + bytes;

    if (bytes == 0 || end < pa || end > 1ull << 32 || pa < (uint32_t)image_end || pa < SMALL_BYTES)
        return false;
    if (kind == MAP_DEVICE)
        bits |= PTE_PCD | PTE_PWT;
    else if (kind == MAP_WRITE_COMBINE)
        bits |= have_pat ? PTE_PWT : PTE_PCD | PTE_PWT;
    for (uint64_t a = pa & ~(uint64_t)(LARGE - 1); a < end; a += LARGE) {
        uint64_t *entry = &pd[(uint32_t)a >> 30][(uint32_t)a / LARGE % 512];

        if (*entry & PTE_P && *entry != ((uint32_t)a | bits))
            return false;
        *entry = (uint32_t)a | bits;
        __asm__ volatile("invlpg (%0)" : : "r"((uint32_t)a) : "memory");
    }
    return true;
}
