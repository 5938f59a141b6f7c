/* SPDX-License-Identifier: BSD-3-Clause */
/* Conformance: GetStackUsage, this implementation's service for stack monitoring (AUTOSAR OS 4
 * §7.5). */
#include "conformance.h"
#include "conformance_os.h"

static int usage_of_each(void)
{
    StackUsageType usage;

    for (TaskType t = 0; t < CONF_TASKS; t++) {
        CHECK(GetStackUsage(t, &usage) == E_OK);
        CHECK(usage.bytes >= 4096 && usage.bytes % 4096 == 0 && usage.used < usage.bytes);
    }
    CHECK(GetStackUsage(Main, &usage) == E_OK && usage.bytes == 8192);
    CHECK(GetStackUsage(INVALID_TASK, &usage) == E_OK);
    CHECK(usage.used > 0 && usage.used < usage.bytes);
    return 0;
}

static int usage_id(void)
{
    StackUsageType usage;

    CHECK(GetStackUsage(CONF_TASKS, &usage) == E_OS_ID);
    CHECK(conf_told(E_OS_ID, OSServiceId_GetStackUsage));
    CHECK(OSError_GetStackUsage_TaskID() == CONF_TASKS && OSError_GetStackUsage_Usage() == &usage);
    return 0;
}

static int usage_pointer(void)
{
    CHECK(GetStackUsage(Main, NULL) == E_OS_PARAM_POINTER);
    CHECK(conf_told(E_OS_PARAM_POINTER, OSServiceId_GetStackUsage));
    return 0;
}

const struct conf_row conf_stack_rows[] = {
    {"GetStackUsage", "E_OK", usage_of_each},
    {"GetStackUsage", "E_OS_ID", usage_id},
    {"GetStackUsage", "E_OS_PARAM_POINTER", usage_pointer},
    {NULL, NULL, NULL},
};
