/* SPDX-License-Identifier: BSD-3-Clause */
/* The guest state that lives in a VMCB: controls, registers by name, the dump. */
#include "svm/vmcb.h"

#define INTERCEPTED_EXCEPTIONS (1u << 6 | 1u << 1 | 1u << 17 | 1u << 18) /* #UD, #DB, #AC, #MC */

static struct vmcb_segment *segment_of(struct vmcb *vmcb, enum segment which)
{
    static const uint8_t at[SEG_COUNT] = {VMCB_ES, VMCB_CS,   VMCB_SS, VMCB_DS,   VMCB_FS,
                                          VMCB_GS, VMCB_LDTR, VMCB_TR, VMCB_GDTR, VMCB_IDTR};

    return &vmcb->segment[at[which]];
}

void svm_get_segment(struct vcpu *vcpu, enum segment which, struct segment_state *state)
{
    const struct vmcb_segment *s = segment_of(vmcb_of(vcpu), which);

    *state = (struct segment_state){
        .selector = s->selector,
        .access = (uint16_t)((s->attributes & 0xFF) | (s->attributes & 0xF00) << 4),
        .limit = s->limit,
        .base = s->base,
    };
}

void svm_set_segment(struct vcpu *vcpu, enum segment which, const struct segment_state *state)
{
    struct vmcb *vmcb = vmcb_of(vcpu);

    *segment_of(vmcb, which) = (struct vmcb_segment){
        .selector = state->selector,
        .attributes = (uint16_t)((state->access & 0xFF) | (state->access >> 4 & 0xF00)),
        .limit = state->limit,
        .base = state->base,
    };
    if (which == SEG_SS)
        vmcb->cpl = state->access >> 5 & 3;
}

void svm_reset(struct vcpu *vcpu)
{
    struct svm_vcpu *svm = vcpu->vendor;
    struct vmcb *vmcb = svm->vmcb;

    memset(vmcb, 0, sizeof(*vmcb));
    vmcb->asid = vcpu->asid;
    vmcb->exceptions = INTERCEPTED_EXCEPTIONS;
    vmcb->misc1 = MISC1_NMI | MISC1_CPUID | MISC1_INVD | MISC1_INVLPGA | MISC1_IOIO | MISC1_MSR |
                  MISC1_SHUTDOWN;
    vmcb->misc2 = MISC2_SVM | MISC2_MONITOR | MISC2_MWAIT | MISC2_XSETBV | MISC2_RDPRU;
    if (!svm->direct) {
        vmcb->misc1 |= MISC1_INTR | MISC1_HLT;
        vmcb->int_control = INT_V_MASKING;
        if (svm_filters_pause) { /* APM 2 §15.14.4; the threshold counts where there is one */
            vmcb->misc1 |= MISC1_PAUSE;
            vmcb->pause_count = VCPU_SPIN_WINDOW;
            vmcb->pause_threshold = VCPU_SPIN_GAP;
        }
    }
    vmcb->iopm = vcpu->vm->maps;
    vmcb->msrpm = vm_msr_map(vcpu->vm);
    vmcb->nested_control = 1;
    vmcb->nested_cr3 = vcpu->vm->memory.root;
    vmcb->tlb_control = 1;
    vmcb->efer = EFER_SVME;
    vmcb->dr6 = DR6_RESET;
    vmcb->dr7 = DR7_RESET;
    svm->offered = false;
}

static uint64_t *cr_field(struct vmcb *vmcb, unsigned cr)
{
    static const uint16_t at[] = {offsetof(struct vmcb, cr0), 0, offsetof(struct vmcb, cr2),
                                  offsetof(struct vmcb, cr3), offsetof(struct vmcb, cr4)};

    return (uint64_t *)((uint8_t *)vmcb + at[cr]);
}

uint64_t svm_get_cr(struct vcpu *vcpu, unsigned cr)
{
    return *cr_field(vmcb_of(vcpu), cr);
}

void svm_set_cr(struct vcpu *vcpu, unsigned cr, uint64_t value)
{
    *cr_field(vmcb_of(vcpu), cr) = value;
    if (cr != 2)
        vmcb_of(vcpu)->tlb_control = 1;
}

static uint64_t *msr_field(struct vmcb *vmcb, uint32_t msr)
{
    static const struct {
        uint32_t msr;
        uint16_t offset;
    } fields[] = {
        {MSR_EFER, offsetof(struct vmcb, efer)},
        {MSR_STAR, offsetof(struct vmcb, star)},
        {MSR_LSTAR, offsetof(struct vmcb, lstar)},
        {MSR_CSTAR, offsetof(struct vmcb, cstar)},
        {MSR_SFMASK, offsetof(struct vmcb, sfmask)},
        {MSR_FS_BASE, offsetof(struct vmcb, segment[VMCB_FS].base)},
        {MSR_GS_BASE, offsetof(struct vmcb, segment[VMCB_GS].base)},
        {MSR_KERNEL_GS_BASE, offsetof(struct vmcb, kernel_gs_base)},
        {MSR_SYSENTER_CS, offsetof(struct vmcb, sysenter_cs)},
        {MSR_SYSENTER_ESP, offsetof(struct vmcb, sysenter_esp)},
        {MSR_SYSENTER_EIP, offsetof(struct vmcb, sysenter_eip)},
        {MSR_PAT, offsetof(struct vmcb, pat)},
        {MSR_DEBUGCTL, offsetof(struct vmcb, debugctl)},
    };

    for (unsigned i = 0; i < HV_ARRAY_SIZE(fields); i++)
        if (fields[i].msr == msr)
            return (uint64_t *)((uint8_t *)vmcb + fields[i].offset);
    return NULL;
}

/* VMRUN wants SVME in EFER, the guest has it not. */
enum bn_status svm_get_msr(struct vcpu *vcpu, uint32_t msr, uint64_t *value)
{
    const uint64_t *field = msr_field(vmcb_of(vcpu), msr);

    if (!field)
        return BN_ENOSYS;
    *value = msr == MSR_EFER ? *field & ~(uint64_t)EFER_SVME : *field;
    return BN_OK;
}

enum bn_status svm_set_msr(struct vcpu *vcpu, uint32_t msr, uint64_t value)
{
    uint64_t *field = msr_field(vmcb_of(vcpu), msr);

    if (!field)
        return BN_ENOSYS;
    *field = msr == MSR_EFER ? value | EFER_SVME : value;
    return BN_OK;
}

void svm_dump(struct vcpu *vcpu)
{
    const struct vmcb *vmcb = vmcb_of(vcpu);

    hv_log("  exit code %lx info1 %lx info2 %lx intinfo %x event %x intctl %x intstate %lx",
           vmcb->exit_code, vmcb->exit_info[0], vmcb->exit_info[1], vmcb->exit_int_info,
           vmcb->event, vmcb->int_control, vmcb->int_state);
    hv_log("  dr6 %lx dr7 %lx", vmcb->dr6, vmcb->dr7);
}
