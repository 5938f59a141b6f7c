/* SPDX-License-Identifier: BSD-3-Clause */
/* Segments, interrupt descriptors and the way from a vector to its handler (SDM vol. 3 §3.5, §6).
 */
#include "x86.h"

#include "../kernel/internal.h"
#include "board.h"

#define SELECTOR_CODE         0x08u
#define SELECTOR_DATA         0x10u
#define SELECTOR_TSS          0x18u
#define SELECTOR_DOUBLE_FAULT 0x20u
#define VECTOR_DOUBLE_FAULT   8u
#define VECTOR_GP             13u

struct tss { /* SDM vol. 3 fig. 8-2 */
    uint32_t link, esp0, ss0, esp1, ss1, esp2, ss2;
    uint32_t cr3, eip, eflags, eax, ecx, edx, ebx, esp, ebp, esi, edi;
    uint32_t es, cs, ss, ds, fs, gs, ldt;
    uint32_t iomap;
};
_Static_assert(sizeof(struct tss) == 104, "TSS");

struct table_pointer {
    uint16_t limit;
    uint32_t base;
} __attribute__((packed));

extern const uint8_t trap_stubs[];
extern const uint8_t safe_wrmsr_at[], safe_rdmsr_at[], safe_msr_failed[];
extern uint8_t emergency_stack_top[];
void double_fault_entry(void);
void trap_dispatch(struct trap_frame *frame);

static uint64_t gdt[7];
static uint64_t idt[256];
static struct tss tss_main, tss_double_fault;
static void (*handlers[256])(void);
static uint8_t categories[256];

static uint64_t segment(uint32_t base, uint32_t limit, uint32_t access, uint32_t flags)
{
    return (uint64_t)(base >> 24) << 56 | (uint64_t)flags << 52 |
           (uint64_t)(limit >> 16 & 0xF) << 48 | (uint64_t)access << 40 |
           (uint64_t)(base & 0xFFFFFF) << 16 | (limit & 0xFFFF);
}

/* `ring`: the outermost that may use it by an INT instruction. */
static uint64_t interrupt_gate(uint32_t target, uint32_t ring)
{
    return (uint64_t)(target >> 16) << 48 | (0x8E00ull | ring << 13) << 32 |
           (uint64_t)SELECTOR_CODE << 16 | (target & 0xFFFF);
}

static void load_tables(void)
{
    struct table_pointer gdtr = {sizeof(gdt) - 1, (uint32_t)gdt};
    struct table_pointer idtr = {sizeof(idt) - 1, (uint32_t)idt};

    __asm__ volatile("lgdt %0\n\tljmp %1, $1f\n1:\n\t"
                     "movl %2, %%ss\n\tmovl %5, %%ds\n\tmovl %5, %%es\n\t"
                     "movl %5, %%fs\n\tmovl %5, %%gs\n\tlidt %3\n\tltr %w4"
                     :
                     : "m"(gdtr), "i"(SELECTOR_CODE), "r"(SELECTOR_DATA), "m"(idtr),
                       "r"(SELECTOR_TSS), "r"(SELECTOR_USER_DATA)
                     : "memory");
}

void trap_init(void)
{
    gdt[1] = segment(0, 0xFFFFF, 0x9B, 0xC);
    gdt[2] = segment(0, 0xFFFFF, 0x93, 0xC);
    gdt[3] = segment((uint32_t)&tss_main, sizeof(tss_main) - 1, 0x89, 0);
    gdt[4] = segment((uint32_t)&tss_double_fault, sizeof(tss_double_fault) - 1, 0x89, 0);
    gdt[5] = segment(0, 0xFFFFF, 0xFB, 0xC);
    gdt[6] = segment(0, 0xFFFFF, 0xF3, 0xC);
    tss_main.ss0 = SELECTOR_DATA;
    tss_main.iomap = sizeof(tss_main) << 16; /* behind its end: no port is ring 3's */
    tss_double_fault = (struct tss){
        .cr3 = paging_root(),
        .eip = (uint32_t)double_fault_entry,
        .eflags = 2,
        .esp = (uint32_t)emergency_stack_top,
        .es = SELECTOR_DATA,
        .cs = SELECTOR_CODE,
        .ss = SELECTOR_DATA,
        .ds = SELECTOR_DATA,
        .fs = SELECTOR_DATA,
        .gs = SELECTOR_DATA,
        .iomap = sizeof(struct tss) << 16,
    };
    for (uint32_t v = 0; v < 256; v++)
        idt[v] = interrupt_gate((uint32_t)trap_stubs + 16 * v, v == VECTOR_SERVICE ? 3 : 0);
    idt[VECTOR_DOUBLE_FAULT] = 0x8500ull << 32 | (uint64_t)SELECTOR_DOUBLE_FAULT << 16;
    load_tables();
}

void trap_set_stack(uint32_t top)
{
    tss_main.esp0 = top;
}

void trap_set_handler(uint8_t vector, void (*handler)(void), uint8_t category)
{
    OS_ASSERT(vector >= 32 && !handlers[vector]);
    handlers[vector] = handler;
    categories[vector] = category;
}

/* Without the OS: no service may be called, and no task begins to run at its end. */
static void run_category_1(uint32_t vector)
{
    uint16_t outer = os_isr1_enter();

    handlers[vector]();
    apic_eoi();
    os_isr1_exit(outer);
}

void trap_dispatch(struct trap_frame *frame)
{
    if (frame->vector == VECTOR_GP &&
        (frame->eip == (uint32_t)safe_wrmsr_at || frame->eip == (uint32_t)safe_rdmsr_at)) {
        frame->eip = (uint32_t)safe_msr_failed;
        return;
    }
    if (frame->cs & 3 && user_trap(frame))
        return;
    if (frame->vector == VECTOR_SPURIOUS)
        return; /* SDM vol. 3 §10.9: no EOI */
    if (frame->vector < 32 || !handlers[frame->vector])
        panic_trap(frame);
    if (categories[frame->vector] == 1) {
        run_category_1(frame->vector);
        return;
    }
    os_isr_enter();
    handlers[frame->vector]();
    apic_eoi();
    os_isr_exit();
}
