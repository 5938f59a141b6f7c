/* SPDX-License-Identifier: BSD-3-Clause */
/* Interrupt services, and what surrounds an interrupt routine (OSEK OS 2.2.3 §6, §13.3). */
#include "internal.h"

#include "board.h"

bool os_interrupts_suspended(void)
{
    return os.disabled || os.suspended_all || os.suspended_os;
}

void os_interrupts_forget(void)
{
    os.disabled = os.suspended_all = os.suspended_os = 0;
}

/* Not for untrusted callers: nothing would end one that loops then. Each kind is counted apart, and
 * the interrupts come back with the last of them, in whatever order they are undone. */
static void off(uint16_t *count, uint16_t add, OSServiceIdType service)
{
    uint32_t irq = port_irq_save();

    if (!os_caller_is_trusted()) {
        (void)os_end(irq, E_OS_ACCESS, service, 0, 0, 0);
        return;
    }
    if (!os_interrupts_suspended())
        os.irq_before = irq;
    *count = (uint16_t)(*count + add);
}

static void on(uint16_t *count, OSServiceIdType service)
{
    uint32_t irq = port_irq_save();

    if (!*count) {
        (void)os_end(irq, E_OS_NOFUNC, service, 0, 0, 0);
        return;
    }
    --*count;
    port_irq_restore(os_interrupts_suspended() ? irq : os.irq_before);
}

void DisableAllInterrupts(void)
{
    /* Does not nest. */
    off(&os.disabled, os.disabled ? 0 : 1, OSServiceId_DisableAllInterrupts);
}

void EnableAllInterrupts(void)
{
    on(&os.disabled, OSServiceId_EnableAllInterrupts);
}

void SuspendAllInterrupts(void)
{
    off(&os.suspended_all, 1, OSServiceId_SuspendAllInterrupts);
}

void ResumeAllInterrupts(void)
{
    on(&os.suspended_all, OSServiceId_ResumeAllInterrupts);
}

void SuspendOSInterrupts(void)
{
    off(&os.suspended_os, 1, OSServiceId_SuspendOSInterrupts);
}

void ResumeOSInterrupts(void)
{
    on(&os.suspended_os, OSServiceId_ResumeOSInterrupts);
}

void os_isr_enter(void)
{
    OS_ASSERT(!os.in_isr);
    os_budget_stop();
    os.in_isr = true;
}

/* What the routine has left undone is undone and told, as AUTOSAR OS has it: the task that it
 * interrupted must not inherit it. */
static void tidy(void)
{
    if (os_interrupts_suspended()) {
        os_interrupts_forget();
        os_report(E_OS_DISABLEDINT, OSServiceId_None, 0, 0, 0);
    }
    if (os.isr_held != OS_NO_RESOURCE) {
        os_report(E_OS_RESOURCE, OSServiceId_None, os.isr_held, 0, 0);
        while (os.isr_held != OS_NO_RESOURCE)
            os_resource_drop(os.isr_held);
    }
}

void os_isr_exit(void)
{
    OS_ASSERT(os.in_isr);
    tidy();
    os.in_isr = false;
    if (!os_stack_passes()) /* where the routine ran */
        return;
    if (os_budget_over()) {
        os_protect(E_OS_PROTECTION_TIME);
        return;
    }
    os_budget_go();
    os_preempt();
}

uint16_t os_isr1_enter(void)
{
    uint16_t outer = os.place;

    os.place = OS_IN_ISR1;
    return outer;
}

void os_isr1_exit(uint16_t outer)
{
    os.place = outer;
}
