/* SPDX-License-Identifier: BSD-3-Clause */
/* What happens at each kind of exit: a table of contents with one call per line, and the short
 * ones. */
#include "hv/arch.h"
#include "hv/ioreq.h"
#include "hv/watchdog.h"

/* Length of the instruction that exited, when the processor does not tell: decoded once per place.
 */
static unsigned known_length(struct vcpu *vcpu, enum exit_kind kind)
{
    uint64_t cr3 = vendor->get_cr(vcpu, 3);
    struct known_length *known = &vcpu->known[(unsigned)(vcpu->rip ^ vcpu->rip >> 4) % VCPU_KNOWN];

    if (known->rip != vcpu->rip || known->cr3 != cr3 || known->kind != kind)
        *known =
            (struct known_length){vcpu->rip, cr3, (uint8_t)kind, (uint8_t)insn_length(vcpu, kind)};
    return known->length;
}

void vcpu_skip_instruction(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
    unsigned length = exit->length ? exit->length : known_length(vcpu, exit->kind);

    if (!length) {
        vcpu_park(vcpu, "an exit without its instruction");
        return;
    }
    vendor->skip(vcpu, length);
}

bool vcpu_at_vmcall(struct vcpu *vcpu)
{
    return known_length(vcpu, EXIT_HYPERCALL) == 3;
}

void vcpu_inject_gp(struct vcpu *vcpu)
{
    vendor->inject_exception(vcpu, VECTOR_GP, true, 0);
}

static void handle_cpuid(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
    struct cpuid_regs r =
        cpuid_policy(vcpu, (uint32_t)vcpu->regs[REG_RAX], (uint32_t)vcpu->regs[REG_RCX]);

    vcpu->regs[REG_RAX] = r.eax;
    vcpu->regs[REG_RBX] = r.ebx;
    vcpu->regs[REG_RCX] = r.ecx;
    vcpu->regs[REG_RDX] = r.edx;
    vcpu_skip_instruction(vcpu, exit);
}

static void handle_hlt(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
    vcpu_skip_instruction(vcpu, exit);
    if (vcpu->state == VCPU_READY)
        vcpu->state = VCPU_HALTED; /* an interrupt that is pending wakes it at its next turn */
    vcpu->pcpu->resched = true;
    vcpu_request(vcpu, VCPU_REQ_IRQ);
}

static void handle_rdmsr(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
    uint64_t value = 0;

    if (msr_policy_read(vcpu, (uint32_t)vcpu->regs[REG_RCX], &value) != BN_OK) {
        vcpu_inject_gp(vcpu);
        return;
    }
    vcpu->regs[REG_RAX] = (uint32_t)value;
    vcpu->regs[REG_RDX] = value >> 32;
    vcpu_skip_instruction(vcpu, exit);
}

/* WRMSR, or XSETBV, which takes its operands from the same registers. */
static void handle_write(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
    uint64_t value = vcpu->regs[REG_RDX] << 32 | (uint32_t)vcpu->regs[REG_RAX];
    uint32_t index = (uint32_t)vcpu->regs[REG_RCX];

    vcpu->look = true; /* the APIC's registers are here */
    if ((exit->kind == EXIT_WRMSR ? msr_policy_write(vcpu, index, value)
                                  : xstate_xsetbv(vcpu, index, value)) != BN_OK)
        vcpu_inject_gp(vcpu);
    else
        vcpu_skip_instruction(vcpu, exit);
}

/* Physical interrupts are taken here, on the host's own table. */
static void handle_host_irq(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
    (void)vcpu;
    if (exit->vector)
        trap_dispatch(&(struct trap_frame){.vector = exit->vector});
    __asm__ volatile("sti; nop; cli" : : : "memory");
}

static void handle_irq_window(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
    (void)exit;
    vcpu->look = true;
}

static void handle_pause(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
    sched_yield();
    vcpu_skip_instruction(vcpu, exit);
}

static void handle_eoi(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
    vlapic_level_ended(&vcpu->lapic, exit->vector);
}

static void handle_hypercall(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
    if (hypercall_handle(vcpu))
        vcpu_skip_instruction(vcpu, exit);
    else
        vcpu->pcpu->resched = true; /* the other CPU needs time */
}

static void handle_exception(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
    vendor->inject_exception(vcpu, exit->exception.vector, exit->exception.has_error,
                             exit->exception.error);
}

void exit_end_vm(struct vcpu *vcpu, enum bn_hv_end how)
{
    policy_vm_ended(vcpu->vm, how);
    vcpu->pcpu->resched = true;
}

void vcpu_park(struct vcpu *vcpu, const char *why)
{
    hv_log("[%s] vCPU %u parked: %s", vcpu->vm->config->name, vcpu->id, why);
    vcpu_dump(vcpu);
    vcpu->state = VCPU_PARKED;
    vcpu->vm->state = VM_PARKED;
    exit_end_vm(vcpu, BN_HV_END_PARKED);
}

static void handle_shutdown(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
    (void)exit;
    exit_end_vm(vcpu, BN_HV_END_TRIPLE_FAULT);
}

static void handle_invalid(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
    (void)exit;
    vcpu_park(vcpu, "an exit that nobody knows, or an entry that was refused");
}

static void (*const handlers[EXIT_KINDS])(struct vcpu *vcpu, const struct vcpu_exit *exit) = {
    [EXIT_NONE] = NULL,
    [EXIT_HOST_IRQ] = handle_host_irq,
    [EXIT_HOST_NMI] = NULL, /* a kick: what is wanted is in the requests and the VM's state */
    [EXIT_IRQ_WINDOW] = handle_irq_window,
    [EXIT_CPUID] = handle_cpuid,
    [EXIT_HLT] = handle_hlt,
    [EXIT_PAUSE] = handle_pause,
    [EXIT_HYPERCALL] = handle_hypercall,
    [EXIT_PIO] = exit_pio,
    [EXIT_MMIO] = exit_mmio,
    [EXIT_RDMSR] = handle_rdmsr,
    [EXIT_WRMSR] = handle_write,
    [EXIT_XSETBV] = handle_write,
    [EXIT_CR] = vcpu_skip_instruction, /* INVD: throwing away others' cache lines is not done */
    [EXIT_EXCEPTION] = handle_exception,
    [EXIT_SHUTDOWN] = handle_shutdown,
    [EXIT_EOI] = handle_eoi,
    [EXIT_INVALID] = handle_invalid,
};

void exit_handle(struct vcpu *vcpu, struct vcpu_exit *exit)
{
    if (handlers[exit->kind])
        handlers[exit->kind](vcpu, exit);
}
