/* SPDX-License-Identifier: BSD-3-Clause */
/* Conformance: event control, OSEK OS 2.2.3 §13.5. */
#include "conformance.h"

static StatusType got;

static void wait_ext(void)
{
    got = WaitEvent(ExtEvent);
    conf_note('w');
}

static void set_from_routine(void)
{
    got = SetEvent(Ext, ExtEvent);
    conf_note('i');
}

static int set(void)
{
    EventMaskType events;

    conf_body[Ext] = wait_ext;
    CHECK(ActivateTask(Ext) == E_OK);
    CHECK(SetEvent(Ext, ExtEvent2) == E_OK); /* not what it waits for */
    CHECK(conf_trail_is(""));
    CHECK(GetEvent(Ext, &events) == E_OK && events == ExtEvent2);
    CHECK(SetEvent(Ext, ExtEvent) == E_OK);
    CHECK(conf_trail_is("w"));
    CHECK(ActivateTask(Ext) == E_OK);
    conf_routine = set_from_routine;
    conf_raise_routine();
    CHECK(conf_trail_is("iw"));
    return conf_silent() ? 0 : __LINE__;
}

static int set_id(void)
{
    CHECK(SetEvent(CONF_TASKS, ExtEvent) == E_OS_ID);
    CHECK(conf_told(E_OS_ID, OSServiceId_SetEvent));
    CHECK(OSError_SetEvent_TaskID() == CONF_TASKS && OSError_SetEvent_Mask() == ExtEvent);
    return 0;
}

static int set_access(void)
{
    CHECK(SetEvent(High, ExtEvent) == E_OS_ACCESS);
    CHECK(conf_told(E_OS_ACCESS, OSServiceId_SetEvent));
    return 0;
}

static int set_state(void)
{
    CHECK(SetEvent(Ext, ExtEvent) == E_OS_STATE);
    CHECK(conf_told(E_OS_STATE, OSServiceId_SetEvent));
    return 0;
}

static int clear(void)
{
    EventMaskType events;

    CHECK(SetEvent(Main, MainEvent | RestEvent) == E_OK);
    CHECK(ClearEvent(MainEvent) == E_OK);
    CHECK(GetEvent(Main, &events) == E_OK && events == RestEvent);
    CHECK(ClearEvent(RestEvent) == E_OK);
    CHECK(GetEvent(Main, &events) == E_OK && events == 0);
    return 0;
}

static void clear_basic(void)
{
    got = ClearEvent(ExtEvent);
}

static int clear_access(void)
{
    conf_body[High] = clear_basic;
    CHECK(ActivateTask(High) == E_OK);
    CHECK(got == E_OS_ACCESS && conf_told(E_OS_ACCESS, OSServiceId_ClearEvent));
    CHECK(OSError_ClearEvent_Mask() == ExtEvent);
    return 0;
}

static int get(void)
{
    EventMaskType events;

    CHECK(SetEvent(Main, MainEvent) == E_OK);
    CHECK(GetEvent(Main, &events) == E_OK && events == MainEvent);
    CHECK(GetEvent(Main, &events) == E_OK && events == MainEvent); /* looking clears nothing */
    CHECK(ClearEvent(MainEvent) == E_OK);
    return 0;
}

static int get_id(void)
{
    EventMaskType events;

    CHECK(GetEvent(CONF_TASKS, &events) == E_OS_ID);
    CHECK(conf_told(E_OS_ID, OSServiceId_GetEvent));
    CHECK(OSError_GetEvent_TaskID() == CONF_TASKS && OSError_GetEvent_Event() == &events);
    return 0;
}

static int get_access(void)
{
    EventMaskType events;

    CHECK(GetEvent(High, &events) == E_OS_ACCESS);
    CHECK(conf_told(E_OS_ACCESS, OSServiceId_GetEvent));
    return 0;
}

static int get_state(void)
{
    EventMaskType events;

    CHECK(GetEvent(Ext, &events) == E_OS_STATE);
    CHECK(conf_told(E_OS_STATE, OSServiceId_GetEvent));
    return 0;
}

static int get_pointer(void)
{
    CHECK(GetEvent(Main, NULL) == E_OS_PARAM_POINTER);
    CHECK(conf_told(E_OS_PARAM_POINTER, OSServiceId_GetEvent));
    return 0;
}

static void set_main(void)
{
    conf_note('l');
    (void)SetEvent(Main, MainEvent);
    conf_note('!'); /* Main is above: it runs, and ends the test's trail, before this */
}

static void wait_in_group(void)
{
    conf_note('b');
    got = WaitEvent(GroupEvent); /* gives the internal resource up */
    conf_note('B');
}

static void start_group_b(void)
{
    (void)ActivateTask(GroupB);
    conf_note('a');
    (void)Schedule();
    (void)SetEvent(GroupB, GroupEvent); /* awake, but outside the group until this one ends */
    conf_note('A');
}

static int wait(void)
{
    conf_body[Low] = set_main;
    CHECK(ActivateTask(Low) == E_OK);
    CHECK(WaitEvent(MainEvent) == E_OK);
    CHECK(conf_trail_is("l"));
    CHECK(WaitEvent(MainEvent) == E_OK); /* still set: no waiting */
    CHECK(ClearEvent(MainEvent) == E_OK);
    conf_body[GroupA] = start_group_b;
    conf_body[GroupB] = wait_in_group;
    CHECK(ActivateTask(GroupA) == E_OK);
    CHECK(conf_trail_is("abAB"));
    CHECK(SetRelAlarm(ClockEvent, 100, 0) == E_OK); /* by the clock, out of the idle loop */
    CHECK(WaitEvent(MainEvent) == E_OK);
    CHECK(ClearEvent(MainEvent) == E_OK);
    return conf_silent() ? 0 : __LINE__;
}

static void wait_basic(void)
{
    got = WaitEvent(ExtEvent);
}

static int wait_access(void)
{
    conf_body[High] = wait_basic;
    CHECK(ActivateTask(High) == E_OK);
    CHECK(got == E_OS_ACCESS && conf_told(E_OS_ACCESS, OSServiceId_WaitEvent));
    CHECK(OSError_WaitEvent_Mask() == ExtEvent);
    return 0;
}

static int wait_resource(void)
{
    CHECK(GetResource(Quiet) == E_OK);
    CHECK(WaitEvent(MainEvent) == E_OS_RESOURCE);
    CHECK(conf_told(E_OS_RESOURCE, OSServiceId_WaitEvent));
    CHECK(ReleaseResource(Quiet) == E_OK);
    return 0;
}

const struct conf_row conf_event_rows[] = {
    {"SetEvent", "E_OK", set},
    {"SetEvent", "E_OS_ID", set_id},
    {"SetEvent", "E_OS_ACCESS", set_access},
    {"SetEvent", "E_OS_STATE", set_state},
    {"ClearEvent", "E_OK", clear},
    {"ClearEvent", "E_OS_ACCESS", clear_access},
    {"GetEvent", "E_OK", get},
    {"GetEvent", "E_OS_ID", get_id},
    {"GetEvent", "E_OS_ACCESS", get_access},
    {"GetEvent", "E_OS_STATE", get_state},
    {"GetEvent", "E_OS_PARAM_POINTER", get_pointer},
    {"WaitEvent", "E_OK", wait},
    {"WaitEvent", "E_OS_ACCESS", wait_access},
    {"WaitEvent", "E_OS_RESOURCE", wait_resource},
    {NULL, NULL, NULL},
};
