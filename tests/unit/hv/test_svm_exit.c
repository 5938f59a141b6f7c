/* SPDX-License-Identifier: BSD-3-Clause */
/* The SVM back end over svm_fake.c: exits and events. */
#include "svm_fake.h"

#include "hv/watchdog.h"

#define VALID    (1u << 31)
#define V_IRQ    (1u << 8)
#define PRIORITY (0xFu << 16)
#define IGNORE   (1u << 20) /* V_IGN_TPR */
#define VINTR    (1u << 4)
#define IRET     (1u << 20)
#define HLT      0x78u

/* ---- exits ---- */
static void test_every_code(void **state)
{
    static const struct {
        uint16_t code;
        enum exit_kind kind;
    } known[] = {
        {0x60, EXIT_HOST_IRQ}, {0x61, EXIT_HOST_NMI}, {0x72, EXIT_CPUID},     {0x74, EXIT_NONE},
        {0x76, EXIT_CR},       {0x77, EXIT_PAUSE},    {0x78, EXIT_HLT},       {0x7B, EXIT_PIO},
        {0x7C, EXIT_RDMSR},    {0x7F, EXIT_SHUTDOWN}, {0x81, EXIT_HYPERCALL}, {0x8D, EXIT_XSETBV},
        {0x400, EXIT_MMIO},
    };
    static const uint8_t undefined[] = {0x7A, 0x80, 0x82, 0x83, 0x84, 0x85,
                                        0x86, 0x8A, 0x8B, 0x8C, 0x8E};
    struct vcpu *vcpu = fake_svm_boot(NPT, 0);

    (void)state;
    for (uint32_t code = 0; code < 0x410; code++) {
        struct vcpu_exit exit = fake_svm_run(vcpu, (struct fake_exit){.code = code});
        enum exit_kind kind = code >= 0x40 && code < 0x60 ? EXIT_EXCEPTION : EXIT_INVALID;

        for (size_t i = 0; i < HV_ARRAY_SIZE(known); i++)
            if (known[i].code == code)
                kind = known[i].kind;
        if (code < 256 && memchr(undefined, (int)code, sizeof(undefined))) {
            kind = EXIT_EXCEPTION;
            assert_int_equal(exit.exception.vector, 6);
            assert_true(fake_told("denied: instruction of exit code"));
        }
        assert_int_equal(exit.kind, kind);
    }
    assert_int_equal(fake_svm_ends(vcpu, UINT64_MAX), EXIT_INVALID); /* VMRUN refused */
    assert_int_equal(fake_svm_ends(vcpu, 0x10000007Cull), EXIT_INVALID);
}

static void test_lengths(void **state)
{
    struct vcpu *vcpu = fake_svm_boot(NPT | NRIPS, 0);
    struct fake_exit how = {.code = 0x72};

    (void)state;
    for (how.length = 1; how.length <= 15; how.length++)
        assert_int_equal(fake_svm_run(vcpu, how).length, how.length);
    assert_int_equal(fake_svm_run(vcpu, how).length, 0); /* none is longer */
    how.length = 0;
    assert_int_equal(fake_svm_run(vcpu, how).length, 0);
    vcpu = fake_svm_boot(NPT, 0);            /* does not tell; of ports all processors do */
    vmcb_of(vcpu)->next_rip = vcpu->rip + 2; /* it does not write there */
    assert_int_equal(fake_svm_run(vcpu, how).length, 0);
    vcpu->rip = 0x1000;
    assert_int_equal(fake_svm_run(vcpu, (struct fake_exit){.code = 0x7B, .info2 = 0x1002}).length,
                     2);
}

static void test_ports_msrs_memory(void **state)
{
    struct vcpu *vcpu = fake_svm_boot(NPT, 0);
    struct vcpu_exit exit;

    (void)state;
    for (unsigned size = 1; size <= 4; size *= 2)
        for (unsigned bits = 0; bits < 8; bits++) { /* in, string, rep */
            uint64_t info =
                0xCFCull << 16 | size << 4 | (bits & 1) | (bits & 2) << 1 | (bits & 4) << 1;

            exit = fake_svm_run(vcpu, (struct fake_exit){.code = 0x7B, .info1 = info});
            assert_int_equal(exit.pio.port, 0xCFC);
            assert_int_equal(exit.pio.size, size);
            assert_int_equal(exit.pio.in, bits & 1);
            assert_int_equal(exit.pio.string, bits >> 1 & 1);
        }
    assert_int_equal(fake_svm_run(vcpu, (struct fake_exit){.code = 0x7C, .info1 = 1}).kind,
                     EXIT_WRMSR);
    for (unsigned bits = 0; bits < 32; bits++) { /* present, write, user, reserved, fetch */
        exit = fake_svm_run(
            vcpu,
            (struct fake_exit){.code = 0x400, .info1 = bits | 1ull << 32, .info2 = 0xFEE00080});
        assert_int_equal(exit.mmio.gpa, 0xFEE00080);
        assert_int_equal(exit.mmio.write, bits >> 1 & 1);
        assert_int_equal(exit.mmio.fetch, bits >> 4 & 1);
    }
}

static void test_exceptions(void **state)
{
    struct vcpu *vcpu = fake_svm_boot(NPT, 0);
    struct vcpu_exit exit = fake_svm_run(vcpu, (struct fake_exit){.code = 0x40 + 17, .info1 = 0});

    (void)state;
    assert_int_equal(exit.exception.vector, 17);
    assert_true(exit.exception.has_error);
    exit = fake_svm_run(vcpu, (struct fake_exit){.code = 0x41});
    assert_int_equal(exit.exception.vector, 1);
    assert_false(exit.exception.has_error);
    assert_int_equal(fake_svm_ends(vcpu, 0x46), EXIT_EXCEPTION);
    fake.at_vmcall = true; /* Linux's HSM executes Intel's instruction */
    exit = fake_svm_run(vcpu, (struct fake_exit){.code = 0x46});
    assert_int_equal(exit.kind, EXIT_HYPERCALL);
    assert_int_equal(exit.length, 3);
    assert_int_equal(fake_svm_ends(vcpu, 0x41), EXIT_EXCEPTION);
}

/* ---- an exit in the middle of an event's delivery: APM 2 §15.7.2 ---- */
static void test_cut_short(void **state)
{
    static const struct {
        uint32_t info, error, event;
    } events[] = {
        {VALID | 0x31, 0, VALID | 0x31},
        {VALID | 0x300 | 0x800 | 14, 6, VALID | 0x300 | 0x800 | 14},
        {VALID | 0x202, 0, VALID | 0x202},
        {VALID | 0x480, 0, 0}, /* INT n */
        {VALID | 0x303, 0, 0}, /* INT3, INTO: the instruction runs again */
        {VALID | 0x304, 0, 0},
        {0x31, 0, 0}, /* QEMU leaves a stale vector */
    };
    struct vcpu *vcpu = fake_svm_boot(NPT, 0);

    (void)state;
    for (size_t i = 0; i < HV_ARRAY_SIZE(events); i++) {
        (void)fake_svm_run(vcpu, (struct fake_exit){.code = 0x400,
                                                    .int_info = events[i].info,
                                                    .int_error = events[i].error});
        assert_int_equal(vendor_svm.can_take_nmi(vcpu), !events[i].event);
        fake_svm_ends(vcpu, 0x72);
        assert_int_equal(fake_entered.event, events[i].event);
        if (events[i].event)
            assert_int_equal(fake_entered.event_error, events[i].error);
        fake_svm_ends(vcpu, 0x72);
        assert_int_equal(fake_entered.event, 0); /* once */
    }
}

/* ---- interrupts: by V_IRQ ---- */
static void is_offered(unsigned vector)
{
    assert_int_equal(fake_entered.int_vector, vector);
    assert_int_equal(fake_entered.int_control & (V_IRQ | PRIORITY | IGNORE),
                     V_IRQ | vector >> 4 << 16);
    assert_false(fake_entered.misc1 & VINTR); /* without an exit */
}

static void test_interrupts(void **state)
{
    struct vcpu *vcpu = fake_svm_boot(NPT, 0);

    (void)state;
    vcpu->rflags = 2;
    vendor_svm.offer_irq(vcpu, 0xF3);
    vcpu->look = false;
    for (int turn = 0; turn < 3; turn++) { /* its IF is clear: pending, and not in service */
        fake_svm_ends(vcpu, 0x60);
        is_offered(0xF3);
        assert_false(fake.accepted || vcpu->look);
    }
    vcpu->rflags = 0x202;
    (void)fake_svm_run(vcpu, (struct fake_exit){.code = 0x7C, .info1 = 1, .takes_irq = true});
    assert_int_equal(fake.accepted, 1);
    assert_int_equal(fake.accepted_vector, 0xF3);
    assert_true(vcpu->look);
    fake_svm_ends(vcpu, 0x72);
    assert_false(fake_entered.int_control & (V_IRQ | PRIORITY));
    assert_int_equal(fake.accepted, 1);
}

static void test_offers_change(void **state)
{
    struct vcpu *vcpu = fake_svm_boot(NPT, 0);

    (void)state;
    vendor_svm.offer_irq(vcpu, 0x31);
    fake_svm_ends(vcpu, 0x60);
    is_offered(0x31);
    vendor_svm.offer_irq(vcpu, 0xEC); /* something more urgent came */
    fake_svm_ends(vcpu, 0x60);
    is_offered(0xEC);
    vendor_svm.offer_irq(vcpu, -1); /* the guest has switched its APIC off */
    fake_svm_ends(vcpu, 0x72);
    assert_false(fake_entered.int_control & (V_IRQ | PRIORITY));
    assert_int_equal(fake.accepted, 0);
    vendor_svm.offer_irq(vcpu, 0x41);
    vcpu_reset(vcpu);
    fake_svm_ends(vcpu, 0x72);
    assert_false(fake_entered.int_control & V_IRQ);
    assert_int_equal(fake.accepted, 0);
}

/* The exit comes while the processor takes it: in again by EVENTINJ, once, whether or not V_IRQ was
 * cleared. Another's delivery cut short leaves the offer. */
static void test_offer_cut_short(void **state)
{
    (void)state;
    for (unsigned cleared = 0; cleared < 2; cleared++) {
        struct vcpu *vcpu = fake_svm_boot(NPT, 0);

        vendor_svm.offer_irq(vcpu, 0x31);
        (void)fake_svm_run(vcpu, (struct fake_exit){.code = 0x400, .int_info = VALID | 0x30E});
        assert_int_equal(fake.accepted, 0);
        (void)fake_svm_run(
            vcpu,
            (struct fake_exit){.code = 0x400, .int_info = VALID | 0x31, .takes_irq = cleared});
        is_offered(0x31);
        assert_int_equal(fake.accepted, 1);
        fake_svm_ends(vcpu, 0x72);
        assert_int_equal(fake_entered.event, VALID | 0x31);
        assert_false(fake_entered.int_control & V_IRQ);
    }
}

/* docs/vnuc.md: the shadow of STI holds it back until this HLT. It is pending still, so that the
 * next look at the local APIC wakes the vCPU. */
static void test_halt_with_an_interrupt_on_its_way(void **state)
{
    struct vcpu *vcpu = fake_svm_boot(NPT, 0);
    struct vcpu_exit exit;

    (void)state;
    vendor_svm.offer_irq(vcpu, 0xF3);
    exit = fake_svm_run(vcpu, (struct fake_exit){.code = HLT, .length = 1, .int_state = 1});
    assert_int_equal(exit.kind, EXIT_HLT);
    assert_int_equal(fake.accepted, 0);
    exit = fake_svm_run(vcpu, (struct fake_exit){.code = HLT, .takes_irq = true});
    assert_int_equal(exit.kind, EXIT_HLT); /* of the handler */
    assert_int_equal(fake.accepted, 1);
}

static void test_nmi(void **state)
{
    struct vcpu *vcpu = fake_svm_boot(NPT, 0);

    (void)state;
    assert_true(vendor_svm.can_take_nmi(vcpu));
    vmcb_of(vcpu)->int_state = 1;
    assert_false(vendor_svm.can_take_nmi(vcpu));
    vmcb_of(vcpu)->int_state = 0;
    vendor_svm.inject_nmi(vcpu);
    fake_svm_ends(vcpu, 0x72);
    assert_int_equal(fake_entered.event, VALID | 0x202);
    assert_true(fake_entered.misc1 & IRET);
    assert_false(vendor_svm.can_take_nmi(vcpu)); /* its handler runs */
    assert_int_equal(fake_svm_ends(vcpu, 0x74), EXIT_NONE);
    assert_true(vendor_svm.can_take_nmi(vcpu));
    fake_svm_ends(vcpu, 0x72);
    assert_false(fake_entered.misc1 & IRET);
}

static void test_exceptions_in(void **state)
{
    struct vcpu *vcpu = fake_svm_boot(NPT, 0);

    (void)state;
    vendor_svm.inject_exception(vcpu, 13, true, 0x18);
    vendor_svm.inject_exception(vcpu, 14, true, 2);
    fake_svm_ends(vcpu, 0x72);
    assert_int_equal(fake_entered.event, VALID | 0x800 | 0x300 | 8);
    assert_int_equal(fake_entered.event_error, 0);
    vendor_svm.inject_exception(vcpu, 6, false, 0);
    fake_svm_ends(vcpu, 0x72);
    assert_int_equal(fake_entered.event, VALID | 0x300 | 6);
}

static void test_task_priority(void **state)
{
    struct vcpu *vcpu = fake_svm_boot(NPT, 0);

    (void)state;
    vcpu->lapic.regs[8].value = 0x20;
    vcpu->look = false;
    fake_svm_ends(vcpu, 0x72);
    assert_int_equal(fake_entered.int_control & 0xFF, 2);
    assert_false(vcpu->look);
    (void)fake_svm_run(vcpu, (struct fake_exit){.code = 0x72, .tpr = 5});
    assert_int_equal(vcpu->lapic.regs[8].value, 0x50);
    assert_true(vcpu->look);
}

static void test_going_on(void **state)
{
    struct vcpu *vcpu = fake_svm_boot(NPT, 0);

    (void)state;
    vmcb_of(vcpu)->int_state = 1;
    vcpu->rip = 0xFFFFFFFF;
    (vendor_svm.skip)(vcpu, 2);
    assert_int_equal(vcpu->rip, 1);
    assert_int_equal(vmcb_of(vcpu)->int_state, 0);
    vmcb_of(vcpu)->efer |= EFER_LMA;
    vmcb_of(vcpu)->segment[VMCB_CS].attributes = 0x29B;
    vcpu->rip = 0xFFFFFFFFFFFFFFFD;
    (vendor_svm.skip)(vcpu, 2);
    assert_int_equal(vcpu->rip, 0xFFFFFFFFFFFFFFFF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_code),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_ports_msrs_memory),
        cmocka_unit_test(test_exceptions),
        cmocka_unit_test(test_cut_short),
        cmocka_unit_test(test_interrupts),
        cmocka_unit_test(test_offers_change),
        cmocka_unit_test(test_offer_cut_short),
        cmocka_unit_test(test_halt_with_an_interrupt_on_its_way),
        cmocka_unit_test(test_nmi),
        cmocka_unit_test(test_exceptions_in),
        cmocka_unit_test(test_task_priority),
        cmocka_unit_test(test_going_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
