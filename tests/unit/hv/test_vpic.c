/* SPDX-License-Identifier: BSD-3-Clause */
/* The virtual 8259 pair: initialisation, priorities, cascade, EOI forms, level mode, spurious
 * interrupts. */
#include "dev_fake.h"

#include "hv/vpic.h"

static struct vpic pic;
static struct vm *vm;

static void start(void)
{
    static const uint8_t words[2][4] = {{0x11, 0x30, 0x04, 0x01}, {0x11, 0x38, 0x02, 0x01}};

    vm = fake_vm(1);
    assert_int_equal(vpic_init(&pic, vm), BN_OK);
    assert_false(vpic_pending(&pic));
    for (unsigned chip = 0; chip < 2; chip++) {
        uint16_t port = chip ? 0xA0 : 0x20;

        fake_outb(vm, port, words[chip][0]);
        for (unsigned i = 1; i < 4; i++)
            fake_outb(vm, port + 1, words[chip][i]);
        fake_outb(vm, port + 1, 0);
    }
    vm->vcpu[0].lapic.regs[0x35] = 0x700; /* LINT0: ExtINT */
    fake.requests[0] = 0;
}

static void pulse(unsigned irq)
{
    vpic_set_line(&pic, irq, true);
    vpic_set_line(&pic, irq, false);
}

static void test_priorities_and_eoi(void **state)
{
    (void)state;
    start();
    pulse(4);
    assert_int_equal(fake.requests[0], VCPU_REQ_IRQ);
    pulse(1);
    assert_int_equal(vpic_accept(&pic), 0x31);
    assert_false(vpic_pending(&pic)); /* 4 waits for 1 */
    fake_outb(vm, 0x20, 0x20);
    assert_int_equal(vpic_accept(&pic), 0x34);
    pulse(0);
    assert_int_equal(vpic_accept(&pic), 0x30); /* nested */
    fake_outb(vm, 0x20, 0x0B);
    assert_int_equal(fake_inb(vm, 0x20), 0x11);
    fake_outb(vm, 0x20, 0x64); /* specific EOI of 4 */
    assert_int_equal(fake_inb(vm, 0x20), 0x01);
    fake_outb(vm, 0x20, 0x20);
    assert_int_equal(fake_inb(vm, 0x20), 0);
}

static void test_masks_and_cascade(void **state)
{
    (void)state;
    start();
    fake_outb(vm, 0xA1, 0xFF);
    pulse(12);
    assert_false(vpic_pending(&pic));
    fake_outb(vm, 0xA1, 0xEF);
    assert_int_equal(fake_inb(vm, 0xA1), 0xEF);
    assert_true(vpic_pending(&pic));
    assert_int_equal(vpic_accept(&pic), 0x3C);
    assert_false(vpic_pending(&pic));
    pulse(3); /* below the cascade's line */
    assert_false(vpic_pending(&pic));
    fake_outb(vm, 0xA0, 0x20);
    fake_outb(vm, 0x20, 0x20);
    assert_int_equal(vpic_accept(&pic), 0x33);
}

static void test_level_and_spurious(void **state)
{
    (void)state;
    start();
    fake_outb(vm, 0x4D0, 0xFF);
    assert_int_equal(fake_inb(vm, 0x4D0), 0xF8);
    vpic_set_line(&pic, 5, true);
    assert_int_equal(vpic_accept(&pic), 0x35);
    fake_outb(vm, 0x20, 0x20);
    assert_true(vpic_pending(&pic)); /* still asserted */
    vpic_set_line(&pic, 5, false);
    assert_false(vpic_pending(&pic));
    assert_int_equal(vpic_accept(&pic), 0x37); /* it has gone */
    fake_outb(vm, 0x20, 0x0B);
    assert_int_equal(fake_inb(vm, 0x20), 0); /* and nothing is in service */
}

static void test_rotation_poll_auto_eoi(void **state)
{
    (void)state;
    start();
    pulse(3);
    assert_int_equal(vpic_accept(&pic), 0x33);
    fake_outb(vm, 0x20, 0xA0); /* EOI and rotate: 3 is the lowest now */
    pulse(3);
    pulse(4);
    assert_int_equal(vpic_accept(&pic), 0x34);
    fake_outb(vm, 0x20, 0x20);
    fake_outb(vm, 0x20, 0x0C); /* poll */
    assert_int_equal(fake_inb(vm, 0x20), 0x83);
    fake_outb(vm, 0x20, 0x20);
    fake_outb(vm, 0x20, 0x11);
    fake_outb(vm, 0x21, 0x30);
    fake_outb(vm, 0x21, 0x04);
    fake_outb(vm, 0x21, 0x03); /* automatic EOI */
    pulse(6);
    assert_int_equal(vpic_accept(&pic), 0x36);
    fake_outb(vm, 0x20, 0x0B);
    assert_int_equal(fake_inb(vm, 0x20), 0);
    vpic_set_line(&pic, 2, true); /* not a line of the machine */
    vpic_set_line(&pic, 99, true);
    assert_false(vpic_pending(&pic));
}

static void test_quiet_when_apic_refuses(void **state)
{
    (void)state;
    start();
    vm->vcpu[0].lapic.regs[0x35] = 0x10700;
    pulse(1);
    assert_int_equal(fake.requests[0], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_priorities_and_eoi),
        cmocka_unit_test(test_masks_and_cascade),
        cmocka_unit_test(test_level_and_spurious),
        cmocka_unit_test(test_rotation_poll_auto_eoi),
        cmocka_unit_test(test_quiet_when_apic_refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
