/* SPDX-License-Identifier: BSD-3-Clause */
/* Where services may be called from, and how their errors are told (OSEK OS 2.2.3 §11, §12.2). */
#include "internal.h"

struct os_error os_error;

uint32_t os_place(void)
{
    if (os.place)
        return os.place;
    if (os.in_isr)
        return OS_IN_ISR2;
    return os.running == INVALID_TASK ? 0 : OS_IN_TASK;
}

/* Whether a service that is allowed in `places` may be called now. A hook is not its caller: what
 * the caller suspended does not bind it. */
StatusType os_check(uint32_t places)
{
    uint32_t place = os_place();

    if (!(place & places))
        return E_OS_CALLEVEL;
    if (place & OS_IN_CODE && os_interrupts_suspended())
        return E_OS_DISABLEDINT;
    return E_OK;
}

/* ErrorHook; not for what ErrorHook itself does wrong (OSEK §11.1). */
void os_report(StatusType status, OSServiceIdType service, uintptr_t a, uintptr_t b, uintptr_t c)
{
    uint16_t outer = os.place;

    if (!os_config.error_hook || outer == OS_IN_ERROR)
        return;
    os_error = (struct os_error){.service = service, .parameter = {a, b, c}};
    os.place = OS_IN_ERROR;
    os_config.error_hook(status);
    os.place = outer;
}

/* The end of every service: tells an error, gives the interrupts back. */
StatusType os_end(uint32_t irq, StatusType status, OSServiceIdType service, uintptr_t a,
                  uintptr_t b, uintptr_t c)
{
    if (status != E_OK)
        os_report(status, service, a, b, c);
    port_irq_restore(irq);
    return status;
}

void os_call_hook(void (*hook)(void), uint16_t place)
{
    uint16_t outer = os.place;

    if (!hook)
        return;
    os.place = place;
    hook();
    os.place = outer;
}
