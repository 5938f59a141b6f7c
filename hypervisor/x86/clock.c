/* SPDX-License-Identifier: BSD-3-Clause */
/* Calibrates the TSC and the local APIC timer against the ACPI PM timer. */
#include "hv/arch.h"
#include "hv/host.h"
#include "hv/hw.h"
#include "hv/log.h"

#define PM_TIMER_HZ   3579545u
#define PM_TIMER_MASK 0xFFFFFFu
#define INTERVAL_MS   20u
#define SAMPLE_TRIES  5u

uint64_t tsc_hz, apic_timer_hz, boot_tsc;
static uint64_t ns_per_tick_32, ticks_per_ns_32, apic_per_tick_32; /* 32.32 fixed point */

struct sample {
    uint64_t tsc;
    uint32_t reference, apic;
};

static uint32_t read_reference(uint16_t pm_timer)
{
    return hw_in32(pm_timer) & PM_TIMER_MASK;
}

/* All three at one time: of several tries the one that took least, so that no stall is inside. */
static struct sample take_sample(uint16_t pm_timer)
{
    struct sample best = {0};
    uint64_t best_width = UINT64_MAX;

    for (unsigned i = 0; i < SAMPLE_TRIES; i++) {
        uint64_t before = rdtsc(), after;
        uint32_t apic = lapic_timer_left();
        uint32_t reference = read_reference(pm_timer);

        after = rdtsc();
        if (after - before < best_width) {
            best_width = after - before;
            best = (struct sample){before + (after - before) / 2, reference, apic};
        }
    }
    return best;
}

/* (a << 32) / b; a / b < 2^32. */
static uint64_t ratio_32(uint64_t a, uint64_t b)
{
    uint64_t quotient, rest = a >> 32;

    __asm__("div %2" : "=a"(quotient), "+d"(rest) : "r"(b), "a"(a << 32));
    return quotient;
}

static uint64_t scale(uint64_t value, uint64_t factor_32)
{
    return (uint64_t)(((unsigned __int128)value * factor_32) >> 32);
}

void clock_calibrate(uint16_t pm_timer)
{
    uint32_t passed;
    struct sample first, last;

    if (!pm_timer)
        hv_panic(
            "the firmware's ACPI tables name no PM timer: there is nothing to set the clock by");
    lapic_timer_raw(0xFFFFFFFF);
    first = take_sample(pm_timer);
    do {
        passed = (read_reference(pm_timer) - first.reference) & PM_TIMER_MASK;
    } while (passed < PM_TIMER_HZ / 1000 * INTERVAL_MS);
    last = take_sample(pm_timer);
    lapic_timer_raw(0);
    passed = (last.reference - first.reference) & PM_TIMER_MASK;
    tsc_hz = (last.tsc - first.tsc) * PM_TIMER_HZ / passed;
    apic_timer_hz = (uint64_t)(first.apic - last.apic) * PM_TIMER_HZ / passed;
    HV_ASSERT(tsc_hz && apic_timer_hz);
    ns_per_tick_32 = ratio_32(1000000000u, tsc_hz);
    ticks_per_ns_32 = ratio_32(tsc_hz, 1000000000u);
    apic_per_tick_32 = ratio_32(apic_timer_hz, tsc_hz);
    hv_log("clock: TSC %lu kHz, local APIC timer %lu kHz", tsc_hz / 1000, apic_timer_hz / 1000);
}

uint64_t tsc_now(void)
{
    return rdtsc();
}

void clock_wait_ns(uint64_t ns)
{
    uint64_t end = tsc_now() + tsc_from_ns(ns);

    while (tsc_now() < end)
        cpu_pause();
}

uint64_t tsc_from_ns(uint64_t ns)
{
    return scale(ns, ticks_per_ns_32);
}

uint64_t tsc_to_ns(uint64_t ticks)
{
    return scale(ticks, ns_per_tick_32);
}

uint64_t tsc_to_apic_ticks(uint64_t ticks)
{
    return scale(ticks, apic_per_tick_32);
}
