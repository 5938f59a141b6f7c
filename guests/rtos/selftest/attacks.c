/* SPDX-License-Identifier: BSD-3-Clause */
/* What an untrusted task may try: each attack, and what must come of it. */
#include "board.h"
#include "protection.h"
#include "protection_os.h"

#define APIC_PAGE 0xFEE00000u

OS_DATA(Guest) volatile struct culprit culprit = {0};
OS_DATA(Guest) static volatile uint32_t code = 0xC3C3C3C3; /* ret, as data */

static const uint32_t constant = 1;

static void call(uint32_t address)
{
    ((void (*)(void))(uintptr_t)address)();
}

static void write_trusted_data(void)
{
    trusted_data = 0;
}

static void read_trusted_data(void)
{
    culprit.status = (StatusType)trusted_data;
}

static void write_board(void)
{
    board.tsc_hz = 1;
}

static void write_victim_data(void)
{
    *culprit.victim_data = 0;
}

static void read_victim_data(void)
{
    culprit.status = (StatusType)*culprit.victim_data;
}

static void write_victim_stack(void)
{
    *culprit.victim_stack = 0;
}

static void write_control_stack(void)
{
    *culprit.control_stack = 0;
}

static void write_constant(void)
{
    *(volatile uint32_t *)(uintptr_t)&constant = 2;
}

static void write_text(void)
{
    *(volatile uint8_t *)(uintptr_t)app_early = 0xC3;
}

static void write_device(void)
{
    *(volatile uint32_t *)APIC_PAGE = 0;
}

static void read_null(void)
{
    volatile uint32_t *volatile nothing = NULL;

    culprit.status = (StatusType)*nothing;
}

static void execute_data(void)
{
    call((uint32_t)&code);
}

static void execute_stack(void)
{
    volatile uint32_t ret = 0xC3C3C3C3;

    call((uint32_t)&ret);
}

static void overflow_stack(void)
{
    volatile uint8_t deep[6000];

    for (size_t i = sizeof(deep); i-- > 0;)
        deep[i] = 1;
}

/* Found when it ends. */
static void smash_stack(void)
{
    volatile uint32_t here = 0;

    *(volatile uint32_t *)((uint32_t)&here & ~4095u) = here;
    (void)TerminateTask();
}

static void loop(void)
{
    for (;;)
        __asm__ volatile("");
}

static void loop_with_interrupts_off(void)
{
    SuspendAllInterrupts();
    DisableAllInterrupts();
    loop();
}

static void loop_with_lock(void)
{
    (void)GetResource(Lock);
    loop();
}

static void loop_without_stack(void)
{
    __asm__ volatile("movl $0xdeadbee0, %esp\n1:\tjmp 1b");
}

#define INSTRUCTION(name, text)                                                                    \
    static void name(void)                                                                         \
    {                                                                                              \
        __asm__ volatile(text : : : "eax", "ecx", "edx", "memory");                                \
    }
INSTRUCTION(cli, "cli")
INSTRUCTION(hlt, "hlt")
INSTRUCTION(out, "outb %%al, $0x80")
INSTRUCTION(in, "inb $0x61, %%al")
INSTRUCTION(out_bus, "movw $0x2F8, %%dx\n\toutb %%al, %%dx")
INSTRUCTION(rdmsr, "movl $0x1B, %%ecx\n\trdmsr")
INSTRUCTION(load_cr3, "movl %%eax, %%cr3")
INSTRUCTION(load_dr7, "movl %%eax, %%dr7")
INSTRUCTION(load_idt, "lidt (%%esp)")
INSTRUCTION(sysenter, "sysenter")
INSTRUCTION(undefined, "ud2")
INSTRUCTION(divide, "xorl %%ecx, %%ecx\n\txorl %%edx, %%edx\n\tdivl %%ecx")
INSTRUCTION(breakpoint, "int3")
INSTRUCTION(raise_timer, "int $0x40")
INSTRUCTION(raise_double_fault, "int $8")
INSTRUCTION(no_service, "movl $1000, %%eax\n\tint $0x30")
INSTRUCTION(negative_service, "movl $-1, %%eax\n\tint $0x30")
INSTRUCTION(far_return, "pushl $0x08\n\tpushl $1f\n\tlret\n1:")
INSTRUCTION(raise_iopl, "pushfl\n\torl $0x3000, (%%esp)\n\tpopfl\n\tcli")
INSTRUCTION(single_step, "pushfl\n\torl $0x100, (%%esp)\n\tpopfl\n\tnop\n\tnop")
INSTRUCTION(task_return, "pushfl\n\torl $0x4000, (%%esp)\n\tpopfl\n\tiret")
INSTRUCTION(call_on_foreign_stack, "movl $trusted_data, %%esp\n\txorl %%eax, %%eax\n\tint $0x30")
INSTRUCTION(call_at_the_end, "andl $-4096, %%esp\n\taddl $4088, %%esp\n\tint $0x30")
INSTRUCTION(float_fault, "fninit\n\tpushl $0\n\tfldcw (%%esp)\n\tfld1\n\tfldz\n\tfdivrp\n\tfwait")

/* What is refused, or harms nobody; the task goes on. */
#define SERVICE(name, call)                                                                        \
    static void name(void)                                                                         \
    {                                                                                              \
        culprit.status = call;                                                                     \
    }
SERVICE(chain_itself, ChainTask(Culprit))
SERVICE(take_lock_again, GetResource(Lock) == E_OK ? ReleaseResource(Lock) : E_OS_RESOURCE)
SERVICE(activate_foreign, ActivateTask(Control))
SERVICE(set_foreign_event, SetEvent(Control, Tick))
SERVICE(cancel_foreign_alarm, CancelAlarm(NeighbourAlarm))
SERVICE(lock_scheduler, GetResource(RES_SCHEDULER))
SERVICE(end_foreign, TerminateApplication(Victim, NO_RESTART))
SERVICE(result_in_trusted_data, GetTaskID((TaskRefType)&trusted_data))
SERVICE(result_in_victim_data, GetTaskID((TaskRefType)culprit.victim_data))
SERVICE(result_in_text, GetTaskID((TaskRefType)(uintptr_t)app_early))
SERVICE(result_at_the_top, GetTaskID((TaskRefType)0xFFFFFFFFu))

static void result_half_outside(void)
{
    uint32_t here = 0, end = ((uint32_t)&here | 4095u) - 1;

    culprit.status = GetTaskState(Culprit, (TaskStateRefType)end);
}

static void come_early(void)
{
    (void)ActivateTask(Accomplice);
    culprit.status = ActivateTask(Accomplice);
}

static void bad_segments(void)
{
    TaskType self = INVALID_TASK;

    __asm__ volatile("movl %0, %%fs\n\tmovl %0, %%gs\n\tmovl %0, %%es\n\tmovl %0, %%ds" : : "r"(0));
    (void)Schedule(); /* its stub touches no data */
    culprit.status = GetTaskID(&self);
    if (self != Culprit)
        culprit.status = E_OS_ID;
}

static void bad_flags(void)
{
    __asm__ volatile("pushfl\n\torl $0x44400, (%%esp)\n\tpopfl" : : : "cc"); /* AC, NT, DF */
    (void)Schedule();
    __asm__ volatile("pushl $2\n\tpopfl" : : : "cc");
    culprit.status = Schedule();
}

/* An x87 exception that is pending when others use the FPU. */
static void pending_float_fault(void)
{
    __asm__ volatile("fninit\n\tpushl $0\n\tfldcw (%%esp)\n\tfld1\n\tfldz\n\tfdivrp\n\tpopl %%eax"
                     :
                     :
                     : "eax", "memory");
    culprit.status = E_OK;
}

static void shut_down(void)
{
    ShutdownOS(E_OK);
}

/* The last frame above the body's is the kernel's: it returns. */
static void return_from_body(void)
{
    __asm__ volatile("andl $-4096, %esp\n\taddl $4076, %esp\n\tret");
}

#define MEMORY                     E_OS_PROTECTION_MEMORY
#define EXCEPTION                  E_OS_PROTECTION_EXCEPTION
#define ATTACK(act, fault, status) {#act, act, fault, status}
const struct attack attacks[] = {
    ATTACK(write_trusted_data, MEMORY, 0),
    ATTACK(read_trusted_data, MEMORY, 0),
    ATTACK(write_board, MEMORY, 0),
    ATTACK(write_victim_data, MEMORY, 0),
    ATTACK(read_victim_data, MEMORY, 0),
    ATTACK(write_victim_stack, MEMORY, 0),
    ATTACK(write_control_stack, MEMORY, 0),
    ATTACK(write_constant, MEMORY, 0),
    ATTACK(write_text, MEMORY, 0),
    ATTACK(write_device, MEMORY, 0),
    ATTACK(read_null, MEMORY, 0),
    ATTACK(execute_data, MEMORY, 0),
    ATTACK(execute_stack, MEMORY, 0),
    ATTACK(overflow_stack, MEMORY, 0),
    ATTACK(call_on_foreign_stack, MEMORY, 0),
    ATTACK(call_at_the_end, MEMORY, 0),
    ATTACK(smash_stack, E_OS_STACKFAULT, 0),
    ATTACK(loop, E_OS_PROTECTION_TIME, 0),
    ATTACK(loop_with_interrupts_off, E_OS_PROTECTION_TIME, 0),
    ATTACK(loop_with_lock, E_OS_PROTECTION_TIME, 0),
    ATTACK(take_lock_again, E_OK, E_OK),
    ATTACK(loop_without_stack, E_OS_PROTECTION_TIME, 0),
    ATTACK(cli, EXCEPTION, 0),
    ATTACK(hlt, EXCEPTION, 0),
    ATTACK(out, EXCEPTION, 0),
    ATTACK(in, EXCEPTION, 0),
    ATTACK(out_bus, EXCEPTION, 0),
    ATTACK(rdmsr, EXCEPTION, 0),
    ATTACK(load_cr3, EXCEPTION, 0),
    ATTACK(load_dr7, EXCEPTION, 0),
    ATTACK(load_idt, EXCEPTION, 0),
    ATTACK(sysenter, EXCEPTION, 0),
    ATTACK(undefined, EXCEPTION, 0),
    ATTACK(divide, EXCEPTION, 0),
    ATTACK(breakpoint, EXCEPTION, 0),
    ATTACK(raise_timer, EXCEPTION, 0),
    ATTACK(raise_double_fault, EXCEPTION, 0),
    ATTACK(no_service, EXCEPTION, 0),
    ATTACK(negative_service, EXCEPTION, 0),
    ATTACK(far_return, EXCEPTION, 0),
    ATTACK(raise_iopl, EXCEPTION, 0),
    ATTACK(single_step, EXCEPTION, 0),
    ATTACK(task_return, EXCEPTION, 0),
    ATTACK(float_fault, EXCEPTION, 0),
    ATTACK(chain_itself, E_OS_PROTECTION_ARRIVAL, E_OS_PROTECTION_ARRIVAL),
    ATTACK(come_early, E_OS_PROTECTION_ARRIVAL, E_OS_PROTECTION_ARRIVAL),
    ATTACK(shut_down, E_OS_MISSINGEND, 0),
    ATTACK(return_from_body, E_OS_MISSINGEND, 0),
    ATTACK(activate_foreign, E_OK, E_OS_ACCESS),
    ATTACK(set_foreign_event, E_OK, E_OS_ACCESS),
    ATTACK(cancel_foreign_alarm, E_OK, E_OS_ACCESS),
    ATTACK(lock_scheduler, E_OK, E_OS_ACCESS),
    ATTACK(end_foreign, E_OK, E_OS_ACCESS),
    ATTACK(result_in_trusted_data, E_OK, E_OS_ILLEGAL_ADDRESS),
    ATTACK(result_in_victim_data, E_OK, E_OS_ILLEGAL_ADDRESS),
    ATTACK(result_in_text, E_OK, E_OS_ILLEGAL_ADDRESS),
    ATTACK(result_at_the_top, E_OK, E_OS_ILLEGAL_ADDRESS),
    ATTACK(result_half_outside, E_OK, E_OS_ILLEGAL_ADDRESS),
    ATTACK(bad_segments, E_OK, E_OK),
    ATTACK(bad_flags, E_OK, E_OK),
    ATTACK(pending_float_fault, E_OK, E_OK),
};
const unsigned attacks_count = sizeof(attacks) / sizeof(attacks[0]);
