/* SPDX-License-Identifier: BSD-3-Clause */
/* Conformance: alarms, OSEK OS 2.2.3 §13.6. */
#include "conformance.h"

static void note_high(void)
{
    conf_note('h');
}

static void note_wheel(void)
{
    conf_note('c');
}

static void wait_ext(void)
{
    (void)WaitEvent(ExtEvent);
    conf_note('x');
}

static void turn(unsigned ticks)
{
    for (unsigned i = 0; i < ticks; i++)
        (void)IncrementCounter(Wheel);
}

/* Turns the wheel until it is at 0. */
static void rewind(void)
{
    TickType value = 1;

    while (GetCounterValue(Wheel, &value) == E_OK && value)
        turn(1);
}

static int get_base(void)
{
    AlarmBaseType base;

    CHECK(GetAlarmBase(WheelCall, &base) == E_OK);
    CHECK(base.maxallowedvalue == 9 && base.ticksperbase == 10 && base.mincycle == 2);
    CHECK(OSMAXALLOWEDVALUE_Wheel == 9 && OSTICKSPERBASE_Wheel == 10 && OSMINCYCLE_Wheel == 2);
    CHECK(GetAlarmBase(ClockCall, &base) == E_OK);
    CHECK(base.maxallowedvalue == OSMAXALLOWEDVALUE && base.ticksperbase == OSTICKSPERBASE &&
          base.mincycle == OSMINCYCLE);
    return 0;
}

static int get_base_id(void)
{
    AlarmBaseType base;

    CHECK(GetAlarmBase(200, &base) == E_OS_ID);
    CHECK(conf_told(E_OS_ID, OSServiceId_GetAlarmBase));
    CHECK(OSError_GetAlarmBase_AlarmID() == 200 && OSError_GetAlarmBase_Info() == &base);
    return 0;
}

static int get_base_pointer(void)
{
    CHECK(GetAlarmBase(WheelCall, NULL) == E_OS_PARAM_POINTER);
    CHECK(conf_told(E_OS_PARAM_POINTER, OSServiceId_GetAlarmBase));
    return 0;
}

static int get(void)
{
    TickType left;

    CHECK(SetRelAlarm(WheelCall, 5, 0) == E_OK);
    CHECK(GetAlarm(WheelCall, &left) == E_OK && left == 5);
    turn(2);
    CHECK(GetAlarm(WheelCall, &left) == E_OK && left == 3);
    CHECK(CancelAlarm(WheelCall) == E_OK);
    return 0;
}

static int get_nofunc(void)
{
    TickType left;

    CHECK(GetAlarm(WheelCall, &left) == E_OS_NOFUNC);
    CHECK(conf_told(E_OS_NOFUNC, OSServiceId_GetAlarm));
    CHECK(OSError_GetAlarm_AlarmID() == WheelCall && OSError_GetAlarm_Tick() == &left);
    return 0;
}

static int get_id(void)
{
    TickType left;

    CHECK(GetAlarm(200, &left) == E_OS_ID);
    CHECK(conf_told(E_OS_ID, OSServiceId_GetAlarm));
    return 0;
}

static int get_pointer(void)
{
    CHECK(GetAlarm(WheelCall, NULL) == E_OS_PARAM_POINTER);
    CHECK(conf_told(E_OS_PARAM_POINTER, OSServiceId_GetAlarm));
    return 0;
}

/* Once, in a cycle, and each kind of action. */
static int set_rel(void)
{
    conf_wheel = note_wheel;
    CHECK(SetRelAlarm(WheelCall, 3, 0) == E_OK);
    turn(2);
    CHECK(conf_trail_is(""));
    turn(1);
    CHECK(conf_trail_is("c"));
    turn(12);
    CHECK(conf_trail_is("")); /* once */
    CHECK(SetRelAlarm(WheelCall, 1, 2) == E_OK);
    turn(7);
    CHECK(conf_trail_is("cccc")); /* at 1, 3, 5, 7 */
    CHECK(CancelAlarm(WheelCall) == E_OK);
    conf_body[High] = note_high;
    CHECK(SetRelAlarm(WheelTask, 9, 0) == E_OK); /* the whole wheel */
    turn(8);
    CHECK(conf_trail_is(""));
    turn(1);
    CHECK(conf_trail_is("h"));
    conf_body[Ext] = wait_ext;
    CHECK(ActivateTask(Ext) == E_OK);
    CHECK(SetRelAlarm(WheelEvent, 1, 0) == E_OK);
    turn(1);
    CHECK(conf_trail_is("x"));
    return conf_silent() ? 0 : __LINE__;
}

/* On the machine's clock: never early. */
static int set_rel_clock(void)
{
    TickType left;

    conf_clock = note_wheel;
    CHECK(SetRelAlarm(ClockCall, 1000, 500) == E_OK);
    CHECK(GetAlarm(ClockCall, &left) == E_OK && left > 900 && left <= 1000);
    conf_pass_us(800);
    CHECK(conf_trail_is(""));
    conf_pass_us(400);
    CHECK(conf_trail_is("c"));
    conf_pass_us(500);
    CHECK(conf_trail_is("c"));
    CHECK(CancelAlarm(ClockCall) == E_OK);
    conf_pass_us(1000);
    CHECK(conf_trail_is(""));
    return conf_silent() ? 0 : __LINE__;
}

static int set_rel_state(void)
{
    CHECK(SetRelAlarm(WheelCall, 3, 0) == E_OK);
    CHECK(SetRelAlarm(WheelCall, 4, 2) == E_OS_STATE);
    CHECK(conf_told(E_OS_STATE, OSServiceId_SetRelAlarm));
    CHECK(OSError_SetRelAlarm_AlarmID() == WheelCall && OSError_SetRelAlarm_increment() == 4 &&
          OSError_SetRelAlarm_cycle() == 2);
    CHECK(CancelAlarm(WheelCall) == E_OK);
    return 0;
}

static int set_rel_id(void)
{
    CHECK(SetRelAlarm(200, 3, 0) == E_OS_ID);
    CHECK(conf_told(E_OS_ID, OSServiceId_SetRelAlarm));
    return 0;
}

static int set_rel_value(void)
{
    static const TickType bad[][2] = {{0, 0}, {10, 0}, {1, 1}, {1, 10}};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CHECK(SetRelAlarm(WheelCall, bad[i][0], bad[i][1]) == E_OS_VALUE);
        CHECK(conf_told(E_OS_VALUE, OSServiceId_SetRelAlarm));
    }
    return 0;
}

/* A value that is reached already is the one of the next turn. */
static int set_abs(void)
{
    TickType left;

    rewind();
    conf_wheel = note_wheel;
    CHECK(SetAbsAlarm(WheelCall, 4, 0) == E_OK);
    turn(3);
    CHECK(conf_trail_is(""));
    turn(1);
    CHECK(conf_trail_is("c"));
    CHECK(SetAbsAlarm(WheelCall, 4, 0) == E_OK);
    CHECK(GetAlarm(WheelCall, &left) == E_OK && left == 9); /* 10, but that is no value */
    turn(9);
    CHECK(conf_trail_is(""));
    turn(1);
    CHECK(conf_trail_is("c"));
    CHECK(SetAbsAlarm(WheelCall, 2, 3) == E_OK);
    turn(7);
    CHECK(conf_trail_is(""));
    turn(1);
    CHECK(conf_trail_is("c"));
    turn(6);
    CHECK(conf_trail_is("cc"));
    CHECK(CancelAlarm(WheelCall) == E_OK);
    rewind();
    CHECK(SetAbsAlarm(WheelCall, 0, 0) == E_OK);
    CHECK(CancelAlarm(WheelCall) == E_OK);
    return conf_silent() ? 0 : __LINE__;
}

static int set_abs_state(void)
{
    CHECK(SetAbsAlarm(WheelCall, 3, 0) == E_OK);
    CHECK(SetAbsAlarm(WheelCall, 4, 2) == E_OS_STATE);
    CHECK(conf_told(E_OS_STATE, OSServiceId_SetAbsAlarm));
    CHECK(OSError_SetAbsAlarm_AlarmID() == WheelCall && OSError_SetAbsAlarm_start() == 4 &&
          OSError_SetAbsAlarm_cycle() == 2);
    CHECK(CancelAlarm(WheelCall) == E_OK);
    return 0;
}

static int set_abs_id(void)
{
    CHECK(SetAbsAlarm(200, 3, 0) == E_OS_ID);
    CHECK(conf_told(E_OS_ID, OSServiceId_SetAbsAlarm));
    return 0;
}

static int set_abs_value(void)
{
    static const TickType bad[][2] = {{10, 0}, {0, 1}, {0, 10}};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CHECK(SetAbsAlarm(WheelCall, bad[i][0], bad[i][1]) == E_OS_VALUE);
        CHECK(conf_told(E_OS_VALUE, OSServiceId_SetAbsAlarm));
    }
    return 0;
}

static int cancel(void)
{
    conf_wheel = note_wheel;
    CHECK(SetRelAlarm(WheelCall, 1, 2) == E_OK);
    CHECK(CancelAlarm(WheelCall) == E_OK);
    turn(10);
    CHECK(conf_trail_is(""));
    return 0;
}

static int cancel_nofunc(void)
{
    CHECK(CancelAlarm(WheelCall) == E_OS_NOFUNC);
    CHECK(conf_told(E_OS_NOFUNC, OSServiceId_CancelAlarm));
    CHECK(OSError_CancelAlarm_AlarmID() == WheelCall);
    return 0;
}

static int cancel_id(void)
{
    CHECK(CancelAlarm(200) == E_OS_ID);
    CHECK(conf_told(E_OS_ID, OSServiceId_CancelAlarm));
    return 0;
}

/* §11.2: what an alarm cannot do is told as an error of the service that does it. */
static int alarm_errors(void)
{
    CHECK(GetResource(Shared) == E_OK); /* High cannot run */
    CHECK(ActivateTask(High) == E_OK);
    CHECK(SetRelAlarm(WheelTask, 1, 0) == E_OK);
    turn(1);
    CHECK(conf_told(E_OS_LIMIT, OSServiceId_ActivateTask));
    CHECK(OSError_ActivateTask_TaskID() == High);
    CHECK(ReleaseResource(Shared) == E_OK);
    CHECK(SetRelAlarm(WheelEvent, 1, 0) == E_OK);
    turn(1);
    CHECK(conf_told(E_OS_STATE, OSServiceId_SetEvent));
    CHECK(OSError_SetEvent_TaskID() == Ext && OSError_SetEvent_Mask() == ExtEvent);
    return 0;
}

const struct conf_row conf_alarm_rows[] = {
    {"GetAlarmBase", "E_OK", get_base},
    {"GetAlarmBase", "E_OS_ID", get_base_id},
    {"GetAlarmBase", "E_OS_PARAM_POINTER", get_base_pointer},
    {"GetAlarm", "E_OK", get},
    {"GetAlarm", "E_OS_NOFUNC", get_nofunc},
    {"GetAlarm", "E_OS_ID", get_id},
    {"GetAlarm", "E_OS_PARAM_POINTER", get_pointer},
    {"SetRelAlarm", "E_OK", set_rel},
    {"SetRelAlarm", "E_OK(clock)", set_rel_clock},
    {"SetRelAlarm", "E_OS_STATE", set_rel_state},
    {"SetRelAlarm", "E_OS_ID", set_rel_id},
    {"SetRelAlarm", "E_OS_VALUE", set_rel_value},
    {"SetAbsAlarm", "E_OK", set_abs},
    {"SetAbsAlarm", "E_OS_STATE", set_abs_state},
    {"SetAbsAlarm", "E_OS_ID", set_abs_id},
    {"SetAbsAlarm", "E_OS_VALUE", set_abs_value},
    {"CancelAlarm", "E_OK", cancel},
    {"CancelAlarm", "E_OS_NOFUNC", cancel_nofunc},
    {"CancelAlarm", "E_OS_ID", cancel_id},
    {"ErrorHook", "E_OS_LIMIT,E_OS_STATE(alarm)", alarm_errors},
    {NULL, NULL, NULL},
};
