/* SPDX-License-Identifier: BSD-3-Clause */
/* The virtual local APIC's timer: one-shot, periodic, TSC deadline (SDM 3 §11.5.4), at 1 GHz. */
#include "hv/vlapic.h"
#include "vlapic_regs.h"

#define MIN_PERIOD_NS 20000u /* a shorter periodic timer only steals the CPU from others */
#define MODE_SHIFT    17
enum { TIMER_PERIODIC = 1, TIMER_DEADLINE };

static unsigned mode_of(uint32_t lvt)
{
    return lvt >> MODE_SHIFT & 3;
}

static unsigned timer_mode(const struct vlapic *lapic)
{
    return mode_of(lapic->regs[APIC_LVT_TIMER].value);
}

static uint32_t timer_divider(const struct vlapic *lapic)
{
    uint32_t code = (lapic->regs[APIC_TDCR].value >> 1 & 4) | (lapic->regs[APIC_TDCR].value & 3);

    return code == 7 ? 1 : 2u << code;
}

static uint64_t timer_period_ns(const struct vlapic *lapic)
{
    uint64_t ns = (uint64_t)lapic->regs[APIC_TICR].value * timer_divider(lapic);

    if (timer_mode(lapic) == TIMER_PERIODIC && ns < MIN_PERIOD_NS)
        return MIN_PERIOD_NS;
    return ns;
}

static void timer_expired(void *context)
{
    struct vlapic *lapic = context;
    uint32_t lvt = lapic->regs[APIC_LVT_TIMER].value;

    if (timer_mode(lapic) == TIMER_PERIODIC && lapic->regs[APIC_TICR].value) {
        uint64_t period = tsc_from_ns(timer_period_ns(lapic));
        uint64_t now = tsc_now();

        /* A CPU that was away does not get the ticks it missed all at once. */
        lapic->timer_start += period;
        if (lapic->timer_start + period <= now)
            lapic->timer_start = now;
        timer_arm(&lapic->timer, lapic->timer_start + period);
    }
    lapic->tsc_deadline = 0;
    if (!(lvt & LVT_MASKED))
        vlapic_post(lapic->vcpu, (uint8_t)lvt, false);
}

void vlapic_timer_start(struct vlapic *lapic, uint32_t count)
{
    if (timer_mode(lapic) == TIMER_DEADLINE)
        return;
    lapic->regs[APIC_TICR].value = count;
    timer_cancel(&lapic->timer);
    if (!count)
        return;
    lapic->timer_start = tsc_now();
    timer_arm(&lapic->timer, lapic->timer_start + tsc_from_ns(timer_period_ns(lapic)));
}

uint32_t vlapic_timer_count(const struct vlapic *lapic)
{
    uint64_t period = timer_period_ns(lapic);
    uint64_t gone;

    if (!lapic->regs[APIC_TICR].value || timer_mode(lapic) == TIMER_DEADLINE)
        return 0;
    gone = tsc_to_ns(tsc_now() - lapic->timer_start);
    if (gone >= period)
        return 0; /* periodic: the tick is due and its interrupt on its way */
    return (uint32_t)((period - gone) / timer_divider(lapic));
}

void vlapic_timer_deadline(struct vlapic *lapic, uint64_t deadline)
{
    if (timer_mode(lapic) != TIMER_DEADLINE)
        return;
    lapic->tsc_deadline = deadline;
    timer_cancel(&lapic->timer);
    if (deadline > tsc_now())
        timer_arm(&lapic->timer, deadline);
    else if (deadline)
        timer_expired(lapic);
}

/* Between the deadline and the counting modes the timer is disarmed, SDM 3 §11.5.4.1. */
void vlapic_timer_mode_changed(struct vlapic *lapic, uint32_t old_lvt)
{
    if ((mode_of(old_lvt) == TIMER_DEADLINE) == (timer_mode(lapic) == TIMER_DEADLINE))
        return;
    timer_cancel(&lapic->timer);
    lapic->tsc_deadline = 0;
    lapic->regs[APIC_TICR].value = 0;
}

void vlapic_timer_init(struct vlapic *lapic)
{
    lapic->timer.expired = timer_expired;
    lapic->timer.context = lapic;
}
