/* SPDX-License-Identifier: BSD-3-Clause */
/* Hypercalls with hostile arguments, by hand and without the HSM driver in between. */
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "probe.h"

const u8 probe_uuid[16] = {0xd2, 0x79, 0x54, 0x38, 0x25, 0xd6, 0x11, 0xe8,
                           0x86, 0x4e, 0xcb, 0x7a, 0x18, 0xb3, 0x46, 0x43};

long probe_vmcall(ulong id, ulong a, ulong b)
{
    register ulong r8 asm("r8") = id;
    long result;

    asm volatile("vmcall" : "=a"(result), "+r"(r8) : "D"(a), "S"(b) : "memory");
    return result;
}

struct region {
    u32 operation, attributes;
    u64 user, service, bytes;
};

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
                    if (probe_vmcall(classes[c] + n, values[i], values[j]) >= 0) {
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
    probe_say("memory region %s: %ld", name, probe_vmcall(SET_MEMORY, virt_to_phys(page), 0));
}

static void try_regions(u8 *page, u16 vm)
{
    unsigned int i;

    for (i = 0; i < probe_target_count; i++)
        try_region(page, vm, probe_targets[i].name,
                   (struct region){0, 0x47, 0, probe_targets[i].base, 0x1000});
    try_region(page, vm, "high", (struct region){0, 0x47, 0, 1ull << 44, 0x1000});
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
    memcpy(page + 8, probe_uuid, sizeof(probe_uuid));
    result = probe_vmcall(VM_CREATE, virt_to_phys(page), 0);
    vm = *(u16 *)page;
    probe_say("create: %ld", result);
    if (result)
        return;
    try_regions(page, vm);
    *(u64 *)page = probe_targets[0].base;
    probe_say("ioreq buffer in %s: %ld", probe_targets[0].name,
              probe_vmcall(IOREQ_BUFFER, vm, virt_to_phys(page)));
    memset(page, 0xFF, PAGE_SIZE);
    probe_say("registers all ones: %ld", probe_vmcall(VCPU_REGS, vm, virt_to_phys(page)));
    probe_say("MSI all ones: %ld", probe_vmcall(INJECT_MSI, vm, virt_to_phys(page)));
    probe_say("notify of nothing: %ld", probe_vmcall(NOTIFY, vm, 0));
    probe_fields(page, vm);
    memset(page, 0, PAGE_SIZE);
    regs[1 + 16 + 4 + 2] = 0x60000010; /* CR0: real mode */
    *(u32 *)(page + 256) = 0x9B;       /* CS attributes */
    *(u32 *)(page + 260) = 0xFFFF;
    probe_say("registers: %ld", probe_vmcall(VCPU_REGS, vm, virt_to_phys(page)));
    probe_say("start without memory: %ld", probe_vmcall(VM_START, vm, 0));
    msleep(20);
    probe_say("destroy while it runs: %ld", probe_vmcall(VM_DESTROY, vm, 0));
    probe_say("destroy again: %ld", probe_vmcall(VM_DESTROY, vm, 0));
    probe_say("start after that: %ld", probe_vmcall(VM_START, vm, 0));
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

/* The IVI has no hypercalls at all: each is answered -EPERM, whatever it says. */
void probe_denied_hypercalls(void)
{
    const u64 values[] = {0, 1, ~0ull, probe_targets[0].base};
    unsigned int n, i, calls = 0, refused = 0;

    for (n = 0; n < 0x100; n++)
        for (i = 0; i < ARRAY_SIZE(values); i++) {
            calls++;
            refused += probe_vmcall(HYPERCALL(n), values[i], values[i]) == -1;
        }
    probe_say("hypercalls: %u hostile ones, %u accepted", calls, calls - refused);
}

void probe_destroy(unsigned int vm)
{
    probe_say("destroy of a VM that somebody else runs: %ld", probe_vmcall(VM_DESTROY, vm, 0));
}
