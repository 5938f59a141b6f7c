/* SPDX-License-Identifier: BSD-3-Clause */
/* The multiplexed console: whole lines, prompts, input focus. */
#include "dev_fake.h"

#include "hv/log.h"
#include "hv/vuart.h"

static struct vuart uart[2];

static void start(void)
{
    fake_vm(1);
    vms[2].vcpu_count = 0;
    vuart_init(&uart[0], &vms[0]);
    vuart_init(&uart[1], &vms[2]);
    uart[0].reg[2] = uart[1].reg[2] = 1; /* FIFOs on */
    console_init(0x3F8);
    console_start_input(true);
    fake.uart_count = 0;
    memset(fake.uart, 0, sizeof(fake.uart));
}

static void say(unsigned vm, const char *text)
{
    while (*text)
        console_putc(&vms[vm], (uint8_t)*text++);
}

static void test_lines_stay_whole(void **state)
{
    (void)state;
    start();
    say(0, "one ");
    say(2, "two ");
    console_line("three");
    say(2, "four\r\n");
    say(0, "five\n");
    assert_string_equal(fake.uart, "[hv] three\r\n[vm2] two four\r\n[vm0] one five\r\n");
}

static void test_prompt_appears_and_goes_on(void **state)
{
    (void)state;
    start();
    say(0, "login: ");
    fake_pass_ns(50000000);
    assert_string_equal(fake.uart, "");
    fake_pass_ns(60000000);
    assert_string_equal(fake.uart, "[vm0] login: ");
    say(0, "root");
    assert_string_equal(fake.uart, "[vm0] login: root");
    console_line("x");
    say(0, "!\n");
    assert_string_equal(fake.uart, "[vm0] login: root\r\n[hv] x\r\n[vm0] !\r\n");
}

static void test_long_line(void **state)
{
    (void)state;
    start();
    for (unsigned i = 0; i < 500; i++)
        say(0, "a");
    say(0, "\n");
    assert_int_equal(fake.uart_count, 500 + strlen("[vm0] ") + 2);
}

static void test_input_focus(void **state)
{
    (void)state;
    start();
    fake.typed = "ab";
    console_poll();
    assert_int_equal(uart[0].count, 2); /* the service VM at first */
    fake.typed = "\x1d"
                 "2c";
    console_poll();
    assert_int_equal(uart[1].count, 1);
    assert_int_equal(uart[1].fifo[0], 'c');
    fake.typed = "\x1d"
                 "1d\x1d\x1d"; /* VM 1 has no console; then the escape itself */
    console_poll();
    assert_int_equal(uart[1].count, 3);
    assert_int_equal(uart[1].fifo[2], CONSOLE_ESCAPE);
    assert_non_null(strstr(fake.uart, "no such console"));
}

static void test_full_uart_gets_it_later(void **state)
{
    (void)state;
    start();
    fake.typed = "0123456789abcdefXY";
    console_poll();
    assert_int_equal(uart[0].count, 16);
    uart[0].head = uart[0].count = 0;
    fake_pass_ns(20000000);
    assert_int_equal(uart[0].count, 2);
    assert_int_equal(uart[0].fifo[0], 'X');
}

static void test_a_long_paste_loses_nothing(void **state)
{
    char text[301], got[301] = "";
    unsigned n = 0;

    (void)state;
    start();
    for (unsigned i = 0; i < 300; i++)
        text[i] = (char)('a' + i % 26);
    text[300] = 0;
    fake.typed = text;
    console_poll(); /* its interrupt; there is no other edge while the UART has more */
    for (unsigned turn = 0; turn < 100 && n < 300; turn++) {
        for (unsigned i = 0; i < uart[0].count && n < 300; i++)
            got[n++] = (char)uart[0].fifo[(uart[0].head + i) % 16];
        uart[0].head = uart[0].count = 0;
        fake_pass_ns(20000000);
    }
    assert_string_equal(got, text);
}

static void test_no_uart(void **state)
{
    (void)state;
    for (unsigned absent = 0; absent < 2; absent++) { /* none is named; none is there */
        start();
        fake.no_uart = absent;
        console_init(absent ? 0x3F8 : 0);
        console_start_input(false);
        fake.writes = 0;
        say(0, "x\n");
        console_line("y");
        console_panic_line("z");
        console_poll();
        assert_int_equal(fake.writes, 0);
        assert_int_equal(uart[0].count, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_stay_whole),
        cmocka_unit_test(test_prompt_appears_and_goes_on),
        cmocka_unit_test(test_long_line),
        cmocka_unit_test(test_input_focus),
        cmocka_unit_test(test_full_uart_gets_it_later),
        cmocka_unit_test(test_a_long_paste_loses_nothing),
        cmocka_unit_test(test_no_uart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
