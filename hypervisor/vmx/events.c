/* SPDX-License-Identifier: BSD-3-Clause */
/* Events on their way into a VMX guest: injection, and the window that says when it can take one.
 */
#include "vmx/vmcs.h"
#include "x86/dev/vlapic_regs.h"

static void inject(struct vcpu *vcpu, uint32_t event, uint32_t error)
{
    vmx_write(vcpu, VMCS_ENTRY_EVENT, EVENT_VALID | event);
    vmx_write(vcpu, VMCS_ENTRY_ERROR, error);
    vmx_of(vcpu)->event = true;
}

bool vmx_can_take_irq(struct vcpu *vcpu)
{
    return !vmx_of(vcpu)->event && vcpu->rflags & X86_EFLAGS_IF &&
           !(vmx_read(vcpu, VMCS_INTERRUPTIBILITY) & INTERRUPTIBILITY_SHADOW);
}

void vmx_inject_irq(struct vcpu *vcpu, uint8_t vector)
{
    inject(vcpu, vector, 0);
}

/* Virtual-interrupt delivery and posted interrupts (SDM 3 §30.2, §30.6), for a guest that has its
 * APIC in x2APIC mode: the other mode's page needs us anyway. What ends a level interrupt exits. */
bool vmx_deliver_irqs(struct vcpu *vcpu)
{
    const struct vlapic *lapic = &vcpu->lapic;
    bool can = vmx_posts && vlapic_is_x2apic(lapic);
    enum vmx_irqs irqs = can ? VMX_DELIVERED : VMX_INJECTED;

    if (vmx_of(vcpu)->irqs != irqs)
        vmx_write_controls(vcpu, irqs);
    if (!can)
        return false;
    vmx_write(vcpu, VMCS_INTERRUPT_STATUS, vlapic_status(lapic));
    for (uint32_t i = 0; i < 4; i++)
        vmx_write(vcpu, VMCS_EOI_EXITS + 2 * i,
                  vlapic_peek(lapic, APIC_TMR + 2 * i) |
                      (uint64_t)vlapic_peek(lapic, APIC_TMR + 2 * i + 1) << 32);
    return true;
}

/* An exception while another is on its way in: contributory ones make a double fault (SDM 3 §6.15).
 */
void vmx_inject_exception(struct vcpu *vcpu, uint8_t vector, bool has_error, uint32_t error)
{
    if (vmx_of(vcpu)->event && (vmx_read(vcpu, VMCS_ENTRY_EVENT) & EVENT_TYPE) == EVENT_EXCEPTION) {
        vector = VECTOR_DOUBLE_FAULT;
        has_error = true;
        error = 0;
    }
    /* Real mode has no error codes: the entry would be refused (SDM 3 §27.2.1.3). */
    has_error = has_error && vmx_read(vcpu, VMCS_GUEST_CR0) & X86_CR0_PE;
    inject(vcpu, EVENT_EXCEPTION | (has_error ? EVENT_ERROR : 0) | vector, error);
}

bool vmx_can_take_nmi(struct vcpu *vcpu)
{
    return !vmx_of(vcpu)->event && !(vmx_read(vcpu, VMCS_INTERRUPTIBILITY) &
                                     (INTERRUPTIBILITY_SHADOW | INTERRUPTIBILITY_NMI));
}

/* Virtual NMIs: the processor blocks the next one until the handler's IRET. */
void vmx_inject_nmi(struct vcpu *vcpu)
{
    inject(vcpu, EVENT_NMI | VECTOR_NMI, 0);
}

static void request_window(struct vcpu *vcpu, uint32_t window, bool on)
{
    struct vmx_vcpu *v = vmx_of(vcpu);

    v->processor = on ? v->processor | window : v->processor & ~window;
    vmx_write(vcpu, VMCS_PROCESSOR, v->processor);
}

void vmx_request_irq_window(struct vcpu *vcpu, bool on)
{
    request_window(vcpu, PROCESSOR_IRQ_WINDOW, on);
}

void vmx_request_nmi_window(struct vcpu *vcpu, bool on)
{
    request_window(vcpu, PROCESSOR_NMI_WINDOW, on);
}
