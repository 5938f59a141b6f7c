/* SPDX-License-Identifier: BSD-3-Clause */
/* Events on their way into an SVM guest: injection, and the window that says when it can take one.
 */
#include "svm/vmcb.h"

static void set_virq(struct vmcb *vmcb, bool on)
{
    const uint32_t bits = INT_V_IRQ | INT_V_IGN_TPR | INT_V_PRIORITY;

    vmcb->int_control = on ? vmcb->int_control | bits : vmcb->int_control & ~bits;
}

bool svm_can_take_irq(struct vcpu *vcpu)
{
    const struct svm_vcpu *svm = vcpu->vendor;

    return (vcpu->rflags & X86_EFLAGS_IF) && !(svm->vmcb->int_state & INT_SHADOW) &&
           !(svm->vmcb->event & EVENT_VALID) && !svm->irq_given;
}

/* By V_IRQ, not by EVENTINJ: QEMU's TCG leaves the vector of an injected interrupt in its own
 * exception index, and where its loop is asked to stop right after VMRUN it delivers the interrupt
 * a second time, at the handler's first instruction (target/i386/tcg, helper_vmrun). */
void svm_inject_irq(struct vcpu *vcpu, uint8_t vector)
{
    struct svm_vcpu *svm = vcpu->vendor;

    svm->vmcb->int_vector = vector;
    svm->vmcb->misc1 &= ~MISC1_VINTR;
    svm->irq_given = true;
    set_virq(svm->vmcb, true);
}

void svm_note_delivery(struct vcpu *vcpu)
{
    struct svm_vcpu *svm = vcpu->vendor;

    if (svm->vmcb->int_control & INT_V_IRQ)
        return;
    svm->irq_given = false;
    vcpu->look = true;
    svm_request_irq_window(vcpu, svm->window);
}

/* An exception while another is on its way in: contributory ones make a double fault (SDM 3 §6.15).
 */
void svm_inject_exception(struct vcpu *vcpu, uint8_t vector, bool has_error, uint32_t error)
{
    struct vmcb *vmcb = vmcb_of(vcpu);

    if ((vmcb->event & (EVENT_VALID | EVENT_TYPE)) == (EVENT_VALID | EVENT_EXCEPTION)) {
        vector = VECTOR_DOUBLE_FAULT;
        has_error = true;
        error = 0;
    }
    vmcb->event = EVENT_VALID | EVENT_EXCEPTION | (has_error ? EVENT_ERROR : 0) | vector;
    vmcb->event_error = error;
}

bool svm_can_take_nmi(struct vcpu *vcpu)
{
    const struct vmcb *vmcb = vmcb_of(vcpu);

    return !(vmcb->event & EVENT_VALID) && !(vmcb->int_state & INT_SHADOW) &&
           !(vmcb->misc1 & MISC1_IRET);
}

void svm_inject_nmi(struct vcpu *vcpu)
{
    vmcb_of(vcpu)->event = EVENT_VALID | EVENT_NMI | VECTOR_NMI;
    vmcb_of(vcpu)->misc1 |= MISC1_IRET; /* no other until the handler returns */
}

/* A virtual interrupt that is intercepted when it would be taken (APM 2 §15.21.4). */
void svm_request_irq_window(struct vcpu *vcpu, bool on)
{
    struct svm_vcpu *svm = vcpu->vendor;

    svm->window = on;
    if (svm->irq_given)
        return;
    set_virq(svm->vmcb, on);
    if (on)
        svm->vmcb->misc1 |= MISC1_VINTR;
    else
        svm->vmcb->misc1 &= ~MISC1_VINTR;
}
