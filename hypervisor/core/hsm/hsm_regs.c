/* SPDX-License-Identifier: BSD-3-Clause */
/* Hypercall "set vCPU registers": the state in which a post-launched VM's first CPU starts. */
#include "hsm.h"

#include "hv/arch.h"

#define CR0_KNOWN    0xE005003Full
#define CR4_KNOWN    0x007007FFull /* without VMXE, SMXE, FSGSBASE, PCIDE, OSXSAVE: none at a boot */
#define RFLAGS_KNOWN 0x003F7FD7ull
#define CR3_RESERVED 0xFFF0000000000000ull
#define AR_DATA      0x93u   /* present, writable, accessed */
#define AR_DATA_FLAT 0xC093u /* and 32 bit, 4 GiB */
#define AR_TSS_BUSY  0x8Bu
#define AR_LDT       0x82u
#define AR_CODE_TYPE 0x98u /* present, code or data, executable */
#define AR_KNOWN     0xF0FFu

/* Why the state is none that a CPU can be in; 0: it is one. SDM 3 §26.3.1, APM 2 §15.5.1. */
static const char *fault_in(const struct acrn_regs *r)
{
    static const uint8_t zeros[sizeof(r->reserved_64)];
    bool paging = r->cr0 & X86_CR0_PG;

    if (memcmp(r->reserved_64, zeros, sizeof(r->reserved_64)) ||
        memcmp(r->reserved_32, zeros, sizeof(r->reserved_32)) ||
        memcmp(r->gdt.reserved, zeros, sizeof(r->gdt.reserved)) ||
        memcmp(r->idt.reserved, zeros, sizeof(r->idt.reserved)))
        return "a reserved field";
    if ((r->cr0 & ~CR0_KNOWN) || (paging && !(r->cr0 & X86_CR0_PE)) ||
        ((r->cr0 & X86_CR0_NW) && !(r->cr0 & X86_CR0_CD)))
        return "CR0";
    if (r->cr4 & ~CR4_KNOWN)
        return "CR4";
    if (r->cr3 & CR3_RESERVED)
        return "CR3";
    if ((r->ia32_efer & ~(uint64_t)(EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE)) ||
        ((r->ia32_efer & EFER_LMA) != 0) != ((r->ia32_efer & EFER_LME) && paging) ||
        ((r->ia32_efer & EFER_LMA) && !(r->cr4 & X86_CR4_PAE)))
        return "EFER";
    if (r->rflags & (~RFLAGS_KNOWN | X86_EFLAGS_VM))
        return "RFLAGS";
    if ((r->cs_ar & ~AR_KNOWN) || (r->cs_ar & AR_CODE_TYPE) != AR_CODE_TYPE)
        return "CS attributes";
    return 0;
}

static void set_segments(struct vcpu *vcpu, const struct acrn_regs *r)
{
    const uint16_t data[] = {r->es_sel, 0, r->ss_sel, r->ds_sel, r->fs_sel, r->gs_sel};
    struct segment_state s[SEG_COUNT] = {
        [SEG_LDTR] = {r->ldt_sel, AR_LDT, 0xFFFF, 0},
        [SEG_TR] = {r->tr_sel, AR_TSS_BUSY, 0xFFFF, 0},
        [SEG_GDTR] = {.limit = r->gdt.limit, .base = r->gdt.base},
        [SEG_IDTR] = {.limit = r->idt.limit, .base = r->idt.base},
    };

    for (unsigned i = SEG_ES; i <= SEG_GS; i++)
        s[i] = r->cr0 & X86_CR0_PE
                   ? (struct segment_state){data[i], AR_DATA_FLAT, UINT32_MAX, 0}
                   : (struct segment_state){data[i], AR_DATA, 0xFFFF, (uint64_t)data[i] << 4};
    s[SEG_CS] = (struct segment_state){r->cs_sel, (uint16_t)r->cs_ar, r->cs_limit, r->cs_base};
    for (int i = SEG_ES; i < SEG_COUNT; i++)
        vendor->set_segment(vcpu, (enum segment)i, &s[i]);
}

enum bn_status hsm_set_vcpu_regs(struct hsm_call *call)
{
    const struct acrn_vcpu_regs *regs = &call->regs;
    const struct acrn_regs *r = &regs->vcpu_regs;
    const char *fault = regs->reserved[0] | regs->reserved[1] | regs->reserved[2]
                            ? "a reserved field"
                            : fault_in(r);

    /* Only before the start: afterwards its registers are its own business. */
    if (call->vm->state != VM_CREATED || regs->vcpu_id >= call->vm->vcpu_count)
        return BN_EINVAL;
    if (fault) {
        vm_log(call->vm, "set vCPU registers: %s is impossible", fault);
        return BN_EINVAL;
    }
    struct vcpu *vcpu = &call->vm->vcpu[regs->vcpu_id];
    set_segments(vcpu, r);
    vendor->set_cr(vcpu, 4, r->cr4);
    vendor->set_cr(vcpu, 3, r->cr3);
    if (vendor->set_msr(vcpu, MSR_EFER, r->ia32_efer) != BN_OK)
        return BN_EINVAL;
    vendor->set_cr(vcpu, 0, r->cr0 | X86_CR0_ET);
    memcpy(vcpu->regs, &r->gprs, sizeof(vcpu->regs)); /* in the order of enum reg */
    vcpu->rip = r->rip;
    vcpu->rflags = r->rflags | X86_EFLAGS_FIXED;
    return BN_OK;
}
