/* SPDX-License-Identifier: BSD-3-Clause */
/* The SVM of svm_fake.h. Bits are those of APM 2 appendix B, written here again. */
#include "svm_fake.h"

#include "hv/watchdog.h"

#define EFER_MSR  0xC0000080u
#define HSAVE_MSR 0xC0010117u

struct fake_exit fake_exit;
struct vmcb fake_entered;
static hpa_t saved[FAKE_CPUS];

void svm_enter(hpa_t vmcb, uint64_t *registers, hpa_t host);

void vmsave(hpa_t to)
{
    assert_true(*fake_msr(EFER_MSR) & 0x1000);
    assert_int_equal(to % HV_PAGE_BYTES, 0);
    saved[this_pcpu()->id] = to;
}

/* APM 2 §15.5.1, "Canonicalization and Consistency Checks", and §15.20. */
static void check(const struct vmcb *v)
{
    uint32_t type = v->event >> 8 & 7;

    assert_true(v->efer & 0x1000);
    assert_int_equal(v->efer >> 32, 0);
    assert_false(!(v->cr0 & 1u << 30) && v->cr0 & 1u << 29); /* CD clear, NW set */
    assert_int_equal((v->cr0 | v->dr6 | v->dr7) >> 32, 0);
    assert_true(v->misc2 & 1); /* VMRUN itself */
    assert_in_range(v->asid, 1, fake.leaf_svm.ebx - 1);
    assert_int_equal((v->iopm | v->msrpm) % HV_PAGE_BYTES, 0);
    assert_int_equal(v->nested_control, 1);
    assert_true(v->nested_cr3 && v->nested_cr3 % HV_PAGE_BYTES == 0);
    assert_int_equal(v->clean, 0); /* nothing is said to be unchanged */
    assert_true(v->tlb_control <= 1 || (v->tlb_control == 3 && fake.leaf_svm.edx & FLUSH_BY_ASID));
    for (unsigned byte = 0; byte < 8; byte++) /* the types of PAT, APM 2 §7.8.1 */
        assert_true((v->pat >> 8 * byte & 0xFF) < 8 && (0xF3u >> (v->pat >> 8 * byte & 7) & 1));
    if (!(v->event >> 31))
        return;
    assert_true(type == 0 || (type == 2 && (v->event & 0xFF) == 2) || type == 3 || type == 4);
    if (type == 3)
        assert_true((v->event & 0xFF) != 2 && (v->event & 0xFF) < 32);
}

void svm_enter(hpa_t vmcb, uint64_t *registers, hpa_t host)
{
    struct vmcb *v = hpa_to_ptr(vmcb);

    (void)registers;
    assert_true(*fake_msr(EFER_MSR) & 0x1000);
    assert_true(*fake_msr(HSAVE_MSR) && *fake_msr(HSAVE_MSR) != host);
    assert_int_equal(host, saved[this_pcpu()->id]);
    check(v);
    fake_entered = *v;
    v->exit_code = fake_exit.code;
    v->exit_info[0] = fake_exit.info1;
    v->exit_info[1] = fake_exit.info2;
    v->exit_int_info = fake_exit.int_info;
    v->exit_int_error = fake_exit.int_error;
    v->event &= 0x7FFFFFFF;
    v->int_state = fake_exit.int_state;
    if (fake.leaf_svm.edx & NRIPS)
        v->next_rip = v->rip + fake_exit.length;
    if (fake_exit.takes_irq) {
        assert_true(v->int_control & 0x100 && v->rflags & 0x200);
        v->int_control &= ~0x100u;
    }
    if (fake_exit.tpr)
        v->int_control = (v->int_control & ~0xFFu) | fake_exit.tpr;
}

void fake_svm_begin(uint32_t features)
{
    fake_begin();
    fake.leaf_max.eax = 0x8000001E;
    fake.leaf_amd.ecx = 1u << 2;
    fake.leaf_svm = (struct cpuid_regs){.eax = 1, .ebx = 64, .edx = features};
    fake_set_msr(EFER_MSR, 0xD01);
    fake_set_msr(HSAVE_MSR, 0);
    fake_set_msr(0xC0010114, 0);
    vendor = &vendor_svm;
}

struct vcpu *fake_svm_vcpu(unsigned vm, unsigned vcpu)
{
    struct vcpu *v = fake_vcpu(vm, vcpu);

    assert_int_equal(vm_close_maps(v->vm) ?: vendor_svm.vcpu_create(v), BN_OK);
    vcpu_reset(v);
    v->loaded = true;
    return v;
}

struct vcpu_exit fake_svm_run(struct vcpu *vcpu, struct fake_exit how)
{
    struct vcpu_exit exit;

    fake_exit = how;
    vendor_svm.run(vcpu, &exit);
    return exit;
}

struct vcpu *fake_svm_boot(uint32_t features, unsigned vm)
{
    struct vcpu *vcpu;

    fake_svm_begin(features);
    assert_int_equal(vendor_svm.cpu_enable(), BN_OK);
    vcpu = fake_svm_vcpu(vm, 0);
    vcpu->rflags = 0x202;
    return vcpu;
}

enum exit_kind fake_svm_ends(struct vcpu *vcpu, uint64_t code)
{
    return fake_svm_run(vcpu, (struct fake_exit){.code = code, .length = 2}).kind;
}
