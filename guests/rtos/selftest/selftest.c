/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kernel tried on the machine itself: order of tasks, alarms, schedule tables, SSE state, use
 * of stacks, and faults that must be caught and told. Which case is the last word of the command
 * line; results go to COM1.
 */
#include "board.h"
#include "mem.h"
#include "say.h"
#include "selftest_os.h"

#define PAGE_BYTES    4096u
#define PERIOD_US     5000u
#define PERIODS       40u
#define STEP_US       2000u
#define LATE_LIMIT_US 50u
#define ROUNDS        2000000u

DeclareTask(HighTask);
DeclareTask(EventTask);
DeclareEvent(WakeEvent);
DeclareAlarm(WakeAlarm);
DeclareAlarm(SseAlarm);

static char order[32];
static unsigned order_used;
static volatile unsigned sse_runs;
static volatile uint64_t step_at;
static volatile uint32_t writable = 0xC3; /* ret, as data */

static void note(char c)
{
    if (order_used + 1 < sizeof(order))
        order[order_used++] = c;
}

static bool asked_for(const char *word)
{
    size_t n = 0;

    while (word[n])
        n++;
    for (const char *c = board.cmdline; *c; c++)
        if (memcmp(c, word, n) == 0)
            return true;
    return false;
}

static void set_xmm0(uint32_t v)
{
    __asm__ volatile("movd %0, %%xmm0\n\tpshufd $0, %%xmm0, %%xmm0" : : "r"(v));
}

static uint32_t get_xmm0(void)
{
    uint32_t v;

    __asm__ volatile("movd %%xmm0, %0" : "=r"(v));
    return v;
}

/* A frame larger than the stack: its first byte written lies in the guard page. */
static void overflow(void)
{
    volatile uint8_t deep[3 * PAGE_BYTES];

    for (size_t i = sizeof(deep); i-- > 0;)
        deep[i] = 1;
}

/* Call by call into the guard page: then even the fault finds no stack, and the double fault must
 * have one of its own. */
static unsigned sink(unsigned depth)
{
    volatile uint8_t pad[64];

    pad[depth % sizeof(pad)] = (uint8_t)depth;
    return depth ? sink(depth - 1) + pad[depth % sizeof(pad)] : 0;
}

/* Writes to the last word of this stack, whose upper page we are in, and gives up the CPU: without
 * the guard page's help. */
static void smash(void)
{
    volatile uint32_t here = 0;
    uint32_t low = ((uint32_t)&here & ~(PAGE_BYTES - 1)) - PAGE_BYTES;

    *(volatile uint32_t *)low = here;
    (void)ActivateTask(HighTask);
}

static void faults(void)
{
    volatile uint32_t *volatile nothing = NULL;

    if (asked_for("smash-routine"))
        __asm__ volatile("int $80" : : : "memory");
    else if (asked_for("smash"))
        smash();
    if (asked_for("overflow"))
        overflow();
    if (asked_for("sink"))
        order_used = sink(100000);
    if (asked_for("write-text"))
        *(volatile uint8_t *)(uintptr_t)app_early = 0xC3;
    if (asked_for("exec-data"))
        ((void (*)(void))(uintptr_t)&writable)();
    if (asked_for("null"))
        (void)*nothing;
    if (asked_for("assert"))
        OS_ASSERT(order_used > 1000);
}

/* Pre-emption at activation, end and event, in the order that OSEK gives. */
static bool test_order(void)
{
    static const char expected[] = "aHbwEWcEWd";

    note('a');
    (void)ActivateTask(HighTask);
    note('b');
    (void)ActivateTask(EventTask); /* runs to its wait */
    (void)SetEvent(EventTask, WakeEvent);
    note('c');
    (void)SetEvent(EventTask, WakeEvent);
    note('d');
    return order_used == sizeof(expected) - 1 && memcmp(order, expected, order_used) == 0;
}

/* When WakeEvent has come. */
static uint64_t wait_for_wake(void)
{
    (void)WaitEvent(WakeEvent);
    (void)ClearEvent(WakeEvent);
    return board_now_us();
}

static bool test_alarms(void)
{
    uint32_t worst = 0;
    uint64_t due = board_now_us() + PERIOD_US;

    if (SetAbsAlarm(WakeAlarm, (TickType)due, PERIOD_US) != E_OK)
        return false;
    for (unsigned i = 0; i < PERIODS; i++, due += PERIOD_US) {
        uint64_t now = wait_for_wake();

        if (now < due)
            return false;
        worst = now - due > worst ? (uint32_t)(now - due) : worst;
    }
    (void)CancelAlarm(WakeAlarm);
    board_say("selftest: worst lateness in us: ");
    say_number(worst);
    board_say("\r\n");
    return worst <= LATE_LIMIT_US;
}

/* From a schedule table: each point at its time, never early. */
static bool test_tables(void)
{
    uint32_t worst = 0;
    uint64_t due = board_now_us() + PERIOD_US;

    if (StartScheduleTableAbs(WakeTable, (TickType)due) != E_OK)
        return false;
    for (unsigned i = 0; i < PERIODS; i++, due += PERIOD_US) {
        uint64_t now = wait_for_wake();

        if (now < due || (i && (step_at < due - PERIOD_US + STEP_US || step_at >= due)))
            return false;
        worst = now - due > worst ? (uint32_t)(now - due) : worst;
        if (i)
            worst = step_at - (due - PERIOD_US + STEP_US) > worst
                        ? (uint32_t)(step_at - (due - PERIOD_US + STEP_US))
                        : worst;
    }
    board_say("selftest: worst lateness of an expiry point in us: ");
    say_number(worst);
    board_say("\r\n");
    return StopScheduleTable(WakeTable) == E_OK && worst <= LATE_LIMIT_US;
}

static bool show_stack(const char *name, TaskType task)
{
    StackUsageType usage;

    if (GetStackUsage(task, &usage) != E_OK)
        return false;
    board_say("selftest: stack of ");
    board_say(name);
    board_say(" in bytes: ");
    say_number(usage.used);
    board_say(" of ");
    say_number(usage.bytes);
    board_say("\r\n");
    return usage.used >= 64 && usage.used < usage.bytes / 2;
}

/* Every stack was run on, and none is used to its half. */
static bool test_stacks(void)
{
    bool good = show_stack("idle", INVALID_TASK);

    good &= show_stack("MainTask", MainTask);
    good &= show_stack("HighTask", HighTask);
    good &= show_stack("SseTask", SseTask);
    good &= show_stack("StepTask", StepTask);
    return good & show_stack("EventTask", EventTask);
}

/* Another SSE task of higher priority comes in between again and again: our register must not
 * notice. */
static bool test_sse(void)
{
    bool good = true;

    (void)SetRelAlarm(SseAlarm, 200, 200);
    set_xmm0(0x12345678);
    for (volatile unsigned i = 0; i < ROUNDS; i++)
        ;
    good = get_xmm0() == 0x12345678 && sse_runs > 5;
    (void)CancelAlarm(SseAlarm);
    return good;
}

TASK(MainTask)
{
    faults();
    board_say(test_order() ? "selftest: order ok\r\n" : "selftest: order WRONG: ");
    if (order_used && memcmp(order, "aHbwEWcEWd", 11))
        board_say(order);
    board_say(test_alarms() ? "selftest: alarms ok\r\n" : "selftest: alarms WRONG\r\n");
    board_say(test_tables() ? "selftest: tables ok\r\n" : "selftest: tables WRONG\r\n");
    board_say(test_sse() ? "selftest: sse ok\r\n" : "selftest: sse WRONG\r\n");
    board_say(test_stacks() ? "selftest: stacks ok\r\n" : "selftest: stacks WRONG\r\n");
    board_say("selftest: end\r\n");
    (void)TerminateTask();
}

TASK(HighTask)
{
    note('H');
    (void)TerminateTask();
}

TASK(StepTask)
{
    step_at = board_now_us();
    (void)TerminateTask();
}

/* It runs on the stack of whom it interrupts. */
ISR(SmashRoutine)
{
    smash();
}

TASK(SseTask)
{
    set_xmm0(++sse_runs);
    (void)TerminateTask();
}

TASK(EventTask)
{
    note('w');
    for (;;) {
        (void)WaitEvent(WakeEvent);
        (void)ClearEvent(WakeEvent);
        note('E');
        note('W');
    }
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
