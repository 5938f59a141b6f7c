/* SPDX-License-Identifier: BSD-3-Clause */
/* VMX exit reasons (SDM 3 appendix C) into vendor-free words. */
#include "vmx/vmcs.h"

enum {
    REASON_EXCEPTION = 0,
    REASON_IRQ = 1,
    REASON_TRIPLE_FAULT = 2,
    REASON_INIT = 3,
    REASON_IRQ_WINDOW = 7,
    REASON_NMI_WINDOW = 8,
    REASON_CPUID = 10,
    REASON_GETSEC = 11,
    REASON_HLT = 12,
    REASON_INVD = 13,
    REASON_VMCALL = 18,
    REASON_VMCLEAR = 19,
    REASON_VMXON = 27,
    REASON_CR = 28,
    REASON_IO = 30,
    REASON_RDMSR = 31,
    REASON_WRMSR = 32,
    REASON_MWAIT = 36,
    REASON_MONITOR = 39,
    REASON_PAUSE = 40,
    REASON_EOI = 45,
    REASON_EPT_VIOLATION = 48,
    REASON_INVEPT = 50,
    REASON_INVVPID = 53,
    REASON_WBINVD = 54,
    REASON_XSETBV = 55,
};

#define ENTRY_FAILED (1u << 31)
#define EPT_WRITE    2u
#define EPT_FETCH    4u
#define DEBUG_BITS   0x600Fu /* of the qualification of #DB, as in DR6 */

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
    [REASON_EXCEPTION] = EXIT_EXCEPTION,
    [REASON_IRQ] = EXIT_HOST_IRQ,
    [REASON_TRIPLE_FAULT] = EXIT_SHUTDOWN,
    [REASON_IRQ_WINDOW... REASON_NMI_WINDOW] = EXIT_IRQ_WINDOW,
    [REASON_CPUID] = EXIT_CPUID,
    [REASON_GETSEC] = EXIT_EXCEPTION,
    [REASON_HLT] = EXIT_HLT,
    [REASON_INVD] = EXIT_CR,
    [REASON_VMCALL] = EXIT_HYPERCALL,
    [REASON_VMCLEAR... REASON_VMXON] = EXIT_EXCEPTION,
    [REASON_CR] = EXIT_CR,
    [REASON_IO] = EXIT_PIO,
    [REASON_RDMSR] = EXIT_RDMSR,
    [REASON_WRMSR] = EXIT_WRMSR,
    [REASON_MWAIT] = EXIT_EXCEPTION,
    [REASON_MONITOR] = EXIT_EXCEPTION,
    [REASON_PAUSE] = EXIT_PAUSE,
    [REASON_EOI] = EXIT_EOI,
    [REASON_EPT_VIOLATION] = EXIT_MMIO,
    [REASON_INVEPT] = EXIT_EXCEPTION,
    [REASON_INVVPID] = EXIT_EXCEPTION,
    [REASON_WBINVD] = EXIT_CR,
    [REASON_XSETBV] = EXIT_XSETBV,
};

void vmx_decode_exit(struct vcpu *vcpu, struct vcpu_exit *exit)
{
    uint32_t reason = (uint32_t)vmread(VMCS_REASON);

    exit->kind = EXIT_INVALID;
    if (reason & ENTRY_FAILED)
        return;
    keep_event(vcpu);
    if (reason < sizeof(kinds) && kinds[reason])
        exit->kind = kinds[reason];
    exit->length = (uint8_t)vmread(VMCS_LENGTH);
    if (reason == REASON_INIT) /* somebody wants this CPU to start over: only we do that */
        exit->kind = EXIT_NONE;
    else if (reason == REASON_EXCEPTION)
        decode_exception(exit);
    else if (reason == REASON_IRQ)
        exit->vector = acknowledged();
    else if (reason == REASON_EOI)
        exit->vector = (uint8_t)vmread(VMCS_QUALIFICATION);
    else if (exit->kind == EXIT_EXCEPTION) { /* an instruction that CPUID does not offer */
        vm_log(vcpu->vm, "denied: instruction of exit reason %u at rip %lx", reason, vcpu->rip);
        exit->exception = (struct exit_exception){VECTOR_UD, false, 0};
    } else if (reason == REASON_CR)
        decode_cr(vcpu, exit);
    else if (reason == REASON_IO)
        decode_io(exit);
    else if (reason == REASON_EPT_VIOLATION)
        decode_ept(exit);
}
