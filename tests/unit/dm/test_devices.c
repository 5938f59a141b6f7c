/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests the devices inside the device model through the same dispatch that a VM's accesses take. */
#include "fake.h"

#include <errno.h>
#include <fcntl.h>

#include "devices.h"
#include "layout.h"

#define SLOT           4
#define CFG(slot, reg) (ECAM_BASE + ((slot) << 15) + (reg))

static int setup(void **state)
{
    *state = fake_machine(0x400000);
    return 0;
}

static int teardown(void **state)
{
    fake_machine_end(*state);
    return 0;
}

static void unclaimed_reads_are_ones(void **state)
{
    struct machine *m = *state;

    assert_int_equal(in(m, 0x1234, 1), 0xFF);
    assert_int_equal(in(m, 0x1234, 4), 0xFFFFFFFF);
    assert_int_equal(get(m, 0xD0000000, 8), UINT64_MAX);
    assert_int_equal(get(m, CFG(9, 0), 4), 0xFFFFFFFF);
    assert_int_equal(get(m, CFG(0, 0x100), 4), 0xFFFFFFFF);
    put(m, 0xD0000000, 4, 1);
    assert_int_equal(m->end, END_NONE);
}

static void ranges_do_not_overlap(void **state)
{
    struct machine *m = *state;

    assert_int_equal(rtc_add(m), 0);
    assert_int_equal(rtc_add(m), -EBUSY);
}

static void uart_talks_both_ways(void **state)
{
    struct machine *m = *state;
    struct uart *u;
    char path[] = "/tmp/uart-XXXXXX", text[16] = "";
    int fd = mkstemp(path);

    assert_int_equal(uart_create(&u, m, path, NULL), 0);
    out(m, 0x3F8, 1, 'h');
    out(m, 0x3F8, 1, 'i');
    assert_int_equal(read(fd, text, sizeof(text)), 2);
    assert_string_equal(text, "hi");
    assert_int_equal(in(m, 0x3FD, 1), 0x60);
    assert_false(fake.line[IRQ_UART]);
    out(m, 0x3F9, 1, 2); /* transmitter-empty interrupt */
    assert_true(fake.line[IRQ_UART]);
    assert_int_equal(in(m, 0x3FA, 1) & 0xF, 2);
    assert_false(fake.line[IRQ_UART]); /* reading it acknowledges */
    out(m, 0x3F9, 1, 1);
    out(m, 0x3FC, 1, 0x10); /* loop-back: what is sent is received */
    out(m, 0x3F8, 1, 'x');
    assert_true(fake.line[IRQ_UART]);
    assert_int_equal(in(m, 0x3FA, 1) & 0xF, 4);
    assert_int_equal(in(m, 0x3FD, 1), 0x61);
    assert_int_equal(in(m, 0x3F8, 1), 'x');
    assert_false(fake.line[IRQ_UART]);
    out(m, 0x3FB, 1, 0x80);
    out(m, 0x3F8, 1, 0x0C); /* divisor, not text */
    assert_int_equal(in(m, 0x3F8, 1), 0x0C);
    uart_destroy(u);
    close(fd);
    unlink(path);
}

static void power_ends(struct machine *m, uint64_t port, unsigned bytes, uint64_t value,
                       enum vm_end end, int status)
{
    m->end = END_NONE;
    out(m, port, bytes, value);
    assert_int_equal(m->end, end);
    if (end != END_NONE)
        assert_int_equal(machine_exit_status(m), status);
}

static void every_way_to_end_is_known(void **state)
{
    struct machine *m = *state;
    struct power *p;

    assert_int_equal(power_create(&p, m), 0);
    power_ends(m, 0x604, 2, 5u << 10, END_NONE, 0);
    power_ends(m, 0x604, 2, 5u << 10 | 0x2000, END_POWER_OFF, 0);
    power_ends(m, 0x604, 2, 3u << 10 | 0x2000, END_NONE, 0);
    power_ends(m, 0xCF9, 1, 2, END_NONE, 0);
    power_ends(m, 0xCF9, 1, 6, END_GUEST_RESET, EXIT_AGAIN);
    power_ends(m, 0x64, 1, 0xFE, END_GUEST_RESET, EXIT_AGAIN);
    power_ends(m, 0x64, 1, 0xD1, END_NONE, 0);
    power_ends(m, 0x92, 1, 3, END_GUEST_RESET, EXIT_AGAIN);
    m->end = END_NONE;
    assert_int_equal(debug_exit_add(m), 0);
    power_ends(m, 0xF4, 1, 0x10, END_DEBUG_EXIT, 0x21);
    power_destroy(p);
}

static void the_first_end_counts(void **state)
{
    struct machine *m = *state;

    machine_end(m, END_GUEST_PANIC, "test");
    machine_end(m, END_POWER_OFF, "test");
    assert_int_equal(m->end, END_GUEST_PANIC);
    assert_int_equal(vu_loop_run(&m->loop), 0); /* it was woken */
}

static void the_power_button_is_an_event(void **state)
{
    struct machine *m = *state;
    struct power *p;

    assert_int_equal(power_create(&p, m), 0);
    power_button(p);
    assert_false(fake.line[IRQ_SCI]); /* not enabled yet */
    out(m, 0x602, 2, 0x100);
    assert_true(fake.line[IRQ_SCI]);
    assert_int_equal(in(m, 0x600, 2), 0x100);
    out(m, 0x600, 2, 0x100);
    assert_false(fake.line[IRQ_SCI]);
    assert_int_equal(in(m, 0x604, 2) & 1, 1);
    power_destroy(p);
}

static void fw_cfg_says_who_it_is(void **state)
{
    struct machine *m = *state;
    struct fw_cfg *c;
    char sig[5] = "";

    assert_int_equal(fw_cfg_create(&c, m), 0);
    out(m, 0x510, 2, 0);
    for (int i = 0; i < 4; i++)
        sig[i] = (char)in(m, 0x511, 1);
    assert_string_equal(sig, "QEMU");
    assert_int_equal(in(m, 0x511, 1), 0);
    out(m, 0x510, 2, 5);
    assert_int_equal(in(m, 0x511, 1), 2);
    out(m, 0x510, 2, 3);
    assert_int_equal(in(m, 0x511, 1) | in(m, 0x511, 1) << 8 | in(m, 0x511, 1) << 16, 0x400000);
    fw_cfg_destroy(c);
}

static void rtc_tells_the_time(void **state)
{
    struct machine *m = *state;

    assert_int_equal(rtc_add(m), 0);
    out(m, 0x70, 1, 0x32);
    assert_int_equal(in(m, 0x71, 1), 0x20); /* century */
    out(m, 0x70, 1, 0x00);
    assert_in_range(in(m, 0x71, 1), 0, 0x60);
    out(m, 0x70, 1, 0x0B);
    assert_int_equal(in(m, 0x71, 1), 2);
}

static void panic_is_noticed(void **state)
{
    struct machine *m = *state;
    struct pvpanic *p;
    uint64_t bar;

    assert_int_equal(pvpanic_create(&p, m, SLOT), 0);
    assert_int_equal(get(m, CFG(SLOT, 0), 4), 0x00111B36);
    bar = get(m, CFG(SLOT, 0x10), 4);
    assert_int_equal(get(m, bar, 1), 0xFF); /* not decoded yet */
    put(m, CFG(SLOT, 4), 2, 2);
    assert_int_equal(get(m, bar, 1), 3);
    put(m, bar, 1, 2);
    assert_int_equal(m->end, END_NONE);
    put(m, bar, 1, 1);
    assert_int_equal(m->end, END_GUEST_PANIC);
    assert_int_equal(machine_exit_status(m), EXIT_AGAIN);
    pvpanic_destroy(p);
}

static void bars_are_sized_and_moved(void **state)
{
    struct machine *m = *state;
    struct pvpanic *p;

    assert_int_equal(pvpanic_create(&p, m, SLOT), 0);
    put(m, CFG(SLOT, 0x10), 4, 0xFFFFFFFF);
    assert_int_equal(get(m, CFG(SLOT, 0x10), 4), 0xFFFFFFF0);
    put(m, CFG(SLOT, 0x14), 4, 0xFFFFFFFF);
    assert_int_equal(get(m, CFG(SLOT, 0x14), 4), 0);
    put(m, CFG(SLOT, 0x10), 4, 0xC1230000);
    put(m, CFG(SLOT, 4), 2, 2);
    assert_int_equal(get(m, 0xC1230000, 1), 3);
    assert_int_equal(get(m, 0xC1230010, 1), 0xFF);
    put(m, CFG(SLOT, 4), 2, 0);
    assert_int_equal(get(m, 0xC1230000, 1), 0xFF);
    pvpanic_destroy(p);
}

/* What Linux's driver does to start it with `ticks` of 1 kHz in each stage. */
static uint64_t start_watchdog(struct machine *m, uint32_t ticks)
{
    uint64_t bar;

    put(m, CFG(SLOT, 4), 2, 2);
    bar = get(m, CFG(SLOT, 0x10), 4);
    put(m, CFG(SLOT, 0x60), 2, 3);
    for (unsigned timer = 0; timer < 8; timer += 4) {
        put(m, bar + 0xC, 2, 0x80);
        put(m, bar + 0xC, 2, 0x86);
        put(m, bar + timer, 4, ticks);
    }
    put(m, CFG(SLOT, 0x68), 1, 2);
    return bar;
}

static void watchdog_ends_a_hung_guest(void **state)
{
    struct machine *m = *state;
    struct watchdog *w;
    uint64_t bar;

    assert_int_equal(watchdog_create(&w, m, SLOT), 0);
    bar = start_watchdog(m, 50);
    for (int i = 0; i < 10; i++) { /* fed: it lives longer than both stages together */
        usleep(15000);
        while (vu_loop_once(&m->loop, 0) > 0)
            ;
        put(m, bar + 0xC, 2, 0x80);
        put(m, bar + 0xC, 2, 0x86);
        put(m, bar + 0xC, 2, 0x100);
    }
    assert_int_equal(m->end, END_NONE);
    assert_int_equal(vu_loop_run(&m->loop), 0); /* hungry: the loop ends by itself */
    assert_int_equal(m->end, END_WATCHDOG);
    watchdog_destroy(w);
}

static void watchdog_wants_its_unlock_sequence(void **state)
{
    struct machine *m = *state;
    struct watchdog *w;
    uint64_t bar;

    assert_int_equal(watchdog_create(&w, m, SLOT), 0);
    bar = start_watchdog(m, 1);
    put(m, CFG(SLOT, 0x68), 1, 0); /* stopped */
    usleep(20000);
    while (vu_loop_once(&m->loop, 0) > 0)
        ;
    assert_int_equal(m->end, END_NONE);
    put(m, bar, 4, 0xFFFFF); /* locked: not taken */
    put(m, CFG(SLOT, 0x68), 1, 3);
    put(m, CFG(SLOT, 0x68), 1, 0); /* locked for good */
    assert_int_equal(get(m, CFG(SLOT, 0x68), 1), 3);
    assert_int_equal(vu_loop_run(&m->loop), 0);
    assert_int_equal(m->end, END_WATCHDOG);
    watchdog_destroy(w);
}

static void the_window_cannot_be_moved(void **state)
{
    struct machine *m = *state;
    struct ivshmem *s;
    static uint8_t window[4096];
    uint64_t at;

    assert_int_equal(ivshmem_create(&s, m, window, 0x600000, SLOT), 0);
    assert_int_equal(get(m, CFG(SLOT, 0), 4), 0x11101AF4);
    at = (get(m, CFG(SLOT, 0x18), 4) & ~15ull) | get(m, CFG(SLOT, 0x1C), 4) << 32;
    assert_in_range(at, MMIO64_BASE, MMIO64_BASE + MMIO64_BYTES - 1);
    put(m, CFG(SLOT, 0x18), 4, 0xFFFFFFFF);
    put(m, CFG(SLOT, 0x1C), 4, 0xFFFFFFFF);
    assert_int_equal(get(m, CFG(SLOT, 0x18), 4), 0xFF80000C); /* 6 MiB is 8 to PCI */
    assert_int_equal(get(m, CFG(SLOT, 0x1C), 4), 0xFFFFFFFF);
    put(m, CFG(SLOT, 0x18), 4, 0);
    put(m, CFG(SLOT, 4), 2, 2);
    assert_int_equal(m->pci.slot[SLOT]->bar[2].address, at);
    ivshmem_destroy(s);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(unclaimed_reads_are_ones),   T(ranges_do_not_overlap),
        T(uart_talks_both_ways),       T(every_way_to_end_is_known),
        T(the_first_end_counts),       T(the_power_button_is_an_event),
        T(fw_cfg_says_who_it_is),      T(rtc_tells_the_time),
        T(panic_is_noticed),           T(bars_are_sized_and_moved),
        T(watchdog_ends_a_hung_guest), T(watchdog_wants_its_unlock_sequence),
        T(the_window_cannot_be_moved),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
