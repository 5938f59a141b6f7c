/* SPDX-License-Identifier: BSD-3-Clause */
/* Names that objects may not have, because they become C names beside those of the kernel's header.
 */
#include "oil.h"

#include <string.h>

/* Names that C or the kernel's header have taken. */
static const char *const taken[] = {
    "auto",
    "break",
    "case",
    "char",
    "const",
    "continue",
    "default",
    "do",
    "double",
    "else",
    "enum",
    "extern",
    "float",
    "for",
    "goto",
    "if",
    "inline",
    "int",
    "long",
    "register",
    "restrict",
    "return",
    "short",
    "signed",
    "sizeof",
    "static",
    "struct",
    "switch",
    "typedef",
    "union",
    "unsigned",
    "void",
    "volatile",
    "while",
    "bool",
    "true",
    "false",
    "main",
    "NULL",
    "SUSPENDED",
    "READY",
    "RUNNING",
    "WAITING",
    "E_OK",
    "TASK",
    "ISR",
    "INVALID_TASK",
    "RES_SCHEDULER",
    "ALARMCALLBACK",
    "ActivateTask",
    "TerminateTask",
    "ChainTask",
    "Schedule",
    "GetTaskID",
    "GetTaskState",
    "DisableAllInterrupts",
    "EnableAllInterrupts",
    "SuspendAllInterrupts",
    "ResumeAllInterrupts",
    "SuspendOSInterrupts",
    "ResumeOSInterrupts",
    "GetResource",
    "ReleaseResource",
    "SetEvent",
    "ClearEvent",
    "GetEvent",
    "WaitEvent",
    "GetAlarmBase",
    "GetAlarm",
    "SetRelAlarm",
    "SetAbsAlarm",
    "CancelAlarm",
    "IncrementCounter",
    "GetCounterValue",
    "GetElapsedValue",
    "StartScheduleTableRel",
    "StartScheduleTableAbs",
    "StopScheduleTable",
    "NextScheduleTable",
    "GetScheduleTableStatus",
    "GetStackUsage",
    "GetApplicationID",
    "GetApplicationState",
    "TerminateApplication",
    "AllowAccess",
    "CheckObjectAccess",
    "CheckObjectOwnership",
    "RESTART",
    "NO_RESTART",
    "ACCESS",
    "NO_ACCESS",
    "INVALID_OSAPPLICATION",
    "GetActiveApplicationMode",
    "StartOS",
    "ShutdownOS",
    "ErrorHook",
    "PreTaskHook",
    "PostTaskHook",
    "StartupHook",
    "ShutdownHook",
    "ProtectionHook",
    "DeclareTask",
    "DeclareResource",
    "DeclareEvent",
    "DeclareAlarm",
};

static bool begins(struct oil_word word, const char *text)
{
    size_t n = strlen(text);

    return word.n >= n && memcmp(word.at, text, n) == 0;
}

static bool is_taken(struct oil_word name)
{
    if (oil_is(name, "OSDEFAULTAPPMODE"))
        return false;
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
        if (oil_is(name, taken[i]))
            return true;
    return begins(name, "OS") || begins(name, "os_") || begins(name, "E_OS_") ||
           begins(name, "SCHEDULETABLE_") || begins(name, "PRO_") || begins(name, "APPLICATION_") ||
           begins(name, "OBJECT_");
}

/* The names of OS and CPU do not become C. */
bool oil_check_names(struct oil *oil)
{
    for (int o = 0; o < oil->objects; o++) {
        const struct oil_object *object = &oil->object[o];

        if (object->kind != OIL_CPU && object->kind != OIL_OS && is_taken(object->name))
            return oil_fail_object(oil, object->line, o,
                                   "the name is C's or the kernel's: choose another");
    }
    return true;
}
