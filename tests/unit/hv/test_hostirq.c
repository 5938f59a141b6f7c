/* SPDX-License-Identifier: BSD-3-Clause */
/* Physical interrupt lines: direct ones, and level and edge lines that the service VM's I/O APIC
 * follows. */
#include "dev_fake.h"

#include "hv/host.h"
#include "hv/vioapic.h"

static struct vioapic ioapic;
static struct vm *vm;

static void start(void)
{
    static const struct acpi_info info = {
        .ioapic_count = 1,
        .ioapic = {{.base = 0xFEC00000, .source = 0xF0F8}},
        .override_count = 3,
        .override = {{0, 2, 0}, {9, 9, 0xF}, {12, 24, 0}},
    };

    vm = fake_vm(2);
    acpi_info = info;
    vioapic_init(&ioapic, vm);
    hostirq_init();
    hostirq_forward(&ioapic, 1u << 4 | 1u << 2);
}

static void guest_entry(unsigned pin, uint64_t rte)
{
    fake_write32(vm, VIOAPIC_BASE, 0x11 + 2 * pin);
    fake_write32(vm, VIOAPIC_BASE + 0x10, (uint32_t)(rte >> 32));
    fake_write32(vm, VIOAPIC_BASE, 0x10 + 2 * pin);
    fake_write32(vm, VIOAPIC_BASE + 0x10, (uint32_t)rte);
}

static uint32_t machine(unsigned pin)
{
    return fake.ioapic[0x10 + 2 * pin];
}

static void guest_eoi(unsigned vcpu)
{
    uint64_t zero = 0;

    fake_apic(&vm->vcpu[vcpu], 0xB0, 4, true, &zero);
}

static void test_direct(void **state)
{
    (void)state;
    start();
    for (unsigned pin = 0; pin < 24; pin++)
        assert_int_equal(machine(pin), 0x10000);
    assert_int_equal(fake.port[0x21], 0xFF);
    assert_int_equal(hostirq_route_isa(0, 1, 0x41), BN_OK);
    assert_int_equal(machine(0), 0x10000);
    assert_int_equal(machine(2), 0x41);
    assert_int_equal(hostirq_route_isa(9, 1, 0x42), BN_OK);
    assert_int_equal(machine(9), RTE_LEVEL | RTE_LOW | 0x42);
    assert_int_equal(hostirq_route_isa(3, 1, 0x40), BN_OK);
    assert_int_equal(machine(3), 0x40);
    assert_int_equal(fake.ioapic[0x17], 1u << 24);
    assert_int_equal(hostirq_route_isa(12, 1, 0x40), BN_ENODEV);
    assert_int_equal(hostirq_route_isa(3, 1, 8), BN_EINVAL);
    guest_entry(3, 0x55); /* the guest's programming does not reach it */
    assert_int_equal(machine(3), 0x40);
    guest_entry(4, 0x56); /* nor an emulated pin */
    assert_int_equal(machine(4), 0x10000);
}

static void test_level_line(void **state)
{
    (void)state;
    start();
    guest_entry(17, 1ull << 56 | RTE_LEVEL | RTE_LOW | 0x51);
    assert_int_equal(machine(17), 0xA051);
    assert_int_equal(fake.ioapic[0x11 + 34], 1u << 24);
    assert_false(hostirq_take(&vm->vcpu[0], 0x51)); /* the other CPU's vector: an MSI */
    assert_true(hostirq_take(&vm->vcpu[1], 0x51));
    assert_int_equal(machine(17), 0x1A051); /* masked until the guest is done */
    assert_int_equal(vlapic_pending(&vm->vcpu[1].lapic), 0x51);
    vlapic_accept(&vm->vcpu[1].lapic, 0x51);
    guest_eoi(1);
    assert_int_equal(machine(17), 0xA051);
    assert_int_equal(ioapic.lines, 0);
    assert_int_equal(vlapic_pending(&vm->vcpu[1].lapic), -1);
    assert_false(hostirq_take(&vm->vcpu[1], 0x52));
}

static void test_masked_while_waiting(void **state)
{
    (void)state;
    start();
    guest_entry(17, RTE_LEVEL | 0x51);
    assert_true(hostirq_take(&vm->vcpu[0], 0x51));
    assert_int_equal(vlapic_pending(&vm->vcpu[0].lapic), 0x51);
    vlapic_accept(&vm->vcpu[0].lapic, 0x51);
    guest_entry(17, RTE_LEVEL | RTE_MASKED | 0x51);
    guest_eoi(0);
    assert_int_equal(machine(17) & RTE_MASKED, RTE_MASKED);
    guest_entry(17, RTE_LEVEL | 0x51);
    assert_int_equal(machine(17), 0x8051);
    assert_true(hostirq_take(&vm->vcpu[0], 0x51));
    guest_entry(17, 0x51); /* toggled to edge and back: ended without EOI */
    guest_entry(17, RTE_LEVEL | 0x51);
    assert_int_equal(machine(17), 0x8051);
    assert_int_equal(ioapic.lines, 0);
}

static void test_edge_line(void **state)
{
    (void)state;
    start();
    guest_entry(8, 0x61);
    assert_true(hostirq_take(&vm->vcpu[0], 0x61));
    assert_int_equal(machine(8), 0x61);
    assert_int_equal(vlapic_pending(&vm->vcpu[0].lapic), 0x61);
    vlapic_accept(&vm->vcpu[0].lapic, 0x61);
    guest_eoi(0);
    assert_true(hostirq_take(&vm->vcpu[0], 0x61));
    assert_int_equal(vlapic_pending(&vm->vcpu[0].lapic), 0x61);
}

static void test_hostile_entries_stay_masked(void **state)
{
    static const uint64_t bad[] = {
        0x0E, 0x1F, 0xF4, 0xFF, 0x451, 0x251, 0x551, 0x751, 7ull << 56 | 0x51};

    (void)state;
    start();
    for (size_t i = 0; i < HV_ARRAY_SIZE(bad); i++) {
        guest_entry(10, bad[i]);
        assert_int_equal(machine(10), 0x10000);
    }
    guest_entry(10, 0x51);
    vioapic_reset(&ioapic);
    assert_int_equal(machine(10), 0x10000);
}

/* The VM is built again: what it had under way is gone, and no line interrupts before it asks. */
static void test_vm_starts_again(void **state)
{
    static struct vioapic next;

    (void)state;
    start();
    guest_entry(9, 0x39 | RTE_LEVEL | RTE_LOW);
    guest_entry(10, 0x3A);
    assert_int_equal(hostirq_route_isa(3, 1, 0x40), BN_OK);
    guest_entry(11, 0x400); /* as NMI, which no line of a guest's may be */
    assert_int_equal(machine(11), 0x10000);
    assert_non_null(strstr(fake.log, "denied: I/O APIC pin 11 as 400"));
    assert_true(hostirq_take(&vm->vcpu[0], 0x39)); /* a level line, masked until its EOI */
    hostirq_stop();
    assert_int_equal(machine(9), 0x10000);
    assert_int_equal(machine(10), 0x10000);
    assert_int_equal(machine(3), 0x40); /* somebody else's */
    assert_false(hostirq_take(&vm->vcpu[0], 0x3A));
    guest_eoi(0);
    assert_int_equal(machine(9), 0x10000);

    vm = fake_vm(2);
    fake.ioapic[0x10 + 2 * 11] = 0x3B | 0x8000; /* as the old one had left it */
    vioapic_init(&next, vm);
    hostirq_forward(&next, 1u << 4 | 1u << 2);
    assert_int_equal(machine(11), 0x10000);
    guest_entry(9, 0x49 | RTE_LEVEL | RTE_LOW);
    assert_int_equal(machine(9), 0xA049); /* nothing to wait for */
    assert_true(hostirq_take(&vm->vcpu[0], 0x49));
    assert_int_equal(machine(9), 0x1A049);
    guest_eoi(0);
    assert_int_equal(machine(9), 0x1A049); /* it was never handed out */
}

/* Where messages are remapped the IOMMU's table says where to, and the pin what the table is asked.
 */
static void test_remapped(void **state)
{
    (void)state;
    start();
    fake.remaps = true;
    fake.handles = 5;
    guest_entry(17, 1ull << 56 | RTE_LEVEL | RTE_LOW | 0x51);
    assert_int_equal(fake.handles, 6);
    assert_int_equal(fake.source, 0xF0F8);
    assert_int_equal(fake.route_apic, 1);
    assert_true(fake.route_level);
    assert_int_equal(machine(17), 0xA051);
    assert_int_equal(fake.ioapic[0x11 + 34], 5u << 17 | 1u << 16);
    assert_true(hostirq_take(&vm->vcpu[1], 0x51)); /* found by what the table has */
    assert_int_equal(machine(17), 0x10000);
    assert_int_equal(vlapic_pending(&vm->vcpu[1].lapic), 0x51);
    vlapic_accept(&vm->vcpu[1].lapic, 0x51);
    guest_eoi(1);
    assert_int_equal(machine(17), 0xA051);
    guest_entry(17, RTE_LEVEL | RTE_LOW | 0x52); /* elsewhere, with the same handle */
    assert_int_equal(fake.handles, 6);
    assert_int_equal(fake.route_apic, 0);
    assert_int_equal(fake.ioapic[0x11 + 34], 5u << 17 | 1u << 16);
    assert_int_equal(hostirq_route_isa(3, 1, 0x40), BN_OK);
    assert_int_equal(machine(3), 0x40);
    assert_int_equal(fake.ioapic[0x17], 6u << 17 | 1u << 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_direct),
        cmocka_unit_test(test_level_line),
        cmocka_unit_test(test_masked_while_waiting),
        cmocka_unit_test(test_edge_line),
        cmocka_unit_test(test_remapped),
        cmocka_unit_test(test_hostile_entries_stay_masked),
        cmocka_unit_test(test_vm_starts_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
