/* SPDX-License-Identifier: BSD-3-Clause */
/* What becomes of a task that violates its protection (AUTOSAR OS 4 §7.8). */
#include "internal.h"

ProtectionReturnType os_ask(StatusType fault)
{
    uint16_t outer = os.place;
    ProtectionReturnType answer;

    if (!os_config.protection_hook)
        return PRO_SHUTDOWN;
    os.place = OS_IN_PROTECTION;
    answer = os_config.protection_hook(fault);
    os.place = outer;
    return answer;
}

/* Ends the running task's activation wherever it is, and leaves nothing of it behind. */
void os_end_by_force(void)
{
    os_resources_free(os.running);
    os_interrupts_forget();
    os_stack_renew(os.running);
    os_finish();
}

void os_protect(StatusType fault)
{
    ProtectionReturnType answer = os_ask(fault);
    bool restarts = answer == PRO_TERMINATEAPPL_RESTART;
    ApplicationType application = os.running == INVALID_TASK
                                      ? INVALID_OSAPPLICATION
                                      : os_config.task[os.running].access.owner;

    if (answer == PRO_TERMINATETASKISR && os.running != INVALID_TASK)
        os_end_by_force();
    else if ((restarts || answer == PRO_TERMINATEAPPL) && os_may_end(application, restarts))
        os_application_end(application, restarts);
    else
        ShutdownOS(fault);
}

bool os_stack_passes(void)
{
    if (os_stack_intact(os.running))
        return true;
    os_protect(E_OS_STACKFAULT);
    return false;
}

void os_task_returned(void)
{
    (void)port_irq_save();
    os_report(E_OS_MISSINGEND, OSServiceId_None, os.running, 0, 0);
    os_end_by_force();
}
