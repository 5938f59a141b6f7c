/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Untrusted tasks: ring 3, page tables in which their application's memory is theirs alone, a gate
 * to the services (SDM vol. 3 §5, §6.12). The kernel serves such a task on its other stack.
 */
#include "../kernel/services.h"
#include "x86.h"

#define VECTOR_NMI           2u
#define VECTOR_PAGE_FAULT    14u
#define VECTOR_MACHINE_CHECK 18u
#define EFLAGS_ON            0x202u /* interrupts on, no I/O */
#define USER_STACK_SPARE     16u    /* above the body's frame: a call's arguments can be read */

/*
 * Each service as tasks of either kind call it (the linker's --wrap): a trusted caller goes on in
 * the service itself, an untrusted one through the gate, with the number in EAX and the arguments
 * where its compiler has put them. StartOS and ShutdownOS are not for it and end it.
 */
#define STUB(name, ...)                                                                            \
    ".globl __wrap_" #name "\n__wrap_" #name ":\n\t"                                               \
    "movl %cs, %eax\n\ttestb $3, %al\n\tjz __real_" #name "\n\t"                                   \
    "movl $gate_number, %eax\n\tint $0x30\n\tret\n\t.set gate_number, gate_number + 1\n"
#define STUB_END(name)                                                                             \
    ".globl __wrap_" #name "\n__wrap_" #name ":\n\t"                                               \
    "movl %cs, %eax\n\ttestb $3, %al\n\tjz __real_" #name "\n\tjmp __wrap_os_task_returned\n"
__asm__(".set gate_number, 0\n" OS_SERVICES(STUB) OS_VOID_SERVICES(STUB) STUB_END(StartOS)
            STUB_END(ShutdownOS));
_Static_assert(VECTOR_SERVICE == 0x30, "the gate's vector");

void __wrap_os_task_returned(void);
void trap_return(void); /* start.S */

static uint64_t roots[OS_APPLICATIONS][4] __attribute__((aligned(32)));
static uint32_t root; /* in CR3 */

/* After the last paging_map: what comes later would be in the kernel's tables alone. */
void user_init(void)
{
    root = paging_root();
    for (ApplicationType a = 0; a < os_config.applications; a++) {
        const struct os_application_config *c = &os_config.application[a];

        if (c->trusted)
            continue;
        paging_clone(roots[a], c->page_tables);
        paging_grant(c->page_tables, c->data, c->data_end);
        for (TaskType t = 0; t < os_config.tasks; t++) {
            const struct os_task_config *task = &os_config.task[t];

            if (task->access.owner == a)
                paging_grant(c->page_tables, task->stack + OS_PAGE_BYTES,
                             task->stack + task->stack_bytes);
        }
    }
}

/* A trusted task goes on with the tables of whoever was before it: the kernel's part is the same in
 * all. */
void user_prepare(TaskType task)
{
    const struct os_task_config *c = &os_config.task[task];
    uint32_t own = (uint32_t)roots[c->access.owner];

    trap_set_stack((uint32_t)c->kernel_stack + OS_PAGE_BYTES * (1 + OS_KERNEL_PAGES));
    if (root == own)
        return;
    root = own;
    __asm__ volatile("movl %0, %%cr3" : : "r"(own) : "memory");
}

/* As if it came back from a trap before its first instruction, with no value of anybody's in its
 * registers. */
void *user_context(TaskType task)
{
    const struct os_task_config *c = &os_config.task[task];
    uint32_t *stack = (uint32_t *)(c->stack + c->stack_bytes - USER_STACK_SPARE);
    struct trap_frame *frame =
        (struct trap_frame *)(c->kernel_stack + OS_PAGE_BYTES * (1 + OS_KERNEL_PAGES)) - 1;
    uint32_t *sp = (uint32_t *)frame;

    *--stack = (uint32_t)__wrap_os_task_returned;
    *frame = (struct trap_frame){
        .eip = (uint32_t)c->entry,
        .cs = SELECTOR_USER_CODE,
        .eflags = EFLAGS_ON,
        .user_esp = (uint32_t)stack,
        .user_ss = SELECTOR_USER_DATA,
    };
    *--sp = (uint32_t)trap_return;
    for (int i = 0; i < 4; i++)
        *--sp = 0;
    return sp;
}

/* The arguments are copied before any is looked at; above them is the return address. */
static uint32_t call(const struct trap_frame *frame)
{
    const uintptr_t *at = (const uintptr_t *)(frame->user_esp + sizeof(uintptr_t));
    uintptr_t argument[OS_SERVICE_ARGUMENTS];

    if (!os_may_write(at, sizeof(argument))) {
        (void)port_irq_save();
        os_protect(E_OS_PROTECTION_MEMORY);
        return E_OK;
    }
    for (int i = 0; i < OS_SERVICE_ARGUMENTS; i++)
        argument[i] = at[i];
    return os_gate(frame->eax, argument);
}

bool user_trap(struct trap_frame *frame)
{
    if (frame->vector == VECTOR_SERVICE) {
        __asm__ volatile(
            "sti"); /* as a trusted caller: a service turns them off for as long as it must */
        frame->eax = call(frame);
        return true;
    }
    /* Those that no instruction of the task's has caused are the machine's. */
    if (frame->vector >= 32 || frame->vector == VECTOR_NMI || frame->vector == VECTOR_MACHINE_CHECK)
        return false;
    os_protect(frame->vector == VECTOR_PAGE_FAULT ? E_OS_PROTECTION_MEMORY
                                                  : E_OS_PROTECTION_EXCEPTION);
    return true;
}
