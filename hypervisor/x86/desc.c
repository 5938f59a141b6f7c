/* SPDX-License-Identifier: BSD-3-Clause */
/* Each CPU's descriptor tables: GDT, task state with its guarded stacks, interrupt table, GS. */
#include "hv/arch.h"
#include "hv/lib.h"
#include "hv/log.h"

#define STACK_BYTES 0x4000u
#define IST_NMI     1u
#define IST_FAULT   2u /* double fault, machine check: whatever the stack is worth */

struct tss {
    uint32_t reserved0;
    uint64_t rsp[3];
    uint64_t reserved1;
    uint64_t ist[7];
    uint64_t reserved2;
    uint16_t reserved3, io_map;
} __attribute__((packed));

struct cpu_tables {
    uint64_t gdt[5]; /* null, code, data, TSS in two */
    struct tss tss;
};

struct gate {
    uint16_t offset_low, selector;
    uint8_t ist, type;
    uint16_t offset_mid;
    uint32_t offset_high, reserved;
};

struct table_pointer {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

static struct cpu_tables tables[HV_MAX_PCPUS];
static struct gate idt[256];
extern char trap_stubs[]; /* 16 bytes each */

static void fill_idt(void)
{
    for (unsigned i = 0; i < 256; i++) {
        uint64_t entry = (uint64_t)trap_stubs + 16u * i;

        idt[i] = (struct gate){
            .offset_low = (uint16_t)entry,
            .selector = 8,
            .ist = i == 2              ? IST_NMI
                   : i == 8 || i == 18 ? IST_FAULT
                                       : 0,
            .type = 0x8E,
            .offset_mid = (uint16_t)(entry >> 16),
            .offset_high = (uint32_t)(entry >> 32),
        };
    }
}

static void load(struct cpu_tables *t)
{
    struct table_pointer gdtr = {sizeof(t->gdt) - 1, (uint64_t)t->gdt};
    struct table_pointer idtr = {sizeof(idt) - 1, (uint64_t)idt};

    __asm__ volatile("lgdt %0\n"
                     "lidt %1\n"
                     "pushq $8\n"
                     "lea 1f(%%rip), %%rax\n"
                     "push %%rax\n"
                     "lretq\n"
                     "1: mov $16, %%eax\n"
                     "mov %%eax, %%ds\n"
                     "mov %%eax, %%es\n"
                     "mov %%eax, %%ss\n"
                     "xor %%eax, %%eax\n"
                     "mov %%eax, %%fs\n"
                     "mov %%eax, %%gs\n"
                     "lldt %%ax\n"
                     "mov $24, %%eax\n"
                     "ltr %%ax\n"
                     :
                     : "m"(gdtr), "m"(idtr)
                     : "rax", "memory");
}

void cpu_tables_init(struct pcpu *cpu)
{
    struct cpu_tables *t = &tables[cpu->id];
    uint64_t base = (uint64_t)&t->tss;

    if (cpu->id == 0)
        fill_idt();
    if (!cpu->stack_top)
        cpu->stack_top = hostmap_stack(STACK_BYTES);
    t->tss.ist[IST_NMI - 1] = hostmap_stack(HV_PAGE_BYTES * 2);
    t->tss.ist[IST_FAULT - 1] = hostmap_stack(HV_PAGE_BYTES * 2);
    t->tss.io_map = sizeof(struct tss);
    t->gdt[1] = 0x00af9b000000ffffull;
    t->gdt[2] = 0x00cf93000000ffffull;
    t->gdt[3] = (sizeof(struct tss) - 1) | (base & 0xffffff) << 16 | 0x89ull << 40 |
                (base >> 24 & 0xff) << 56;
    t->gdt[4] = base >> 32;
    load(t);
    cpu->self = cpu;
    wrmsr(MSR_GS_BASE, (uint64_t)cpu);
    write_cr4((read_cr4() | X86_CR4_PAE | X86_CR4_PGE | X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT) &
              ~(uint64_t)X86_CR4_SMEP);
    write_cr0((read_cr0() | X86_CR0_WP | X86_CR0_NE | 2u) & ~0x6000000Cull); /* no TS, EM, CD, NW */
}

struct cpu_places cpu_tables_places(const struct pcpu *cpu)
{
    const struct cpu_tables *t = &tables[cpu->id];

    return (struct cpu_places){(uint64_t)t->gdt, (uint64_t)idt, (uint64_t)&t->tss};
}
