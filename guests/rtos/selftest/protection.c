/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Protection on the machine itself: an untrusted task does one attack after the other; each time it
 * alone must end, for the right reason, while a task of another untrusted application and the
 * trusted one that looks on keep their time. Results go to COM1.
 */
#include "protection.h"
#include "board.h"
#include "protection_os.h"
#include "say.h"

#define PATTERN 0x5AFE5AFEu

volatile uint32_t trusted_data = PATTERN;
OS_DATA(Victim) static volatile uint32_t victim_data = PATTERN, beats;
OS_DATA(Victim) static volatile uint32_t *volatile victim_stack;

static ProtectionReturnType answer = PRO_TERMINATETASKISR;
static StatusType fault, error;
static TaskType faulty;
static unsigned faults;
static uint64_t begun_us;
static uint32_t told_us; /* behind its beginning, of the last attack */

ProtectionReturnType ProtectionHook(StatusType what)
{
    faults++;
    told_us = (uint32_t)(board_now_us() - begun_us);
    fault = what;
    (void)GetTaskID(&faulty);
    return what == E_OS_PROTECTION_ARRIVAL ? PRO_IGNORE : answer;
}

void ErrorHook(StatusType what)
{
    error = what;
}

TASK(Culprit)
{
    attacks[culprit.which].act();
    culprit.behind = true;
    (void)TerminateTask();
}

TASK(Accomplice)
{
    culprit.accomplice_runs++;
    (void)TerminateTask();
}

TASK(Revive)
{
    culprit.revivals++;
    (void)AllowAccess();
    (void)TerminateTask();
}

/* Everything that is its own must be as it left it. */
TASK(Neighbour)
{
    volatile uint32_t here = PATTERN;

    victim_stack = &here;
    if (victim_data == PATTERN && here == PATTERN)
        beats++;
    (void)TerminateTask();
}

static void wait_for_tick(void)
{
    (void)WaitEvent(Tick);
    (void)ClearEvent(Tick);
}

static bool suspended(TaskType task)
{
    TaskStateType state = RUNNING;

    return GetTaskState(task, &state) == E_OK && state == SUSPENDED;
}

/* What has been told of the attack is what should be, and the culprit went as far as it should. */
static bool told(const struct attack *attack)
{
    if (attack->fault == E_OK)
        return faults == 0 && culprit.behind && culprit.status == attack->status &&
               error == attack->status;
    if (attack->fault == E_OS_PROTECTION_ARRIVAL)
        return faults == 1 && fault == attack->fault && culprit.behind &&
               culprit.status == attack->status;
    if (culprit.behind)
        return false;
    if (attack->fault == E_OS_MISSINGEND)
        return faults == 0 && error == attack->fault;
    return faults == 1 && fault == attack->fault && faulty == Culprit;
}

/* From one tick, before which the last result was told, to the next: ten beats of the
 * neighbour's. */
static bool run(unsigned which)
{
    uint32_t before, here = PATTERN;

    wait_for_tick();
    before = beats;
    faults = 0;
    error = E_OK;
    culprit.which = which;
    culprit.behind = false;
    culprit.status = E_OK;
    culprit.control_stack = &here;
    culprit.victim_stack = victim_stack;
    begun_us = board_now_us();
    if (ActivateTask(Culprit) != E_OK)
        return false;
    wait_for_tick();
    return told(&attacks[which]) && beats - before == 10 && trusted_data == PATTERN &&
           here == PATTERN;
}

static void say(const char *name, bool good)
{
    board_say("protection: ");
    board_say(name);
    board_say(good ? " ok" : " WRONG");
    if (faults) {
        board_say(" ");
        say_number(told_us);
    }
    board_say("\r\n");
}

/* The whole application ends with its task, and comes back by its restart task. */
static bool run_restart(void)
{
    bool good;

    answer = PRO_TERMINATEAPPL_RESTART;
    good = run(0) && culprit.revivals == 1 && suspended(Culprit);
    answer = PRO_TERMINATETASKISR;
    return good && run(0);
}

/* The whole application ends, and stays so. */
static bool run_end(void)
{
    ApplicationStateType state = APPLICATION_ACCESSIBLE;
    bool good;

    answer = PRO_TERMINATEAPPL;
    good = run(0);
    return good && GetApplicationState(Guest, &state) == E_OK && state == APPLICATION_TERMINATED &&
           ActivateTask(Culprit) == E_OS_ACCESS && ActivateTask(Accomplice) == E_OS_ACCESS;
}

TASK(Control)
{
    culprit.victim_data = &victim_data;
    for (unsigned i = 0; i < attacks_count; i++)
        say(attacks[i].name, run(i) && suspended(Culprit));
    say("accomplice", culprit.accomplice_runs == 1);
    say("restart", run_restart());
    say("end", run_end());
    wait_for_tick();
    board_say("protection: done\r\n");
    (void)TerminateTask();
}

void app_early(void)
{
}

void app_main(void)
{
    StartOS(OSDEFAULTAPPMODE);
}

void app_panic(const char *why)
{
    (void)why;
}
