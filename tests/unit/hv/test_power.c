/* SPDX-License-Identifier: BSD-3-Clause */
/* Every register by which a service VM could switch off, reset or put to sleep the machine. */
#include "dev_fake.h"

#include "hv/host.h"
#include "hv/pci.h"
#include "hv/platform.h"

static struct vm *vm;

static void start(void)
{
    vm = fake_vm(1);
    acpi_info = (struct acpi_info){
        .pm1a_event = 0x600,
        .pm1a_control = 0x604,
        .pm1b_control = 0x6F4,
        .smi_command = 0xB2,
        .acpi_enable = 0x02,
        .has_s5 = true,
        .s5_type = {5, 6},
        .reset_supported = true,
        .reset_space = 1,
        .reset_address = 0x700,
        .reset_value = 0x0F,
    };
    fake_add_pci(PCI_BDF(0, 31, 0), 0x8086, 0x2918, 0x0601);
    pci_init(0, 0, 0);
    power_init(vm);
    fake.writes = 0;
}

static void outw(uint16_t port, uint16_t word)
{
    uint64_t value = word;

    assert_true(fake_pio(vm, port, 2, true, &value));
}

static void expect(enum bn_hv_end kind)
{
    assert_int_equal(fake.power_asked, kind);
    assert_int_equal(fake.writes, 0); /* nothing of it reached the machine */
    assert_non_null(strstr(fake.log, "guest asks"));
    fake.power_asked = -1;
}

static void expect_nothing(void)
{
    assert_int_equal(fake.power_asked, -1);
}

static void test_pm1(void **state)
{
    (void)state;
    start();
    outw(0x604, 0x2000 | 5 << 10);
    expect(BN_HV_END_POWER_OFF);
    outw(0x604, 0x2000 | 1 << 10);
    expect(BN_HV_END_SLEEP);
    outw(0x6F4, 0x2000 | 6 << 10);
    expect(BN_HV_END_POWER_OFF);
    fake_outb(vm, 0x605, 0x20 | 5 << 2); /* the upper byte alone */
    expect(BN_HV_END_POWER_OFF);
    outw(0x604, 5 << 10 | 0x7); /* no sleep bit: type and GBL_RLS are not passed on */
    expect_nothing();
    assert_int_equal(fake.last_port, 0x604);
    assert_int_equal(fake.last_value, 3);
}

static void test_reset_ports(void **state)
{
    struct io_access io;

    (void)state;
    start();
    fake_outb(vm, 0x64, 0xFE);
    expect(BN_HV_END_RESET);
    fake_outb(vm, 0x64, 0xF0);
    expect(BN_HV_END_RESET);
    fake_outb(vm, 0x92, 0x02);
    expect_nothing();
    fake_outb(vm, 0x92, 0x03);
    expect(BN_HV_END_RESET);
    fake_outb(vm, 0x700, 0x01);
    expect_nothing();
    fake_outb(vm, 0x700, 0x0F);
    expect(BN_HV_END_RESET);
    io = (struct io_access){.write = true, .bytes = 1, .value = 0x0E, .vcpu = &vm->vcpu[0]};
    power_cf9(&io);
    expect(BN_HV_END_RESET);
    io.value = 0x0A;
    power_cf9(&io);
    expect_nothing();
    io.write = false;
    power_cf9(&io);
    assert_int_equal(io.value, 0x0A);
}

static void test_i8042_passes_the_rest(void **state)
{
    (void)state;
    start();
    fake_outb(vm, 0x64, 0xFF); /* pulses nothing */
    expect_nothing();
    assert_int_equal(fake.writes, 0);
    fake_outb(vm, 0x64, 0xD1); /* output port: its bit 0 is the reset line */
    fake_outb(vm, 0x60, 0xFE);
    assert_int_equal(fake.writes, 0);
    fake_outb(vm, 0x60, 0xED);
    assert_int_equal(fake.last_port, 0x60);
    assert_int_equal(fake.last_value, 0xED);
    fake_outb(vm, 0x64, 0xAE);
    assert_int_equal(fake.last_port, 0x64);
    fake.port[0x60] = 0x1C;
    assert_int_equal(fake_inb(vm, 0x60), 0x1C);
}

static void test_smi_and_tco(void **state)
{
    uint64_t value = 0xFFFFFFFF;

    (void)state;
    start();
    fake_outb(vm, 0xB2, 0x80);
    outw(0xB2, 0x0002);
    fake_outb(vm, 0xB3, 0x01);
    assert_true(fake_pio(vm, 0x630, 4, true, &value)); /* SMI enables */
    assert_true(fake_pio(vm, 0x668, 2, true, &value)); /* TCO control */
    assert_true(fake_pio(vm, 0x660, 2, true, &value)); /* TCO reload */
    assert_int_equal(fake.writes, 0);
    assert_non_null(strstr(fake.log, "to port 0xb2 ignored"));
    assert_non_null(strstr(fake.log, "0x668 ignored"));
    fake_outb(vm, 0xB2, 0x02); /* ACPI mode on */
    assert_int_equal(fake.last_port, 0xB2);
    fake.port[0x668] = 0x08;
    assert_true(fake_pio(vm, 0x668, 2, false, &value));
    assert_int_equal(value, 0x08);
    expect_nothing();
}

static void test_reset_register_in_memory(void **state)
{
    (void)state;
    start();
    vm->pio_count = 0;
    acpi_info.reset_space = 0;
    acpi_info.reset_address = 0x3010;
    power_init(vm);
    fake.writes = 0;
    fake_write32(vm, 0x3010, 1);
    expect(BN_HV_END_RESET);
    fake_write32(vm, 0x3020, 0x77); /* the rest of the page goes through */
    assert_int_equal(fake.ram[0x3020], 0x77);
    assert_int_equal(fake_read32(vm, 0x3020), 0x77);
}

static void test_machine_off(void **state)
{
    (void)state;
    start();
    power_off_machine();
    assert_int_equal(fake.port[0x605], 0x34);
    assert_int_equal(fake.last_port, 0x6F4);
    assert_int_equal(fake.last_value, 0x2000 | 6 << 10 | 1);
}

/* The probe for an 8259 finds none, and nothing of it or of the 8254 reaches the machine's. */
static void test_legacy_devices_are_absent(void **state)
{
    (void)state;
    start();
    legacy_init(vm);
    fake_outb(vm, 0xA1, 0xFF);
    fake_outb(vm, 0x21, 0xFB);
    assert_int_equal(fake_inb(vm, 0x21), 0xFF);
    fake_outb(vm, 0x43, 0x30);
    assert_int_equal(fake_inb(vm, 0x40), 0xFF);
    assert_int_equal(fake_inb(vm, 0x61), 0); /* no reason for an NMI */
    assert_int_equal(fake.writes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pm1),
        cmocka_unit_test(test_reset_ports),
        cmocka_unit_test(test_i8042_passes_the_rest),
        cmocka_unit_test(test_smi_and_tco),
        cmocka_unit_test(test_reset_register_in_memory),
        cmocka_unit_test(test_machine_off),
        cmocka_unit_test(test_legacy_devices_are_absent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
