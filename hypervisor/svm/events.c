/* SPDX-License-Identifier: BSD-3-Clause */
/* Events on their way into an SVM guest: injection, and the window that says when it can take one.
 */
#include "svm/vmcb.h"

#define VECTOR_NMI          2u
#define VECTOR_DOUBLE_FAULT 8u

bool svm_can_take_irq(struct vcpu *vcpu)
{
    const struct vmcb *vmcb = vmcb_of(vcpu);

    return (vcpu->rflags & 1u << 9) && !(vmcb->int_state & INT_SHADOW) &&
           !(vmcb->event & EVENT_VALID);
}

void svm_inject_irq(struct vcpu *vcpu, uint8_t vector)
{
    vmcb_of(vcpu)->event = EVENT_VALID | EVENT_INTR | vector;
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
    struct vmcb *vmcb = vmcb_of(vcpu);

    if (on) {
        vmcb->int_control |= INT_V_IRQ | INT_V_IGN_TPR | INT_V_PRIORITY;
        vmcb->misc1 |= MISC1_VINTR;
    } else {
        vmcb->int_control &= ~(INT_V_IRQ | INT_V_IGN_TPR | INT_V_PRIORITY);
        vmcb->misc1 &= ~MISC1_VINTR;
    }
}
