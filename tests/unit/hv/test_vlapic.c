/* SPDX-License-Identifier: BSD-3-Clause */
/* The virtual local APIC: priorities, EOI, IPIs in every addressing form, timer modes, x2APIC's #GP
 * rules. */
#include "dev_fake.h"

#include "hv/vioapic.h"

#define X2APIC_BASE (VLAPIC_BASE | 0xC00)

static struct vlapic *lapic(unsigned vcpu)
{
    return &vms[0].vcpu[vcpu].lapic;
}

static enum bn_status wrmsr(unsigned vcpu, uint32_t msr, uint64_t value)
{
    return vlapic_write_msr(&vms[0].vcpu[vcpu], msr, value);
}

static uint64_t rdmsr(unsigned vcpu, uint32_t msr)
{
    uint64_t value = 0;

    assert_int_equal(vlapic_read_msr(&vms[0].vcpu[vcpu], msr, &value), BN_OK);
    return value;
}

static void mmio_write(unsigned vcpu, unsigned offset, uint32_t word)
{
    uint64_t value = word;

    fake_apic(&vms[0].vcpu[vcpu], offset, 4, true, &value);
}

static uint32_t mmio_read(unsigned vcpu, unsigned offset)
{
    uint64_t value = 0;

    fake_apic(&vms[0].vcpu[vcpu], offset, 4, false, &value);
    return (uint32_t)value;
}

static void use_x2apic(unsigned vcpus)
{
    fake_vm(vcpus);
    for (unsigned i = 0; i < vcpus; i++)
        assert_int_equal(wrmsr(i, MSR_APIC_BASE, X2APIC_BASE), BN_OK);
}

static bool in_irr(unsigned vcpu, uint8_t vector)
{
    (void)vlapic_pending(lapic(vcpu)); /* takes what was posted */
    return lapic(vcpu)->regs[0x20 + vector / 32].value >> vector % 32 & 1;
}

static void test_priorities(void **state)
{
    (void)state;
    fake_vm(1);
    vlapic_post(&vms[0].vcpu[0], 0x41, false);
    vlapic_post(&vms[0].vcpu[0], 0x61, false);
    assert_true(fake.requests[0] & VCPU_REQ_IRQ);
    assert_int_equal(vlapic_pending(lapic(0)), 0x61);
    vlapic_accept(lapic(0), 0x61);
    assert_int_equal(vlapic_pending(lapic(0)), -1); /* 41h is below what is in service */
    assert_int_equal(mmio_read(0, 0xA0), 0x60);
    vlapic_post(&vms[0].vcpu[0], 0x6F, false);
    assert_int_equal(vlapic_pending(lapic(0)), -1); /* same class */
    vlapic_post(&vms[0].vcpu[0], 0x70, false);
    assert_int_equal(vlapic_pending(lapic(0)), 0x70);
    mmio_write(0, 0x80, 0x75); /* TPR */
    assert_int_equal(vlapic_pending(lapic(0)), -1);
    mmio_write(0, 0x80, 0);
    mmio_write(0, 0xB0, 0);
    assert_int_equal(lapic(0)->regs[0x13].value, 0);
    assert_int_equal(vlapic_pending(lapic(0)), 0x70);
}

static void test_eoi_of_level_reaches_ioapic(void **state)
{
    static struct vioapic ioapic;
    struct vm *vm = fake_vm(1);

    (void)state;
    vioapic_init(&ioapic, vm);
    ioapic.rte[5] = 0x50 | RTE_LEVEL;
    vioapic_set_line(&ioapic, 5, true);
    assert_true(ioapic.rte[5] & RTE_REMOTE_IRR);
    assert_int_equal(vlapic_pending(lapic(0)), 0x50);
    assert_int_equal(lapic(0)->regs[0x1A].value, 1 << 16);
    vlapic_accept(lapic(0), 0x50);
    vioapic_set_line(&ioapic, 5, false);
    mmio_write(0, 0xB0, 0);
    assert_false(ioapic.rte[5] & RTE_REMOTE_IRR);
}

static void test_disabled_takes_nothing(void **state)
{
    (void)state;
    fake_vm(1);
    mmio_write(0, 0x320, 0x30);
    mmio_write(0, 0xF0, 0xFF); /* software disable masks the LVT */
    assert_int_equal(mmio_read(0, 0x320), 0x10030);
    vlapic_post(&vms[0].vcpu[0], 0x40, false);
    assert_false(in_irr(0, 0x40));
    mmio_write(0, 0x320, 0x30); /* and keeps it so */
    assert_int_equal(mmio_read(0, 0x320), 0x10030);
}

static void test_xapic_ipis(void **state)
{
    (void)state;
    fake_vm(4);
    mmio_write(0, 0x310, 2u << 24);
    mmio_write(0, 0x300, 0x4000 | 0x55); /* physical, to 2 */
    assert_true(in_irr(2, 0x55) && !in_irr(0, 0x55) && !in_irr(1, 0x55) && !in_irr(3, 0x55));
    for (unsigned i = 0; i < 4; i++)
        mmio_write(i, 0xD0, 1u << (24 + i)); /* logical, flat */
    mmio_write(0, 0x310, 0x0Au << 24);
    mmio_write(0, 0x300, 0x800 | 0x56);
    assert_true(in_irr(1, 0x56) && in_irr(3, 0x56) && !in_irr(0, 0x56) && !in_irr(2, 0x56));
    for (unsigned i = 0; i < 4; i++) {
        mmio_write(i, 0xE0, 0x0FFFFFFF); /* cluster model */
        mmio_write(i, 0xD0, (i / 2) << 28 | 1u << (24 + i % 2));
    }
    mmio_write(0, 0x310, 0x13u << 24);
    mmio_write(0, 0x300, 0x800 | 0x57);
    assert_true(in_irr(2, 0x57) && in_irr(3, 0x57) && !in_irr(0, 0x57) && !in_irr(1, 0x57));
    mmio_write(1, 0x300, 0xC0000 | 0x58); /* all but self */
    assert_true(in_irr(0, 0x58) && !in_irr(1, 0x58) && in_irr(3, 0x58));
    mmio_write(1, 0x300, 0x40000 | 0x59); /* self */
    assert_true(in_irr(1, 0x59) && !in_irr(0, 0x59));
    mmio_write(0, 0x310, 0xFFu << 24);
    mmio_write(0, 0x300, 0x5A); /* broadcast */
    assert_true(in_irr(0, 0x5A) && in_irr(3, 0x5A));
    mmio_write(0, 0x310, 9u << 24);
    mmio_write(0, 0x300, 0x5B); /* nobody */
    assert_false(in_irr(0, 0x5B) || in_irr(1, 0x5B) || in_irr(2, 0x5B) || in_irr(3, 0x5B));
}

static void test_startup_and_nmi(void **state)
{
    (void)state;
    use_x2apic(3);
    assert_int_equal(wrmsr(0, 0x830, 0xC0000 | 0x4500), BN_OK); /* INIT, all but self */
    assert_int_equal(fake.requests[0], 0);
    assert_int_equal(fake.requests[1], VCPU_REQ_RESET);
    fake.requests[1] = 0;
    assert_int_equal(wrmsr(0, 0x830, 1ull << 32 | 0x8500), BN_OK); /* de-assert */
    assert_int_equal(fake.requests[1], 0);
    assert_int_equal(wrmsr(0, 0x830, 1ull << 32 | 0x4699), BN_OK);
    assert_int_equal(fake.sipi[1], 0x99);
    assert_int_equal(fake.sipi[2], -1);
    assert_int_equal(wrmsr(1, 0x830, 2ull << 32 | 0x400), BN_OK);
    assert_int_equal(fake.requests[2], VCPU_REQ_RESET | VCPU_REQ_NMI);
}

static void test_x2apic_logical(void **state)
{
    (void)state;
    fake_vm(3);
    lapic(1)->apic_id = 0x21; /* cluster 2, bit 1 */
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(wrmsr(i, MSR_APIC_BASE, X2APIC_BASE), BN_OK);
    assert_int_equal(rdmsr(1, 0x802), 0x21);
    assert_int_equal(rdmsr(1, 0x80D), 0x20002);
    assert_int_equal(wrmsr(0, 0x830, 0x2FFFFull << 32 | 0x800 | 0x44), BN_OK);
    assert_true(in_irr(1, 0x44) && !in_irr(0, 0x44) && !in_irr(2, 0x44));
    assert_int_equal(wrmsr(0, 0x830, 0x00005ull << 32 | 0x800 | 0x45), BN_OK);
    assert_true(in_irr(0, 0x45) && in_irr(2, 0x45) && !in_irr(1, 0x45));
    assert_int_equal(wrmsr(0, 0x830, 0xFFFFFFFFull << 32 | 0x46), BN_OK);
    assert_true(in_irr(0, 0x46) && in_irr(1, 0x46) && in_irr(2, 0x46));
    assert_int_equal(wrmsr(2, 0x83F, 0x47), BN_OK); /* self IPI */
    assert_true(in_irr(2, 0x47) && !in_irr(0, 0x47));
}

static void test_x2apic_faults(void **state)
{
    static const struct {
        uint32_t msr;
        uint64_t value;
    } bad[] = {{0x802, 0},
               {0x803, 0},
               {0x808, 0x100},
               {0x80B, 1},
               {0x80D, 1},
               {0x80E, 0},
               {0x80F, 0x1000},
               {0x810, 0},
               {0x828, 1},
               {0x830, 0x100000},
               {0x831, 0},
               {0x832, 1 << 19},
               {0x838, 1ull << 32},
               {0x839, 0},
               {0x83E, 4},
               {0x83F, 0x100},
               {0x840, 0},
               {0x8FF, 0},
               {0x1B, X2APIC_BASE - 0x800},
               {0x1B, VLAPIC_BASE | 0x800}, /* back to xAPIC at once */
               {0x1B, 0xFED00C00}};
    static const uint32_t unreadable[] = {0x80B, 0x80E, 0x83F, 0x801, 0x809, 0x831, 0x82F, 0x840};
    uint64_t value;

    (void)state;
    use_x2apic(1);
    for (size_t i = 0; i < HV_ARRAY_SIZE(bad); i++)
        assert_int_equal(wrmsr(0, bad[i].msr, bad[i].value), BN_EINVAL);
    for (size_t i = 0; i < HV_ARRAY_SIZE(unreadable); i++)
        assert_int_equal(vlapic_read_msr(&vms[0].vcpu[0], unreadable[i], &value), BN_EINVAL);
    assert_int_equal(wrmsr(0, 0x1B, VLAPIC_BASE), BN_OK);     /* off, */
    assert_int_equal(wrmsr(0, 0x1B, X2APIC_BASE), BN_EINVAL); /* not straight to x2APIC */
    assert_int_equal(vlapic_read_msr(&vms[0].vcpu[0], 0x802, &value), BN_EINVAL);
    assert_int_equal(wrmsr(0, 0x1B, VLAPIC_BASE | 0x900), BN_OK);
    assert_int_equal(rdmsr(0, 0x1B), VLAPIC_BASE | 0x900); /* still the bootstrap processor */
}

static void test_error_status(void **state)
{
    (void)state;
    fake_vm(1);
    mmio_write(0, 0x370, 0xFE); /* error LVT */
    mmio_write(0, 0x300, 0x05); /* illegal vector */
    assert_true(in_irr(0, 0xFE));
    assert_int_equal(mmio_read(0, 0x280), 0); /* until it is written */
    mmio_write(0, 0x280, 0);
    assert_int_equal(mmio_read(0, 0x280), 0x20);
    vlapic_post(&vms[0].vcpu[0], 3, false);
    mmio_write(0, 0x90, 0); /* no such register */
    mmio_write(0, 0x280, 0);
    assert_int_equal(mmio_read(0, 0x280), 0xC0);
}

static void test_one_shot_and_periodic(void **state)
{
    (void)state;
    fake_vm(1);
    mmio_write(0, 0x3E0, 0x3); /* divide by 16 */
    mmio_write(0, 0x320, 0x31);
    mmio_write(0, 0x380, 100000); /* 1.6 ms */
    fake_pass_ns(800000);
    assert_int_equal(mmio_read(0, 0x390), 50000);
    assert_false(in_irr(0, 0x31));
    fake_pass_ns(800000);
    assert_true(in_irr(0, 0x31));
    assert_int_equal(mmio_read(0, 0x390), 0);
    vlapic_accept(lapic(0), 0x31);
    fake_pass_ns(10000000);
    assert_false(in_irr(0, 0x31));
    mmio_write(0, 0x320, 0x20032);
    mmio_write(0, 0x380, 62500); /* 1 ms, periodic */
    for (int i = 0; i < 5; i++) {
        fake_pass_ns(1000000);
        assert_true(in_irr(0, 0x32));
        vlapic_accept(lapic(0), 0x32);
        assert_false(in_irr(0, 0x32));
    }
    mmio_write(0, 0x380, 0);
    fake_pass_ns(5000000);
    assert_false(in_irr(0, 0x32));
}

static void test_periodic_cannot_storm(void **state)
{
    unsigned ticks = 0;

    (void)state;
    fake_vm(1);
    mmio_write(0, 0x3E0, 0xB); /* divide by 1 */
    mmio_write(0, 0x320, 0x20032);
    mmio_write(0, 0x380, 1);
    for (int i = 0; i < 1000; i++) {
        fake_pass_ns(1000);
        ticks += in_irr(0, 0x32);
        vlapic_accept(lapic(0), 0x32);
    }
    assert_in_range(ticks, 49, 51); /* 20 us apart */
}

static void test_deadline(void **state)
{
    (void)state;
    use_x2apic(1);
    assert_int_equal(wrmsr(0, MSR_TSC_DEADLINE, 5000), BN_OK); /* not in that mode: ignored */
    assert_int_equal(rdmsr(0, MSR_TSC_DEADLINE), 0);
    assert_int_equal(wrmsr(0, 0x832, 0x400EC), BN_OK);
    assert_int_equal(wrmsr(0, MSR_TSC_DEADLINE, fake.tsc + 500), BN_OK);
    fake_pass_ns(499);
    assert_false(in_irr(0, 0xEC));
    fake_pass_ns(1);
    assert_true(in_irr(0, 0xEC));
    assert_int_equal(rdmsr(0, MSR_TSC_DEADLINE), 0);
    vlapic_accept(lapic(0), 0xEC);
    assert_int_equal(wrmsr(0, MSR_TSC_DEADLINE, fake.tsc - 1), BN_OK); /* past: at once */
    assert_true(in_irr(0, 0xEC));
    vlapic_accept(lapic(0), 0xEC);
    assert_int_equal(wrmsr(0, MSR_TSC_DEADLINE, fake.tsc + 500), BN_OK);
    assert_int_equal(wrmsr(0, MSR_TSC_DEADLINE, 0), BN_OK);
    fake_pass_ns(1000);
    assert_false(in_irr(0, 0xEC));
    assert_int_equal(wrmsr(0, MSR_TSC_DEADLINE, fake.tsc + 500), BN_OK);
    assert_int_equal(wrmsr(0, 0x832, 0xEC), BN_OK); /* leaving the mode disarms */
    fake_pass_ns(1000);
    assert_false(in_irr(0, 0xEC));
}

static void test_msi(void **state)
{
    struct vm *vm = fake_vm(3);

    (void)state;
    assert_int_equal(vlapic_deliver_msi(vm, 0xFEE01000, 0x61), BN_OK);
    assert_true(in_irr(1, 0x61) && !in_irr(0, 0x61));
    assert_int_equal(vlapic_deliver_msi(vm, 0xFEE02000, 0x400), BN_OK);
    assert_int_equal(fake.requests[2], VCPU_REQ_NMI);
    mmio_write(0, 0x80, 0xF0);
    mmio_write(1, 0x80, 0x20);
    mmio_write(2, 0x80, 0x30);
    for (unsigned i = 0; i < 3; i++)
        mmio_write(i, 0xD0, 1u << (24 + i));
    assert_int_equal(vlapic_deliver_msi(vm, 0xFEE0700C, 0x162), BN_OK); /* lowest priority */
    assert_true(in_irr(1, 0x62) && !in_irr(0, 0x62) && !in_irr(2, 0x62));
    assert_int_equal(vlapic_deliver_msi(vm, 0xFED00000, 0x61), BN_EINVAL);
    assert_int_equal(vlapic_deliver_msi(vm, 0x1FEE00000, 0x61), BN_EINVAL);
    assert_int_equal(vlapic_deliver_msi(vm, 0xFEE00000, 0x0F), BN_EINVAL);
    assert_int_equal(vlapic_deliver_msi(vm, 0xFEE00000, 0x500), BN_EINVAL); /* INIT */
    assert_int_equal(vlapic_deliver_msi(vm, 0xFEE00000, 0x610), BN_EINVAL); /* SIPI */
    assert_int_equal(fake.requests[0] & VCPU_REQ_RESET, 0);
}

/* Linux's disconnect_bsp_APIC(): read-only bits of a local vector are ignored, reserved ones #GP.
 */
static void test_read_only_bits(void **state)
{
    (void)state;
    use_x2apic(1);
    assert_int_equal(wrmsr(0, 0x835, 0x5700), BN_OK);
    assert_int_equal(rdmsr(0, 0x835), 0x700);
    assert_int_equal(wrmsr(0, 0x836, 0x15400), BN_OK);
    assert_int_equal(rdmsr(0, 0x836), 0x10400);
    assert_int_equal(wrmsr(0, 0x832, 0x110EC), BN_OK);
    assert_int_equal(rdmsr(0, 0x832), 0x100EC);
    assert_int_equal(wrmsr(0, 0x832, 0x140EC), BN_EINVAL); /* the timer has no remote IRR */
    assert_int_equal(wrmsr(0, 0x835, 0x20700), BN_EINVAL);
    assert_int_equal(wrmsr(0, 0x808, 0x1000), BN_EINVAL); /* and the TPR no delivery status */
}

static void test_other_vms_cpus(void **state)
{
    (void)state;
    use_x2apic(2);
    assert_int_equal(wrmsr(0, 0x830, 2ull << 32 | 0x4400), BN_OK);
    assert_non_null(strstr(fake.log, "denied: IPI 4400 to APIC 2"));
    fake.log[0] = 0;
    mmio_write(0, 0x300, 0x4500);
    assert_non_null(strstr(fake.log, "ignored: write of 4500 to its APIC page"));
    assert_int_equal(fake.requests[1], 0);
    fake.log[0] = 0;
    assert_int_equal(wrmsr(0, 0x830, 1ull << 32 | 0x4400), BN_OK);
    assert_int_equal(fake.requests[1], VCPU_REQ_NMI);
    assert_int_equal(fake.log[0], 0);
}

/* What the processor would find in the page, and what it may take by itself: edge vectors only. */
static void test_page(void **state)
{
    (void)state;
    use_x2apic(2);
    assert_int_equal(lapic(1)->regs[0x02].value, 1);
    assert_int_equal(lapic(1)->regs[0x0D].value, 2);
    assert_int_equal(lapic(1)->regs[0x03].value, 0x50014);
    assert_int_equal(vlapic_status(lapic(1)), 0);
    vlapic_post(&vms[0].vcpu[1], 0x41, false);
    vlapic_post(&vms[0].vcpu[1], 0x52, true);
    assert_int_equal(lapic(1)->posted.edge[2], 1 << 1);
    assert_int_equal(lapic(1)->posted_level[2], 1 << 18);
    assert_int_equal(vlapic_status(lapic(1)), 0);
    assert_int_equal(vlapic_pending(lapic(1)), 0x52);
    assert_int_equal(lapic(1)->posted.edge[2] | lapic(1)->posted_level[2], 0);
    assert_int_equal(lapic(1)->regs[0x1A].value, 1 << 18);
    assert_int_equal(vlapic_status(lapic(1)), 0x52);
    vlapic_accept(lapic(1), 0x52);
    assert_int_equal(vlapic_status(lapic(1)), 0x5241);
    vlapic_post(&vms[0].vcpu[1], 0x52, false); /* the same vector, of another kind now */
    assert_int_equal(vlapic_pending(lapic(1)), -1);
    assert_int_equal(lapic(1)->regs[0x1A].value, 0);
    assert_int_equal(wrmsr(1, 0x80F, 0xFF), BN_OK); /* software-disabled: delivers nothing */
    assert_int_equal(vlapic_status(lapic(1)), 0x5200);
    assert_int_equal(wrmsr(1, MSR_APIC_BASE, VLAPIC_BASE), BN_OK);
    assert_int_equal(vlapic_status(lapic(1)), 0);
    assert_int_equal(lapic(1)->regs[0x02].value, 1 << 24);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_priorities),
        cmocka_unit_test(test_eoi_of_level_reaches_ioapic),
        cmocka_unit_test(test_disabled_takes_nothing),
        cmocka_unit_test(test_xapic_ipis),
        cmocka_unit_test(test_startup_and_nmi),
        cmocka_unit_test(test_x2apic_logical),
        cmocka_unit_test(test_x2apic_faults),
        cmocka_unit_test(test_error_status),
        cmocka_unit_test(test_one_shot_and_periodic),
        cmocka_unit_test(test_periodic_cannot_storm),
        cmocka_unit_test(test_deadline),
        cmocka_unit_test(test_msi),
        cmocka_unit_test(test_read_only_bits),
        cmocka_unit_test(test_other_vms_cpus),
        cmocka_unit_test(test_page),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
