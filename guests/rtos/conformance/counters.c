/* SPDX-License-Identifier: BSD-3-Clause */
/* Conformance: counters, AUTOSAR OS 4 §8.4. */
#include "conformance.h"

static StatusType got;

static void turn_once(void)
{
    got = IncrementCounter(Wheel);
    conf_note('i');
}

static void note_high(void)
{
    conf_note('h');
}

static int increment(void)
{
    TickType value, next;

    for (int i = 0; i < 25; i++) {
        CHECK(GetCounterValue(Wheel, &value) == E_OK && value <= 9);
        CHECK(IncrementCounter(Wheel) == E_OK);
        CHECK(GetCounterValue(Wheel, &next) == E_OK);
        CHECK(next == (value == 9 ? 0 : value + 1));
    }
    /* From a routine: what its alarm activates runs after it. */
    conf_body[High] = note_high;
    conf_routine = turn_once;
    CHECK(SetRelAlarm(WheelTask, 1, 0) == E_OK);
    conf_raise_routine();
    CHECK(got == E_OK && conf_trail_is("ih"));
    return conf_silent() ? 0 : __LINE__;
}

static int increment_id(void)
{
    CHECK(IncrementCounter(200) == E_OS_ID);
    CHECK(conf_told(E_OS_ID, OSServiceId_IncrementCounter));
    CHECK(OSError_IncrementCounter_CounterID() == 200);
    CHECK(IncrementCounter(Clock) == E_OS_ID); /* it counts by itself */
    CHECK(conf_told(E_OS_ID, OSServiceId_IncrementCounter));
    return 0;
}

static int get_value(void)
{
    TickType first, second;

    CHECK(GetCounterValue(Clock, &first) == E_OK);
    conf_pass_us(100);
    CHECK(GetCounterValue(Clock, &second) == E_OK);
    CHECK(second - first >= 100 && second - first < 10000);
    return 0;
}

static int get_value_id(void)
{
    TickType value;

    CHECK(GetCounterValue(200, &value) == E_OS_ID);
    CHECK(conf_told(E_OS_ID, OSServiceId_GetCounterValue));
    CHECK(OSError_GetCounterValue_CounterID() == 200 && OSError_GetCounterValue_Value() == &value);
    return 0;
}

static int get_value_pointer(void)
{
    CHECK(GetCounterValue(Clock, NULL) == E_OS_PARAM_POINTER);
    CHECK(conf_told(E_OS_PARAM_POINTER, OSServiceId_GetCounterValue));
    return 0;
}

static int get_elapsed(void)
{
    TickType value, elapsed, now;

    CHECK(GetCounterValue(Wheel, &value) == E_OK);
    for (TickType i = 0; i < 25; i++) { /* over the overrun and not */
        CHECK(IncrementCounter(Wheel) == E_OK);
        if (i % 5 != 4)
            continue;
        CHECK(GetElapsedValue(Wheel, &value, &elapsed) == E_OK && elapsed == 5);
        CHECK(GetCounterValue(Wheel, &now) == E_OK && value == now);
    }
    return 0;
}

static int get_elapsed_id(void)
{
    TickType value = 0, elapsed;

    CHECK(GetElapsedValue(200, &value, &elapsed) == E_OS_ID);
    CHECK(conf_told(E_OS_ID, OSServiceId_GetElapsedValue));
    CHECK(OSError_GetElapsedValue_CounterID() == 200 && OSError_GetElapsedValue_Value() == &value &&
          OSError_GetElapsedValue_ElapsedValue() == &elapsed);
    return 0;
}

static int get_elapsed_value(void)
{
    TickType value = 10, elapsed;

    CHECK(GetElapsedValue(Wheel, &value, &elapsed) == E_OS_VALUE);
    CHECK(conf_told(E_OS_VALUE, OSServiceId_GetElapsedValue));
    CHECK(value == 10);
    return 0;
}

static int get_elapsed_pointer(void)
{
    TickType value = 0;

    CHECK(GetElapsedValue(Wheel, NULL, &value) == E_OS_PARAM_POINTER);
    CHECK(conf_told(E_OS_PARAM_POINTER, OSServiceId_GetElapsedValue));
    CHECK(GetElapsedValue(Wheel, &value, NULL) == E_OS_PARAM_POINTER);
    CHECK(conf_told(E_OS_PARAM_POINTER, OSServiceId_GetElapsedValue));
    return 0;
}

const struct conf_row conf_counter_rows[] = {
    {"IncrementCounter", "E_OK", increment},
    {"IncrementCounter", "E_OS_ID", increment_id},
    {"GetCounterValue", "E_OK", get_value},
    {"GetCounterValue", "E_OS_ID", get_value_id},
    {"GetCounterValue", "E_OS_PARAM_POINTER", get_value_pointer},
    {"GetElapsedValue", "E_OK", get_elapsed},
    {"GetElapsedValue", "E_OS_ID", get_elapsed_id},
    {"GetElapsedValue", "E_OS_VALUE", get_elapsed_value},
    {"GetElapsedValue", "E_OS_PARAM_POINTER", get_elapsed_pointer},
    {NULL, NULL, NULL},
};
