/* SPDX-License-Identifier: BSD-3-Clause */
/* The SVM back end over svm_fake.c: what it wants of a processor, the state of a vCPU. */
#include "svm_fake.h"

#define VM_CR 0xC0010114u
#define IF    0x200u

/* ---- presence ---- */
static void test_presence(void **state)
{
    (void)state;
    fake_svm_begin(NPT);
    assert_true(vendor_svm.present());
    fake.leaf_amd.ecx = 0;
    assert_false(vendor_svm.present());
    fake_svm_begin(NPT);
    fake.leaf_max.eax = 0x80000008;
    assert_false(vendor_svm.present());
}

static void test_refusals(void **state)
{
    (void)state;
    fake_svm_begin(NRIPS);
    assert_int_equal(vendor_svm.cpu_enable(), BN_ENODEV);
    assert_true(fake_told("no nested paging (NPT)"));
    fake_svm_begin(NPT);
    fake_set_msr(VM_CR, 1u << 4);
    assert_int_equal(vendor_svm.cpu_enable(), BN_ENODEV);
    assert_true(fake_told("switched off by the firmware"));
    assert_false(*fake_msr(MSR_EFER) & EFER_SVME);
    fake_svm_begin(NPT);
    fake.pages_limit = fake.pages_used + 1;
    assert_int_equal(vendor_svm.cpu_enable(), BN_ENOMEM);
}

static void test_no_memory_no_asid(void **state)
{
    (void)state;
    fake_svm_boot(NPT, 0);
    fake.pages_limit = fake.pages_used + 4; /* too few for the maps */
    assert_int_equal(vm_close_maps(&vms[2]), BN_ENOMEM);
    fake.pages_limit = fake.pages_used + 5; /* VMCB is missing */
    assert_int_equal(vm_close_maps(&vms[2]), BN_OK);
    assert_int_equal(vendor_svm.vcpu_create(fake_vcpu(2, 0)), BN_ENOMEM);
    fake.pages_limit = FAKE_PAGES;
    fake.leaf_svm.ebx = 2; /* numbers 0 and 1, and 0 is the host's */
    assert_int_equal(vendor_svm.cpu_enable(), BN_OK);
    for (int tries = 0; tries < 2; tries++) {
        assert_int_equal(vendor_svm.vcpu_create(fake_vcpu(3, 0)), BN_ENOMEM);
    }
}

/* PAUSE exits only where the processor counts loops, and never a VM that has its CPU alone. */
static void test_pauses(void **state)
{
    (void)state;
    for (unsigned filter = 0; filter < 2; filter++)
        for (unsigned vm = 0; vm < 2; vm++) {
            struct vcpu *vcpu = fake_svm_boot(filter ? NPT | 1u << 10 : NPT, vm);

            assert_int_equal(fake_svm_ends(vcpu, 0x77), EXIT_PAUSE);
            assert_int_equal(fake_entered.misc1 >> 23 & 1, filter && vm == 0);
            assert_int_equal(fake_entered.pause_count != 0, filter && vm == 0);
            assert_true(fake_entered.pause_threshold <= fake_entered.pause_count);
        }
}

static void test_first_entries(void **state)
{
    (void)state;
    for (unsigned vm = 0; vm < 2; vm++) {
        struct vcpu *vcpu = fake_svm_boot(NPT, vm);

        assert_int_equal(fake_svm_ends(vcpu, 0x72), EXIT_CPUID);
        assert_int_equal(fake_entered.tlb_control, 1);
        assert_int_equal(fake_svm_ends(vcpu, 0x72), EXIT_CPUID);
        assert_int_equal(fake_entered.tlb_control, 0);
        assert_int_equal(fake_entered.misc1 & 1, vm == 0); /* INTR; the direct VM keeps its own */
        assert_int_equal(fake_entered.misc1 >> 24 & 1, vm == 0);
        assert_int_equal(fake_entered.int_control >> 24 & 1, vm == 0);
        assert_true(fake_entered.misc1 >> 1 & 1); /* NMI: how a CPU is taken back */
        assert_int_equal(fake_entered.misc2 & 0x7F, 0x7F);
    }
}

static void test_translations(void **state)
{
    struct vcpu *vcpu = fake_svm_boot(NPT | FLUSH_BY_ASID, 0), *other = fake_svm_vcpu(4, 0);

    (void)state;
    assert_int_not_equal(vcpu->asid, other->asid);
    fake_svm_ends(vcpu, 0x72);
    vendor_svm.flush_tlb(vcpu);
    fake_svm_ends(vcpu, 0x72);
    assert_int_equal(fake_entered.tlb_control, 3); /* this guest's only */
    vendor_svm.set_cr(vcpu, 2, 0x1000);
    fake_svm_ends(vcpu, 0x72);
    assert_int_equal(fake_entered.tlb_control, 0);
    vendor_svm.set_cr(vcpu, 3, 0x1000);
    fake_svm_ends(vcpu, 0x72);
    assert_int_equal(fake_entered.tlb_control, 1);
    vcpu = fake_svm_boot(NPT, 0);
    fake_svm_ends(vcpu, 0x72);
    vendor_svm.flush_tlb(vcpu);
    fake_svm_ends(vcpu, 0x72);
    assert_int_equal(fake_entered.tlb_control, 1);
}

static void test_reset_and_again(void **state)
{
    struct vcpu *vcpu = fake_svm_boot(NPT, 0);
    uint32_t asid = vcpu->asid;

    (void)state;
    fake_svm_ends(vcpu, 0x72);
    vendor_svm.inject_nmi(vcpu);
    vendor_svm.vcpu_reset(vcpu);
    assert_int_equal(vmcb_of(vcpu)->event, 0);
    assert_int_equal(vmcb_of(vcpu)->tlb_control, 1);
    assert_int_equal(fake_svm_vcpu(0, 0)->asid, asid); /* the slot keeps its number */
}

/* ---- state ---- */
static void test_registers(void **state)
{
    struct vcpu *vcpu = fake_svm_boot(NPT, 0);
    uint64_t value;

    (void)state;
    for (unsigned cr = 0; cr < 5; cr += cr == 0 ? 2 : 1) {
        vendor_svm.set_cr(vcpu, cr, 0x1011 + cr);
        assert_int_equal(vendor_svm.get_cr(vcpu, cr), 0x1011 + cr);
    }
    assert_int_equal(vmcb_of(vcpu)->cr4, 0x1015);
    for (int i = 0; i < 12; i++) {
        static const uint32_t inside[] = {MSR_STAR,           MSR_LSTAR,       MSR_CSTAR,
                                          MSR_SFMASK,         MSR_FS_BASE,     MSR_GS_BASE,
                                          MSR_KERNEL_GS_BASE, MSR_SYSENTER_CS, MSR_SYSENTER_ESP,
                                          MSR_SYSENTER_EIP,   MSR_PAT,         MSR_DEBUGCTL};

        assert_int_equal(vendor_svm.set_msr(vcpu, inside[i], 0x40 + (uint64_t)i), BN_OK);
        assert_int_equal(vendor_svm.get_msr(vcpu, inside[i], &value), BN_OK);
        assert_int_equal(value, 0x40 + i);
    }
    assert_int_equal(vmcb_of(vcpu)->lstar, 0x41);
    assert_int_equal(vmcb_of(vcpu)->segment[VMCB_FS].base, 0x44);
    assert_int_equal(vendor_svm.get_msr(vcpu, 0x10, &value), BN_ENOSYS);
    assert_int_equal(vendor_svm.set_msr(vcpu, 0x10, 0), BN_ENOSYS);
    assert_int_equal(vendor_svm.set_msr(vcpu, MSR_EFER, EFER_LME), BN_OK);
    assert_int_equal(vmcb_of(vcpu)->efer,
                     EFER_LME | EFER_SVME); /* VMRUN wants it, the guest has it not */
    assert_int_equal(vendor_svm.get_msr(vcpu, MSR_EFER, &value), BN_OK);
    assert_int_equal(value, EFER_LME);
}

static void test_segments(void **state)
{
    struct segment_state stack = {.selector = 0x2B, .access = 0xC0F3, .limit = ~0u, .base = 0x1000},
                         back;
    struct segment_state null = {0};
    struct vcpu *vcpu = fake_svm_boot(NPT, 0);

    (void)state;
    vendor_svm.set_segment(vcpu, SEG_SS, &stack);
    assert_int_equal(vmcb_of(vcpu)->segment[VMCB_SS].attributes, 0xCF3);
    assert_int_equal(vmcb_of(vcpu)->cpl, 3);
    vendor_svm.get_segment(vcpu, SEG_SS, &back);
    assert_memory_equal(&back, &stack, sizeof(back));
    vendor_svm.set_segment(vcpu, SEG_GS, &null); /* not present: P is clear */
    assert_int_equal(vmcb_of(vcpu)->segment[VMCB_GS].attributes, 0);
    stack.base = 0xFFFF800000001000;
    vendor_svm.set_segment(vcpu, SEG_IDTR, &stack);
    assert_int_equal(vmcb_of(vcpu)->segment[VMCB_IDTR].base, stack.base);
}

static int msr_exits(uint32_t bit) /* bit 0 read, bit 1 write */
{
    return ((const uint8_t *)hpa_to_ptr(vm_msr_map(&vms[0])))[bit / 8] >> bit % 8 & 3;
}

static void test_permission_maps(void **state)
{
    struct vcpu *vcpu = fake_svm_boot(NPT, 0);
    hpa_t ports = vms[0].maps, msrs = vm_msr_map(&vms[0]);

    (void)state;
    assert_int_equal(fake_bits_in(msrs, 8192), 65536);
    assert_int_equal(fake_bits_in(ports, 12288), 98304);
    vendor_svm.allow_msr(vcpu, 0x10, true, false);
    assert_int_equal(msr_exits(0x20), 2);
    vendor_svm.allow_msr(vcpu, 0xC0000102, true, true);
    assert_int_equal(msr_exits(0x4000 + 0x204), 0);
    vendor_svm.allow_msr(vcpu, 0xC0011FFF, false, true);
    assert_int_equal(msr_exits(0x8000 + 0x3FFE), 1);
    for (int i = 0; i < 4; i++)
        vendor_svm.allow_msr(vcpu, (uint32_t[]){0x2000, 0xC0002000, 0xC0012000, 0xBFFFFFFF}[i],
                             true, true);
    assert_int_equal(fake_bits_in(msrs, 8192), 65536 - 4);
    vendor_svm.allow_msr(vcpu, 0xC0000102, false, false); /* taken back */
    assert_int_equal(fake_bits_in(msrs, 8192), 65536 - 2);
    vm_allow_port(&vms[0], 0xFFFF, 1);
    vm_allow_port(&vms[0], 0x3F8, 8);
    assert_int_equal(fake_bits_in(ports, 12288), 98304 - 9);
}

static void test_dump(void **state)
{
    struct vcpu *vcpu = fake_svm_boot(NPT, 0);

    (void)state;
    fake_svm_ends(vcpu, UINT64_MAX);
    vcpu_dump(vcpu);
    assert_non_null(strstr(fake.log, "exit code ffffffffffffffff"));
    assert_non_null(strstr(fake.log, "cs   f000 base ffff0000 limit ffff access 009b"));
    assert_non_null(strstr(fake.log, "idtr"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_presence),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_no_memory_no_asid),
        cmocka_unit_test(test_pauses),
        cmocka_unit_test(test_first_entries),
        cmocka_unit_test(test_translations),
        cmocka_unit_test(test_reset_and_again),
        cmocka_unit_test(test_registers),
        cmocka_unit_test(test_segments),
        cmocka_unit_test(test_permission_maps),
        cmocka_unit_test(test_dump),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
