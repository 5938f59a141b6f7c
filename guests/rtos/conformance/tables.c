/* SPDX-License-Identifier: BSD-3-Clause */
/* Conformance: schedule tables, AUTOSAR OS 4 §7.3, §8.4. */
#include "conformance.h"
#include "conformance_os.h"

#define NO_TABLE (OnClock + 1) /* the first that there is not */

static StatusType got;

static void note_high(void)
{
    conf_note('h');
}

static void note_top(void)
{
    conf_note('t');
}

static void wait_ext(void)
{
    (void)WaitEvent(ExtEvent);
    conf_note('x');
}

static void note_all(void)
{
    conf_body[High] = note_high;
    conf_body[Top] = note_top;
    conf_body[Ext] = wait_ext;
}

/* One tick each; a blank after each. */
static void turn(unsigned ticks)
{
    for (unsigned i = 0; i < ticks; i++) {
        (void)IncrementCounter(Wheel);
        conf_note(' ');
    }
}

/* Turns the wheel until it is at 0. */
static void rewind(void)
{
    TickType value = 1;

    while (GetCounterValue(Wheel, &value) == E_OK && value)
        (void)IncrementCounter(Wheel);
}

static bool is(ScheduleTableType table, ScheduleTableStatusType expected)
{
    ScheduleTableStatusType status;

    return GetScheduleTableStatus(table, &status) == E_OK && status == expected;
}

static int start_rel(void)
{
    note_all();
    CHECK(ActivateTask(Ext) == E_OK);
    CHECK(StartScheduleTableRel(Once, 1) == E_OK && is(Once, SCHEDULETABLE_RUNNING));
    turn(7);
    CHECK(conf_trail_is("  h  thx   ")); /* at 1 + 2 and 1 + 4; its end at 1 + 6 */
    CHECK(is(Once, SCHEDULETABLE_STOPPED));
    turn(10);
    CHECK(conf_trail_is("          "));
    CHECK(StartScheduleTableRel(Round, 9) == E_OK); /* the whole wheel */
    turn(22);
    CHECK(conf_trail_is("        t   h  t   h  t   h "));
    CHECK(StopScheduleTable(Round) == E_OK);
    return conf_silent() ? 0 : __LINE__;
}

/* On the machine's clock: never early. */
static int start_rel_clock(void)
{
    note_all();
    CHECK(StartScheduleTableRel(OnClock, 1000) == E_OK);
    conf_pass_us(1300);
    CHECK(conf_trail_is(""));
    conf_pass_us(400);
    CHECK(conf_trail_is("t")); /* at 1500 */
    conf_pass_us(500);
    CHECK(conf_trail_is("h")); /* at 2000 */
    conf_pass_us(2000);
    CHECK(conf_trail_is("th"));
    CHECK(StopScheduleTable(OnClock) == E_OK);
    conf_pass_us(2000);
    CHECK(conf_trail_is(""));
    return conf_silent() ? 0 : __LINE__;
}

static int start_rel_id(void)
{
    CHECK(StartScheduleTableRel(NO_TABLE, 3) == E_OS_ID);
    CHECK(conf_told(E_OS_ID, OSServiceId_StartScheduleTableRel));
    CHECK(OSError_StartScheduleTableRel_ScheduleTableID() == NO_TABLE &&
          OSError_StartScheduleTableRel_Offset() == 3);
    CHECK(StartScheduleTableRel(Turn, 3) == E_OS_ID); /* synchronized */
    CHECK(conf_told(E_OS_ID, OSServiceId_StartScheduleTableRel));
    return 0;
}

static int start_rel_value(void)
{
    CHECK(StartScheduleTableRel(Once, 0) == E_OS_VALUE);
    CHECK(conf_told(E_OS_VALUE, OSServiceId_StartScheduleTableRel));
    CHECK(StartScheduleTableRel(Once, 8) == E_OS_VALUE); /* its first point: 2 more */
    CHECK(conf_told(E_OS_VALUE, OSServiceId_StartScheduleTableRel));
    CHECK(StartScheduleTableRel(Round, 10) == E_OS_VALUE);
    CHECK(conf_told(E_OS_VALUE, OSServiceId_StartScheduleTableRel));
    return 0;
}

static int start_rel_state(void)
{
    CHECK(StartScheduleTableRel(Round, 3) == E_OK);
    CHECK(StartScheduleTableRel(Round, 4) == E_OS_STATE);
    CHECK(conf_told(E_OS_STATE, OSServiceId_StartScheduleTableRel));
    CHECK(NextScheduleTable(Round, Once) == E_OK);
    CHECK(StartScheduleTableRel(Once, 4) == E_OS_STATE);
    CHECK(conf_told(E_OS_STATE, OSServiceId_StartScheduleTableRel));
    CHECK(StopScheduleTable(Round) == E_OK);
    return 0;
}

static int start_abs(void)
{
    note_all();
    rewind();
    CHECK(StartScheduleTableAbs(Round, 2) == E_OK);
    turn(6);
    CHECK(conf_trail_is(" t   h  "));
    CHECK(StopScheduleTable(Round) == E_OK);
    CHECK(StartScheduleTableAbs(Round, 6) == E_OK); /* reached: after the overrun */
    turn(11);
    CHECK(conf_trail_is("         t  "));
    CHECK(StopScheduleTable(Round) == E_OK);
    rewind();
    CHECK(StartScheduleTableAbs(Turn, 5) == E_OK);
    CHECK(is(Turn, SCHEDULETABLE_RUNNING_AND_SYNCHRONOUS));
    turn(18); /* at 8 of each turn */
    CHECK(conf_trail_is("       h          h "));
    CHECK(StopScheduleTable(Turn) == E_OK);
    return conf_silent() ? 0 : __LINE__;
}

static int start_abs_id(void)
{
    CHECK(StartScheduleTableAbs(NO_TABLE, 3) == E_OS_ID);
    CHECK(conf_told(E_OS_ID, OSServiceId_StartScheduleTableAbs));
    CHECK(OSError_StartScheduleTableAbs_ScheduleTableID() == NO_TABLE &&
          OSError_StartScheduleTableAbs_Start() == 3);
    return 0;
}

static int start_abs_value(void)
{
    CHECK(StartScheduleTableAbs(Once, 10) == E_OS_VALUE);
    CHECK(conf_told(E_OS_VALUE, OSServiceId_StartScheduleTableAbs));
    return 0;
}

static int start_abs_state(void)
{
    CHECK(StartScheduleTableAbs(Round, 3) == E_OK);
    CHECK(StartScheduleTableAbs(Round, 4) == E_OS_STATE);
    CHECK(conf_told(E_OS_STATE, OSServiceId_StartScheduleTableAbs));
    CHECK(StopScheduleTable(Round) == E_OK);
    return 0;
}

static void stop_round(void)
{
    got = StopScheduleTable(Round);
}

static int stop(void)
{
    note_all();
    CHECK(StartScheduleTableRel(Round, 1) == E_OK && NextScheduleTable(Round, Once) == E_OK);
    turn(2);
    conf_routine = stop_round;
    conf_raise_routine();
    CHECK(got == E_OK && is(Round, SCHEDULETABLE_STOPPED));
    CHECK(is(Once, SCHEDULETABLE_STOPPED)); /* was to follow it */
    turn(8);
    CHECK(conf_trail_is("t          "));
    return conf_silent() ? 0 : __LINE__;
}

static int stop_id(void)
{
    CHECK(StopScheduleTable(NO_TABLE) == E_OS_ID);
    CHECK(conf_told(E_OS_ID, OSServiceId_StopScheduleTable));
    return 0;
}

static int stop_nofunc(void)
{
    CHECK(StopScheduleTable(Once) == E_OS_NOFUNC);
    CHECK(conf_told(E_OS_NOFUNC, OSServiceId_StopScheduleTable));
    CHECK(OSError_StopScheduleTable_ScheduleTableID() == Once);
    return 0;
}

/* At the very tick of the round's end; one that was to follow before is stopped. */
static int next(void)
{
    note_all();
    CHECK(StartScheduleTableRel(Round, 1) == E_OK);
    CHECK(NextScheduleTable(Round, Starting) == E_OK && is(Starting, SCHEDULETABLE_NEXT));
    CHECK(NextScheduleTable(Round, Once) == E_OK && is(Starting, SCHEDULETABLE_STOPPED));
    turn(5);
    CHECK(conf_trail_is("t   h  ") && is(Once, SCHEDULETABLE_NEXT));
    turn(1); /* 1 + 5: its end, and where the next begins */
    CHECK(is(Round, SCHEDULETABLE_STOPPED) && is(Once, SCHEDULETABLE_RUNNING));
    CHECK(NextScheduleTable(Once, Round) == E_OK);
    turn(2);
    CHECK(conf_trail_is("  h "));
    CHECK(ActivateTask(Ext) == E_OK);
    turn(4); /* to 6 of it */
    CHECK(conf_trail_is(" thx  t "));
    CHECK(is(Once, SCHEDULETABLE_STOPPED) && StopScheduleTable(Round) == E_OK);
    return conf_silent() ? 0 : __LINE__;
}

static int next_id(void)
{
    CHECK(StartScheduleTableRel(Round, 1) == E_OK);
    CHECK(NextScheduleTable(NO_TABLE, Once) == E_OS_ID);
    CHECK(conf_told(E_OS_ID, OSServiceId_NextScheduleTable));
    CHECK(NextScheduleTable(Round, NO_TABLE) == E_OS_ID);
    CHECK(conf_told(E_OS_ID, OSServiceId_NextScheduleTable));
    CHECK(OSError_NextScheduleTable_ScheduleTableID_From() == Round &&
          OSError_NextScheduleTable_ScheduleTableID_To() == NO_TABLE);
    CHECK(NextScheduleTable(Round, OnClock) == E_OS_ID); /* of another counter */
    CHECK(conf_told(E_OS_ID, OSServiceId_NextScheduleTable));
    CHECK(NextScheduleTable(Round, Turn) == E_OS_ID); /* synchronized otherwise */
    CHECK(conf_told(E_OS_ID, OSServiceId_NextScheduleTable));
    CHECK(StopScheduleTable(Round) == E_OK);
    return 0;
}

static int next_nofunc(void)
{
    CHECK(NextScheduleTable(Round, Once) == E_OS_NOFUNC);
    CHECK(conf_told(E_OS_NOFUNC, OSServiceId_NextScheduleTable));
    CHECK(StartScheduleTableRel(Round, 1) == E_OK && NextScheduleTable(Round, Once) == E_OK);
    CHECK(NextScheduleTable(Once, Starting) == E_OS_NOFUNC); /* does not run yet */
    CHECK(conf_told(E_OS_NOFUNC, OSServiceId_NextScheduleTable));
    CHECK(StopScheduleTable(Round) == E_OK);
    return 0;
}

static int next_state(void)
{
    CHECK(StartScheduleTableRel(Round, 1) == E_OK && StartScheduleTableRel(Once, 1) == E_OK);
    CHECK(NextScheduleTable(Round, Once) == E_OS_STATE);
    CHECK(conf_told(E_OS_STATE, OSServiceId_NextScheduleTable));
    CHECK(NextScheduleTable(Round, Starting) == E_OK);
    CHECK(NextScheduleTable(Once, Starting) == E_OS_STATE); /* Round's */
    CHECK(conf_told(E_OS_STATE, OSServiceId_NextScheduleTable));
    CHECK(StopScheduleTable(Round) == E_OK && StopScheduleTable(Once) == E_OK);
    return 0;
}

static int get_status(void)
{
    CHECK(is(Round, SCHEDULETABLE_STOPPED) && is(Once, SCHEDULETABLE_STOPPED));
    CHECK(StartScheduleTableRel(Round, 5) == E_OK && is(Round, SCHEDULETABLE_RUNNING));
    CHECK(NextScheduleTable(Round, Once) == E_OK && is(Once, SCHEDULETABLE_NEXT));
    CHECK(StopScheduleTable(Round) == E_OK && is(Round, SCHEDULETABLE_STOPPED));
    return 0;
}

static int get_status_id(void)
{
    ScheduleTableStatusType status;

    CHECK(GetScheduleTableStatus(NO_TABLE, &status) == E_OS_ID);
    CHECK(conf_told(E_OS_ID, OSServiceId_GetScheduleTableStatus));
    CHECK(OSError_GetScheduleTableStatus_ScheduleTableID() == NO_TABLE &&
          OSError_GetScheduleTableStatus_ScheduleStatus() == &status);
    return 0;
}

static int get_status_pointer(void)
{
    CHECK(GetScheduleTableStatus(Once, NULL) == E_OS_PARAM_POINTER);
    CHECK(conf_told(E_OS_PARAM_POINTER, OSServiceId_GetScheduleTableStatus));
    return 0;
}

/* What an expiry point cannot do is told as an error of the service that does it; its other actions
 * are done. */
static int expiry_errors(void)
{
    note_all();
    CHECK(GetResource(Shared) == E_OK); /* High cannot run */
    CHECK(ActivateTask(High) == E_OK);
    CHECK(StartScheduleTableRel(Once, 1) == E_OK);
    turn(3);
    CHECK(conf_told(E_OS_LIMIT, OSServiceId_ActivateTask));
    CHECK(OSError_ActivateTask_TaskID() == High);
    CHECK(ReleaseResource(Shared) == E_OK);
    CHECK(conf_trail_is("   h"));
    turn(2);
    CHECK(conf_told(E_OS_STATE, OSServiceId_SetEvent));
    CHECK(OSError_SetEvent_TaskID() == Ext && OSError_SetEvent_Mask() == ExtEvent);
    CHECK(conf_trail_is(" th "));
    CHECK(StopScheduleTable(Once) == E_OK);
    return 0;
}

const struct conf_row conf_table_rows[] = {
    {"StartScheduleTableRel", "E_OK", start_rel},
    {"StartScheduleTableRel", "E_OK(clock)", start_rel_clock},
    {"StartScheduleTableRel", "E_OS_ID", start_rel_id},
    {"StartScheduleTableRel", "E_OS_VALUE", start_rel_value},
    {"StartScheduleTableRel", "E_OS_STATE", start_rel_state},
    {"StartScheduleTableAbs", "E_OK", start_abs},
    {"StartScheduleTableAbs", "E_OS_ID", start_abs_id},
    {"StartScheduleTableAbs", "E_OS_VALUE", start_abs_value},
    {"StartScheduleTableAbs", "E_OS_STATE", start_abs_state},
    {"StopScheduleTable", "E_OK", stop},
    {"StopScheduleTable", "E_OS_ID", stop_id},
    {"StopScheduleTable", "E_OS_NOFUNC", stop_nofunc},
    {"NextScheduleTable", "E_OK", next},
    {"NextScheduleTable", "E_OS_ID", next_id},
    {"NextScheduleTable", "E_OS_NOFUNC", next_nofunc},
    {"NextScheduleTable", "E_OS_STATE", next_state},
    {"GetScheduleTableStatus", "E_OK", get_status},
    {"GetScheduleTableStatus", "E_OS_ID", get_status_id},
    {"GetScheduleTableStatus", "E_OS_PARAM_POINTER", get_status_pointer},
    {"ErrorHook", "E_OS_LIMIT,E_OS_STATE(expiry)", expiry_errors},
    {NULL, NULL, NULL},
};
