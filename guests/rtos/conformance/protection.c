/* SPDX-License-Identifier: BSD-3-Clause */
/* Conformance: timing protection and ProtectionHook, AUTOSAR OS 4 §7.7.2, §7.8. Task Guarded has a
 * budget of 2 ms and a time frame of 5 ms. */
#include "conformance.h"
#include "conformance_os.h"

#define FRAME_US 5000

static StatusType got;

static void note_guarded(void)
{
    conf_note('g');
}

/* Whatever was before: Guarded may come, and may not come again. */
static bool come_once(void)
{
    conf_pass_us(FRAME_US);
    return ActivateTask(Guarded) == E_OK;
}

static int activate_early(void)
{
    conf_body[Guarded] = note_guarded;
    CHECK(come_once());
    CHECK(ActivateTask(Guarded) == E_OS_PROTECTION_ARRIVAL);
    CHECK(conf_faulted(E_OS_PROTECTION_ARRIVAL, Main));
    CHECK(conf_told(E_OS_PROTECTION_ARRIVAL, OSServiceId_ActivateTask));
    CHECK(conf_trail_is("g"));
    conf_pass_us(FRAME_US);
    CHECK(ActivateTask(Guarded) == E_OK && conf_trail_is("g"));
    return conf_silent() ? 0 : __LINE__;
}

static void chain_guarded(void)
{
    got = ChainTask(Guarded);
    conf_note('h');
}

static int chain_early(void)
{
    conf_body[High] = chain_guarded;
    CHECK(come_once());
    CHECK(ActivateTask(High) == E_OK);
    CHECK(got == E_OS_PROTECTION_ARRIVAL && conf_trail_is("h")); /* it has not ended */
    CHECK(conf_told(E_OS_PROTECTION_ARRIVAL, OSServiceId_ChainTask));
    return conf_faulted(E_OS_PROTECTION_ARRIVAL, High) ? 0 : __LINE__;
}

static void wait_for_event(void)
{
    (void)WaitEvent(GuardedEvent);
    conf_note('w');
}

/* The event is set, and the next one releases. */
static int release_early(void)
{
    EventMaskType set = 0;
    TaskStateType state = SUSPENDED;

    conf_body[Guarded] = wait_for_event;
    CHECK(come_once());
    CHECK(SetEvent(Guarded, GuardedEvent) == E_OS_PROTECTION_ARRIVAL);
    CHECK(conf_told(E_OS_PROTECTION_ARRIVAL, OSServiceId_SetEvent));
    CHECK(conf_faulted(E_OS_PROTECTION_ARRIVAL, Main));
    CHECK(GetEvent(Guarded, &set) == E_OK && set == GuardedEvent);
    CHECK(GetTaskState(Guarded, &state) == E_OK && state == WAITING);
    conf_pass_us(FRAME_US);
    CHECK(SetEvent(Guarded, GuardedEvent) == E_OK);
    CHECK(conf_trail_is("w"));
    return conf_silent() ? 0 : __LINE__;
}

static void run_over(void)
{
    conf_note('o');
    conf_pass_us(FRAME_US);
    conf_note('!');
}

static int budget(void)
{
    TaskStateType state = RUNNING;

    conf_body[Guarded] = run_over;
    CHECK(come_once());
    CHECK(conf_trail_is("o") && conf_faulted(E_OS_PROTECTION_TIME, Guarded));
    CHECK(GetTaskState(Guarded, &state) == E_OK && state == SUSPENDED);
    return conf_silent() ? 0 : __LINE__;
}

static void take_and_return(void)
{
    (void)GetResource(Shared);
    SuspendAllInterrupts();
    conf_return = true;
}

/* What it has taken and switched off is given back: the next row would see it. */
static int missing_end(void)
{
    conf_body[High] = take_and_return;
    CHECK(ActivateTask(High) == E_OK);
    CHECK(conf_told(E_OS_MISSINGEND, OSServiceId_None));
    return 0;
}

const struct conf_row conf_protection_rows[] = {
    {"ActivateTask", "E_OS_PROTECTION_ARRIVAL", activate_early},
    {"ChainTask", "E_OS_PROTECTION_ARRIVAL", chain_early},
    {"SetEvent", "E_OS_PROTECTION_ARRIVAL", release_early},
    {"ProtectionHook", "-", budget},
    {"ErrorHook", "E_OS_MISSINGEND", missing_end},
    {NULL, NULL, NULL},
};
