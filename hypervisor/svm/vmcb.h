/* SPDX-License-Identifier: BSD-3-Clause */
/* The virtual machine control block, APM 2 appendix B, and what this backend keeps per vCPU. */
#ifndef SVM_VMCB_H
#define SVM_VMCB_H

#include "hv/arch.h"
#include "hv/vm.h"

struct vmcb_segment {
    uint16_t selector, attributes; /* attributes: descriptor bits 40-47, 52-55 in 0-11 */
    uint32_t limit;
    uint64_t base;
};

enum vmcb_segments {
    VMCB_ES,
    VMCB_CS,
    VMCB_SS,
    VMCB_DS,
    VMCB_FS,
    VMCB_GS,
    VMCB_GDTR,
    VMCB_LDTR,
    VMCB_IDTR,
    VMCB_TR,
    VMCB_SEGMENTS
};

struct vmcb {
    uint16_t cr_read, cr_write, dr_read, dr_write;
    uint32_t exceptions, misc1, misc2;
    uint8_t reserved0[0x28];
    uint16_t pause_threshold, pause_count;
    uint64_t iopm, msrpm, tsc_offset;
    uint32_t asid;
    uint8_t tlb_control, reserved1[3];
    uint32_t int_control, int_vector;
    uint64_t int_state;
    uint64_t exit_code, exit_info[2];
    uint32_t exit_int_info, exit_int_error;
    uint64_t nested_control;
    uint8_t reserved2[0x10];
    uint32_t event, event_error;
    uint64_t nested_cr3;
    uint64_t lbr_control;
    uint32_t clean, reserved3;
    uint64_t next_rip;
    uint8_t fetched, fetched_bytes[15];
    uint8_t reserved4[0x320];
    struct vmcb_segment segment[VMCB_SEGMENTS];
    uint8_t reserved5[0x2B];
    uint8_t cpl;
    uint32_t reserved6;
    uint64_t efer;
    uint8_t reserved7[0x70];
    uint64_t cr4, cr3, cr0, dr7, dr6, rflags, rip;
    uint8_t reserved8[0x58];
    uint64_t rsp;
    uint8_t reserved9[0x18];
    uint64_t rax, star, lstar, cstar, sfmask, kernel_gs_base;
    uint64_t sysenter_cs, sysenter_esp, sysenter_eip, cr2;
    uint8_t reserved10[0x20];
    uint64_t pat, debugctl;
    uint8_t reserved11[0x988];
};
BN_OFFSET_IS(struct vmcb, iopm, 0x40);
BN_OFFSET_IS(struct vmcb, exit_code, 0x70);
BN_OFFSET_IS(struct vmcb, event, 0xA8);
BN_OFFSET_IS(struct vmcb, next_rip, 0xC8);
BN_OFFSET_IS(struct vmcb, segment, 0x400);
BN_OFFSET_IS(struct vmcb, cpl, 0x4CB);
BN_OFFSET_IS(struct vmcb, efer, 0x4D0);
BN_OFFSET_IS(struct vmcb, cr4, 0x548);
BN_OFFSET_IS(struct vmcb, rsp, 0x5D8);
BN_OFFSET_IS(struct vmcb, rax, 0x5F8);
BN_OFFSET_IS(struct vmcb, cr2, 0x640);
BN_OFFSET_IS(struct vmcb, pat, 0x668);
BN_SIZE_IS(struct vmcb, 0x1000);

#define INT_V_TPR      0xFFu
#define INT_V_IRQ      (1u << 8)
#define INT_V_PRIORITY (0xFu << 16) /* class of the vector, the upper half of its number */
#define INT_V_MASKING  (1u << 24)
#define INT_SHADOW     1u

#define MISC1_INTR     (1u << 0)
#define MISC1_NMI      (1u << 1)
#define MISC1_CPUID    (1u << 18)
#define MISC1_IRET     (1u << 20)
#define MISC1_INVD     (1u << 22)
#define MISC1_PAUSE    (1u << 23)
#define MISC1_HLT      (1u << 24)
#define MISC1_INVLPGA  (1u << 26)
#define MISC1_IOIO     (1u << 27)
#define MISC1_MSR      (1u << 28)
#define MISC1_SHUTDOWN (1u << 31)
#define MISC2_SVM      0x7Fu /* VMRUN, VMMCALL, VMLOAD, VMSAVE, STGI, CLGI, SKINIT */
#define MISC2_MONITOR  (1u << 10)
#define MISC2_MWAIT    (3u << 11)
#define MISC2_XSETBV   (1u << 13)
#define MISC2_RDPRU    (1u << 14)

struct svm_vcpu { /* vcpu->vendor */
    struct vmcb *vmcb;
    hpa_t vmcb_hpa;
    bool direct;  /* takes physical interrupts itself */
    bool offered; /* V_IRQ carries a pending interrupt */
};

static inline struct vmcb *vmcb_of(const struct vcpu *vcpu)
{
    return ((struct svm_vcpu *)vcpu->vendor)->vmcb;
}

/* exit.c: from the VMCB to vendor-free words. */
void svm_decode_exit(struct vcpu *vcpu, struct vmcb *vmcb, struct vcpu_exit *exit);
/* state.c */
void svm_reset(struct vcpu *vcpu);
/* events.c: after an exit, whether the interrupt that was offered is in service now. */
void svm_note_delivery(struct vcpu *vcpu);
uint64_t svm_get_cr(struct vcpu *vcpu, unsigned cr);
void svm_set_cr(struct vcpu *vcpu, unsigned cr, uint64_t value);
void svm_get_segment(struct vcpu *vcpu, enum segment which, struct segment_state *state);
void svm_set_segment(struct vcpu *vcpu, enum segment which, const struct segment_state *state);
enum bn_status svm_get_msr(struct vcpu *vcpu, uint32_t msr, uint64_t *value);
enum bn_status svm_set_msr(struct vcpu *vcpu, uint32_t msr, uint64_t value);
void svm_dump(struct vcpu *vcpu);
/* events.c */
void svm_offer_irq(struct vcpu *vcpu, int vector);
void svm_inject_exception(struct vcpu *vcpu, uint8_t vector, bool has_error, uint32_t error);
bool svm_can_take_nmi(struct vcpu *vcpu);
void svm_inject_nmi(struct vcpu *vcpu);

extern bool svm_has_nrips, svm_filters_pause;

#endif
