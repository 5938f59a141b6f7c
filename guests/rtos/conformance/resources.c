/* SPDX-License-Identifier: BSD-3-Clause */
/* Conformance: resource management, OSEK OS 2.2.3 §13.4. */
#include "conformance.h"

static StatusType got, got2;

static void note_high(void)
{
    conf_note('h');
}

static void note_top(void)
{
    conf_note('t');
}

static void take_wire(void)
{
    got = GetResource(Wire);
    got2 = ReleaseResource(Wire);
}

static int get(void)
{
    conf_body[High] = note_high;
    conf_body[Top] = note_top;
    CHECK(GetResource(Shared) == E_OK);
    CHECK(ActivateTask(High) == E_OK);
    CHECK(conf_trail_is("")); /* its ceiling */
    CHECK(ActivateTask(Top) == E_OK);
    CHECK(conf_trail_is("t"));
    CHECK(GetResource(SharedAgain) == E_OK); /* nested, by its other name */
    CHECK(ReleaseResource(SharedAgain) == E_OK);
    CHECK(conf_trail_is(""));
    CHECK(ReleaseResource(Shared) == E_OK);
    CHECK(conf_trail_is("h"));
    conf_routine = take_wire;
    conf_raise_routine();
    CHECK(got == E_OK && got2 == E_OK);
    return conf_silent() ? 0 : __LINE__;
}

/* OSEK §8.3: the scheduler as a resource, which keeps all tasks from running, but no interrupt. */
static int get_scheduler(void)
{
    conf_body[Top] = note_top;
    conf_routine = note_high;
    CHECK(GetResource(RES_SCHEDULER) == E_OK);
    CHECK(ActivateTask(Top) == E_OK);
    conf_raise_routine();
    CHECK(conf_trail_is("h"));
    CHECK(ReleaseResource(RES_SCHEDULER) == E_OK);
    CHECK(conf_trail_is("t"));
    return 0;
}

static void note_clock(void)
{
    conf_note('c');
}

/* §8.6.1: one that a routine takes too. */
static int get_wire(void)
{
    conf_clock = note_clock;
    conf_body[Top] = note_top;
    CHECK(SetRelAlarm(ClockCall, 100, 0) == E_OK);
    CHECK(GetResource(Wire) == E_OK);
    CHECK(ActivateTask(Top) == E_OK);
    conf_pass_us(200);
    CHECK(conf_trail_is(""));
    CHECK(ReleaseResource(Wire) == E_OK);
    /* Top runs first, but begins with interrupts on: the one that waits comes before its first
     * instruction. */
    CHECK(conf_trail_is("ct"));
    return conf_silent() ? 0 : __LINE__;
}

static int get_id(void)
{
    CHECK(GetResource(200) == E_OS_ID);
    CHECK(conf_told(E_OS_ID, OSServiceId_GetResource));
    CHECK(OSError_GetResource_ResID() == 200);
    return 0;
}

static void take_quiet(void)
{
    got = GetResource(Quiet);
    got2 = ReleaseResource(Quiet);
}

static void take_shared(void)
{
    got = GetResource(Shared);
}

static int get_access(void)
{
    CHECK(GetResource(Quiet) == E_OK);
    CHECK(GetResource(Quiet) == E_OS_ACCESS); /* held already */
    CHECK(conf_told(E_OS_ACCESS, OSServiceId_GetResource));
    CHECK(OSError_GetResource_ResID() == Quiet);
    CHECK(ReleaseResource(Quiet) == E_OK);
    conf_body[High] = take_quiet; /* above its ceiling */
    CHECK(ActivateTask(High) == E_OK);
    CHECK(got == E_OS_ACCESS);
    (void)conf_silent();
    conf_routine = take_shared;
    conf_raise_routine();
    CHECK(got == E_OS_ACCESS);
    CHECK(conf_told(E_OS_ACCESS, OSServiceId_GetResource));
    return 0;
}

static int release(void)
{
    CHECK(GetResource(Quiet) == E_OK);
    CHECK(GetResource(Shared) == E_OK);
    CHECK(ReleaseResource(Shared) == E_OK);
    CHECK(ReleaseResource(Quiet) == E_OK);
    return 0;
}

static int release_id(void)
{
    CHECK(ReleaseResource(200) == E_OS_ID);
    CHECK(conf_told(E_OS_ID, OSServiceId_ReleaseResource));
    CHECK(OSError_ReleaseResource_ResID() == 200);
    return 0;
}

static int release_access(void)
{
    conf_body[High] = take_quiet;
    CHECK(ActivateTask(High) == E_OK);
    CHECK(got2 == E_OS_ACCESS);
    return 0;
}

static int release_nofunc(void)
{
    CHECK(ReleaseResource(Quiet) == E_OS_NOFUNC); /* not held */
    CHECK(conf_told(E_OS_NOFUNC, OSServiceId_ReleaseResource));
    CHECK(GetResource(Quiet) == E_OK && GetResource(Shared) == E_OK);
    CHECK(ReleaseResource(Quiet) == E_OS_NOFUNC); /* Shared first */
    CHECK(conf_told(E_OS_NOFUNC, OSServiceId_ReleaseResource));
    CHECK(ReleaseResource(Shared) == E_OK && ReleaseResource(Quiet) == E_OK);
    return 0;
}

const struct conf_row conf_resource_rows[] = {
    {"GetResource", "E_OK", get},
    {"GetResource", "E_OK(RES_SCHEDULER)", get_scheduler},
    {"GetResource", "E_OK(interrupt)", get_wire},
    {"GetResource", "E_OS_ID", get_id},
    {"GetResource", "E_OS_ACCESS", get_access},
    {"ReleaseResource", "E_OK", release},
    {"ReleaseResource", "E_OS_ID", release_id},
    {"ReleaseResource", "E_OS_ACCESS", release_access},
    {"ReleaseResource", "E_OS_NOFUNC", release_nofunc},
    {NULL, NULL, NULL},
};
