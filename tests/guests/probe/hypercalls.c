/* SPDX-License-Identifier: BSD-3-Clause */
/* Hypercalls with every field hostile, by hand and without the HSM driver in between. */
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "probe.h"

#define ID(n)        (0x80000000ul | (n))
#define CREATE       ID(0x10)
#define DESTROY      ID(0x11)
#define START        ID(0x12)
#define REGS         ID(0x16)
#define MSI          ID(0x23)
#define IOREQ_BUFFER ID(0x30)
#define NOTIFY       ID(0x31)
#define MEMORY       ID(0x42)

static const u8 uuid[16] = {0xd2, 0x79, 0x54, 0x38, 0x25, 0xd6, 0x11, 0xe8,
                            0x86, 0x4e, 0xcb, 0x7a, 0x18, 0xb3, 0x46, 0x43};

struct region {
    u32 operation, attributes;
    u64 user, service, bytes;
};

static long call(ulong id, ulong a, ulong b)
{
    register ulong r8 asm("r8") = id;
    long result;

    asm volatile("vmcall" : "=a"(result), "+r"(r8) : "D"(a), "S"(b) : "memory");
    return result;
}

/* Every number with every pair of hostile values; none may succeed, none may hurt. */
static void try_all(const u64 *values, unsigned int count)
{
    static const ulong classes[] = {0x80000000, 0x81000000, 0, 0xFFFFFFFF00000000};
    unsigned int c, n, i, j, calls = 0, accepted = 0;

    for (c = 0; c < ARRAY_SIZE(classes); c++)
        for (n = 0; n < 0x100; n++)
            for (i = 0; i < count; i++)
                for (j = 0; j < count; j++) {
                    calls++;
                    if (call(classes[c] + n, values[i], values[j]) >= 0) {
                        accepted++;
                        probe_say("hypercall %lx(%llx, %llx): ACCEPTED", classes[c] + n, values[i],
                                  values[j]);
                    }
                }
    probe_say("hypercalls: %u hostile ones, %u accepted", calls, accepted);
}

static void try_region(u8 *page, u16 vm, const char *name, struct region r)
{
    u64 *batch = (u64 *)page;

    memset(page, 0, PAGE_SIZE);
    batch[0] = vm;
    batch[1] = 1; /* count */
    batch[2] = virt_to_phys(page + 64);
    memcpy(page + 64, &r, sizeof(r));
    probe_say("memory region %s: %ld", name, call(MEMORY, virt_to_phys(page), 0));
}

static void try_regions(u8 *page, u16 vm)
{
    unsigned int i;

    for (i = 0; i < probe_target_count; i++)
        try_region(page, vm, probe_targets[i].name,
                   (struct region){0, 0x47, 0, probe_targets[i].base, 0x1000});
    try_region(page, vm, "local APIC", (struct region){0, 0x103, 0, 0xFEE00000, 0x1000});
    try_region(page, vm, "I/O APIC", (struct region){0, 0x103, 0, 0xFEC00000, 0x1000});
    try_region(page, vm, "wrapping", (struct region){0, 0x47, 0, 0x1000, ~0xFFFull});
    try_region(page, vm, "wrapping guest", (struct region){0, 0x47, ~0xFFFull, 0x1000, 0x2000});
    try_region(page, vm, "unaligned", (struct region){0, 0x47, 1, 0x1001, 0x1000});
    try_region(page, vm, "everything", (struct region){0, 0x47, 0, 0, 1ull << 46});
}

/* A VM of our own that runs on nothing is destroyed while it does so. */
static void try_vm(u8 *page)
{
    u16 vm;
    long result;
    u64 *regs = (u64 *)page;

    memset(page, 0, PAGE_SIZE);
    memcpy(page + 8, uuid, sizeof(uuid));
    result = call(CREATE, virt_to_phys(page), 0);
    vm = *(u16 *)page;
    probe_say("create: %ld", result);
    if (result)
        return;
    try_regions(page, vm);
    *(u64 *)page = probe_targets[0].base;
    probe_say("ioreq buffer in %s: %ld", probe_targets[0].name,
              call(IOREQ_BUFFER, vm, virt_to_phys(page)));
    memset(page, 0xFF, PAGE_SIZE);
    probe_say("registers all ones: %ld", call(REGS, vm, virt_to_phys(page)));
    probe_say("MSI all ones: %ld", call(MSI, vm, virt_to_phys(page)));
    probe_say("notify of nothing: %ld", call(NOTIFY, vm, 0));
    memset(page, 0, PAGE_SIZE);
    regs[1 + 16 + 4 + 2] = 0x60000010; /* CR0: real mode */
    *(u32 *)(page + 256) = 0x9B;       /* CS attributes */
    *(u32 *)(page + 260) = 0xFFFF;
    probe_say("registers: %ld", call(REGS, vm, virt_to_phys(page)));
    probe_say("start without memory: %ld", call(START, vm, 0));
    msleep(20);
    probe_say("destroy while it runs: %ld", call(DESTROY, vm, 0));
    probe_say("destroy again: %ld", call(DESTROY, vm, 0));
    probe_say("start after that: %ld", call(START, vm, 0));
}

void probe_hypercalls(void)
{
    u8 *page = (u8 *)get_zeroed_page(GFP_KERNEL);
    u64 values[] = {0,
                    3,
                    0xFFFF,
                    0x10001,
                    ~0ull,
                    1ull << 63,
                    ~0xFFFull,
                    0x7FFFFFFFF000,
                    probe_targets[0].base,
                    probe_targets[probe_target_count > 1].base};

    if (!page)
        return;
    try_all(values, ARRAY_SIZE(values));
    try_vm(page);
    free_page((ulong)page);
}
