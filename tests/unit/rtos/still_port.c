/* SPDX-License-Identifier: BSD-3-Clause */
/* The port that switches to nobody. */
#include "still_port.h"

#include "board.h"

#include <string.h>

struct still_port still;
uint8_t still_stack[256] __attribute__((aligned(4)));
static jmp_buf idle;

void still_never_called(void)
{
    fail_msg("the test's port runs no task");
}

void still_start(AppModeType mode)
{
    still = (struct still_port){0};
    if (setjmp(idle) == 0)
        StartOS(mode);
}

void still_shut_down(StatusType error)
{
    if (setjmp(idle) == 0)
        ShutdownOS(error);
}

bool still_survives(void (*call)(void))
{
    if (setjmp(idle))
        return false;
    call();
    return true;
}

void port_switch(TaskType from, TaskType to, bool from_ends)
{
    assert_true(from != to || from_ends);
    still.switches++;
    if (from == INVALID_TASK)
        return;
    if (from_ends) /* or its next activation would go on where this one ended */
        assert_null(os_config.task_state[from].context);
    else
        os_config.task_state[from].context = &still;
}

uint64_t port_now(void)
{
    return still.now;
}

void port_timer_set(uint64_t at)
{
    still.timer_at = at;
}

uint32_t port_irq_save(void)
{
    uint32_t was = still.masked;

    still.masked = 1;
    return was;
}

void port_irq_restore(uint32_t saved)
{
    still.masked = saved;
}

void port_start(void)
{
    memset(still_stack, OS_STACK_FILL, sizeof(still_stack));
}

struct os_stack port_stack(void)
{
    return (struct os_stack){still_stack, sizeof(still_stack)};
}

void port_idle(void)
{
    still.masked = 0;
    longjmp(idle, 1);
}

void port_shutdown(StatusType error)
{
    still.shut_down = true;
    still.shut_down_with = error;
    longjmp(idle, 1);
}

void panic(const char *why, const char *file, int line)
{
    print_error("%s:%d: %s\n", file, line, why);
    mock_assert(0, why, file, line);
    abort();
}
