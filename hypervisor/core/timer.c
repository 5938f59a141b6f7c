/* SPDX-License-Identifier: BSD-3-Clause */
/* Software timers: a sorted list per CPU over its one-shot hardware timer. */
#include "hv/timer.h"
#include "hv/arch.h"

static void program(struct pcpu *cpu)
{
    lapic_timer_set(cpu->timers ? cpu->timers->deadline : 0);
}

/* Lock held. */
static void remove(struct pcpu *cpu, struct hv_timer *timer)
{
    for (struct hv_timer **at = &cpu->timers; *at; at = &(*at)->next)
        if (*at == timer) {
            *at = timer->next;
            timer->next = NULL;
            timer->deadline = 0;
            return;
        }
}

void timer_arm(struct hv_timer *timer, uint64_t deadline_tsc)
{
    struct pcpu *cpu = this_pcpu();
    struct hv_timer **at;

    timer_cancel(timer);
    spin_lock(&cpu->timer_lock);
    timer->deadline = deadline_tsc ? deadline_tsc : 1;
    timer->pcpu = cpu;
    for (at = &cpu->timers; *at && (*at)->deadline <= timer->deadline; at = &(*at)->next)
        ;
    timer->next = *at;
    *at = timer;
    if (cpu->timers == timer)
        program(cpu);
    spin_unlock(&cpu->timer_lock);
}

void timer_cancel(struct hv_timer *timer)
{
    struct pcpu *cpu = timer->pcpu;

    /* The hardware may still fire for it: that finds nothing due and sets the next one. */
    if (!cpu)
        return;
    spin_lock(&cpu->timer_lock);
    remove(cpu, timer);
    spin_unlock(&cpu->timer_lock);
}

void timer_interrupt(void)
{
    struct pcpu *cpu = this_pcpu();

    for (;;) {
        struct hv_timer *due;

        spin_lock(&cpu->timer_lock);
        due = cpu->timers;
        if (due && due->deadline > tsc_now())
            due = NULL;
        if (due)
            remove(cpu, due);
        else
            program(cpu);
        spin_unlock(&cpu->timer_lock);
        if (!due)
            return;
        due->expired(due->context);
    }
}
