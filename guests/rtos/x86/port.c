/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel's port to i386: context switch with SSE state, the clock, the one timer, the idle
 * loop. */
#include "../kernel/internal.h"
#include "board.h"
#include "fixed.h"
#include "x86.h"

#define TIMER_MAX_US 1000000u /* longest sleep: keeps the tick product in 32 bits of the timer */

void context_switch(void **save, void *load);
void context_load(void *load) __attribute__((noreturn));

extern uint8_t boot_stack[], boot_stack_top[]; /* start.S */

OS_FPU(sse_reset);
static TaskType sse_owner = INVALID_TASK;
static void *idle_context;

static uint32_t ns_mult;    /* ns = ticks * ns_mult >> NS_SHIFT */
static uint32_t us_mult;    /* us = ticks * us_mult >> US_SHIFT */
static uint32_t timer_mult; /* timer ticks = us * timer_mult >> TIMER_SHIFT */
#define NS_SHIFT    24
#define US_SHIFT    31
#define TIMER_SHIFT 16

uint64_t board_tsc(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

uint64_t board_tsc_to_ns(uint64_t ticks)
{
    return mul64_shift(ticks, ns_mult, NS_SHIFT);
}

uint64_t board_now_us(void)
{
    return mul64_shift(board_tsc() - board.entry_tsc, us_mult, US_SHIFT);
}

uint64_t port_now(void)
{
    return board_now_us();
}

void port_timer_set(uint64_t at)
{
    uint64_t now = port_now();
    uint64_t us = at > now ? at - now : 0;

    if (at == OS_NEVER)
        us = TIMER_MAX_US;
    if (us > TIMER_MAX_US)
        us = TIMER_MAX_US;
    /* One tick more than the quotient: never early. */
    apic_timer_start((uint32_t)mul64_shift(us, timer_mult, TIMER_SHIFT) + 1);
}

void clock_init(void)
{
    /* Below 4.2 MHz the factors leave 32 bits; above 8 GHz they lose too many. */
    OS_ASSERT(board.tsc_hz >= 10000000u && board.tsc_hz < 8ull << 30);
    OS_ASSERT(board.apic_timer_hz >= 100000u);
    ns_mult = (uint32_t)udiv64(1000000000ull << NS_SHIFT, (uint32_t)board.tsc_hz);
    us_mult = (uint32_t)udiv64(1000000ull << US_SHIFT, (uint32_t)board.tsc_hz);
    timer_mult = (uint32_t)udiv64((uint64_t)board.apic_timer_hz << TIMER_SHIFT, 1000000u);
    trap_set_handler(VECTOR_TIMER, os_timer, 2);
}

uint32_t port_irq_save(void)
{
    uint32_t flags;

    __asm__ volatile("pushfl\n\tpopl %0\n\tcli" : "=r"(flags) : : "memory");
    return flags;
}

void port_irq_restore(uint32_t saved)
{
    __asm__ volatile("pushl %0\n\tpopfl" : : "r"(saved) : "memory", "cc");
}

static void task_begin(void)
{
    TaskType self = os.running;

    __asm__ volatile("sti");
    os_config.task[self].entry();
    os_task_returned();
}

static void *fresh_context(TaskType task)
{
    const struct os_task_config *c = &os_config.task[task];
    uint32_t *sp = (uint32_t *)(c->stack + c->stack_bytes) - 4;

    if (c->kernel_stack)
        return user_context(task);
    /* context_switch pops four registers and returns into task_begin, which sees a 16-byte aligned
     * frame. */
    *--sp = 0;
    *--sp = (uint32_t)task_begin;
    for (int i = 0; i < 4; i++)
        *--sp = 0;
    return sp;
}

/*
 * Only tasks that declare it touch SSE registers, so their state stays in the CPU until another
 * such task runs.
 */
static void switch_sse(TaskType to, bool fresh)
{
    if (to == INVALID_TASK || !os_config.task[to].fpu)
        return;
    if (sse_owner != INVALID_TASK && sse_owner != to)
        __asm__ volatile("fxsave (%0)" : : "r"(os_config.task[sse_owner].fpu) : "memory");
    if (fresh)
        __asm__ volatile("fxrstor (%0)" : : "r"(sse_reset) : "memory");
    else if (sse_owner != to)
        __asm__ volatile("fxrstor (%0)" : : "r"(os_config.task[to].fpu) : "memory");
    sse_owner = to;
}

void port_switch(TaskType from, TaskType to, bool from_ends)
{
    void **save = from == INVALID_TASK ? &idle_context : &os_config.task_state[from].context;
    void *load = to == INVALID_TASK ? idle_context : os_config.task_state[to].context;

    switch_sse(to, load == NULL);
    if (to != INVALID_TASK && os_config.task[to].kernel_stack)
        user_prepare(to);
    if (!load)
        load = fresh_context(to);
    if (from_ends)
        context_load(load);
    context_switch(save, load);
}

struct os_stack port_stack(void)
{
    return (struct os_stack){boot_stack + OS_PAGE_BYTES,
                             (uint32_t)(boot_stack_top - boot_stack) - OS_PAGE_BYTES};
}

/* All below this function's own frame, which is the deepest. */
static void fill_boot_stack(void)
{
    volatile uint32_t *word = (volatile uint32_t *)(boot_stack + OS_PAGE_BYTES);

    while (word < (volatile uint32_t *)__builtin_frame_address(0) - 32)
        *word++ = 0x01010101u * OS_STACK_FILL;
}

void port_start(void)
{
    fill_boot_stack();
    user_init();
    __asm__ volatile("fninit\n\tfxsave (%0)" : : "r"(sse_reset) : "memory");
    for (uint8_t i = 0; i < os_config.isrs; i++)
        trap_set_handler(os_config.isr[i].vector, os_config.isr[i].entry,
                         os_config.isr[i].category);
}

void port_idle(void)
{
    for (;;)
        __asm__ volatile("sti\n\thlt" : : : "memory");
}

/* With an error the driver must be told; without one the application has said what it had to. */
void port_shutdown(StatusType error)
{
    if (error != E_OK)
        panic("ShutdownOS", "status", error);
    machine_halt();
}
