/* SPDX-License-Identifier: BSD-3-Clause */
/* The VMX back end over vmx_fake.c: what it wants of a processor, and the state of a vCPU. */
#include "vmx_fake.h"

#include <stdio.h>

#include "vmx/vmcs.h"

#define FEATURE_CONTROL 0x3Au
#define VMX_EPT         0x48Cu

static enum bn_status enable(enum fake_model model)
{
    fake_vmx_begin(model);
    return vendor_vmx.cpu_enable();
}

static struct vcpu *boot(enum fake_model model, unsigned vm)
{
    assert_int_equal(enable(model), BN_OK);
    return fake_vmx_vcpu(vm, 0);
}

static void run(struct vcpu *vcpu, uint32_t reason)
{
    fake_exit.reason = reason;
    (void)fake_vmx_run(vcpu);
}

/* ---- presence and controls ---- */
static void test_presence(void **state)
{
    (void)state;
    fake_vmx_begin(SKYLAKE);
    assert_true(vendor_vmx.present());
    fake.leaf1.ecx = ~(1u << 5);
    assert_false(vendor_vmx.present());
}

static void test_feature_control(void **state)
{
    (void)state;
    fake_vmx_begin(SKYLAKE);
    fake_set_msr(FEATURE_CONTROL, 0x100000); /* not locked: ours to switch on, others' bits stay */
    assert_int_equal(vendor_vmx.cpu_enable(), BN_OK);
    assert_int_equal(*fake_msr(FEATURE_CONTROL), 0x100005);
    fake_vmx_begin(SKYLAKE);
    fake_set_msr(FEATURE_CONTROL, 1);
    assert_int_equal(vendor_vmx.cpu_enable(), BN_ENODEV);
    assert_true(fake_told("switched off by the firmware"));
    fake_vmx_begin(SKYLAKE);
    fake_set_msr(FEATURE_CONTROL, 3); /* in SMX operation only */
    assert_int_equal(vendor_vmx.cpu_enable(), BN_ENODEV);
}

static void test_no_memory(void **state)
{
    (void)state;
    fake_vmx_begin(SKYLAKE);
    fake.pages_limit = 0;
    assert_int_equal(vendor_vmx.cpu_enable(), BN_ENOMEM);
    assert_int_equal(enable(SKYLAKE), BN_OK);
    fake.pages_limit = fake.pages_used + 4; /* too few for the maps */
    assert_int_equal(vm_close_maps(&vms[2]), BN_ENOMEM);
    fake.pages_limit = fake.pages_used + 5; /* those; the VMCS is missing */
    assert_int_equal(vm_close_maps(&vms[2]), BN_OK);
    assert_int_equal(vendor_vmx.vcpu_create(fake_vcpu(2, 0)), BN_ENOMEM);
    assert_int_equal(vendor_vmx.vcpu_create(fake_vcpu(2, 0)), BN_ENOMEM);
    fake.pages_limit++; /* nothing was lost */
    assert_int_equal(vendor_vmx.vcpu_create(fake_vcpu(2, 0)), BN_OK);
    assert_int_equal(vendor_vmx.vcpu_create(fake_vcpu(2, 0)), BN_OK); /* and it stays */
}

static const struct control {
    uint32_t msr, true_msr;
    unsigned bit;
    const char *name;
} required[] = {
    {0x481, 0x48D, 0, "pin"},        {0x481, 0x48D, 3, "pin"},
    {0x481, 0x48D, 5, "pin"},        {0x482, 0x48E, 7, "processor"},
    {0x482, 0x48E, 10, "processor"}, {0x482, 0x48E, 21, "processor"},
    {0x482, 0x48E, 25, "processor"}, {0x482, 0x48E, 28, "processor"},
    {0x482, 0x48E, 29, "processor"}, {0x482, 0x48E, 31, "processor"},
    {0x48B, 0, 1, "secondary"},      {0x48B, 0, 7, "secondary"},
    {0x483, 0x48F, 2, "exit"},       {0x483, 0x48F, 9, "exit"},
    {0x483, 0x48F, 18, "exit"},      {0x483, 0x48F, 19, "exit"},
    {0x483, 0x48F, 20, "exit"},      {0x483, 0x48F, 21, "exit"},
    {0x484, 0x490, 2, "entry"},      {0x484, 0x490, 14, "entry"},
    {0x484, 0x490, 15, "entry"},
};

static void forbid(const struct control *c)
{
    *fake_msr(c->msr) &= ~(1ull << (32 + c->bit) | 1ull << c->bit);
    if (c->true_msr)
        *fake_msr(c->true_msr) &= ~(1ull << (32 + c->bit) | 1ull << c->bit);
}

static void test_each_lack_is_named(void **state)
{
    char words[64];

    (void)state;
    for (size_t i = 0; i < HV_ARRAY_SIZE(required); i++) {
        fake_vmx_begin(SKYLAKE);
        forbid(&required[i]);
        assert_int_equal(vendor_vmx.cpu_enable(), BN_ENODEV);
        snprintf(words, sizeof(words), "lacks %s controls %x", required[i].name,
                 1u << required[i].bit);
        assert_true(fake_told(words));
    }
}

static void test_optional_ones(void **state)
{
    /* RDTSCP, VPID, PAUSE loops, INVPCID, XSAVES */
    static const unsigned bits[] = {3, 5, 10, 12, 20};

    (void)state;
    for (size_t i = 0; i < HV_ARRAY_SIZE(bits); i++) {
        struct control c = {0x48B, 0, bits[i], NULL};
        struct vcpu *vcpu;

        fake_vmx_begin(SKYLAKE);
        forbid(&c);
        assert_int_equal(vendor_vmx.cpu_enable(), BN_OK);
        vcpu = fake_vmx_vcpu(0, 0);
        run(vcpu, 12);
        assert_false(fake_field(vcpu, VMCS_PROCESSOR2) >> bits[i] & 1);
        assert_int_equal(xstate_instructions, bits[i] == 20 ? 7 : 0xF);
    }
    assert_int_equal(fake_field(boot(SKYLAKE, 0), VMCS_PROCESSOR2), 0x1014AA);
    assert_int_equal(fake_field(boot(SKYLAKE, 1), VMCS_PROCESSOR2),
                     0x1010AA); /* has its CPU alone */
    assert_int_equal(fake_field(boot(IVY_BRIDGE, 0), VMCS_PROCESSOR2), 0xAA);
}

/* The TRUE capability MSRs let CR3 exits off, the others do not: use them when they are there. */
static void test_true_controls(void **state)
{
    struct vcpu *vcpu = boot(IVY_BRIDGE, 0);

    (void)state;
    assert_false(fake_field(vcpu, VMCS_PROCESSOR) & (3u << 15));
    fake_vmx_begin(IVY_BRIDGE);
    *fake_msr(0x480) &= ~(1ull << 55);
    for (uint32_t msr = 0x48D; msr <= 0x490; msr++)
        *fake_msr(msr) = 0; /* nothing there may be believed */
    assert_int_equal(vendor_vmx.cpu_enable(), BN_OK);
    vcpu = fake_vmx_vcpu(0, 0);
    run(vcpu, 12);
    assert_int_equal(fake_field(vcpu, VMCS_PROCESSOR) & (3u << 15), 3u << 15);
}

static void test_direct_vm_keeps_its_interrupts(void **state)
{
    struct vcpu *vcpu = boot(SKYLAKE, 0);

    (void)state;
    assert_true(fake_field(vcpu, VMCS_PIN) & 1);
    assert_int_equal(fake_field(vcpu, VMCS_PROCESSOR) & (1u << 7 | 1u << 21), 1u << 7 | 1u << 21);
    vcpu = boot(SKYLAKE, 1);
    assert_false(fake_field(vcpu, VMCS_PIN) & 1);
    assert_false(fake_field(vcpu, VMCS_PROCESSOR) & (1u << 7 | 1u << 21));
    assert_int_equal(fake_field(vcpu, VMCS_PIN) & (1u << 3 | 1u << 5), 1u << 3 | 1u << 5);
}

/* Interrupts delivered by the processor: every part of it must be there, or none is used. */
static void test_delivery_needs_all_of_it(void **state)
{
    static const struct control parts[] = {
        {0x481, 0x48D, 7, NULL}, {0x48B, 0, 4, NULL},      {0x48B, 0, 8, NULL},
        {0x48B, 0, 9, NULL},     {0x483, 0x48F, 15, NULL},
    };

    (void)state;
    for (size_t i = 0; i <= HV_ARRAY_SIZE(parts); i++) {
        struct vcpu *vcpu;

        fake_vmx_begin(SKYLAKE_X);
        fake.xapic = i == HV_ARRAY_SIZE(parts); /* then the page of the host's APIC is in the way */
        if (!fake.xapic)
            forbid(&parts[i]);
        assert_int_equal(vendor_vmx.cpu_enable(), BN_OK);
        vcpu = fake_vmx_vcpu(0, 0);
        vcpu->lapic.base_msr |= 0x400;
        assert_false(vendor_vmx.deliver_irqs(vcpu));
        run(vcpu, 12);
        assert_int_equal(fake_field(vcpu, VMCS_PROCESSOR2) & 0x310, 0);
        assert_int_equal(fake_field(vcpu, VMCS_PIN) & 0x80, 0);
    }
}

/* SDM 3 §30.5: with the first map the MSRs of the guest's x2APIC would be the host's. */
static void test_maps_of_msrs(void **state)
{
    struct vcpu *vcpu = boot(SKYLAKE_X, 0);
    const uint8_t *map = hpa_to_ptr(vm_msr_map(vcpu->vm));

    (void)state;
    assert_int_equal(fake_bits_in(vm_msr_map(vcpu->vm), HV_PAGE_BYTES), 8 * HV_PAGE_BYTES);
    assert_int_equal(fake_field(vcpu, VMCS_MSR_BITMAP), vm_msr_map(vcpu->vm));
    vcpu->lapic.base_msr |= 0x400;
    assert_true(vendor_vmx.deliver_irqs(vcpu));
    assert_int_equal(fake_field(vcpu, VMCS_MSR_BITMAP), vm_msr_map(vcpu->vm) + HV_PAGE_BYTES);
    map += HV_PAGE_BYTES;
    for (uint32_t msr = 0; msr < 0x2000; msr++) {
        bool apic = msr >= 0x800 && msr < 0x900;
        bool read =
            apic && memchr("\x02\x03\x08\x0A\x0D\x0F\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19"
                           "\x1A\x1B\x1C\x1D\x1E\x1F\x20\x21\x22\x23\x24\x25\x26\x27\x28"
                           "\x32\x33\x34\x35\x36\x37\x38\x3E",
                           (int)(msr - 0x800), 39);

        assert_int_equal(map[msr / 8] >> msr % 8 & 1, !read);
        assert_int_equal(map[0x800 + msr / 8] >> msr % 8 & 1, msr != 0x808 && msr != 0x80B);
    }
    vendor_vmx.allow_msr(vcpu, 0xC0000081, true, true); /* what is allowed is so in both */
    assert_false(map[0x400 + 0x81 / 8] >> 1 & 1);
    assert_false((map - HV_PAGE_BYTES)[0xC00 + 0x81 / 8] >> 1 & 1);
    vcpu->lapic.base_msr &= ~0x400ull; /* back in the other mode */
    assert_false(vendor_vmx.deliver_irqs(vcpu));
    assert_int_equal(fake_field(vcpu, VMCS_MSR_BITMAP), vm_msr_map(vcpu->vm));
}

static void test_ept(void **state)
{
    static const unsigned must[] = {6, 14, 16};

    (void)state;
    for (size_t i = 0; i < HV_ARRAY_SIZE(must); i++) {
        fake_vmx_begin(SKYLAKE);
        *fake_msr(VMX_EPT) &= ~(1ull << must[i]);
        assert_int_equal(vendor_vmx.cpu_enable(), BN_ENODEV);
        assert_true(fake_told("extended page tables"));
    }
    paging_max_large = 2;
    assert_int_equal(enable(SKYLAKE), BN_OK);
    assert_int_equal(paging_max_large, 2);
    assert_int_equal(enable(IVY_BRIDGE), BN_OK); /* has no pages of 1 GiB */
    assert_int_equal(paging_max_large, 1);
}

/* ---- entries ---- */
static void test_first_entries(void **state)
{
    (void)state;
    for (int model = IVY_BRIDGE; model <= SKYLAKE; model++)
        for (unsigned vm = 0; vm < 2; vm++) {
            struct vcpu *vcpu = boot((enum fake_model)model, vm);

            run(vcpu, 12);
            run(vcpu, 12);
            assert_int_equal(fake_entries.launches, 1);
            assert_int_equal(fake_entries.resumes, 1);
            assert_int_equal(fake_field(vcpu, VMCS_HOST_TR_BASE), 0x3000);
            assert_int_equal(fake_field(vcpu, VMCS_HOST_GS_BASE), (uint64_t)&pcpus[0]);
        }
}

/* Two take turns on one CPU; one goes to another CPU: it is cleared first and launched anew there.
 */
static void test_who_is_current(void **state)
{
    struct vcpu *a = boot(SKYLAKE, 0), *b = fake_vmx_vcpu(1, 0);

    (void)state;
    run(a, 12);
    fake_vmx_unload(a);
    fake_vmx_load(b);
    run(b, 12);
    assert_int_equal(fake_entries.launches, 2);
    assert_int_equal(vendor_vmx.get_cr(a, 3), 0); /* not loaded: taken up and put down again */
    run(b, 12);
    assert_int_equal(fake_entries.resumes, 1);
    fake_on_cpu(1);
    assert_int_equal(vendor_vmx.cpu_enable(), BN_OK);
    fake_vmx_load(a);
    run(a, 12);
    assert_int_equal(fake_entries.launches, 3);
    assert_int_equal(fake_field(a, VMCS_HOST_TR_BASE), 0x3001);
    assert_int_equal(fake_field(a, VMCS_HOST_GS_BASE), (uint64_t)&pcpus[1]);
}

static void test_a_field_that_is_not_there(void **state)
{
    struct vcpu *vcpu = boot(SKYLAKE, 0);

    (void)state;
    expect_panic(vmx_write(vcpu, 0x2018, 0)); /* VM-function controls */
    expect_panic(vmx_write(vcpu, VMCS_REASON, 0));
}

static void test_refused_entries(void **state)
{
    struct vcpu *vcpu = boot(SKYLAKE, 0);
    struct vcpu_exit exit;

    (void)state;
    fake_exit.refused = 7;
    vendor_vmx.run(vcpu, &exit);
    assert_int_equal(exit.kind, EXIT_INVALID);
    assert_true(fake_told("[vm0] VM entry: instruction error 7"));
    fake_exit = (struct fake_exit){.reason = 0x80000021, .qualification = 4};
    vendor_vmx.run(vcpu, &exit);
    assert_int_equal(exit.kind, EXIT_INVALID);
    vcpu_dump(vcpu);
    assert_non_null(strstr(fake.log, "reason 80000021"));
    assert_non_null(strstr(fake.log, "qualification 4"));
    assert_non_null(strstr(fake.log, "secondary controls 1014aa"));
    assert_non_null(strstr(fake.log, "cs   f000 base ffff0000 limit ffff access 009b"));
}

static void test_translations(void **state)
{
    struct vcpu *vcpu = boot(SKYLAKE, 0), *other = fake_vmx_vcpu(0, 1),
                *third = fake_vmx_vcpu(1, 0);

    (void)state;
    assert_int_not_equal(vcpu->asid, 0);
    assert_int_equal(fake_field(vcpu, VMCS_VPID), vcpu->asid);
    assert_true(vcpu->asid != other->asid && vcpu->asid != third->asid &&
                other->asid != third->asid);
    run(vcpu, 12);
    assert_int_equal(fake_entries.flushes, 1); /* after the reset */
    run(vcpu, 12);
    assert_int_equal(fake_entries.flushes, 1);
    vendor_vmx.flush_tlb(vcpu);
    run(vcpu, 12);
    assert_int_equal(fake_entries.flushes, 2);
    assert_int_equal(fake_entries.flush_kind, 1);
    assert_int_equal(fake_entries.flush_pointer, vms[0].memory.root | 0x1E);
    vendor_vmx.set_cr(vcpu, 3, 0x7000);
    run(vcpu, 12);
    assert_int_equal(fake_entries.flushes, 3);
    fake_vmx_begin(SKYLAKE);
    *fake_msr(VMX_EPT) &= ~(1ull << 25);
    assert_int_equal(vendor_vmx.cpu_enable(), BN_OK);
    run(fake_vmx_vcpu(0, 0), 12);
    assert_int_equal(fake_entries.flush_kind, 2);
}

/* ---- state ---- */
static void test_control_registers(void **state)
{
    struct vcpu *vcpu = boot(SKYLAKE, 0);

    (void)state;
    vendor_vmx.set_cr(vcpu, 0, 0xE0000011); /* PG, CD, NW, ET, PE; no NE */
    assert_int_equal(fake_field(vcpu, VMCS_GUEST_CR0), 0x80000031);
    assert_int_equal(vendor_vmx.get_cr(vcpu, 0), 0xE0000011);
    fake_set_field(vcpu, VMCS_GUEST_CR0, 0x80000039); /* TS: the guest's own, without exit */
    assert_int_equal(vendor_vmx.get_cr(vcpu, 0), 0xE0000019);
    vendor_vmx.set_cr(vcpu, 4, 0x20);
    assert_int_equal(fake_field(vcpu, VMCS_GUEST_CR4), 0x2020);
    assert_int_equal(vendor_vmx.get_cr(vcpu, 4), 0x20);
    assert_int_equal(fake_field(vcpu, VMCS_CR0_MASK), 0x60000020);
    assert_int_equal(fake_field(vcpu, VMCS_CR4_MASK), 0x6000);
    vendor_vmx.set_cr(vcpu, 2, 0x1234);
    assert_int_equal(fake.cr2, 0x1234);
    vendor_vmx.set_cr(vcpu, 3, 0x9000);
    assert_int_equal(vendor_vmx.get_cr(vcpu, 3), 0x9000);
}

static void test_segments(void **state)
{
    struct segment_state data = {.selector = 0x2B, .access = 0xC0F3, .limit = ~0u, .base = 0x1000},
                         back;
    struct segment_state null = {0}, table = {.limit = 0x7F, .base = 0xFFFF800000001000};
    struct vcpu *vcpu = boot(SKYLAKE, 0);

    (void)state;
    vendor_vmx.set_segment(vcpu, SEG_FS, &data);
    vendor_vmx.get_segment(vcpu, SEG_FS, &back);
    assert_memory_equal(&back, &data, sizeof(data));
    assert_int_equal(fake_field(vcpu, 0x0808), 0x2B);
    assert_int_equal(fake_field(vcpu, 0x481C), 0xC0F3);
    vendor_vmx.set_segment(vcpu, SEG_FS, &null);
    assert_int_equal(fake_field(vcpu, 0x481C), 1u << 16); /* unusable */
    vendor_vmx.get_segment(vcpu, SEG_FS, &back);
    assert_int_equal(back.access, 0);
    vendor_vmx.set_segment(vcpu, SEG_GDTR, &table);
    vendor_vmx.get_segment(vcpu, SEG_GDTR, &back);
    assert_int_equal(back.base, table.base);
    assert_int_equal(fake_field(vcpu, 0x4810), 0x7F);
    run(vcpu, 12);
}

static void test_state_msrs(void **state)
{
    static const uint32_t inside[] = {MSR_FS_BASE,      MSR_GS_BASE,      MSR_SYSENTER_CS,
                                      MSR_SYSENTER_ESP, MSR_SYSENTER_EIP, MSR_PAT};
    struct vcpu *vcpu = boot(SKYLAKE, 0);
    uint64_t value;

    (void)state;
    for (size_t i = 0; i < HV_ARRAY_SIZE(inside); i++) {
        assert_int_equal(vendor_vmx.set_msr(vcpu, inside[i], 0x40 + i), BN_OK);
        assert_int_equal(vendor_vmx.get_msr(vcpu, inside[i], &value), BN_OK);
        assert_int_equal(value, 0x40 + i);
    }
    assert_int_equal(fake_field(vcpu, 0x680E), 0x40);
    assert_int_equal(fake_field(vcpu, 0x482A), 0x42);
    assert_int_equal(vendor_vmx.set_msr(vcpu, 0x10, 0), BN_ENOSYS);
    assert_int_equal(vendor_vmx.get_msr(vcpu, 0x10, &value), BN_ENOSYS);
    assert_int_equal(vendor_vmx.set_msr(vcpu, MSR_EFER, EFER_LME | EFER_LMA), BN_OK);
    assert_true(fake_field(vcpu, VMCS_ENTRY) >> 9 & 1);
    assert_int_equal(vendor_vmx.set_msr(vcpu, MSR_EFER, EFER_LME), BN_OK);
    assert_false(fake_field(vcpu, VMCS_ENTRY) >> 9 & 1);
}

/* STAR and its like, CR2 and DR6 are in no field: they come and go with the vCPU. */
static void test_what_is_switched(void **state)
{
    static const uint32_t msrs[] = {MSR_STAR, MSR_LSTAR, MSR_CSTAR, MSR_SFMASK, MSR_KERNEL_GS_BASE};
    struct vcpu *a = boot(SKYLAKE, 0), *b = fake_vmx_vcpu(1, 0);
    uint64_t value;

    (void)state;
    for (size_t i = 0; i < HV_ARRAY_SIZE(msrs); i++) {
        assert_int_equal(vendor_vmx.set_msr(a, msrs[i], 0x100 + i), BN_OK);
        assert_int_equal(*fake_msr(msrs[i]), 0x100 + i); /* loaded: the processor's own */
        assert_int_equal(vendor_vmx.set_msr(b, msrs[i], 0x200 + i), BN_OK);
        assert_int_equal(*fake_msr(msrs[i]), 0x100 + i);
    }
    for (size_t i = 0; i < HV_ARRAY_SIZE(msrs); i++)
        fake_set_msr(msrs[i], 0x300 + i); /* by the guest, without exit */
    fake.cr2 = 0xA;
    fake.dr6 = 0xFFFF0FF1;
    fake_vmx_unload(a);
    fake_vmx_load(b);
    assert_int_equal(fake.dr6, 0xFFFF0FF0);
    assert_int_equal(vendor_vmx.get_cr(a, 2), 0xA);
    fake.cr2 = 0xB;
    for (size_t i = 0; i < HV_ARRAY_SIZE(msrs); i++) {
        assert_int_equal(*fake_msr(msrs[i]), 0x200 + i);
        assert_int_equal(vendor_vmx.get_msr(a, msrs[i], &value), BN_OK);
        assert_int_equal(value, 0x300 + i);
    }
    fake_vmx_unload(b);
    fake_vmx_load(a);
    assert_int_equal(fake.cr2, 0xA);
    assert_int_equal(fake.dr6, 0xFFFF0FF1);
}

static bool msr_exits(uint32_t bit, bool write)
{
    const uint8_t *map = hpa_to_ptr(vm_msr_map(&vms[0]));

    return map[(write ? 0x800 : 0) + bit / 8] >> bit % 8 & 1;
}

static void test_permission_maps(void **state)
{
    struct vcpu *vcpu = boot(SKYLAKE, 0);
    hpa_t ports = vms[0].maps, msrs = vm_msr_map(&vms[0]);

    (void)state;
    assert_int_equal(fake_bits_in(msrs, 4096), 32768);
    assert_int_equal(fake_bits_in(ports, 8192), 65536);
    vendor_vmx.allow_msr(vcpu, 0x10, true, false);
    assert_true(!msr_exits(0x10, false) && msr_exits(0x10, true));
    vendor_vmx.allow_msr(vcpu, 0x1FFF, false, true);
    assert_true(msr_exits(0x1FFF, false) && !msr_exits(0x1FFF, true));
    vendor_vmx.allow_msr(vcpu, 0xC0000102, true, true);
    assert_true(!msr_exits(0x2102, false) && !msr_exits(0x2102, true));
    for (int i = 0; i < 4; i++)
        vendor_vmx.allow_msr(vcpu, (uint32_t[]){0x2000, 0xC0002000, 0xBFFFFFFF, 0x40000000}[i],
                             true, true);
    assert_int_equal(fake_bits_in(msrs, 4096), 32768 - 4);
    vm_allow_port(&vms[0], 0x7FFF, 2); /* one in each map */
    vm_allow_port(&vms[0], 0xFFFF, 1);
    assert_int_equal(fake_bits_in(ports, 4096), 32767);
    assert_int_equal(fake_bits_in(ports, 8192), 65533);
    assert_int_equal(fake_field(vcpu, 0x2002), fake_field(vcpu, 0x2000) + 4096);
    assert_int_equal(vm_close_maps(&vms[0]), BN_OK); /* the next VM has none of it */
    assert_int_equal(fake_bits_in(ports, 8192), 65536);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_presence),
        cmocka_unit_test(test_feature_control),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_each_lack_is_named),
        cmocka_unit_test(test_optional_ones),
        cmocka_unit_test(test_true_controls),
        cmocka_unit_test(test_direct_vm_keeps_its_interrupts),
        cmocka_unit_test(test_delivery_needs_all_of_it),
        cmocka_unit_test(test_maps_of_msrs),
        cmocka_unit_test(test_ept),
        cmocka_unit_test(test_first_entries),
        cmocka_unit_test(test_who_is_current),
        cmocka_unit_test(test_a_field_that_is_not_there),
        cmocka_unit_test(test_refused_entries),
        cmocka_unit_test(test_translations),
        cmocka_unit_test(test_control_registers),
        cmocka_unit_test(test_segments),
        cmocka_unit_test(test_state_msrs),
        cmocka_unit_test(test_what_is_switched),
        cmocka_unit_test(test_permission_maps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
