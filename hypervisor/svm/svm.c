/* SPDX-License-Identifier: BSD-3-Clause */
/* AMD's virtualisation behind the vendor interface: presence, MSR permissions, entry. */
#include "svm/vmcb.h"

#define MSR_VM_CR      0xC0010114u
#define MSR_VM_HSAVE   0xC0010117u
#define VM_CR_SVMDIS   (1u << 4)
#define SVM_LEAF       0x8000000Au
#define FEATURE_NPT    (1u << 0)
#define FEATURE_NRIPS  (1u << 3)
#define FEATURE_ASID   (1u << 6)
#define FEATURE_PAUSE  (1u << 10)
#define TLB_FLUSH_ALL  1u
#define TLB_FLUSH_ASID 3u

extern void svm_enter(hpa_t vmcb, uint64_t *registers, hpa_t host);

static uint32_t asid_count;
static uint8_t tlb_flush_code;
static hpa_t host_state[HV_MAX_PCPUS]; /* what VMLOAD restores for us */
static uint32_t asids_used[HV_MAX_PCPUS];
static struct svm_vcpu vcpu_state[HV_MAX_VMS][HV_MAX_VCPUS];

static bool svm_present(void)
{
    return cpuid(0x80000000, 0).eax >= SVM_LEAF && cpuid(0x80000001, 0).ecx & 4;
}

static enum bn_status svm_cpu_enable(void)
{
    struct cpuid_regs features = cpuid(SVM_LEAF, 0);
    struct pcpu *cpu = this_pcpu();
    hpa_t hsave = page_alloc();

    if (!(features.edx & FEATURE_NPT)) {
        hv_log("SVM: this processor has no nested paging (NPT); use another one");
        return BN_ENODEV;
    }
    if (rdmsr(MSR_VM_CR) & VM_CR_SVMDIS) {
        hv_log("SVM: switched off by the firmware; switch it on in its setup");
        return BN_ENODEV;
    }
    svm_has_nrips = features.edx & FEATURE_NRIPS;
    svm_filters_pause = features.edx & FEATURE_PAUSE;
    tlb_flush_code = features.edx & FEATURE_ASID ? TLB_FLUSH_ASID : TLB_FLUSH_ALL;
    asid_count = features.ebx;
    host_state[cpu->id] = page_alloc();
    if (!hsave || !host_state[cpu->id])
        return BN_ENOMEM;
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SVME);
    wrmsr(MSR_VM_HSAVE, hsave);
    vmsave(host_state[cpu->id]);
    return BN_OK;
}

/* What is allocated stays with the slot, so that a VM can always be created again. */
static enum bn_status svm_vcpu_create(struct vcpu *vcpu)
{
    struct svm_vcpu *svm = &vcpu_state[vcpu->vm->id][vcpu->id];

    if (!svm->vmcb_hpa) {
        svm->vmcb_hpa = page_alloc();
        if (!svm->vmcb_hpa)
            return BN_ENOMEM;
        svm->vmcb = hpa_to_ptr(svm->vmcb_hpa);
        svm->vmcb->asid = ++asids_used[vcpu->pcpu->id];
    }
    if (svm->vmcb->asid >= asid_count)
        return BN_ENOMEM;
    vcpu->asid = svm->vmcb->asid;
    vcpu->vendor = svm;
    svm->direct = vcpu->vm->config->flags & BN_VM_DIRECT_IRQ;
    return BN_OK;
}

static void svm_run(struct vcpu *vcpu, struct vcpu_exit *exit)
{
    struct svm_vcpu *svm = vcpu->vendor;
    struct vmcb *vmcb = svm->vmcb;

    vmcb->rax = vcpu->regs[REG_RAX];
    vmcb->rsp = vcpu->regs[REG_RSP];
    vmcb->rip = vcpu->rip;
    vmcb->rflags = vcpu->rflags;
    if (!svm->direct)
        vmcb->int_control =
            (vmcb->int_control & ~INT_V_TPR) | (vcpu->lapic.regs[8].value >> 4 & 0xF);
    svm_enter(svm->vmcb_hpa, vcpu->regs, host_state[this_pcpu()->id]);
    vcpu->regs[REG_RAX] = vmcb->rax;
    vcpu->regs[REG_RSP] = vmcb->rsp;
    vcpu->rip = vmcb->rip;
    vcpu->rflags = vmcb->rflags;
    if (!svm->direct && (vmcb->int_control & 0xF) != vcpu->lapic.regs[8].value >> 4) {
        vcpu->lapic.regs[8].value = (vmcb->int_control & 0xF) << 4;
        vcpu->look = true;
    }
    vmcb->tlb_control = 0;
    if (svm->offered)
        svm_note_delivery(vcpu);
    svm_decode_exit(vcpu, vmcb, exit);
}

static void svm_skip(struct vcpu *vcpu, unsigned bytes)
{
    struct vmcb *vmcb = vmcb_of(vcpu);

    vcpu->rip += bytes;
    if (!(vmcb->efer & EFER_LMA) || !(vmcb->segment[VMCB_CS].attributes & 0x200))
        vcpu->rip &= 0xFFFFFFFF;
    vmcb->int_state &= ~(uint64_t)INT_SHADOW;
}

static void svm_flush_tlb(struct vcpu *vcpu)
{
    vmcb_of(vcpu)->tlb_control = tlb_flush_code;
}

/* APM 2 §15.11: two bits an MSR, three ranges; those outside always exit. */
static void svm_allow_msr(struct vcpu *vcpu, uint32_t msr, bool read, bool write)
{
    uint8_t *map = hpa_to_ptr(vm_msr_map(vcpu->vm));
    uint32_t bit;

    if (msr < 0x2000)
        bit = msr * 2;
    else if (msr >= 0xC0000000 && msr < 0xC0002000)
        bit = 0x800 * 8 + (msr - 0xC0000000) * 2;
    else if (msr >= 0xC0010000 && msr < 0xC0012000)
        bit = 0x1000 * 8 + (msr - 0xC0010000) * 2;
    else
        return;
    map[bit / 8] = (uint8_t)((map[bit / 8] & ~(3u << bit % 8)) |
                             ((read ? 0u : 1u) | (write ? 0u : 2u)) << bit % 8);
}

const struct vcpu_vendor vendor_svm = {
    .name = "SVM",
    .nested = &paging_npt,
    .present = svm_present,
    .cpu_enable = svm_cpu_enable,
    .vcpu_create = svm_vcpu_create,
    .vcpu_reset = svm_reset,
    .run = svm_run,
    .get_cr = svm_get_cr,
    .set_cr = svm_set_cr,
    .get_segment = svm_get_segment,
    .set_segment = svm_set_segment,
    .get_msr = svm_get_msr,
    .set_msr = svm_set_msr,
    .offer_irq = svm_offer_irq,
    .inject_exception = svm_inject_exception,
    .can_take_nmi = svm_can_take_nmi,
    .inject_nmi = svm_inject_nmi,
    .skip = svm_skip,
    .flush_tlb = svm_flush_tlb,
    .allow_msr = svm_allow_msr,
    .dump = svm_dump,
};
