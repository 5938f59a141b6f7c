/* SPDX-License-Identifier: BSD-3-Clause */
/* The state of a vCPU on VMX: controls, what the VMCS holds, what is switched with it, the dump. */
#include "vmx/vmcs.h"

#define EXCEPTIONS (1u << 1 | 1u << 17 | 1u << 18) /* #DB, #AC, #MC */

extern char vmx_exited[];

static const uint32_t switched[VMX_MSRS] = {MSR_STAR, MSR_LSTAR, MSR_CSTAR, MSR_SFMASK,
                                            MSR_KERNEL_GS_BASE};

static void write_host(struct vcpu *vcpu)
{
    struct cpu_places at = cpu_tables_places(this_pcpu());

    vmx_write(vcpu, VMCS_HOST_CR0, read_cr0());
    vmx_write(vcpu, VMCS_HOST_CR3, read_cr3());
    vmx_write(vcpu, VMCS_HOST_CR4, read_cr4());
    vmx_write(vcpu, VMCS_HOST_CS, SELECTOR_CODE);
    for (uint32_t field = VMCS_HOST_SS; field <= VMCS_HOST_DS; field += 2)
        vmx_write(vcpu, field, SELECTOR_DATA);
    vmx_write(vcpu, VMCS_HOST_ES, SELECTOR_DATA);
    vmx_write(vcpu, VMCS_HOST_TR, SELECTOR_TSS);
    vmx_write(vcpu, VMCS_HOST_GS_BASE, (uint64_t)this_pcpu());
    vmx_write(vcpu, VMCS_HOST_TR_BASE, at.tss);
    vmx_write(vcpu, VMCS_HOST_GDTR_BASE, at.gdt);
    vmx_write(vcpu, VMCS_HOST_IDTR_BASE, at.idt);
    vmx_write(vcpu, VMCS_HOST_PAT, rdmsr(MSR_PAT));
    vmx_write(vcpu, VMCS_HOST_EFER, rdmsr(MSR_EFER));
    vmx_write(vcpu, VMCS_HOST_RIP, (uint64_t)vmx_exited);
}

void vmx_load(struct vcpu *vcpu)
{
    const struct vmx_vcpu *v = vmx_of(vcpu);

    write_host(vcpu);
    for (unsigned i = 0; i < VMX_MSRS; i++)
        wrmsr(switched[i], v->msr[i]);
    write_cr2(v->cr2);
    write_dr6(v->dr6);
}

void vmx_unload(struct vcpu *vcpu)
{
    struct vmx_vcpu *v = vmx_of(vcpu);

    for (unsigned i = 0; i < VMX_MSRS; i++)
        v->msr[i] = rdmsr(switched[i]);
    v->cr2 = read_cr2();
    v->dr6 = read_dr6();
}

void vmx_get_segment(struct vcpu *vcpu, enum segment which, struct segment_state *state)
{
    *state = (struct segment_state){
        .limit = (uint32_t)vmx_read(vcpu, VMCS_GUEST_LIMIT + 2 * which),
        .base = vmx_read(vcpu, VMCS_GUEST_BASE + 2 * which),
    };
    if (which >= SEG_GDTR)
        return;
    state->selector = (uint16_t)vmx_read(vcpu, VMCS_GUEST_SELECTOR + 2 * which);
    state->access = (uint16_t)vmx_read(vcpu, VMCS_GUEST_ACCESS + 2 * which);
}

/* One that is not present is unusable: that is how the processor tells a null selector. */
void vmx_set_segment(struct vcpu *vcpu, enum segment which, const struct segment_state *state)
{
    vmx_write(vcpu, VMCS_GUEST_LIMIT + 2 * which, state->limit);
    vmx_write(vcpu, VMCS_GUEST_BASE + 2 * which, state->base);
    if (which >= SEG_GDTR)
        return;
    vmx_write(vcpu, VMCS_GUEST_SELECTOR + 2 * which, state->selector);
    vmx_write(vcpu, VMCS_GUEST_ACCESS + 2 * which,
              state->access & 0x80 ? state->access : ACCESS_UNUSABLE);
}

uint64_t vmx_get_cr(struct vcpu *vcpu, unsigned cr)
{
    const struct vmx_vcpu *v = vmx_of(vcpu);

    switch (cr) {
    case 0:
        return (vmx_read(vcpu, VMCS_GUEST_CR0) & ~(uint64_t)CR0_SHADOWED) |
               (vmx_read(vcpu, VMCS_CR0_SHADOW) & CR0_SHADOWED);
    case 2:
        return vcpu->loaded ? read_cr2() : v->cr2;
    case 3:
        return vmx_read(vcpu, VMCS_GUEST_CR3);
    default:
        return (vmx_read(vcpu, VMCS_GUEST_CR4) & ~(uint64_t)CR4_SHADOWED) |
               (vmx_read(vcpu, VMCS_CR4_SHADOW) & CR4_SHADOWED);
    }
}

void vmx_set_cr(struct vcpu *vcpu, unsigned cr, uint64_t value)
{
    struct vmx_vcpu *v = vmx_of(vcpu);

    if (cr == 0) {
        vmx_write(vcpu, VMCS_CR0_SHADOW, value);
        vmx_write(vcpu, VMCS_GUEST_CR0,
                  (value & ~(uint64_t)(X86_CR0_NW | X86_CR0_CD)) | X86_CR0_NE);
    } else if (cr == 2) {
        v->cr2 = value;
        if (vcpu->loaded)
            write_cr2(value);
    } else if (cr == 3) {
        vmx_write(vcpu, VMCS_GUEST_CR3, value);
    } else {
        vmx_write(vcpu, VMCS_CR4_SHADOW, value);
        vmx_write(vcpu, VMCS_GUEST_CR4, value | X86_CR4_VMXE);
    }
    if (cr != 2)
        v->flush = true;
}

/* 0: not in the VMCS. */
static uint32_t msr_field(uint32_t msr)
{
    static const struct {
        uint32_t msr, field;
    } fields[] = {
        {MSR_EFER, VMCS_GUEST_EFER},
        {MSR_FS_BASE, VMCS_GUEST_BASE + 2 * SEG_FS},
        {MSR_GS_BASE, VMCS_GUEST_BASE + 2 * SEG_GS},
        {MSR_SYSENTER_CS, VMCS_GUEST_SYSENTER_CS},
        {MSR_SYSENTER_ESP, VMCS_GUEST_SYSENTER_ESP},
        {MSR_SYSENTER_EIP, VMCS_GUEST_SYSENTER_EIP},
        {MSR_PAT, VMCS_GUEST_PAT},
        {MSR_DEBUGCTL, VMCS_GUEST_DEBUGCTL},
    };

    for (unsigned i = 0; i < HV_ARRAY_SIZE(fields); i++)
        if (fields[i].msr == msr)
            return fields[i].field;
    return 0;
}

enum bn_status vmx_get_msr(struct vcpu *vcpu, uint32_t msr, uint64_t *value)
{
    uint32_t field = msr_field(msr);

    if (field) {
        *value = vmx_read(vcpu, field);
        return BN_OK;
    }
    for (unsigned i = 0; i < VMX_MSRS; i++)
        if (switched[i] == msr) {
            *value = vcpu->loaded ? rdmsr(msr) : vmx_of(vcpu)->msr[i];
            return BN_OK;
        }
    return BN_ENOSYS;
}

enum bn_status vmx_set_msr(struct vcpu *vcpu, uint32_t msr, uint64_t value)
{
    struct vmx_vcpu *v = vmx_of(vcpu);
    uint32_t field = msr_field(msr);

    if (msr == MSR_EFER) { /* the entry control says the same, SDM 3 §27.3.1.1 */
        v->entry = value & EFER_LMA ? v->entry | ENTRY_IA32E : v->entry & ~ENTRY_IA32E;
        vmx_write(vcpu, VMCS_ENTRY, v->entry);
    }
    if (field) {
        vmx_write(vcpu, field, value);
        return BN_OK;
    }
    for (unsigned i = 0; i < VMX_MSRS; i++)
        if (switched[i] == msr) {
            v->msr[i] = value;
            if (vcpu->loaded)
                wrmsr(msr, value);
            return BN_OK;
        }
    return BN_ENOSYS;
}

/* What VMCLEAR leaves in a field is the processor's affair (SDM 3 §25.11.3). These are read, and
 * nobody else writes them. */
static const uint32_t zero[] = {
    VMCS_FAULT_MASK,      VMCS_FAULT_MATCH,      VMCS_CR3_TARGETS,       VMCS_EXIT_STORES,
    VMCS_EXIT_LOADS,      VMCS_ENTRY_LOADS,      VMCS_ENTRY_EVENT,       VMCS_INTERRUPTIBILITY,
    VMCS_ACTIVITY,        VMCS_PENDING_DEBUG,    VMCS_GUEST_PDPTE,       VMCS_GUEST_PDPTE + 2,
    VMCS_GUEST_PDPTE + 4, VMCS_GUEST_PDPTE + 6,  VMCS_HOST_FS,           VMCS_HOST_GS,
    VMCS_HOST_FS_BASE,    VMCS_HOST_SYSENTER_CS, VMCS_HOST_SYSENTER_ESP, VMCS_HOST_SYSENTER_EIP,
};

/* Those that tell how it gets its interrupts, and with them the map of MSRs that is right for it.
 */
void vmx_write_controls(struct vcpu *vcpu, enum vmx_irqs irqs)
{
    const struct vmx_controls *c = &vmx_controls[irqs];
    struct vmx_vcpu *v = vmx_of(vcpu);

    v->irqs = irqs;
    v->processor = c->processor | (v->processor & (PROCESSOR_IRQ_WINDOW | PROCESSOR_NMI_WINDOW));
    vmx_write(vcpu, VMCS_PIN, c->pin);
    vmx_write(vcpu, VMCS_PROCESSOR, v->processor);
    vmx_write(vcpu, VMCS_PROCESSOR2, c->processor2);
    vmx_write(vcpu, VMCS_EXIT, c->exit);
    vmx_write(vcpu, VMCS_MSR_BITMAP,
              vm_msr_map(vcpu->vm) + (irqs == VMX_DELIVERED ? HV_PAGE_BYTES : 0));
}

void vmx_reset(struct vcpu *vcpu)
{
    struct vmx_vcpu *v = vmx_of(vcpu);
    bool direct = vcpu->vm->config->flags & BN_VM_DIRECT_IRQ;
    const struct vmx_controls *c = &vmx_controls[direct ? VMX_DIRECT : VMX_INJECTED];

    v->processor = 0;
    vmx_write_controls(vcpu, direct ? VMX_DIRECT : VMX_INJECTED);
    v->entry = c->entry;
    vmx_write(vcpu, VMCS_ENTRY, c->entry);
    vmx_write(vcpu, VMCS_EXCEPTIONS, EXCEPTIONS);
    vmx_write(vcpu, VMCS_IO_BITMAP_A, vcpu->vm->maps);
    vmx_write(vcpu, VMCS_IO_BITMAP_B, vcpu->vm->maps + HV_PAGE_BYTES);
    vmx_write(vcpu, VMCS_EPT_POINTER, vcpu->vm->memory.root | EPT_POINTER);
    if (c->processor2 & PROCESSOR2_VPID)
        vmx_write(vcpu, VMCS_VPID, vcpu->asid);
    if (c->processor & PROCESSOR_TPR) {
        vmx_write(vcpu, VMCS_VIRTUAL_APIC, ptr_to_hpa(vcpu->lapic.regs));
        vmx_write(vcpu, VMCS_TPR_THRESHOLD, 0);
    }
    if (c->processor2 & PROCESSOR2_SPIN) { /* SDM 3 §25.6.13 */
        vmx_write(vcpu, VMCS_SPIN_GAP, VCPU_SPIN_GAP);
        vmx_write(vcpu, VMCS_SPIN_WINDOW, VCPU_SPIN_WINDOW);
    }
    if (c->processor2 & PROCESSOR2_XSAVES) /* none: a guest has no state but XCR0's */
        vmx_write(vcpu, VMCS_XSS_EXITS, 0);
    if (vmx_posts) {
        vmx_write(vcpu, VMCS_POSTED, ptr_to_hpa(&vcpu->lapic.posted));
        vmx_write(vcpu, VMCS_POSTED_VECTOR, HOST_VECTOR_POSTED);
    }
    vmx_write(vcpu, VMCS_LINK, UINT64_MAX);
    vmx_write(vcpu, VMCS_CR0_MASK, CR0_SHADOWED);
    vmx_write(vcpu, VMCS_CR4_MASK, CR4_SHADOWED);
    for (size_t i = 0; i < HV_ARRAY_SIZE(zero); i++)
        vmx_write(vcpu, zero[i], 0);
    vmx_write(vcpu, VMCS_GUEST_DR7, DR7_RESET);
    v->dr6 = DR6_RESET;
    v->event = false;
    v->flush = true;
}

void vmx_dump(struct vcpu *vcpu)
{
    hv_log("  reason %lx qualification %lx physical address %lx instruction error %lx",
           vmx_read(vcpu, VMCS_REASON), vmx_read(vcpu, VMCS_QUALIFICATION),
           vmx_read(vcpu, VMCS_PHYSICAL_ADDRESS), vmx_read(vcpu, VMCS_INSTRUCTION_ERROR));
    hv_log("  vectoring %lx entry event %lx interruptibility %lx activity %lx pending debug %lx",
           vmx_read(vcpu, VMCS_VECTORING), vmx_read(vcpu, VMCS_ENTRY_EVENT),
           vmx_read(vcpu, VMCS_INTERRUPTIBILITY), vmx_read(vcpu, VMCS_ACTIVITY),
           vmx_read(vcpu, VMCS_PENDING_DEBUG));
    hv_log("  pin controls %lx processor controls %lx secondary controls %lx exit controls %lx "
           "entry controls %lx",
           vmx_read(vcpu, VMCS_PIN), vmx_read(vcpu, VMCS_PROCESSOR),
           vmx_read(vcpu, VMCS_PROCESSOR2), vmx_read(vcpu, VMCS_EXIT), vmx_read(vcpu, VMCS_ENTRY));
    hv_log("  real cr0 %lx real cr4 %lx dr7 %lx", vmx_read(vcpu, VMCS_GUEST_CR0),
           vmx_read(vcpu, VMCS_GUEST_CR4), vmx_read(vcpu, VMCS_GUEST_DR7));
}
