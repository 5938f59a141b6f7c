/* SPDX-License-Identifier: BSD-3-Clause */
/* Events on their way into an SVM guest. */
#include "svm/vmcb.h"

/*
 * By V_IRQ, without an exit when the guest opens its window: the processor takes the vector when IF
 * and the task priority let it (APM 2 §15.21.4). Until then it is only pending, and each look at
 * the local APIC offers anew what is most urgent. Not by EVENTINJ: QEMU's TCG leaves the vector of
 * an injected interrupt in its own exception index, and where its loop is asked to stop right after
 * VMRUN it delivers the interrupt a second time, at the handler's first instruction
 * (target/i386/tcg, helper_vmrun).
 */
void svm_offer_irq(struct vcpu *vcpu, int vector)
{
    struct svm_vcpu *svm = vcpu->vendor;

    svm->offered = vector >= 0;
    svm->vmcb->int_control &= ~(INT_V_IRQ | INT_V_PRIORITY);
    if (!svm->offered)
        return;
    svm->vmcb->int_vector = (uint32_t)vector;
    svm->vmcb->int_control |= INT_V_IRQ | ((uint32_t)vector << 12 & INT_V_PRIORITY);
}

void svm_note_delivery(struct vcpu *vcpu)
{
    struct svm_vcpu *svm = vcpu->vendor;
    struct vmcb *vmcb = svm->vmcb;
    /* The exit came on its way in; QEMU leaves V_IRQ set then. */
    bool cut_short =
        (vmcb->exit_int_info & (EVENT_VALID | 0xFF)) == (EVENT_VALID | vmcb->int_vector);

    if (vmcb->int_control & INT_V_IRQ && !cut_short)
        return;
    vlapic_accept(&vcpu->lapic, (uint8_t)vmcb->int_vector);
    svm_offer_irq(vcpu, -1);
    vcpu->look = true;
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
