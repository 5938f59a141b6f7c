/* SPDX-License-Identifier: BSD-3-Clause */
/* The host's local APIC, in x2APIC mode wherever there is one: IPIs, EOI, the one-shot timer. */
#include "hv/arch.h"
#include "hv/host.h"
#include "hv/hw.h"
#include "hv/log.h"

#define MSR_BASE        0x1Bu
#define BASE_ENABLE     (1u << 11)
#define BASE_X2APIC     (1u << 10)
#define REG_ID          0x20u
#define REG_TPR         0x80u
#define REG_EOI         0xB0u
#define REG_SVR         0xF0u
#define REG_ISR         0x100u
#define REG_IRR         0x200u
#define REG_ICR         0x300u
#define REG_ICR_HIGH    0x310u
#define REG_LVT_CMCI    0x2F0u
#define REG_LVT_TIMER   0x320u
#define REG_LVT_THERMAL 0x330u
#define REG_LVT_PMC     0x340u
#define REG_LVT_LINT0   0x350u
#define REG_LVT_LINT1   0x360u
#define REG_LVT_ERROR   0x370u
#define REG_TIMER_INIT  0x380u
#define REG_TIMER_NOW   0x390u
#define REG_TIMER_DIV   0x3E0u
#define LVT_MASKED      (1u << 16)
#define LVT_DEADLINE    (2u << 17)
#define ICR_PENDING     (1u << 12)
#define ICR_NMI         0x4400u
#define ICR_INIT        0x4500u
#define ICR_SIPI        0x4600u
#define ICR_FIXED       0x4000u
#define DIVIDE_BY_1     0xBu
#define MSR_DEADLINE    0x6E0u

static bool x2apic, deadline_mode;
static hpa_t xapic_base;

static uint32_t read_register(uint32_t offset)
{
    if (x2apic)
        return (uint32_t)rdmsr(0x800 + offset / 16);
    return hw_mmio_read(xapic_base + offset, 4);
}

static void write_register(uint32_t offset, uint32_t value)
{
    if (x2apic)
        wrmsr(0x800 + offset / 16, value);
    else
        hw_mmio_write(xapic_base + offset, 4, value);
}

static void send(uint32_t apic_id, uint32_t command)
{
    if (x2apic) {
        /* An MSR write does not wait for the stores before it (SDM 3 §11.12.3). */
        __asm__ volatile("mfence; lfence" : : : "memory");
        wrmsr(0x800 + REG_ICR / 16, (uint64_t)apic_id << 32 | command);
        return;
    }
    while (read_register(REG_ICR) & ICR_PENDING)
        cpu_pause();
    write_register(REG_ICR_HIGH, apic_id << 24);
    write_register(REG_ICR, command);
    while (read_register(REG_ICR) & ICR_PENDING)
        cpu_pause();
}

void lapic_init_cpu(void)
{
    uint64_t base = rdmsr(MSR_BASE);

    x2apic = cpuid(1, 0).ecx >> 21 & 1;
    deadline_mode = cpuid(1, 0).ecx >> 24 & 1;
    xapic_base = base & 0x000FFFFFFFFFF000ull;
    wrmsr(MSR_BASE, base | BASE_ENABLE);
    if (x2apic)
        wrmsr(MSR_BASE, base | BASE_ENABLE | BASE_X2APIC);
    write_register(REG_TPR, 0);
    write_register(REG_LVT_TIMER, LVT_MASKED);
    write_register(REG_LVT_LINT0, LVT_MASKED);
    write_register(REG_LVT_LINT1, LVT_MASKED);
    write_register(REG_LVT_ERROR, LVT_MASKED);
    write_register(REG_SVR, 0x100 | HOST_VECTOR_SPURIOUS);
    write_register(REG_TIMER_DIV, DIVIDE_BY_1);
}

bool lapic_is_x2apic(void)
{
    return x2apic;
}

uint32_t lapic_id(void)
{
    uint32_t id = read_register(REG_ID);

    return x2apic ? id : id >> 24;
}

void host_lapic_eoi(void)
{
    write_register(REG_EOI, 0);
}

void lapic_send_init(uint32_t apic_id)
{
    send(apic_id, ICR_INIT);
}

void lapic_send_sipi(uint32_t apic_id, uint8_t page)
{
    send(apic_id, ICR_SIPI | page);
}

void lapic_send_ipi(uint32_t apic_id, uint8_t vector)
{
    send(apic_id, ICR_FIXED | vector);
}

void lapic_send_nmi(uint32_t apic_id)
{
    send(apic_id, ICR_NMI);
}

void lapic_timer_raw(uint32_t count)
{
    write_register(REG_LVT_TIMER, LVT_MASKED | HOST_VECTOR_TIMER);
    write_register(REG_TIMER_DIV, DIVIDE_BY_1);
    write_register(REG_TIMER_INIT, count);
}

uint32_t lapic_timer_left(void)
{
    return read_register(REG_TIMER_NOW);
}

void lapic_timer_set(uint64_t deadline_tsc)
{
    uint64_t now, count = 0;

    if (deadline_mode) {
        write_register(REG_LVT_TIMER, LVT_DEADLINE | HOST_VECTOR_TIMER);
        wrmsr(MSR_DEADLINE, deadline_tsc);
        return;
    }
    if (deadline_tsc) {
        now = rdtsc();
        count = deadline_tsc > now ? tsc_to_apic_ticks(deadline_tsc - now) : 1;
        count = count < 1 ? 1 : count > 0xFFFFFFFF ? 0xFFFFFFFF : count;
    }
    write_register(REG_LVT_TIMER, HOST_VECTOR_TIMER);
    write_register(REG_TIMER_INIT, (uint32_t)count);
}

/* Tells whether a VM that fell silent had an interrupt waiting, or waited for one. */
static void tell_left(void)
{
    for (unsigned i = 1; i < 8; i++) {
        uint32_t serving = read_register(REG_ISR + i * 0x10);
        uint32_t pending = read_register(REG_IRR + i * 0x10);

        if (serving || pending)
            hv_log("APIC left with vectors %x to %x in service %x, pending %x", i * 32, i * 32 + 31,
                   serving, pending);
    }
    hv_log("APIC left with timer at %x of %x, vector entry %x", read_register(REG_TIMER_NOW),
           read_register(REG_TIMER_INIT), read_register(REG_LVT_TIMER));
}

void lapic_hand_over(void)
{
    tell_left();
    /* What the guest before left in service or pending goes to our own handlers, which drop it. */
    write_register(REG_TPR, 0);
    write_register(REG_SVR, 0x100 | HOST_VECTOR_SPURIOUS);
    for (unsigned i = 0; i < 256; i++)
        write_register(REG_EOI, 0);
    __asm__ volatile("sti; nop; nop; cli" : : : "memory");
    if (deadline_mode)
        wrmsr(MSR_DEADLINE, 0);
    write_register(REG_TIMER_INIT, 0);
    write_register(REG_LVT_TIMER, LVT_MASKED);
    write_register(REG_TIMER_DIV, 0);
    /* What the guest before it left in service would block all that is not more urgent. */
    for (unsigned i = 0; i < 8; i++)
        for (unsigned bits = 0; read_register(REG_ISR + i * 0x10) && bits < 256; bits++)
            write_register(REG_EOI, 0);
    write_register(REG_SVR, 0xFF); /* software-disabled, as after reset */
}
