/* SPDX-License-Identifier: BSD-3-Clause */
/* Intel's virtualisation behind the vendor interface: presence, controls, MSR permissions, entry.
 */
#include "vmx/vmcs.h"
#include "x86/dev/vlapic_regs.h"

#define MSR_FEATURE_CONTROL 0x3Au
#define FEATURE_LOCK        1u
#define FEATURE_VMXON       4u
#define MSR_VMX_BASIC       0x480u
#define MSR_VMX_PIN         0x481u /* to the entry controls, then at TRUE_OFFSET again */
#define MSR_VMX_CR0_FIXED0  0x486u
#define MSR_VMX_CR0_FIXED1  0x487u
#define MSR_VMX_CR4_FIXED0  0x488u
#define MSR_VMX_CR4_FIXED1  0x489u
#define MSR_VMX_PROCESSOR2  0x48Bu
#define MSR_VMX_EPT         0x48Cu
#define TRUE_OFFSET         0xCu
#define BASIC_TRUE          (1ull << 55)
#define EPT_CAP_WALK4       (1u << 6)
#define EPT_CAP_WB          (1u << 14)
#define EPT_CAP_2M          (1u << 16)
#define EPT_CAP_1G          (1u << 17)
#define EPT_CAP_INVEPT_ONE  (1u << 25)
#define INVEPT_ONE          1ul
#define INVEPT_ALL          2ul

extern unsigned vmx_enter(uint64_t *registers, bool launched);

struct vmx_controls vmx_controls[VMX_IRQS];
bool vmx_posts;
static uint32_t revision;
static unsigned long invept_kind;
static struct vmx_vcpu *current[HV_MAX_PCPUS]; /* whose VMCS the CPU's instructions mean */
static struct vmx_vcpu vcpu_state[HV_MAX_VMS][HV_MAX_VCPUS];

/* The controls wanted, as far as the processor has them. `must`: those without which nothing works;
 * `name`: of the set, for the log if one of them is lacking. */
static bool choose(uint32_t msr, uint32_t want, uint32_t must, const char *name, uint32_t *controls)
{
    bool true_ones = rdmsr(MSR_VMX_BASIC) & BASIC_TRUE && msr != MSR_VMX_PROCESSOR2;
    uint64_t allowed = rdmsr(true_ones ? msr + TRUE_OFFSET : msr);

    *controls = ((want | must) & (uint32_t)(allowed >> 32)) | (uint32_t)allowed;
    if (must & ~*controls)
        hv_log("VMX: this processor lacks %s controls %x", name, must & ~*controls);
    return !(must & ~*controls);
}

/* SDM 3 §25.6 to §25.8. */
#define PIN_IRQ            (1u << 0)
#define PIN_NMI            (1u << 3)
#define PIN_VIRTUAL_NMI    (1u << 5)
#define PIN_POSTED         (1u << 7)
#define PROCESSOR_HLT      (1u << 7)
#define PROCESSOR_MWAIT    (1u << 10)
#define PROCESSOR_IO       (1u << 25)
#define PROCESSOR_MSR      (1u << 28)
#define PROCESSOR_MONITOR  (1u << 29)
#define PROCESSOR_2        (1u << 31)
#define PROCESSOR2_EPT     (1u << 1)
#define PROCESSOR2_RDTSCP  (1u << 3)
#define PROCESSOR2_DELIVER (1u << 4 | 1u << 8 | 1u << 9) /* x2APIC mode, registers, interrupts */
#define PROCESSOR2_REAL    (1u << 7)                     /* unrestricted guest */
#define PROCESSOR2_INVPCID (1u << 12)
#define EXIT_ACKNOWLEDGE   (1u << 15)
#define EXIT_MUST          (1u << 2 | 1u << 9 | 1u << 18 | 1u << 19 | 1u << 20 | 1u << 21)
#define ENTRY_MUST         (1u << 2 | 1u << 14 | 1u << 15)

static bool choose_controls(enum vmx_irqs irqs)
{
    struct vmx_controls *c = &vmx_controls[irqs];
    bool direct = irqs == VMX_DIRECT, deliver = irqs == VMX_DELIVERED;

    return choose(MSR_VMX_PIN, 0,
                  PIN_NMI | PIN_VIRTUAL_NMI | (direct ? 0 : PIN_IRQ) | (deliver ? PIN_POSTED : 0),
                  "pin", &c->pin) &&
           choose(MSR_VMX_PIN + 1, 0,
                  PROCESSOR_MWAIT | PROCESSOR_MONITOR | PROCESSOR_IO | PROCESSOR_MSR | PROCESSOR_2 |
                      (direct ? 0 : PROCESSOR_HLT | PROCESSOR_TPR),
                  "processor", &c->processor) &&
           choose(MSR_VMX_PROCESSOR2,
                  PROCESSOR2_RDTSCP | PROCESSOR2_VPID | PROCESSOR2_INVPCID | PROCESSOR2_XSAVES |
                      (direct ? 0 : PROCESSOR2_SPIN),
                  PROCESSOR2_EPT | PROCESSOR2_REAL | (deliver ? PROCESSOR2_DELIVER : 0),
                  "secondary", &c->processor2) &&
           choose(MSR_VMX_PIN + 2, 0, EXIT_MUST | (deliver ? EXIT_ACKNOWLEDGE : 0), "exit",
                  &c->exit) &&
           choose(MSR_VMX_PIN + 3, 0, ENTRY_MUST, "entry", &c->entry);
}

/* SDM 3 §25.6.9: a bit an MSR, two ranges, reads in the lower half; those outside always exit. */
#define WRITES 0x800u

static void clear_bit(uint8_t *map, uint32_t bit)
{
    map[bit / 8] = (uint8_t)(map[bit / 8] & ~(1u << bit % 8));
}

static bool vmx_present(void)
{
    return cpuid(1, 0).ecx >> 5 & 1;
}

static bool check_ept(void)
{
    uint64_t caps = rdmsr(MSR_VMX_EPT);

    if (!(caps & EPT_CAP_WALK4) || !(caps & EPT_CAP_WB) || !(caps & EPT_CAP_2M))
        return false;
    invept_kind = caps & EPT_CAP_INVEPT_ONE ? INVEPT_ONE : INVEPT_ALL;
    if (!(caps & EPT_CAP_1G))
        paging_max_large = 1;
    return true;
}

/* SDM 3 §24.7. */
static enum bn_status vmx_cpu_enable(void)
{
    uint64_t feature = rdmsr(MSR_FEATURE_CONTROL);
    hpa_t region = page_alloc();

    if (!(feature & FEATURE_LOCK))
        wrmsr(MSR_FEATURE_CONTROL, feature | FEATURE_LOCK | FEATURE_VMXON);
    else if (!(feature & FEATURE_VMXON)) {
        hv_log("VMX: switched off by the firmware");
        return BN_ENODEV;
    }
    if (!region)
        return BN_ENOMEM;
    revision = (uint32_t)rdmsr(MSR_VMX_BASIC) & 0x7FFFFFFF;
    if (!choose_controls(VMX_INJECTED) || !choose_controls(VMX_DIRECT))
        return BN_ENODEV;
    vmx_posts = choose_controls(VMX_DELIVERED) && lapic_is_x2apic();
    if (!(vmx_controls[VMX_INJECTED].processor2 & PROCESSOR2_XSAVES))
        xstate_instructions &= ~XSTATE_XSAVES;
    if (!check_ept()) {
        hv_log("VMX: this processor has no extended page tables of the kind we use");
        return BN_ENODEV;
    }
    write_cr0((read_cr0() | rdmsr(MSR_VMX_CR0_FIXED0)) & rdmsr(MSR_VMX_CR0_FIXED1));
    write_cr4((read_cr4() | rdmsr(MSR_VMX_CR4_FIXED0)) & rdmsr(MSR_VMX_CR4_FIXED1));
    *(uint32_t *)hpa_to_ptr(region) = revision;
    if (!vmxon(region)) {
        hv_log("VMX: VMXON fails");
        return BN_ENODEV;
    }
    return BN_OK;
}

/* SDM 3 §30.5: what a guest in x2APIC mode reads in its APIC's page, and writes there: the task
 * priority and the end of an interrupt. In the second map, which only such a guest ever has. */
static void open_apic(struct vm *vm)
{
    uint8_t *map = (uint8_t *)hpa_to_ptr(vm_msr_map(vm)) + HV_PAGE_BYTES;

    for (unsigned reg = 0; reg < 64; reg++)
        if (VLAPIC_IN_PAGE >> reg & 1)
            clear_bit(map, MSR_X2APIC_FIRST + reg);
    clear_bit(map + WRITES, MSR_X2APIC_FIRST + APIC_TPR);
    clear_bit(map + WRITES, MSR_X2APIC_FIRST + APIC_EOI);
}

/* What is allocated stays with the slot, so that a VM can always be created again. */
static enum bn_status vmx_vcpu_create(struct vcpu *vcpu)
{
    struct vmx_vcpu *v = &vcpu_state[vcpu->vm->id][vcpu->id];

    if (!v->vmcs) {
        v->vmcs = page_alloc();
        if (!v->vmcs)
            return BN_ENOMEM;
    }
    *(uint32_t *)hpa_to_ptr(v->vmcs) = revision;
    v->launched = false;
    vcpu->asid = 1 + vcpu->vm->id * HV_MAX_VCPUS + vcpu->id; /* of all CPUs: no other has it */
    vcpu->vendor = v;
    open_apic(vcpu->vm);
    return vmclear(v->vmcs) ? BN_OK : BN_EINVAL;
}

static void take_up(struct vmx_vcpu *v)
{
    struct vmx_vcpu **now = &current[this_pcpu()->id];

    if (*now != v && !vmptrld(v->vmcs))
        hv_panic("VMPTRLD of %lx fails", v->vmcs);
    *now = v;
}

static void put_down(struct vmx_vcpu *v)
{
    if (!vmclear(v->vmcs))
        hv_panic("VMCLEAR of %lx fails", v->vmcs);
    v->launched = false;
    current[this_pcpu()->id] = NULL;
}

uint64_t vmx_read(const struct vcpu *vcpu, uint32_t field)
{
    struct vmx_vcpu *v = vmx_of(vcpu);
    uint64_t value;

    take_up(v);
    value = vmread(field);
    if (!vcpu->loaded)
        put_down(v);
    return value;
}

void vmx_write(const struct vcpu *vcpu, uint32_t field, uint64_t value)
{
    struct vmx_vcpu *v = vmx_of(vcpu);

    take_up(v);
    vmcs_set(field, value);
    if (!vcpu->loaded)
        put_down(v);
}

static void clear_vcpu(struct vcpu *vcpu)
{
    vmx_unload(vcpu);
    take_up(vmx_of(vcpu));
    put_down(vmx_of(vcpu));
}

static void vmx_run(struct vcpu *vcpu, struct vcpu_exit *exit)
{
    struct vmx_vcpu *v = vcpu->vendor;
    uint32_t tpr = vcpu->lapic.regs[APIC_TPR].value;

    take_up(v);
    vmcs_set(VMCS_GUEST_RSP, vcpu->regs[REG_RSP]);
    vmcs_set(VMCS_GUEST_RIP, vcpu->rip);
    vmcs_set(VMCS_GUEST_RFLAGS, vcpu->rflags);
    if (v->flush)
        invept(invept_kind, vcpu->vm->memory.root | EPT_POINTER);
    v->flush = v->event = false;
    if (vmx_enter(vcpu->regs, v->launched)) {
        hv_log("[%s] VM entry: instruction error %lu", vcpu->vm->config->name,
               vmread(VMCS_INSTRUCTION_ERROR));
        exit->kind = EXIT_INVALID;
        return;
    }
    v->launched = true;
    vcpu->regs[REG_RSP] = vmread(VMCS_GUEST_RSP);
    vcpu->rip = vmread(VMCS_GUEST_RIP);
    vcpu->rflags = vmread(VMCS_GUEST_RFLAGS);
    if (v->irqs == VMX_INJECTED && vcpu->lapic.regs[APIC_TPR].value != tpr)
        vcpu->look = true;
    vmx_decode_exit(vcpu, exit);
}

/* The exit's own vCPU only. */
static void vmx_skip(struct vcpu *vcpu, unsigned bytes)
{
    uint64_t blocked;

    take_up(vmx_of(vcpu)); /* what the exit needed may have been another's */
    blocked = vmread(VMCS_INTERRUPTIBILITY);
    vcpu->rip += bytes;
    if (vcpu->rip >> 32 && !(vmread(VMCS_GUEST_ACCESS + 2 * SEG_CS) & ACCESS_LONG))
        vcpu->rip &= 0xFFFFFFFF;
    if (blocked & INTERRUPTIBILITY_SHADOW)
        vmcs_set(VMCS_INTERRUPTIBILITY, blocked & ~(uint64_t)INTERRUPTIBILITY_SHADOW);
}

static void vmx_flush_tlb(struct vcpu *vcpu)
{
    vmx_of(vcpu)->flush = true;
}

static void vmx_allow_msr(struct vcpu *vcpu, uint32_t msr, bool read, bool write)
{
    uint8_t *map = hpa_to_ptr(vm_msr_map(vcpu->vm));
    uint32_t bit = (msr & 0x1FFF) + (msr & 0xC0000000 ? 0x2000 : 0);

    if ((msr & ~0x1FFFu) && (msr & ~0x1FFFu) != 0xC0000000)
        return;
    for (uint8_t *m = map; m <= map + HV_PAGE_BYTES; m += HV_PAGE_BYTES) {
        if (read)
            clear_bit(m, bit);
        if (write)
            clear_bit(m + WRITES, bit);
    }
}

const struct vcpu_vendor vendor_vmx = {
    .name = "VMX",
    .nested = &paging_ept,
    .present = vmx_present,
    .cpu_enable = vmx_cpu_enable,
    .vcpu_create = vmx_vcpu_create,
    .vcpu_reset = vmx_reset,
    .load = vmx_load,
    .unload = clear_vcpu,
    .run = vmx_run,
    .get_cr = vmx_get_cr,
    .set_cr = vmx_set_cr,
    .get_segment = vmx_get_segment,
    .set_segment = vmx_set_segment,
    .get_msr = vmx_get_msr,
    .set_msr = vmx_set_msr,
    .can_take_irq = vmx_can_take_irq,
    .inject_irq = vmx_inject_irq,
    .deliver_irqs = vmx_deliver_irqs,
    .inject_exception = vmx_inject_exception,
    .can_take_nmi = vmx_can_take_nmi,
    .inject_nmi = vmx_inject_nmi,
    .request_nmi_window = vmx_request_nmi_window,
    .request_irq_window = vmx_request_irq_window,
    .skip = vmx_skip,
    .flush_tlb = vmx_flush_tlb,
    .allow_msr = vmx_allow_msr,
    .dump = vmx_dump,
};
