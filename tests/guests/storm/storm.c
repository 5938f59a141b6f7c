/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The storm: a guest that keeps its CPU's hypervisor busy for ever, in turns with hypercalls, IPIs
 * to itself, interrupts of its APIC's timer, ports and CPUID, and memory. It says "storm round"
 * after each turn through all of them. With "still" on its command line it does nothing of that: it
 * spins, for an emulator whose CPUs take turns has other turns beside one that is halted.
 */
#include "../bare.h"

#define INFO_CMDLINE (1u << 2)
#define VECTOR       0x40u
#define EVENTS       2000u /* of each kind, of a round */
#define SWEEP_BYTES  (16u << 20)
#define SWEEP        ((volatile uint32_t *)0x400000) /* behind the image */
#define APIC         0xFEE00000u
#define APIC_EOI     0xB0u
#define APIC_SVR     0xF0u
#define APIC_ICR     0x300u
#define APIC_TIMER   0x320u
#define APIC_INITIAL 0x380u
#define APIC_DIVIDE  0x3E0u
#define ICR_SELF     0x40000u
#define TIMER_TICKS  3000u
#define FOREIGN_PORT 0x21u
#define INTEL        0x756E6547u /* "Genu", in EBX of CPUID 0 */

static struct gate idt[VECTOR + 1];
const struct table_register idt_register = {sizeof(idt) - 1, idt};
static volatile uint32_t interrupts;

void interrupt(void);
void storm_interrupt(void);
void storm_main(const uint32_t *info);

static void apic_write(uint32_t reg, uint32_t value)
{
    *(volatile uint32_t *)(APIC + reg) = value;
}

void storm_interrupt(void)
{
    interrupts++;
    apic_write(APIC_EOI, 0);
}

static uint32_t vendor(void)
{
    uint32_t a = 0, b, c = 0, d;

    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return b;
}

/* A number that nobody knows, and one that only the service VM may use. */
static void hypercalls(void)
{
    const uint32_t numbers[] = {0x7FFFFFFF, 0x80000010};

    for (uint32_t i = 0; i < EVENTS; i++) {
        uint32_t a = numbers[i % 2], b = 0, c = 0, d = 0;

        if (vendor() == INTEL)
            __asm__ volatile("vmcall" : "+a"(a), "+b"(b), "+c"(c), "+d"(d) : : "memory");
        else
            __asm__ volatile("vmmcall" : "+a"(a), "+b"(b), "+c"(c), "+d"(d) : : "memory");
    }
}

static void ipis(void)
{
    for (uint32_t i = 0; i < EVENTS; i++) {
        uint32_t before = interrupts;

        apic_write(APIC_ICR, ICR_SELF | VECTOR);
        while (interrupts == before)
            ;
    }
}

static void timer_interrupts(void)
{
    for (uint32_t i = 0; i < EVENTS; i++) {
        uint32_t before = interrupts;

        apic_write(APIC_INITIAL, TIMER_TICKS);
        while (interrupts == before)
            __asm__ volatile("pause");
    }
}

static void ports(void)
{
    for (uint32_t i = 0; i < EVENTS; i++) {
        out8(FOREIGN_PORT, (uint8_t)i);
        (void)in8(FOREIGN_PORT);
    }
}

static void memory(void)
{
    for (uint32_t i = 0; i < SWEEP_BYTES / 4; i++)
        SWEEP[i] = SWEEP[(i * 1031) % (SWEEP_BYTES / 4)] + i;
}

static int is_still(const uint32_t *info)
{
    const char *line = info[0] & INFO_CMDLINE ? (const char *)(uintptr_t)info[4] : "";

    for (; *line; line++)
        if (line[0] == 's' && line[1] == 't' && line[2] == 'i')
            return 1;
    return 0;
}

void storm_main(const uint32_t *info)
{
    if (is_still(info)) {
        print("storm still\n");
        for (;;)
            ;
    }
    idt[VECTOR] = interrupt_gate(interrupt);
    apic_write(APIC_SVR, 0x1FF);
    apic_write(APIC_DIVIDE, 0xB);
    apic_write(APIC_TIMER, VECTOR);
    __asm__ volatile("sti");
    for (;;) {
        hypercalls();
        ipis();
        timer_interrupts();
        ports();
        memory();
        print("storm round\n");
    }
}
