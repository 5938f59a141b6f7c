/* SPDX-License-Identifier: BSD-3-Clause */
/* VMX exit reasons (SDM 3 appendix C) into vendor-free words. */
#include <asm/vmx.h>

#include "vmx/vmcs.h"

#define EXIT_REASON_GETSEC 11 /* which the kernel's list leaves out */

#define EPT_WRITE  2u
#define EPT_FETCH  4u
#define DEBUG_BITS 0x600Fu /* of the qualification of #DB, as in DR6 */

static void decode_io(struct vcpu_exit *exit)
{
    uint64_t q = vmread(VMCS_QUALIFICATION);

    exit->pio = (struct exit_pio){
        .port = (uint16_t)(q >> 16), .size = (uint8_t)((q & 7) + 1), .in = q & 8, .string = q & 16};
}

static void decode_ept(struct vcpu_exit *exit)
{
    uint64_t q = vmread(VMCS_QUALIFICATION);

    exit->length = 0;
    exit->mmio = (struct exit_mmio){
        .gpa = vmread(VMCS_PHYSICAL_ADDRESS), .write = q & EPT_WRITE, .fetch = q & EPT_FETCH};
}

/* An NMI is the host's and blocks others until an IRET; an exception is reflected, with what the
 * processor did not do for it. */
static void decode_exception(struct vcpu_exit *exit)
{
    uint32_t info = (uint32_t)vmread(VMCS_EXIT_EVENT);

    if ((info & EVENT_TYPE) == EVENT_NMI) {
        exit->kind = EXIT_HOST_NMI;
        cpu_take_nmi();
        return;
    }
    exit->exception = (struct exit_exception){(uint8_t)info, info & EVENT_ERROR,
                                              (uint32_t)vmread(VMCS_EXIT_ERROR)};
    if ((uint8_t)info == VECTOR_DB)
        write_dr6(read_dr6() | (vmread(VMCS_QUALIFICATION) & DEBUG_BITS));
}

/*
 * A write of CR0 or CR4 that would change a shadowed bit: the shadow takes it, and the instruction,
 * run again, finds nothing to change there and does the rest with all the processor's own checks.
 */
static void decode_cr(struct vcpu *vcpu, struct vcpu_exit *exit)
{
    uint64_t q = vmread(VMCS_QUALIFICATION), value = vcpu->regs[q >> 8 & 15];
    unsigned cr = q & 15;
    uint32_t field = cr == 0 ? VMCS_CR0_SHADOW : VMCS_CR4_SHADOW;

    if ((q >> 4 & 3) || (cr != 0 && cr != 4) || (cr == 4 && value & CR4_SHADOWED)) {
        exit->kind = EXIT_EXCEPTION;
        exit->exception = (struct exit_exception){VECTOR_GP, true, 0};
        return;
    }
    vmcs_set(field, value);
    exit->kind = EXIT_NONE;
}

/* With posted interrupts the processor must acknowledge what exits (SDM 3 §27.2.1.1). */
static uint8_t acknowledged(void)
{
    uint32_t info = (uint32_t)vmread(VMCS_EXIT_EVENT);

    return info & EVENT_VALID ? (uint8_t)info : 0;
}

/* An event whose delivery the exit cut short goes in again, except those that the instruction at
 * RIP will raise anew. */
static void keep_event(struct vcpu *vcpu)
{
    uint32_t info = (uint32_t)vmread(VMCS_VECTORING);

    if (!(info & EVENT_VALID) || (info & EVENT_TYPE) >= EVENT_SOFT)
        return;
    if ((info & EVENT_TYPE) == EVENT_NMI)
        vmcs_set(VMCS_INTERRUPTIBILITY,
                 vmread(VMCS_INTERRUPTIBILITY) & ~(uint64_t)INTERRUPTIBILITY_NMI);
    vmcs_set(VMCS_ENTRY_EVENT, info & (EVENT_VALID | EVENT_ERROR | EVENT_TYPE | 0xFF));
    vmcs_set(VMCS_ENTRY_ERROR, vmread(VMCS_VECTORING_ERROR));
    vmx_of(vcpu)->event = true;
}

/* Nothing: one that nobody knows. */
static const uint8_t kinds[] = {
    [EXIT_REASON_EXCEPTION_NMI] = EXIT_EXCEPTION,
    [EXIT_REASON_EXTERNAL_INTERRUPT] = EXIT_HOST_IRQ,
    [EXIT_REASON_TRIPLE_FAULT] = EXIT_SHUTDOWN,
    [EXIT_REASON_INTERRUPT_WINDOW... EXIT_REASON_NMI_WINDOW] = EXIT_IRQ_WINDOW,
    [EXIT_REASON_CPUID] = EXIT_CPUID,
    [EXIT_REASON_GETSEC] = EXIT_EXCEPTION,
    [EXIT_REASON_HLT] = EXIT_HLT,
    [EXIT_REASON_INVD] = EXIT_CR,
    [EXIT_REASON_VMCALL] = EXIT_HYPERCALL,
    [EXIT_REASON_VMCLEAR... EXIT_REASON_VMON] = EXIT_EXCEPTION,
    [EXIT_REASON_CR_ACCESS] = EXIT_CR,
    [EXIT_REASON_IO_INSTRUCTION] = EXIT_PIO,
    [EXIT_REASON_MSR_READ] = EXIT_RDMSR,
    [EXIT_REASON_MSR_WRITE] = EXIT_WRMSR,
    [EXIT_REASON_MWAIT_INSTRUCTION] = EXIT_EXCEPTION,
    [EXIT_REASON_MONITOR_INSTRUCTION] = EXIT_EXCEPTION,
    [EXIT_REASON_PAUSE_INSTRUCTION] = EXIT_PAUSE,
    [EXIT_REASON_EOI_INDUCED] = EXIT_EOI,
    [EXIT_REASON_EPT_VIOLATION] = EXIT_MMIO,
    [EXIT_REASON_INVEPT] = EXIT_EXCEPTION,
    [EXIT_REASON_INVVPID] = EXIT_EXCEPTION,
    [EXIT_REASON_WBINVD] = EXIT_CR,
    [EXIT_REASON_XSETBV] = EXIT_XSETBV,
};

void vmx_decode_exit(struct vcpu *vcpu, struct vcpu_exit *exit)
{
    uint32_t reason = (uint32_t)vmread(VMCS_REASON);

    exit->kind = EXIT_INVALID;
    if (reason & VMX_EXIT_REASONS_FAILED_VMENTRY)
        return;
    keep_event(vcpu);
    if (reason < sizeof(kinds) && kinds[reason])
        exit->kind = kinds[reason];
    exit->length = (uint8_t)vmread(VMCS_LENGTH);
    if (reason ==
        EXIT_REASON_INIT_SIGNAL) /* somebody wants this CPU to start over: only we do that */
        exit->kind = EXIT_NONE;
    else if (reason == EXIT_REASON_EXCEPTION_NMI)
        decode_exception(exit);
    else if (reason == EXIT_REASON_EXTERNAL_INTERRUPT)
        exit->vector = acknowledged();
    else if (reason == EXIT_REASON_EOI_INDUCED)
        exit->vector = (uint8_t)vmread(VMCS_QUALIFICATION);
    else if (exit->kind == EXIT_EXCEPTION) { /* an instruction that CPUID does not offer */
        vm_log(vcpu->vm, "denied: instruction of exit reason %u at rip %lx", reason, vcpu->rip);
        exit->exception = (struct exit_exception){VECTOR_UD, false, 0};
    } else if (reason == EXIT_REASON_CR_ACCESS)
        decode_cr(vcpu, exit);
    else if (reason == EXIT_REASON_IO_INSTRUCTION)
        decode_io(exit);
    else if (reason == EXIT_REASON_EPT_VIOLATION)
        decode_ept(exit);
}
