/* SPDX-License-Identifier: BSD-3-Clause */
/* What a VM may do with model-specific registers, as a table; an MSR that is not in it is #GP. */
#include "dev/vlapic_regs.h"
#include "hv/arch.h"

enum policy {
    OPEN,      /* no exit: switched with the vCPU */
    OPEN_READ, /* reads without exit, writes go nowhere */
    STATE,     /* kept by the vendor's part */
    HOST_READ, /* the machine's value, writes go nowhere */
    FIXED,     /* this value, writes go nowhere */
    STRICT,    /* this value; a write that would change it is #GP */
    READ_ONLY, /* this value, writes are #GP */
    APIC,      /* the local APIC's */
};

/* HWCR: what Linux may switch on some family and no guest notices: TLB cache (3), flush filter (6),
 * IGNNE (8), writes to machine check status (18). The rest is the machine's: SMM lock (0), INVD
 * (4), MWAIT (9), boost (25). */
#define MSR_HWCR     0xC0010015u
#define HWCR_TSC     (1u << 24) /* it runs at its nominal rate */
#define HWCR_IGNORED (1u << 3 | 1u << 6 | 1u << 8 | 1u << 18)

#define MTRR_CAP      0xFEu
#define MTRR_CAP_FIX  (1u << 8)
#define EFER_WRITABLE (EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE | EFER_FFXSR)
#define X2APIC_ICR    (MSR_X2APIC_FIRST + APIC_ICR)

static const struct msr_rule {
    uint32_t first, last;
    enum policy policy;
    uint64_t value;
} rules[] = {
    {0x10, 0x10, OPEN_READ, 0}, /* TSC: one time for all */
    {0x17, 0x17, FIXED, 0},
    {MSR_APIC_BASE, MSR_APIC_BASE, APIC, 0},
    {0x34, 0x34, FIXED, 0},     /* SMI count */
    {0x3A, 0x3A, READ_ONLY, 1}, /* feature control: locked, everything off */
    {0x79, 0x79, FIXED, 0},     /* microcode update */
    {0x8B, 0x8B, HOST_READ, 0}, /* microcode revision */
    {0xCE, 0xCE, READ_ONLY, 0}, /* platform info */
    {MTRR_CAP, MTRR_CAP, HOST_READ, 0},
    {0x140, 0x140, FIXED, 0}, /* misc features */
    {MSR_SYSENTER_CS, MSR_SYSENTER_EIP, OPEN, 0},
    {0x179, 0x17A, FIXED, 0},                /* machine check: no banks */
    {0x1A0, 0x1A0, FIXED, 1},                /* misc enable: fast strings */
    {MSR_DEBUGCTL, MSR_DEBUGCTL, STRICT, 0}, /* neither branch records nor single branches */
    {0x200, 0x20F, HOST_READ, 0},            /* MTRRs: the firmware's, for everybody */
    {0x250, 0x250, HOST_READ, 0},
    {0x258, 0x259, HOST_READ, 0},
    {0x268, 0x26F, HOST_READ, 0},
    {MSR_PAT, MSR_PAT, OPEN, 0},
    {0x2FF, 0x2FF, HOST_READ, 0},
    {MSR_TSC_DEADLINE, MSR_TSC_DEADLINE, APIC, 0},
    {MSR_X2APIC_FIRST, MSR_X2APIC_LAST, APIC, 0},
    {MSR_XSS, MSR_XSS, STRICT, 0},
    {MSR_EFER, MSR_EFER, STATE, 0},
    {MSR_STAR, MSR_SFMASK, OPEN, 0},
    {MSR_FS_BASE, MSR_KERNEL_GS_BASE, OPEN, 0},
    {MSR_TSC_AUX, MSR_TSC_AUX, OPEN, 0},
    {0xC0010010, 0xC0010010, FIXED, 0}, /* SYSCFG */
    {MSR_HWCR, MSR_HWCR, STRICT, HWCR_TSC},
    {0xC001001A, 0xC001001A, FIXED, 0},
    {0xC001001D, 0xC001001D, FIXED, 0},
    {0xC001001F, 0xC001001F, FIXED, 0},
    {0xC0010055, 0xC0010055, FIXED, 0}, /* interrupt pending message: none */
    /* VM_CR and VM_HSAVE_PA (C0010114h, C0010117h) are not here: CPUID offers no SVM. */
    {0xC0011020, 0xC001102F, FIXED, 2}, /* core configuration; 29h: LFENCE serialises */
};

static const struct msr_rule *rule_of(uint32_t msr)
{
    for (unsigned i = 0; i < HV_ARRAY_SIZE(rules); i++)
        if (msr >= rules[i].first && msr <= rules[i].last)
            return &rules[i];
    return NULL;
}

static bool is_direct(const struct vcpu *vcpu)
{
    return vcpu->vm->config->flags & BN_VM_DIRECT_IRQ;
}

/* A VM that takes its interrupts itself owns its CPU's APIC, except what could reach other CPUs. */
static void open_apic(struct vcpu *vcpu)
{
    for (uint32_t msr = MSR_X2APIC_FIRST; msr <= MSR_X2APIC_LAST; msr++)
        if (msr != X2APIC_ICR)
            vendor->allow_msr(vcpu, msr, true, true);
    vendor->allow_msr(vcpu, MSR_TSC_DEADLINE, true, true);
}

void msr_policy_apply(struct vcpu *vcpu)
{
    for (unsigned i = 0; i < HV_ARRAY_SIZE(rules); i++)
        for (uint32_t msr = rules[i].first; rules[i].policy <= OPEN_READ && msr <= rules[i].last;
             msr++)
            vendor->allow_msr(vcpu, msr, true, rules[i].policy == OPEN);
    if (is_direct(vcpu) && lapic_is_x2apic())
        open_apic(vcpu);
}

/* Of the MTRRs a processor has only those that its capability register names. */
static bool host_has(uint32_t msr)
{
    uint64_t cap;

    if (msr == 0x8B)
        return true;
    if (!(cpuid(1, 0).edx & 1u << 12))
        return false;
    cap = rdmsr(MTRR_CAP);
    if (msr >= 0x200 && msr <= 0x20F)
        return (msr - 0x200) / 2 < (cap & 0xFF);
    return (msr >= 0x250 && msr <= 0x26F) ? cap & MTRR_CAP_FIX : true;
}

static enum bn_status read_apic(struct vcpu *vcpu, uint32_t msr, uint64_t *value)
{
    if (!is_direct(vcpu))
        return vlapic_read_msr(vcpu, msr, value);
    if (msr != MSR_APIC_BASE)
        return BN_EINVAL;
    *value = VLAPIC_BASE | APIC_BASE_ENABLED | (lapic_is_x2apic() ? APIC_BASE_X2APIC : 0) |
             (vcpu->id == 0 ? APIC_BASE_BSP : 0);
    return BN_OK;
}

/* The direct VM's ICR: it may interrupt itself and nobody else. */
static enum bn_status write_apic(struct vcpu *vcpu, uint32_t msr, uint64_t value)
{
    uint64_t base;

    if (!is_direct(vcpu))
        return vlapic_write_msr(vcpu, msr, value);
    if (msr == MSR_APIC_BASE)
        return read_apic(vcpu, msr, &base) == BN_OK && value == base ? BN_OK : BN_EINVAL;
    if (msr != X2APIC_ICR)
        return BN_EINVAL;
    if ((value & ICR_SHORTHAND) == ICR_SELF && !(value & 0x700) && (value & 0xFF) >= 16)
        wrmsr(MSR_X2APIC_FIRST + APIC_SELF_IPI, value & 0xFF);
    else
        vm_log(vcpu->vm, "denied: ICR %lx", value);
    return BN_OK;
}

/* SDM 4: reserved bits, and long mode is not switched while paging is on. */
static enum bn_status write_efer(struct vcpu *vcpu, uint64_t value)
{
    uint64_t old = 0;

    (void)vendor->get_msr(vcpu, MSR_EFER, &old);
    if (value & ~(uint64_t)EFER_WRITABLE)
        return BN_EINVAL;
    if ((value ^ old) & EFER_LME && vendor->get_cr(vcpu, 0) & X86_CR0_PG)
        return BN_EINVAL;
    value = (value & ~(uint64_t)EFER_LMA) | (old & EFER_LMA);
    return vendor->set_msr(vcpu, MSR_EFER, value);
}

enum bn_status msr_policy_read(struct vcpu *vcpu, uint32_t msr, uint64_t *value)
{
    const struct msr_rule *rule = rule_of(msr);

    if (!rule) {
        vm_log(vcpu->vm, "denied: read of MSR %x at rip %lx", msr, vcpu->rip);
        return BN_EINVAL;
    }
    if (rule->policy == APIC)
        return read_apic(vcpu, msr, value);
    if (rule->policy <= STATE)
        return vendor->get_msr(vcpu, msr, value);
    if (rule->policy == HOST_READ && !host_has(msr))
        return BN_EINVAL;
    *value = rule->policy == HOST_READ ? rdmsr(msr) : rule->value;
    return BN_OK;
}

/* What the VM cannot change: #GP, or the write goes nowhere, and the log has what it would have
 * been. */
static enum bn_status drop_write(struct vcpu *vcpu, const struct msr_rule *rule, uint32_t msr,
                                 uint64_t value)
{
    uint64_t now = rule->value, ignored = msr == MSR_HWCR ? HWCR_IGNORED : 0;

    if (rule->policy == READ_ONLY || (rule->policy == STRICT && (value ^ now) & ~ignored) ||
        (rule->policy == HOST_READ && !host_has(msr)))
        return BN_EINVAL;
    if (rule->policy == HOST_READ)
        now = rdmsr(msr);
    if (rule->policy == OPEN_READ || value != now)
        vm_log(vcpu->vm, "ignored: write of %lx to MSR %x at rip %lx", value, msr, vcpu->rip);
    return BN_OK;
}

enum bn_status msr_policy_write(struct vcpu *vcpu, uint32_t msr, uint64_t value)
{
    const struct msr_rule *rule = rule_of(msr);
    enum bn_status status = BN_EINVAL;

    if (rule && rule->policy == OPEN)
        return vendor->set_msr(vcpu, msr, value);
    if (rule && rule->policy == APIC)
        status = write_apic(vcpu, msr, value);
    else if (rule && rule->policy == STATE) /* EFER is the only one */
        status = write_efer(vcpu, value);
    else if (rule)
        status = drop_write(vcpu, rule, msr, value);
    if (status != BN_OK)
        vm_log(vcpu->vm, "denied: write of %lx to MSR %x at rip %lx", value, msr, vcpu->rip);
    return status;
}
