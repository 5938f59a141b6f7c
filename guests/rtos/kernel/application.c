/* SPDX-License-Identifier: BSD-3-Clause */
/* OS-Applications: whose objects are whose, who may use them, and the end of all that belongs to
 * one (AUTOSAR OS 4 §7.6, §8.4). */
#include "internal.h"

/* The calling task's; nobody limits hooks and interrupt routines, which are the system's. */
static ApplicationType caller(void)
{
    return os_place() == OS_IN_TASK ? os_config.task[os.running].access.owner
                                    : INVALID_OSAPPLICATION;
}

bool os_caller_is_trusted(void)
{
    ApplicationType application = caller();

    return application == INVALID_OSAPPLICATION || os_config.application[application].trusted;
}

static bool may_use(struct os_access object, ApplicationType user)
{
    return user == INVALID_OSAPPLICATION || object.allowed >> user & 1;
}

StatusType os_check_access(struct os_access object)
{
    ApplicationType user = caller();

    if (!may_use(object, user))
        return E_OS_ACCESS;
    if (object.owner == INVALID_OSAPPLICATION || object.owner == user)
        return E_OK;
    return os_config.application_state[object.owner] == APPLICATION_ACCESSIBLE ? E_OK : E_OS_ACCESS;
}

bool os_has_ended(struct os_access object)
{
    return object.owner != INVALID_OSAPPLICATION &&
           os_config.application_state[object.owner] == APPLICATION_TERMINATED;
}

static bool within(const void *at, size_t bytes, const uint8_t *from, const uint8_t *to)
{
    return (uintptr_t)at >= (uintptr_t)from && (uintptr_t)at <= (uintptr_t)to &&
           bytes <= (uintptr_t)to - (uintptr_t)at;
}

bool os_may_write(const void *at, size_t bytes)
{
    const struct os_task_config *task;
    const struct os_application_config *application;

    if (os_caller_is_trusted())
        return true;
    task = &os_config.task[os.running];
    application = &os_config.application[task->access.owner];
    return within(at, bytes, application->data, application->data_end) ||
           within(at, bytes, task->stack + OS_PAGE_BYTES, task->stack + task->stack_bytes);
}

StatusType os_check_result(const void *at, size_t bytes)
{
    if (!at)
        return E_OS_PARAM_POINTER;
    return os_may_write(at, bytes) ? E_OK : E_OS_ILLEGAL_ADDRESS;
}

static void stop_timed(ApplicationType application)
{
    for (AlarmType a = 0; a < os_config.alarms; a++)
        if (os_config.alarm[a].access.owner == application)
            os_config.alarm_state[a].armed = false;
    for (ScheduleTableType t = 0; t < os_config.tables; t++)
        if (os_config.table[t].access.owner == application)
            os_table_stop(t);
}

bool os_may_end(ApplicationType application, bool restarts)
{
    return application != INVALID_OSAPPLICATION &&
           (!restarts || os_config.application[application].restart_task != INVALID_TASK);
}

void os_application_end(ApplicationType application, bool restarts)
{
    bool self = os_config.task[os.running].access.owner == application;

    stop_timed(application);
    for (TaskType t = 0; t < os_config.tasks; t++)
        if (os_config.task[t].access.owner == application)
            os_task_cancel(t);
    os_config.application_state[application] =
        restarts ? APPLICATION_RESTARTING : APPLICATION_TERMINATED;
    /* Not within its time frame: what ends as soon as it begins must not do so for ever. */
    if (restarts && os_chain(os_config.application[application].restart_task) != E_OK)
        os_config.application_state[application] = APPLICATION_TERMINATED;
    if (self)
        os_end_by_force();
    else
        os_preempt();
}

ApplicationType GetApplicationID(void)
{
    return caller();
}

StatusType GetApplicationState(ApplicationType application, ApplicationStateRefType state)
{
    uint32_t irq = port_irq_save();
    StatusType status = os_check(OS_IN_LOOK);

    if (status == E_OK && application >= os_config.applications)
        status = E_OS_ID;
    if (status == E_OK)
        status = os_check_result(state, sizeof(*state));
    if (status == E_OK)
        *state = os_config.application_state[application];
    return os_end(irq, status, OSServiceId_GetApplicationState, application, (uintptr_t)state, 0);
}

static StatusType check_end(ApplicationType application, RestartType restart)
{
    if (application >= os_config.applications)
        return E_OS_ID;
    if (!os_caller_is_trusted() && application != caller())
        return E_OS_ACCESS;
    if (restart > RESTART || !os_may_end(application, restart == RESTART))
        return E_OS_VALUE;
    return os_config.application_state[application] == APPLICATION_TERMINATED ? E_OS_STATE : E_OK;
}

StatusType TerminateApplication(ApplicationType application, RestartType restart)
{
    uint32_t irq = port_irq_save();
    StatusType status = os_check(OS_IN_TASK);

    if (status == E_OK)
        status = check_end(application, restart);
    if (status == E_OK)
        os_application_end(application, restart == RESTART);
    return os_end(irq, status, OSServiceId_TerminateApplication, application, restart, 0);
}

StatusType AllowAccess(void)
{
    uint32_t irq = port_irq_save();
    StatusType status = os_check(OS_IN_TASK);
    ApplicationType application = caller();

    if (status == E_OK && (application == INVALID_OSAPPLICATION ||
                           os_config.application_state[application] != APPLICATION_RESTARTING))
        status = E_OS_STATE;
    if (status == E_OK)
        os_config.application_state[application] = APPLICATION_ACCESSIBLE;
    return os_end(irq, status, OSServiceId_AllowAccess, 0, 0, 0);
}

/* NULL: there is no such object. */
static const struct os_access *access_of(ObjectTypeType type, uint8_t object)
{
    if (type == OBJECT_TASK && object < os_config.tasks)
        return &os_config.task[object].access;
    if (type == OBJECT_RESOURCE && object >= os_config.first_resource &&
        object < os_config.resources)
        return &os_config.resource[object].access;
    if (type == OBJECT_COUNTER && object < os_config.counters)
        return &os_config.counter[object].access;
    if (type == OBJECT_ALARM && object < os_config.alarms)
        return &os_config.alarm[object].access;
    if (type == OBJECT_SCHEDULETABLE && object < os_config.tables)
        return &os_config.table[object].access;
    return NULL;
}

ObjectAccessType CheckObjectAccess(ApplicationType application, ObjectTypeType type, uint8_t object)
{
    const struct os_access *access = access_of(type, object);

    return access && application < os_config.applications && may_use(*access, application)
               ? ACCESS
               : NO_ACCESS;
}

ApplicationType CheckObjectOwnership(ObjectTypeType type, uint8_t object)
{
    const struct os_access *access = access_of(type, object);

    return access ? access->owner : INVALID_OSAPPLICATION;
}
