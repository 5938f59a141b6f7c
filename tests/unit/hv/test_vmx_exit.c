/* SPDX-License-Identifier: BSD-3-Clause */
/* The VMX back end over vmx_fake.c: exits into vendor-free words, and events on their way in. */
#include "hv/watchdog.h"
#include "vmx/vmcs.h"
#include "vmx_fake.h"

#define VALID (1u << 31)

static struct vcpu *boot(void)
{
    fake_vmx_begin(SKYLAKE);
    assert_int_equal(vendor_vmx.cpu_enable(), BN_OK);
    fake_vmx_vcpu(0, 0)->rflags = 0x202;
    vendor_vmx.set_cr(fake_vcpu(0, 0), 0, 0x11);
    return fake_vcpu(0, 0);
}

/* One turn that ends like that. */
static struct vcpu_exit ends(struct vcpu *vcpu, struct fake_exit how)
{
    fake_exit = how;
    return fake_vmx_run(vcpu);
}

/* ---- decoding ---- */
static void test_every_reason(void **state)
{
    static const struct {
        uint8_t reason;
        enum exit_kind kind;
    } known[] = {
        {1, EXIT_HOST_IRQ},   {2, EXIT_SHUTDOWN}, {3, EXIT_NONE},      {7, EXIT_IRQ_WINDOW},
        {8, EXIT_IRQ_WINDOW}, {10, EXIT_CPUID},   {12, EXIT_HLT},      {13, EXIT_CR},
        {18, EXIT_HYPERCALL}, {28, EXIT_NONE},    {30, EXIT_PIO},      {31, EXIT_RDMSR},
        {32, EXIT_WRMSR},     {40, EXIT_PAUSE},   {45, EXIT_EOI},      {48, EXIT_MMIO},
        {54, EXIT_CR},        {55, EXIT_XSETBV},  {0, EXIT_EXCEPTION},
    };
    static const uint8_t undefined[] = {11, 19, 20, 21, 22, 23, 24, 25, 26, 27, 36, 39, 50, 53};
    struct vcpu *vcpu = boot();

    (void)state;
    for (uint32_t reason = 0; reason < 80; reason++) {
        struct vcpu_exit exit = ends(vcpu, (struct fake_exit){.reason = reason, .length = 2});
        enum exit_kind kind = EXIT_INVALID;

        for (size_t i = 0; i < HV_ARRAY_SIZE(known); i++)
            if (known[i].reason == reason)
                kind = known[i].kind;
        if (memchr(undefined, (int)reason, sizeof(undefined))) {
            kind = EXIT_EXCEPTION;
            assert_int_equal(exit.exception.vector, 6);
            assert_false(exit.exception.has_error);
            assert_true(fake_told("denied: instruction of exit reason"));
        }
        assert_int_equal(exit.kind, kind);
        assert_int_equal(exit.length, reason == 48 ? 0 : 2);
    }
    /* an entry that failed: what the exit before left in the other fields means nothing */
    assert_int_equal(
        ends(vcpu, (struct fake_exit){.reason = VALID | 34, .vectoring = VALID | 0x31}).kind,
        EXIT_INVALID);
    assert_true(vendor_vmx.can_take_irq(vcpu));
}

static void test_ports(void **state)
{
    struct vcpu *vcpu = boot();

    (void)state;
    for (unsigned size = 1; size <= 4; size *= 2)
        for (unsigned in = 0; in < 2; in++)
            for (unsigned string = 0; string < 2; string++) {
                uint64_t q = 0xCFCull << 16 | string << 4 | in << 3 | (size - 1);
                struct vcpu_exit exit =
                    ends(vcpu, (struct fake_exit){.reason = 30, .qualification = q});

                assert_int_equal(exit.pio.port, 0xCFC);
                assert_int_equal(exit.pio.size, size);
                assert_int_equal(exit.pio.in, in);
                assert_int_equal(exit.pio.string, string);
            }
}

static void test_memory(void **state)
{
    struct vcpu *vcpu = boot();
    struct fake_exit how = {.reason = 48, .physical = 0xFEE00080};
    struct vcpu_exit exit;

    (void)state;
    for (unsigned bits = 1; bits < 8; bits++) { /* read, write, fetch */
        how.qualification = bits | 0x180;
        exit = ends(vcpu, how);
        assert_int_equal(exit.mmio.gpa, 0xFEE00080);
        assert_int_equal(exit.mmio.write, bits >> 1 & 1);
        assert_int_equal(exit.mmio.fetch, bits >> 2 & 1);
    }
}

static void test_exceptions(void **state)
{
    struct vcpu *vcpu = boot();
    struct vcpu_exit exit;

    (void)state;
    exit = ends(vcpu, (struct fake_exit){.event = VALID | 0x300 | 17 | 0x800, .event_error = 0});
    assert_int_equal(exit.kind, EXIT_EXCEPTION);
    assert_int_equal(exit.exception.vector, 17);
    assert_true(exit.exception.has_error);
    fake.dr6 = 0xFFFF0FF0;
    exit = ends(vcpu, (struct fake_exit){.event = VALID | 0x300 | 1, .qualification = 0x14002});
    assert_int_equal(exit.exception.vector, 1);
    assert_false(exit.exception.has_error);
    assert_int_equal(fake.dr6, 0xFFFF4FF2); /* B1 and BS, as the processor did not write them */
    exit = ends(vcpu, (struct fake_exit){.event = VALID | 0x200 | 2});
    assert_int_equal(exit.kind, EXIT_HOST_NMI);
    assert_int_equal(fake.nmis, 1); /* by our own handler, whose IRET unblocks NMIs */
}

/* The instruction runs again and finds the shadow as it wants it. */
static void test_control_registers(void **state)
{
    struct vcpu *vcpu = boot();
    struct vcpu_exit exit;

    (void)state;
    vcpu->rip = 0x1000;
    vcpu->regs[REG_RBX] = 0x60000031;
    exit = ends(vcpu, (struct fake_exit){.reason = 28, .qualification = 3 << 8, .length = 3});
    assert_int_equal(exit.kind, EXIT_NONE);
    assert_int_equal(vcpu->rip, 0x1000);
    assert_int_equal(fake_field(vcpu, VMCS_CR0_SHADOW), 0x60000031);
    vcpu->regs[REG_R15] = 0x620;
    exit = ends(vcpu, (struct fake_exit){.reason = 28, .qualification = 15 << 8 | 4});
    assert_int_equal(exit.kind, EXIT_NONE);
    assert_int_equal(fake_field(vcpu, VMCS_CR4_SHADOW), 0x620);
    for (unsigned bit = 13; bit <= 14; bit++) { /* VMXE, SMXE: CPUID offers neither */
        vcpu->regs[REG_R15] = 1u << bit;
        exit = ends(vcpu, (struct fake_exit){.reason = 28, .qualification = 15 << 8 | 4});
        assert_int_equal(exit.kind, EXIT_EXCEPTION);
        assert_int_equal(exit.exception.vector, 13);
        assert_true(exit.exception.has_error);
        assert_int_equal(exit.exception.error, 0);
        assert_int_equal(fake_field(vcpu, VMCS_CR4_SHADOW), 0x620);
    }
    for (unsigned type = 1; type < 4; type++) { /* MOV from CR, CLTS, LMSW */
        exit = ends(vcpu, (struct fake_exit){.reason = 28, .qualification = type << 4});
        assert_int_equal(exit.exception.vector, 13);
    }
    assert_int_equal(ends(vcpu, (struct fake_exit){.reason = 28, .qualification = 8}).kind,
                     EXIT_EXCEPTION);
}

static void test_task_priority(void **state)
{
    struct vcpu *vcpu = boot();

    (void)state;
    vcpu->lapic.regs[8].value = 0x20;
    vcpu->look = false;
    (void)ends(vcpu, (struct fake_exit){.reason = 12});
    assert_false(vcpu->look);
    (void)ends(vcpu, (struct fake_exit){.reason = 12, .tpr = 0x50});
    assert_int_equal(vcpu->lapic.regs[8].value, 0x50);
    assert_true(vcpu->look); /* another interrupt may be due now */
}

/* Delivery by the processor: entered with what is pending and in service, level vectors exit at
 * their end, and what interrupted the guest comes acknowledged. */
static void test_delivery(void **state)
{
    struct vcpu *vcpu;
    struct vcpu_exit exit;

    (void)state;
    fake_vmx_begin(SKYLAKE_X);
    assert_int_equal(vendor_vmx.cpu_enable(), BN_OK);
    vcpu = fake_vmx_vcpu(0, 0);
    assert_false(vendor_vmx.deliver_irqs(vcpu)); /* its APIC's page is where accesses exit */
    exit = ends(vcpu, (struct fake_exit){.reason = 1, .event = 0x41}); /* not valid */
    assert_int_equal(exit.vector, 0);
    vcpu->lapic.base_msr |= 0x400;
    vcpu->lapic.regs[0x18].value = 0x80000000; /* 1Fh and C1h are level ones */
    vcpu->lapic.regs[0x1E].value = 2;
    fake.apic_status = 0x3141;
    assert_true(vendor_vmx.deliver_irqs(vcpu));
    assert_int_equal(fake_field(vcpu, 0x0810), 0x3141);
    assert_int_equal(fake_field(vcpu, 0x201C), 0x80000000);
    assert_int_equal(fake_field(vcpu, 0x201E), 0);
    assert_int_equal(fake_field(vcpu, 0x2020), 0);
    assert_int_equal(fake_field(vcpu, 0x2022), 2);
    assert_int_equal(fake_field(vcpu, 0x0002), HOST_VECTOR_POSTED);
    vcpu->look = false;
    exit = ends(vcpu, (struct fake_exit){.reason = 1, .event = VALID | 0xF4, .tpr = 0x50});
    assert_int_equal(exit.kind, EXIT_HOST_IRQ);
    assert_int_equal(exit.vector, 0xF4);
    assert_false(vcpu->look); /* its priority is between the processor and it */
    exit = ends(vcpu, (struct fake_exit){.reason = 45, .qualification = 0xC1});
    assert_int_equal(exit.kind, EXIT_EOI);
    assert_int_equal(exit.vector, 0xC1);
    vcpu_reset(vcpu); /* back in xAPIC mode */
    (void)ends(vcpu, (struct fake_exit){.reason = 12});
    assert_int_equal(fake_field(vcpu, VMCS_PROCESSOR2) & 0x310, 0);
}

static void test_going_on(void **state)
{
    struct vcpu *vcpu = boot();

    (void)state;
    fake_set_field(vcpu, VMCS_INTERRUPTIBILITY, 1 | 8);
    vcpu->rip = 0xFFFFFFFF;
    (vendor_vmx.skip)(vcpu, 2);
    assert_int_equal(vcpu->rip, 1); /* no 64-bit code segment */
    assert_int_equal(fake_field(vcpu, VMCS_INTERRUPTIBILITY), 8);
    fake_set_field(vcpu, VMCS_GUEST_ACCESS + 2 * SEG_CS, 0xA09B);
    vcpu->rip = 0xFFFFFFFFFFFFFFFD;
    (vendor_vmx.skip)(vcpu, 2);
    assert_int_equal(vcpu->rip, 0xFFFFFFFFFFFFFFFF);
}

/* ---- an exit in the middle of an event's delivery: SDM 3 §28.2.4 ---- */
static void test_cut_short(void **state)
{
    static const struct {
        uint32_t vectoring, error, entry;
    } events[] = {
        {VALID | 0x31, 0, VALID | 0x31},                             /* interrupt */
        {VALID | 0x300 | 0x800 | 14, 6, VALID | 0x300 | 0x800 | 14}, /* page fault */
        {VALID | 0x300 | 6 | 1u << 12, 0, VALID | 0x300 | 6},        /* undefined bit */
        {VALID | 0x200 | 2, 0, VALID | 0x200 | 2},                   /* NMI */
        {VALID | 0x400 | 0x80, 0, 0},                                /* INT n */
        {VALID | 0x500 | 1, 0, 0},                                   /* INT1 */
        {VALID | 0x600 | 3, 0, 0},                                   /* INT3 */
        {0x31, 0, 0},                                                /* none */
    };
    struct vcpu *vcpu = boot();

    (void)state;
    for (size_t i = 0; i < HV_ARRAY_SIZE(events); i++) {
        struct vcpu_exit exit;

        fake_set_field(vcpu, VMCS_INTERRUPTIBILITY, 8);
        exit = ends(vcpu, (struct fake_exit){.reason = 48,
                                             .vectoring = events[i].vectoring,
                                             .vectoring_error = events[i].error});
        assert_int_equal(exit.kind, EXIT_MMIO);
        assert_int_equal(fake_field(vcpu, VMCS_ENTRY_EVENT) & (events[i].entry ? ~0u : VALID),
                         events[i].entry);
        if (events[i].entry & 0x800)
            assert_int_equal(fake_field(vcpu, VMCS_ENTRY_ERROR), events[i].error);
        /* the processor blocks NMIs although the NMI is not in: its second try would fail */
        assert_int_equal(fake_field(vcpu, VMCS_INTERRUPTIBILITY),
                         (events[i].vectoring & 0x700) == 0x200 && events[i].entry ? 0 : 8);
        assert_int_equal(vendor_vmx.can_take_irq(vcpu), !events[i].entry);
        assert_false(vendor_vmx.can_take_nmi(vcpu) && events[i].entry);
        (void)ends(vcpu, (struct fake_exit){.reason = 12}); /* goes in here, once */
        assert_false(fake_field(vcpu, VMCS_ENTRY_EVENT) & VALID);
    }
}

/* ---- injection ---- */
static void test_interrupts(void **state)
{
    struct vcpu *vcpu = boot();

    (void)state;
    assert_true(vendor_vmx.can_take_irq(vcpu));
    vcpu->rflags = 2;
    assert_false(vendor_vmx.can_take_irq(vcpu));
    vcpu->rflags = 0x202;
    for (uint64_t shadow = 1; shadow <= 2; shadow++) {
        fake_set_field(vcpu, VMCS_INTERRUPTIBILITY, shadow);
        assert_false(vendor_vmx.can_take_irq(vcpu));
        assert_false(vendor_vmx.can_take_nmi(vcpu));
    }
    fake_set_field(vcpu, VMCS_INTERRUPTIBILITY, 0);
    vendor_vmx.inject_irq(vcpu, 0xEC);
    assert_int_equal(fake_field(vcpu, VMCS_ENTRY_EVENT), VALID | 0xEC);
    assert_false(vendor_vmx.can_take_irq(vcpu));
    assert_false(vendor_vmx.can_take_nmi(vcpu));
    (void)ends(vcpu, (struct fake_exit){.reason = 12});
    assert_true(vendor_vmx.can_take_irq(vcpu));
}

static void test_window(void **state)
{
    struct vcpu *vcpu = boot();
    uint64_t before = fake_field(vcpu, VMCS_PROCESSOR);

    (void)state;
    vendor_vmx.request_irq_window(vcpu, true);
    assert_int_equal(fake_field(vcpu, VMCS_PROCESSOR), before | 4);
    assert_int_equal(ends(vcpu, (struct fake_exit){.reason = 7}).kind, EXIT_IRQ_WINDOW);
    vendor_vmx.request_irq_window(vcpu, false);
    assert_int_equal(fake_field(vcpu, VMCS_PROCESSOR), before);
}

static void test_nmi(void **state)
{
    struct vcpu *vcpu = boot();

    (void)state;
    assert_true(vendor_vmx.can_take_nmi(vcpu));
    fake_set_field(vcpu, VMCS_INTERRUPTIBILITY, 8); /* its handler has not returned */
    assert_false(vendor_vmx.can_take_nmi(vcpu));
    assert_true(vendor_vmx.can_take_irq(vcpu));
    vendor_vmx.request_nmi_window(vcpu, true);
    vendor_vmx.request_irq_window(vcpu, true);
    vendor_vmx.request_irq_window(vcpu, false);
    vmx_write_controls(vcpu, VMX_INJECTED); /* what is asked for outlives another set of controls */
    assert_int_equal(ends(vcpu, (struct fake_exit){.reason = 8}).kind, EXIT_IRQ_WINDOW);
    assert_int_equal(fake_field(vcpu, VMCS_PROCESSOR) & (1u << 22 | 1u << 2), 1u << 22);
    vendor_vmx.request_nmi_window(vcpu, false);
    assert_false(fake_field(vcpu, VMCS_PROCESSOR) >> 22 & 1);
    fake_set_field(vcpu, VMCS_INTERRUPTIBILITY, 0);
    vendor_vmx.inject_nmi(vcpu);
    assert_int_equal(fake_field(vcpu, VMCS_ENTRY_EVENT), VALID | 0x202);
    (void)ends(vcpu, (struct fake_exit){.reason = 12});
}

static void test_exceptions_in(void **state)
{
    struct vcpu *vcpu = boot();

    (void)state;
    vendor_vmx.set_cr(vcpu, 0, 0x10);
    vendor_vmx.inject_exception(vcpu, 13, true, 0); /* in real mode, which has no error codes */
    assert_int_equal(fake_field(vcpu, VMCS_ENTRY_EVENT), VALID | 0x300 | 13);
    (void)ends(vcpu, (struct fake_exit){.reason = 12});
    vendor_vmx.set_cr(vcpu, 0, 0x11);
    vendor_vmx.inject_exception(vcpu, 13, true, 0x18);
    assert_int_equal(fake_field(vcpu, VMCS_ENTRY_EVENT), VALID | 0x800 | 0x300 | 13);
    assert_int_equal(fake_field(vcpu, VMCS_ENTRY_ERROR), 0x18);
    vendor_vmx.inject_exception(vcpu, 14, true, 2); /* on top of the other */
    assert_int_equal(fake_field(vcpu, VMCS_ENTRY_EVENT), VALID | 0x800 | 0x300 | 8);
    assert_int_equal(fake_field(vcpu, VMCS_ENTRY_ERROR), 0);
    (void)ends(vcpu, (struct fake_exit){.reason = 12});
    vendor_vmx.inject_exception(vcpu, 6, false, 0);
    assert_int_equal(fake_field(vcpu, VMCS_ENTRY_EVENT), VALID | 0x300 | 6);
    (void)ends(vcpu, (struct fake_exit){.reason = 12});
}

/* What was about to go in does not survive a reset. */
static void test_reset(void **state)
{
    struct vcpu *vcpu = boot();

    (void)state;
    vendor_vmx.inject_exception(vcpu, 13, true, 0);
    vendor_vmx.request_irq_window(vcpu, true);
    fake_set_field(vcpu, VMCS_INTERRUPTIBILITY, 8);
    vendor_vmx.vcpu_reset(vcpu);
    assert_false(fake_field(vcpu, VMCS_ENTRY_EVENT) & VALID);
    assert_false(fake_field(vcpu, VMCS_PROCESSOR) & 4);
    assert_true(vendor_vmx.can_take_irq(vcpu) && vendor_vmx.can_take_nmi(vcpu));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_reason),
        cmocka_unit_test(test_ports),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_exceptions),
        cmocka_unit_test(test_control_registers),
        cmocka_unit_test(test_task_priority),
        cmocka_unit_test(test_delivery),
        cmocka_unit_test(test_going_on),
        cmocka_unit_test(test_cut_short),
        cmocka_unit_test(test_interrupts),
        cmocka_unit_test(test_window),
        cmocka_unit_test(test_nmi),
        cmocka_unit_test(test_exceptions_in),
        cmocka_unit_test(test_reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
