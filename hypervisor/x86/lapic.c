/* SPDX-License-Identifier: BSD-3-Clause */
/* The host's local APIC, in x2APIC mode wherever there is one: IPIs, EOI, the one-shot timer. */
#include "dev/vlapic_regs.h"
#include "hv/arch.h"
#include "hv/host.h"
#include "hv/hw.h"

#define SVR_ON       (SVR_ENABLED | HOST_VECTOR_SPURIOUS)
#define LVT_DEADLINE (2u << 17)
#define DIVIDE_BY_1  0xBu

static bool x2apic, deadline_mode;
static hpa_t xapic_base;

static uint32_t read_register(uint32_t reg)
{
    if (x2apic)
        return (uint32_t)rdmsr(MSR_X2APIC_FIRST + reg);
    return hw_mmio_read(xapic_base + reg * 16, 4);
}

static void write_register(uint32_t reg, uint32_t value)
{
    if (x2apic)
        wrmsr(MSR_X2APIC_FIRST + reg, value);
    else
        hw_mmio_write(xapic_base + reg * 16, 4, value);
}

void lapic_send(uint32_t apic_id, uint32_t command)
{
    if (x2apic) {
        /* An MSR write does not wait for the stores before it (SDM 3 §11.12.3). */
        __asm__ volatile("mfence; lfence" : : : "memory");
        wrmsr(MSR_X2APIC_FIRST + APIC_ICR, (uint64_t)apic_id << 32 | command);
        return;
    }
    while (read_register(APIC_ICR) & ICR_PENDING)
        cpu_pause();
    write_register(APIC_ICR_HIGH, apic_id << 24);
    write_register(APIC_ICR, command);
    while (read_register(APIC_ICR) & ICR_PENDING)
        cpu_pause();
}

void lapic_init_cpu(void)
{
    uint64_t base = rdmsr(MSR_APIC_BASE);

    x2apic = cpuid(1, 0).ecx >> 21 & 1;
    deadline_mode = cpuid(1, 0).ecx >> 24 & 1;
    xapic_base = base & 0x000FFFFFFFFFF000ull;
    wrmsr(MSR_APIC_BASE, base | APIC_BASE_ENABLED);
    if (x2apic)
        wrmsr(MSR_APIC_BASE, base | APIC_BASE_ENABLED | APIC_BASE_X2APIC);
    write_register(APIC_TPR, 0);
    write_register(APIC_LVT_TIMER, LVT_MASKED);
    write_register(APIC_LVT_LINT0, LVT_MASKED);
    write_register(APIC_LVT_LINT1, LVT_MASKED);
    write_register(APIC_LVT_ERROR, LVT_MASKED);
    write_register(APIC_SVR, SVR_ON);
    write_register(APIC_TDCR, DIVIDE_BY_1);
}

bool lapic_is_x2apic(void)
{
    return x2apic;
}

uint32_t lapic_id(void)
{
    uint32_t id = read_register(APIC_ID);

    return x2apic ? id : id >> 24;
}

void host_lapic_eoi(void)
{
    write_register(APIC_EOI, 0);
}

void lapic_timer_raw(uint32_t count)
{
    write_register(APIC_LVT_TIMER, LVT_MASKED | HOST_VECTOR_TIMER);
    write_register(APIC_TDCR, DIVIDE_BY_1);
    write_register(APIC_TICR, count);
}

uint32_t lapic_timer_left(void)
{
    return read_register(APIC_TCCR);
}

void lapic_timer_set(uint64_t deadline_tsc)
{
    uint64_t now, count = 0;

    if (deadline_mode) {
        write_register(APIC_LVT_TIMER, LVT_DEADLINE | HOST_VECTOR_TIMER);
        wrmsr(MSR_TSC_DEADLINE, deadline_tsc);
        return;
    }
    if (deadline_tsc) {
        now = rdtsc();
        count = deadline_tsc > now ? tsc_to_apic_ticks(deadline_tsc - now) : 1;
        count = count < 1 ? 1 : count > 0xFFFFFFFF ? 0xFFFFFFFF : count;
    }
    write_register(APIC_LVT_TIMER, HOST_VECTOR_TIMER);
    write_register(APIC_TICR, (uint32_t)count);
}

/* Tells whether a VM that fell silent had an interrupt waiting, or waited for one. */
static void tell_left(void)
{
    for (unsigned i = 1; i < 8; i++) {
        uint32_t serving = read_register(APIC_ISR + i);
        uint32_t pending = read_register(APIC_IRR + i);

        if (serving || pending)
            hv_log("APIC left with vectors %x to %x in service %x, pending %x", i * 32, i * 32 + 31,
                   serving, pending);
    }
    hv_log("APIC left with timer at %x of %x, vector entry %x", read_register(APIC_TCCR),
           read_register(APIC_TICR), read_register(APIC_LVT_TIMER));
}

void lapic_hand_over(void)
{
    tell_left();
    /* What the guest before left in service or pending goes to our own handlers, which drop it. */
    write_register(APIC_TPR, 0);
    write_register(APIC_SVR, SVR_ON);
    for (unsigned i = 0; i < 256; i++)
        write_register(APIC_EOI, 0);
    __asm__ volatile("sti; nop; nop; cli" : : : "memory");
    if (deadline_mode)
        wrmsr(MSR_TSC_DEADLINE, 0);
    write_register(APIC_TICR, 0);
    write_register(APIC_LVT_TIMER, LVT_MASKED);
    write_register(APIC_TDCR, 0);
    /* What the guest before it left in service would block all that is not more urgent. */
    for (unsigned i = 0; i < 8; i++)
        for (unsigned bits = 0; read_register(APIC_ISR + i) && bits < 256; bits++)
            write_register(APIC_EOI, 0);
    write_register(APIC_SVR, 0xFF); /* software-disabled, as after reset */
}
