/* SPDX-License-Identifier: BSD-3-Clause */
/* SVM exit codes (APM 2 appendix C) into vendor-free words. */
#include <asm/svm.h>

#include "svm/vmcb.h"

#define NPF_WRITE (1u << 1)
#define NPF_FETCH (1u << 4)

bool svm_has_nrips, svm_filters_pause;

static void decode_io(const struct vmcb *vmcb, struct vcpu_exit *exit)
{
    uint64_t info = vmcb->exit_info[0];

    exit->kind = EXIT_PIO;
    exit->pio = (struct exit_pio){
        .port = (uint16_t)(info >> 16),
        .size = (uint8_t)(info >> 4 & 7),
        .in = info & 1,
        .string = info & 4,
    };
    exit->length = (uint8_t)(vmcb->exit_info[1] - vmcb->rip);
}

/* An intercepted exception, or an instruction that CPUID does not offer. */
static void decode_exception(struct vcpu *vcpu, const struct vmcb *vmcb, struct vcpu_exit *exit)
{
    uint64_t vector = vmcb->exit_code - SVM_EXIT_EXCP_BASE;

    if (vector > 31) {
        vm_log(vcpu->vm, "denied: instruction of exit code %lx at rip %lx", vmcb->exit_code,
               vmcb->rip);
        vector = VECTOR_UD;
    }
    /* VMCALL is Intel's instruction: an invalid opcode here, and the hypercall all the same. */
    if (vector == VECTOR_UD && vcpu_at_vmcall(vcpu)) {
        exit->kind = EXIT_HYPERCALL;
        exit->length = 3;
        return;
    }
    exit->exception =
        (struct exit_exception){(uint8_t)vector, vector == VECTOR_AC, (uint32_t)vmcb->exit_info[0]};
}

/* An event whose delivery the exit cut short goes in again, except those that the instruction at
 * RIP will raise anew. */
static void keep_event(struct vmcb *vmcb)
{
    uint32_t info = vmcb->exit_int_info, vector = info & 0xFF;

    vmcb->event = 0;
    if (!(info & EVENT_VALID) || (info & EVENT_TYPE) == EVENT_SOFT)
        return;
    if ((info & EVENT_TYPE) == EVENT_EXCEPTION && (vector == 3 || vector == 4))
        return;
    vmcb->event = info;
    vmcb->event_error = vmcb->exit_int_error;
}

/* 0: the code needs a look at more, or nobody knows it. */
static const uint8_t kinds[] = {
    [SVM_EXIT_EXCP_BASE... SVM_EXIT_EXCP_BASE + 31] = EXIT_EXCEPTION,
    [SVM_EXIT_INTR] = EXIT_HOST_IRQ,
    [SVM_EXIT_NMI] = EXIT_HOST_NMI,
    [SVM_EXIT_CPUID] = EXIT_CPUID,
    [SVM_EXIT_INVD] = EXIT_CR,
    [SVM_EXIT_PAUSE] = EXIT_PAUSE,
    [SVM_EXIT_HLT] = EXIT_HLT,
    [SVM_EXIT_INVLPGA] = EXIT_EXCEPTION,
    [SVM_EXIT_SHUTDOWN] = EXIT_SHUTDOWN,
    [SVM_EXIT_VMRUN] = EXIT_EXCEPTION,
    [SVM_EXIT_VMMCALL] = EXIT_HYPERCALL,
    [SVM_EXIT_VMMCALL + 1 ... SVM_EXIT_SKINIT] = EXIT_EXCEPTION,
    [SVM_EXIT_MONITOR... SVM_EXIT_MWAIT_COND] = EXIT_EXCEPTION,
    [SVM_EXIT_XSETBV] = EXIT_XSETBV,
    [SVM_EXIT_RDPRU] = EXIT_EXCEPTION,
};

static void decode_rest(struct vmcb *vmcb, struct vcpu_exit *exit)
{
    uint64_t info = vmcb->exit_info[0];

    switch (vmcb->exit_code) {
    case SVM_EXIT_IRET: /* of an NMI handler: it runs now, without exit */
        vmcb->misc1 &= ~MISC1_IRET;
        break;
    case SVM_EXIT_IOIO:
        decode_io(vmcb, exit);
        break;
    case SVM_EXIT_MSR:
        exit->kind = info & 1 ? EXIT_WRMSR : EXIT_RDMSR;
        break;
    case SVM_EXIT_NPF:
        exit->kind = EXIT_MMIO;
        exit->mmio = (struct exit_mmio){
            .gpa = vmcb->exit_info[1], .write = info & NPF_WRITE, .fetch = info & NPF_FETCH};
        break;
    default:
        exit->kind = EXIT_INVALID;
        break;
    }
}

void svm_decode_exit(struct vcpu *vcpu, struct vmcb *vmcb, struct vcpu_exit *exit)
{
    exit->length = svm_has_nrips && vmcb->next_rip > vmcb->rip && vmcb->next_rip - vmcb->rip <= 15
                       ? (uint8_t)(vmcb->next_rip - vmcb->rip)
                       : 0;
    exit->vector = 0;
    keep_event(vmcb);
    exit->kind = vmcb->exit_code < sizeof(kinds) ? kinds[vmcb->exit_code] : EXIT_NONE;
    if (exit->kind == EXIT_EXCEPTION)
        decode_exception(vcpu, vmcb, exit);
    else if (exit->kind == EXIT_NONE)
        decode_rest(vmcb, exit);
}
