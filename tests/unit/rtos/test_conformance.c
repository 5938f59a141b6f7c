/* SPDX-License-Identifier: BSD-3-Clause */
/* The conformance table on the host: a port whose tasks are contexts of this process and whose
 * clock moves when the test says so. */
#include "kernel/internal.h"

#include "board.h"
#include "conformance/conformance.h"
#include "conformance_os.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include <cmocka.h>

#define STACK_BYTES 65536

static ucontext_t host, system_context, idle, dead, context[CONF_TASKS];
/* Two a task: one may end on the stack whose next activation begins. */
static uint8_t stack[CONF_TASKS][2][STACK_BYTES],
    system_stack[STACK_BYTES] __attribute__((aligned(16)));
static unsigned in_use[CONF_TASKS];
static uint64_t now, timer_at;
static uint32_t masked;
static char said[16384];
static size_t said_bytes;
static AppModeType mode;

void conf_say(const char *text)
{
    size_t n = strlen(text);

    if (said_bytes + n >= sizeof(said))
        abort();
    memcpy(said + said_bytes, text, n + 1);
    said_bytes += n;
}

/* The timer's interrupt, where it is due and nothing keeps it off. */
static void deliver(void)
{
    while (!masked && now >= timer_at) {
        timer_at = OS_NEVER;
        masked = 1;
        os_isr_enter();
        os_timer();
        os_isr_exit();
        masked = 0;
    }
}

void conf_pass_us(uint32_t us)
{
    for (; us; us--) {
        now++;
        deliver();
    }
}

static const struct os_isr_config *routine(uint8_t category)
{
    const struct os_isr_config *isr = os_config.isr;

    while (isr->category != category)
        isr++;
    return isr;
}

void conf_raise_routine(void)
{
    uint32_t was = port_irq_save();

    os_isr_enter();
    routine(2)->entry();
    os_isr_exit();
    port_irq_restore(was);
}

void conf_raise_plain(void)
{
    uint32_t was = port_irq_save();
    uint16_t outer = os_isr1_enter();

    routine(1)->entry();
    os_isr1_exit(outer);
    port_irq_restore(was);
}

static void begin_task(void)
{
    TaskType self = os.running;

    masked = 0;
    deliver();
    os_config.task[self].entry();
    os_task_returned();
    abort(); /* it has ended */
}

static ucontext_t *context_of(TaskType to)
{
    if (to == INVALID_TASK)
        return &idle;
    if (!os_config.task_state[to].context) {
        in_use[to] ^= 1;
        if (getcontext(&context[to]))
            abort();
        context[to].uc_stack.ss_sp = stack[to][in_use[to]];
        context[to].uc_stack.ss_size = STACK_BYTES;
        context[to].uc_link = NULL;
        makecontext(&context[to], begin_task, 0);
    }
    return &context[to];
}

void port_switch(TaskType from, TaskType to, bool from_ends)
{
    ucontext_t *save = from == INVALID_TASK ? &idle : from_ends ? &dead : &context[from];

    if (from != INVALID_TASK && !from_ends)
        os_config.task_state[from].context = save;
    if (swapcontext(save, context_of(to)))
        abort();
}

uint64_t port_now(void)
{
    return now;
}

void port_timer_set(uint64_t at)
{
    timer_at = at;
}

uint32_t port_irq_save(void)
{
    uint32_t was = masked;

    masked = 1;
    return was;
}

void port_irq_restore(uint32_t saved)
{
    masked = saved;
    deliver();
}

/* The stack on which this runs was filled before. */
void port_start(void)
{
}

struct os_stack port_stack(void)
{
    return (struct os_stack){system_stack, sizeof(system_stack)};
}

void port_idle(void)
{
    for (;;) {
        if (timer_at == OS_NEVER) {
            fprintf(stderr, "all tasks wait for ever; so far:\n%s", said);
            abort();
        }
        now = timer_at > now ? timer_at : now;
        masked = 0;
        deliver();
    }
}

void port_shutdown(StatusType error)
{
    (void)error;
    (void)setcontext(&host);
    abort();
}

void panic(const char *why, const char *file, int line)
{
    fprintf(stderr, "%s:%d: %s; so far:\n%s", file, line, why, said);
    abort();
}

static void start(void)
{
    StartOS(mode);
}

/* From StartOS to ShutdownOS. */
static void run(AppModeType in_mode)
{
    said_bytes = 0;
    said[0] = 0;
    now = 0;
    timer_at = OS_NEVER;
    masked = 0;
    mode = in_mode;
    memset(system_stack, OS_STACK_FILL, sizeof(system_stack));
    assert_int_equal(getcontext(&system_context), 0);
    system_context.uc_stack.ss_sp = system_stack;
    system_context.uc_stack.ss_size = STACK_BYTES;
    system_context.uc_link = NULL;
    makecontext(&system_context, start, 0);
    assert_int_equal(swapcontext(&host, &system_context), 0);
}

static void test_table(void **state)
{
    (void)state;
    run(OSDEFAULTAPPMODE);
    fputs(said, stdout); /* too long for print_message */
    assert_null(strstr(said, "WRONG"));
    assert_non_null(strstr(said, "conformance: shut down with 0, "));
    assert_non_null(strstr(said, " rows, 0 wrong"));
}

static void test_other_mode(void **state)
{
    (void)state;
    conf_startups = 0;
    run(OtherMode);
    assert_non_null(strstr(said, "conformance: other mode ok"));
}

static void test_no_such_mode(void **state)
{
    (void)state;
    conf_startups = 0;
    run(7);
    assert_non_null(strstr(said, "conformance: shut down with 3,"));
    assert_int_equal(conf_startups, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_other_mode),
        cmocka_unit_test(test_no_such_mode),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
