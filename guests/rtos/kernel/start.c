/* SPDX-License-Identifier: BSD-3-Clause */
/* Start-up and shutdown (OSEK OS 2.2.3 §5, §11.3, §11.4, §13.7). */
#include "counter.h"

struct os_state os = {.running = INVALID_TASK, .isr_held = OS_NO_RESOURCE};

void os_reset(void)
{
    os = (struct os_state){.running = INVALID_TASK, .isr_held = OS_NO_RESOURCE};
    for (uint32_t level = 0; level < OS_LEVELS; level++)
        os_config.queue_state[level] = (struct os_queue){0};
    for (TaskType t = 0; t < os_config.tasks; t++)
        os_config.task_state[t] = (struct os_task){.state = SUSPENDED, .held = OS_NO_RESOURCE};
    for (ResourceType r = 0; r < os_config.resources; r++)
        os_config.resource_state[r] = (struct os_resource){.taken = false};
    for (CounterType c = 0; c < os_config.counters; c++)
        os_config.count[c] = 0;
    for (AlarmType a = 0; a < os_config.alarms; a++)
        os_config.alarm_state[a] = (struct os_alarm){.armed = false};
    for (ScheduleTableType t = 0; t < os_config.tables; t++)
        os_config.table_state[t] = (struct os_table){.status = SCHEDULETABLE_STOPPED};
    for (ApplicationType a = 0; a < os_config.applications; a++)
        os_config.application_state[a] = APPLICATION_ACCESSIBLE;
    os_stacks_fill();
}

void StartOS(AppModeType mode)
{
    (void)port_irq_save();
    os_reset();
    port_start();
    if (mode >= os_config.modes)
        ShutdownOS(E_OS_ID);
    os.mode = mode;
    os_call_hook(os_config.startup_hook, OS_IN_STARTUP);
    for (TaskType t = 0; t < os_config.tasks; t++)
        if (os_config.task[t].autostart >> mode & 1)
            (void)os_activate(t);
    os_alarms_autostart();
    os_tables_autostart();
    os_timer_next();
    os_preempt(); /* comes back when nothing is left to run */
    port_idle();
}

AppModeType GetActiveApplicationMode(void)
{
    return os.mode;
}

void ShutdownOS(StatusType error)
{
    (void)port_irq_save();
    os.place = OS_IN_SHUTDOWN;
    if (os_config.shutdown_hook)
        os_config.shutdown_hook(error);
    port_shutdown(error);
}
