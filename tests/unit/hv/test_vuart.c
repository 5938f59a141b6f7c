/* SPDX-License-Identifier: BSD-3-Clause */
/* The virtual 16550A: what Linux probes, sends, receives, and when it is interrupted. */
#include "dev_fake.h"

#include "hv/log.h"
#include "hv/vioapic.h"
#include "hv/vuart.h"

static struct vuart uart;
static struct vioapic ioapic;
static struct vm *vm;

static void start(void)
{
    vm = fake_vm(1);
    vioapic_init(&ioapic, vm);
    vuart_init(&uart, vm);
    console_init(0x3F8);
    fake.uart_count = 0;
    memset(fake.uart, 0, sizeof(fake.uart));
}

static bool line(void)
{
    return ioapic.lines >> VUART_IRQ & 1;
}

static void test_probe(void **state)
{
    (void)state;
    start();
    fake_outb(vm, 0x3FC, 0x1A); /* loop back: RTS and OUT2 show as CTS and DCD */
    assert_int_equal(fake_inb(vm, 0x3FE) & 0xF0, 0x90);
    fake_outb(vm, 0x3FC, 0x08);
    fake_outb(vm, 0x3F9, 0xFF);
    assert_int_equal(fake_inb(vm, 0x3F9), 0x0F);
    fake_outb(vm, 0x3FA, 0x01);
    assert_int_equal(fake_inb(vm, 0x3FA) & 0xC0, 0xC0); /* 16550A */
    fake_outb(vm, 0x3FB, 0x83);
    fake_outb(vm, 0x3F8, 0x01);
    fake_outb(vm, 0x3F9, 0x02);
    assert_int_equal(fake_inb(vm, 0x3F8), 0x01);
    assert_int_equal(fake_inb(vm, 0x3F9), 0x02);
    fake_outb(vm, 0x3FF, 0xA5);
    assert_int_equal(fake_inb(vm, 0x3FF), 0xA5);
    fake_outb(vm, 0x3FB, 0x03);
    assert_int_equal(fake_inb(vm, 0x3FD), 0x60);
}

static void test_send(void **state)
{
    (void)state;
    start();
    fake_outb(vm, 0x3FC, 0x08);
    fake_outb(vm, 0x3F9, 0x02);
    assert_true(line());
    assert_int_equal(fake_inb(vm, 0x3FA) & 0x0F, 0x02);
    assert_false(line()); /* reading the cause takes it back */
    fake_outb(vm, 0x3F8, 'h');
    fake_outb(vm, 0x3F8, 'i');
    assert_true(line());
    fake_outb(vm, 0x3F8, '\r');
    fake_outb(vm, 0x3F8, '\n');
    assert_string_equal(fake.uart, "[vm0] hi\r\n");
    fake_outb(vm, 0x3FC, 0x00); /* OUT2 keeps the interrupt in */
    assert_false(line());
}

static void test_receive(void **state)
{
    (void)state;
    start();
    fake_outb(vm, 0x3FC, 0x08);
    fake_outb(vm, 0x3FA, 0x01);
    fake_outb(vm, 0x3F9, 0x01);
    assert_false(line());
    for (unsigned i = 0; i < VUART_FIFO; i++)
        assert_true(vuart_receive(&uart, (uint8_t)('a' + i)));
    assert_false(vuart_receive(&uart, 'z')); /* offered again later */
    assert_true(line());
    assert_int_equal(fake_inb(vm, 0x3FA) & 0x0F, 0x04);
    for (unsigned i = 0; i < VUART_FIFO; i++) {
        assert_int_equal(fake_inb(vm, 0x3FD) & 1, 1);
        assert_int_equal(fake_inb(vm, 0x3F8), 'a' + i);
    }
    assert_false(line());
    assert_int_equal(fake_inb(vm, 0x3FD) & 1, 0);
    assert_int_equal(fake_inb(vm, 0x3F8), 0);
    assert_true(vuart_receive(&uart, 'x'));
    fake_outb(vm, 0x3FA, 0x03); /* FIFO cleared */
    assert_false(line());
}

static void test_loop(void **state)
{
    (void)state;
    start();
    fake_outb(vm, 0x3FC, 0x18);
    fake_outb(vm, 0x3F8, 'q');
    assert_int_equal(fake.uart_count, 0);
    assert_false(vuart_receive(&uart, 'x')); /* nothing from outside meanwhile */
    assert_int_equal(fake_inb(vm, 0x3FD), 0x60);
    fake_outb(vm, 0x3FC, 0x08);
    assert_true(vuart_receive(&uart, 'x'));
    assert_false(vuart_receive(&uart, 'y')); /* no FIFO: room for one */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_probe),
        cmocka_unit_test(test_send),
        cmocka_unit_test(test_receive),
        cmocka_unit_test(test_loop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
