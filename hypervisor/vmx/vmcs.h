/* SPDX-License-Identifier: BSD-3-Clause */
/* The virtual-machine control structure (SDM 3 appendix B), and what this backend keeps per vCPU.
 */
#ifndef VMX_VMCS_H
#define VMX_VMCS_H

#include "hv/arch.h"
#include "hv/vm.h"

/* Guest segments ES to IDTR follow each other in the order of enum segment. */
enum vmcs_field {
    VMCS_VPID = 0x0000,
    VMCS_POSTED_VECTOR = 0x0002,
    VMCS_GUEST_SELECTOR = 0x0800,
    VMCS_INTERRUPT_STATUS = 0x0810,
    VMCS_HOST_ES = 0x0C00,
    VMCS_HOST_CS = 0x0C02,
    VMCS_HOST_SS = 0x0C04,
    VMCS_HOST_DS = 0x0C06,
    VMCS_HOST_FS = 0x0C08,
    VMCS_HOST_GS = 0x0C0A,
    VMCS_HOST_TR = 0x0C0C,

    VMCS_IO_BITMAP_A = 0x2000,
    VMCS_IO_BITMAP_B = 0x2002,
    VMCS_MSR_BITMAP = 0x2004,
    VMCS_VIRTUAL_APIC = 0x2012,
    VMCS_POSTED = 0x2016,
    VMCS_EPT_POINTER = 0x201A,
    VMCS_EOI_EXITS = 0x201C, /* of four */
    VMCS_XSS_EXITS = 0x202C,
    VMCS_PHYSICAL_ADDRESS = 0x2400,
    VMCS_LINK = 0x2800,
    VMCS_GUEST_DEBUGCTL = 0x2802,
    VMCS_GUEST_PAT = 0x2804,
    VMCS_GUEST_EFER = 0x2806,
    VMCS_GUEST_PDPTE = 0x280A, /* of four */
    VMCS_HOST_PAT = 0x2C00,
    VMCS_HOST_EFER = 0x2C02,

    VMCS_PIN = 0x4000,
    VMCS_PROCESSOR = 0x4002,
    VMCS_EXCEPTIONS = 0x4004,
    VMCS_FAULT_MASK = 0x4006,
    VMCS_FAULT_MATCH = 0x4008,
    VMCS_CR3_TARGETS = 0x400A,
    VMCS_EXIT = 0x400C,
    VMCS_EXIT_STORES = 0x400E,
    VMCS_EXIT_LOADS = 0x4010,
    VMCS_ENTRY = 0x4012,
    VMCS_ENTRY_LOADS = 0x4014,
    VMCS_ENTRY_EVENT = 0x4016,
    VMCS_ENTRY_ERROR = 0x4018,
    VMCS_TPR_THRESHOLD = 0x401C,
    VMCS_PROCESSOR2 = 0x401E,
    VMCS_SPIN_GAP = 0x4020,
    VMCS_SPIN_WINDOW = 0x4022,
    VMCS_INSTRUCTION_ERROR = 0x4400,
    VMCS_REASON = 0x4402,
    VMCS_EXIT_EVENT = 0x4404,
    VMCS_EXIT_ERROR = 0x4406,
    VMCS_VECTORING = 0x4408,
    VMCS_VECTORING_ERROR = 0x440A,
    VMCS_LENGTH = 0x440C,
    VMCS_GUEST_LIMIT = 0x4800,
    VMCS_GUEST_ACCESS = 0x4814,
    VMCS_INTERRUPTIBILITY = 0x4824,
    VMCS_ACTIVITY = 0x4826,
    VMCS_GUEST_SYSENTER_CS = 0x482A,
    VMCS_HOST_SYSENTER_CS = 0x4C00,

    VMCS_CR0_MASK = 0x6000,
    VMCS_CR4_MASK = 0x6002,
    VMCS_CR0_SHADOW = 0x6004,
    VMCS_CR4_SHADOW = 0x6006,
    VMCS_QUALIFICATION = 0x6400,
    VMCS_GUEST_CR0 = 0x6800,
    VMCS_GUEST_CR3 = 0x6802,
    VMCS_GUEST_CR4 = 0x6804,
    VMCS_GUEST_BASE = 0x6806,
    VMCS_GUEST_DR7 = 0x681A,
    VMCS_GUEST_RSP = 0x681C,
    VMCS_GUEST_RIP = 0x681E,
    VMCS_GUEST_RFLAGS = 0x6820,
    VMCS_PENDING_DEBUG = 0x6822,
    VMCS_GUEST_SYSENTER_ESP = 0x6824,
    VMCS_GUEST_SYSENTER_EIP = 0x6826,
    VMCS_HOST_CR0 = 0x6C00,
    VMCS_HOST_CR3 = 0x6C02,
    VMCS_HOST_CR4 = 0x6C04,
    VMCS_HOST_FS_BASE = 0x6C06,
    VMCS_HOST_GS_BASE = 0x6C08,
    VMCS_HOST_TR_BASE = 0x6C0A,
    VMCS_HOST_GDTR_BASE = 0x6C0C,
    VMCS_HOST_IDTR_BASE = 0x6C0E,
    VMCS_HOST_SYSENTER_ESP = 0x6C10,
    VMCS_HOST_SYSENTER_EIP = 0x6C12,
    VMCS_HOST_RIP = 0x6C16,
};

#define INTERRUPTIBILITY_SHADOW 3u /* STI, MOV SS */
#define INTERRUPTIBILITY_NMI    8u

#define EPT_POINTER          0x1Eu /* write-back tables, four levels */
#define PROCESSOR_IRQ_WINDOW (1u << 2)
#define PROCESSOR_TPR        (1u << 21)
#define PROCESSOR_NMI_WINDOW (1u << 22)
#define PROCESSOR2_VPID      (1u << 5)
#define PROCESSOR2_SPIN      (1u << 10) /* PAUSE-loop exiting */
#define PROCESSOR2_XSAVES    (1u << 20) /* else XSAVES and XRSTORS are invalid opcodes */
#define ENTRY_IA32E          (1u << 9)
#define ACCESS_LONG          (1u << 13)
#define ACCESS_UNUSABLE      (1u << 16)

/* What the guest may not change in the real registers: it sees and changes a shadow. */
#define CR0_SHADOWED (X86_CR0_NE | X86_CR0_NW | X86_CR0_CD)
#define CR4_SHADOWED (X86_CR4_VMXE | X86_CR4_SMXE)

enum { VMX_MSRS = 5 }; /* state MSRs that the VMCS does not hold: switched with the vCPU */

enum vmx_irqs { /* how a guest gets its interrupts */
                VMX_INJECTED,
                VMX_DIRECT,    /* takes physical ones itself */
                VMX_DELIVERED, /* by its processor, out of its APIC's page */
                VMX_IRQS
};

struct vmx_vcpu { /* vcpu->vendor */
    hpa_t vmcs;
    enum vmx_irqs irqs;        /* whose set of controls is in the VMCS */
    bool launched;             /* since it was cleared */
    bool flush;                /* its translations, before the next entry */
    bool event;                /* one goes in at the next entry */
    uint32_t processor, entry; /* controls as they are now */
    uint64_t cr2, dr6, msr[VMX_MSRS];
};

static inline struct vmx_vcpu *vmx_of(const struct vcpu *vcpu)
{
    return vcpu->vendor;
}

/* As vmread(): of the VMCS that is current on this CPU, between vmx_run()'s start and the end of
 * the exit. */
static inline void vmcs_set(uint32_t field, uint64_t value)
{
    if (!vmwrite(field, value))
        hv_panic("VMWRITE of field %x fails", field);
}

/*
 * vmx.c. Of any vCPU's. A VMCS is active on the CPU where its vCPU is loaded; that of one which is
 * not is taken up for the access and cleared again, so that any CPU may be next.
 */
uint64_t vmx_read(const struct vcpu *vcpu, uint32_t field);
void vmx_write(const struct vcpu *vcpu, uint32_t field, uint64_t value);
extern struct vmx_controls { /* as this processor can have them */
    uint32_t pin, processor, processor2, exit, entry;
} vmx_controls[VMX_IRQS];
extern bool vmx_posts; /* this processor can have those of VMX_DELIVERED */

/* exit.c */
void vmx_decode_exit(struct vcpu *vcpu, struct vcpu_exit *exit);
/* state.c */
void vmx_reset(struct vcpu *vcpu);
void vmx_write_controls(struct vcpu *vcpu, enum vmx_irqs irqs);
void vmx_load(struct vcpu *vcpu);
void vmx_unload(struct vcpu *vcpu);
uint64_t vmx_get_cr(struct vcpu *vcpu, unsigned cr);
void vmx_set_cr(struct vcpu *vcpu, unsigned cr, uint64_t value);
void vmx_get_segment(struct vcpu *vcpu, enum segment which, struct segment_state *state);
void vmx_set_segment(struct vcpu *vcpu, enum segment which, const struct segment_state *state);
enum bn_status vmx_get_msr(struct vcpu *vcpu, uint32_t msr, uint64_t *value);
enum bn_status vmx_set_msr(struct vcpu *vcpu, uint32_t msr, uint64_t value);
void vmx_dump(struct vcpu *vcpu);
/* events.c */
bool vmx_can_take_irq(struct vcpu *vcpu);
void vmx_inject_irq(struct vcpu *vcpu, uint8_t vector);
bool vmx_deliver_irqs(struct vcpu *vcpu);
void vmx_inject_exception(struct vcpu *vcpu, uint8_t vector, bool has_error, uint32_t error);
bool vmx_can_take_nmi(struct vcpu *vcpu);
void vmx_inject_nmi(struct vcpu *vcpu);
void vmx_request_irq_window(struct vcpu *vcpu, bool on);
void vmx_request_nmi_window(struct vcpu *vcpu, bool on);

#endif
