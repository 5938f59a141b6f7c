/* SPDX-License-Identifier: BSD-3-Clause */
/* The virtual 8254: counting, latching, interrupts of channel 0, calibration by channel 2 and port
 * 61h. */
#include "dev_fake.h"

#include "hv/vioapic.h"
#include "hv/vpit.h"

#define TICK_NS 838.0957

static struct vpit pit;
static struct vioapic ioapic;
static struct vm *vm;

static void start(void)
{
    vm = fake_vm(1);
    assert_int_equal(vioapic_init(&ioapic, vm), BN_OK);
    assert_int_equal(vpit_init(&pit, vm), BN_OK);
    ioapic.rte[2] = 0x30;
}

static void load(unsigned channel, uint8_t control, uint16_t count)
{
    fake_outb(vm, 0x43, (uint8_t)(channel << 6 | control));
    fake_outb(vm, (uint16_t)(0x40 + channel), (uint8_t)count);
    fake_outb(vm, (uint16_t)(0x40 + channel), (uint8_t)(count >> 8));
}

static uint16_t latched(unsigned channel)
{
    uint8_t low;

    fake_outb(vm, 0x43, (uint8_t)(channel << 6));
    low = fake_inb(vm, (uint16_t)(0x40 + channel));
    return (uint16_t)(low | fake_inb(vm, (uint16_t)(0x40 + channel)) << 8);
}

static unsigned ticks_in(uint64_t ns)
{
    struct vlapic *lapic = &vm->vcpu[0].lapic;
    unsigned ticks = 0;

    for (uint64_t i = 0; i < ns; i += 10000) {
        fake_pass_ns(10000);
        if (lapic->irr[1] & 1 << 16)
            ticks++;
        lapic->irr[1] = 0;
    }
    return ticks;
}

static void test_periodic(void **state)
{
    (void)state;
    start();
    load(0, 0x34, 11932); /* 100 Hz, mode 2 */
    assert_in_range(ticks_in(1000000000), 99, 101);
    fake_outb(vm, 0x43, 0x30); /* a new mode stops it */
    assert_int_equal(ticks_in(50000000), 0);
}

static void test_one_shot(void **state)
{
    (void)state;
    start();
    load(0, 0x38, 1193); /* mode 4, 1 ms */
    assert_int_equal(ticks_in(900000), 0);
    assert_int_equal(ticks_in(200000), 1);
    assert_int_equal(ticks_in(10000000), 0);
    load(0, 0x30, 0); /* 65536 ticks, 55 ms */
    assert_int_equal(ticks_in(54000000), 0);
    assert_int_equal(ticks_in(2000000), 1);
}

static void test_no_storm(void **state)
{
    (void)state;
    start();
    load(0, 0x34, 1);
    assert_in_range(ticks_in(1000000), 40, 60);
}

static void test_latch_and_read_back(void **state)
{
    uint16_t first;

    (void)state;
    start();
    load(0, 0x34, 10000);
    fake_pass_ns((uint64_t)(2500 * TICK_NS));
    first = latched(0);
    assert_in_range(first, 7498, 7502);
    fake_outb(vm, 0x43, 0x00);
    fake_pass_ns((uint64_t)(100 * TICK_NS));
    fake_outb(vm, 0x43, 0x00); /* the first latch holds */
    assert_int_equal(fake_inb(vm, 0x40), first & 0xFF);
    assert_int_equal(fake_inb(vm, 0x40), first >> 8);
    fake_outb(vm, 0x43, 0xE2); /* status of channel 0 */
    assert_int_equal(fake_inb(vm, 0x40), 0xB4);
    fake_outb(vm, 0x43, 0x34);
    fake_outb(vm, 0x43, 0xE2);
    assert_int_equal(fake_inb(vm, 0x40) & 0x40, 0x40); /* no count yet */
}

static void test_calibration_with_channel_2(void **state)
{
    uint64_t begin;

    (void)state;
    start();
    fake_outb(vm, 0x61, 0x01);
    load(2, 0x30, 59659); /* 50 ms, mode 0, as Linux does */
    begin = fake.tsc;
    assert_int_equal(fake_inb(vm, 0x61) & 0x20, 0);
    while (!(fake_inb(vm, 0x61) & 0x20))
        fake_pass_ns(1000);
    assert_in_range(fake.tsc - begin, 49900000, 50100000);
    fake_outb(vm, 0x61, 0x00);
    fake_outb(vm, 0x61, 0x01); /* the gate starts it again */
    assert_int_equal(fake_inb(vm, 0x61) & 0x21, 0x01);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_periodic),
        cmocka_unit_test(test_one_shot),
        cmocka_unit_test(test_no_storm),
        cmocka_unit_test(test_latch_and_read_back),
        cmocka_unit_test(test_calibration_with_channel_2),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
