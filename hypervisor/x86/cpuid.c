/* SPDX-License-Identifier: BSD-3-Clause */
/* What CPUID tells a VM: the processor's own answer, through a table of masks, with the VM's own
 * topology and the hypervisor's leaves. */
#include "hv/arch.h"
#include "hv/vm.h"

#define MAX_BASIC      0xDu
#define MAX_EXTENDED   0x80000021u
#define FIRST_HV       0x40000000u
#define LAST_HV        0x40000010u
#define FIRST_EXTENDED 0x80000000u

#define BIT(n) (1u << (n))

/* Leaf by leaf which bits of the processor's answer a VM sees. A leaf that is not here reads 0. */
static const struct cpuid_mask {
    uint32_t leaf;
    uint32_t eax, ebx, ecx, edx;
} masks[] = {
    {0x0, 0, ~0u, ~0u, ~0u},
    /* Hidden: MONITOR, VMX, SMX, EST, TM2, SDBG, xTPR, PDCM, DCA; DS, ACPI, TM, PBE, SS. x2APIC,
     * TSC deadline, OSXSAVE, hypervisor and HTT are made below. */
    {0x1, ~0u, 0x0000FF00,
     ~(BIT(3) | BIT(5) | BIT(6) | BIT(7) | BIT(8) | BIT(10) | BIT(11) | BIT(14) | BIT(15) |
       BIT(18) | BIT(21) | BIT(24) | BIT(27) | BIT(31)),
     ~(BIT(18) | BIT(21) | BIT(22) | BIT(27) | BIT(28) | BIT(29) | BIT(31))},
    {0x2, ~0u, ~0u, ~0u, ~0u},
    {0x4, 0x3FFF, ~0u, ~0u, ~0u},
    {0x6, BIT(2), 0, 0, 0}, /* the APIC timer always runs */
    /* FSGSBASE, BMI1, AVX2, SMEP, BMI2, ERMS, INVPCID, AVX-512, RDSEED, ADX, SMAP, CLFLUSHOPT,
     * CLWB, SHA; AVX-512 and vector AES, UMIP, RDPID, VPCLMUL; FSRM. Not: whatever has state or
     * MSRs of its own that we do not switch (TSC_ADJUST, SGX, MPX, RDT, PT, PKU, CET, AMX,
     * speculation control). */
    {0x7, 0,
     BIT(0) | BIT(3) | BIT(5) | BIT(7) | BIT(8) | BIT(9) | BIT(10) | BIT(16) | BIT(17) | BIT(18) |
         BIT(19) | BIT(20) | BIT(21) | BIT(23) | BIT(24) | BIT(26) | BIT(27) | BIT(28) | BIT(29) |
         BIT(30) | BIT(31),
     BIT(1) | BIT(2) | BIT(6) | BIT(8) | BIT(9) | BIT(10) | BIT(11) | BIT(12) | BIT(14) | BIT(22),
     BIT(2) | BIT(3) | BIT(4) | BIT(8)},
    {0xD, ~0u, ~0u, ~0u, ~0u},
    {0x80000000, 0, ~0u, ~0u, ~0u},
    /* Hidden: SVM, extended APIC, IBS, SKINIT, WDT, LWP, node ids, topology extensions, counters,
     * MWAITX. */
    {0x80000001, ~0u, ~0u,
     ~(BIT(1) | BIT(2) | BIT(3) | BIT(10) | BIT(12) | BIT(13) | BIT(15) | BIT(19) | BIT(22) |
       BIT(23) | BIT(24) | BIT(26) | BIT(27) | BIT(28) | BIT(29)),
     ~0u},
    {0x80000002, ~0u, ~0u, ~0u, ~0u},
    {0x80000003, ~0u, ~0u, ~0u, ~0u},
    {0x80000004, ~0u, ~0u, ~0u, ~0u},
    {0x80000005, ~0u, ~0u, ~0u, ~0u},
    {0x80000006, ~0u, ~0u, ~0u, ~0u},
    {0x80000008, ~0u, BIT(0) | BIT(2) | BIT(9), 0, 0},
    {0x80000019, ~0u, ~0u, 0, 0},
    {0x8000001A, ~0u, 0, 0, 0},
};

static uint32_t max_basic, max_extended;

void cpuid_policy_init(void)
{
    uint32_t basic = cpuid(0, 0).eax, extended = cpuid(FIRST_EXTENDED, 0).eax;

    max_basic = basic < MAX_BASIC ? basic : MAX_BASIC;
    max_extended = extended < MAX_EXTENDED ? extended : MAX_EXTENDED;
}

static struct cpuid_regs hypervisor_leaf(const struct vcpu *vcpu, uint32_t leaf)
{
    const uint32_t name = BN_FOURCC('A', 'C', 'R', 'N');

    if (leaf == FIRST_HV)
        return (struct cpuid_regs){LAST_HV, name, name, name};
    if (leaf == FIRST_HV + 1)
        return (struct cpuid_regs){.eax = vm_is_service(vcpu->vm)};
    return (struct cpuid_regs){.eax = leaf == LAST_HV ? (uint32_t)(tsc_hz / 1000) : 0};
}

/* Address bits of APIC ids that tell the VM's CPUs apart: all in one package. */
static uint32_t apic_id_bits(const struct vm *vm)
{
    uint32_t all = 0;

    for (uint32_t i = 0; i < vm->vcpu_count; i++)
        all |= vm->vcpu[i].lapic.apic_id;
    return all ? 32 - (uint32_t)__builtin_clz(all) : 0;
}

/* SDM 2 CPUID leaf 0Bh: one thread a core, all cores in one package. */
static struct cpuid_regs topology(const struct vcpu *vcpu, uint32_t level)
{
    struct cpuid_regs r = {.ecx = level & 0xFF, .edx = vcpu->lapic.apic_id};

    if (level == 0) {
        r.ebx = 1;
        r.ecx |= 1u << 8;
    } else if (level == 1) {
        r.eax = apic_id_bits(vcpu->vm);
        r.ebx = vcpu->vm->vcpu_count;
        r.ecx |= 2u << 8;
    }
    return r;
}

static void features(struct vcpu *vcpu, struct cpuid_regs *r)
{
    bool direct = vcpu->vm->config->flags & BN_VM_DIRECT_IRQ;
    uint32_t host = direct ? cpuid(1, 0).ecx : ~0u;

    r->ebx |= vcpu->vm->vcpu_count << 16 | vcpu->lapic.apic_id << 24;
    r->ecx |= (host & (BIT(21) | BIT(24))) | BIT(31);
    if (vendor->get_cr(vcpu, 4) & X86_CR4_OSXSAVE)
        r->ecx |= BIT(27);
    if (vcpu->vm->vcpu_count > 1)
        r->edx |= BIT(28);
}

static void extended_state(uint32_t subleaf, struct cpuid_regs *r)
{
    if (subleaf == 0) {
        r->eax = (uint32_t)xstate_supported;
        r->ecx = xstate_bytes;
        r->edx = 0;
    } else if (subleaf == 1) {
        r->eax &= xstate_instructions;
        r->ecx = r->edx = 0;
    } else if (subleaf > 31 || !(xstate_supported >> subleaf & 1)) {
        *r = (struct cpuid_regs){0};
    }
}

static void make(struct vcpu *vcpu, uint32_t leaf, uint32_t subleaf, struct cpuid_regs *r)
{
    if (leaf == 0)
        r->eax = max_basic;
    else if (leaf == 1)
        features(vcpu, r);
    else if (leaf == 7 && subleaf)
        *r = (struct cpuid_regs){0};
    else if (leaf == 0xD)
        extended_state(subleaf, r);
    else if (leaf == FIRST_EXTENDED)
        r->eax = max_extended;
    else if (leaf == 0x80000008)
        r->ecx = (vcpu->vm->vcpu_count - 1) | apic_id_bits(vcpu->vm) << 12;
}

struct cpuid_regs cpuid_policy(struct vcpu *vcpu, uint32_t leaf, uint32_t subleaf)
{
    struct cpuid_regs r = {0};

    if (leaf >= FIRST_HV && leaf <= LAST_HV)
        return hypervisor_leaf(vcpu, leaf);
    if (leaf == 0xB)
        return topology(vcpu, subleaf);
    /* The TSC runs at one speed: vCPUs never change their CPU, and we calibrated it. */
    if (leaf == 0x80000007)
        return (struct cpuid_regs){.edx = BIT(8)};
    if (leaf >= FIRST_EXTENDED ? leaf > max_extended : leaf > max_basic)
        return r;
    for (unsigned i = 0; i < HV_ARRAY_SIZE(masks); i++) {
        if (masks[i].leaf != leaf)
            continue;
        r = cpuid(leaf, subleaf);
        r.eax &= masks[i].eax;
        r.ebx &= masks[i].ebx;
        r.ecx &= masks[i].ecx;
        r.edx &= masks[i].edx;
        make(vcpu, leaf, subleaf, &r);
        break;
    }
    return r;
}
