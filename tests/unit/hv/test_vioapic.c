/* SPDX-License-Identifier: BSD-3-Clause */
/* The virtual I/O APIC through its page: entries, edges, levels, remote IRR, EOI. */
#include "dev_fake.h"

#include "hv/vioapic.h"

static struct vioapic ioapic;
static struct vm *vm;
static unsigned changes, eois;

static void count_change(struct vioapic *chip, unsigned pin)
{
    (void)chip;
    (void)pin;
    changes++;
}

static void count_eoi(struct vioapic *chip, unsigned pin)
{
    eois++;
    vioapic_set_line(chip, pin, false);
}

static void set(unsigned index, uint32_t value)
{
    fake_write32(vm, VIOAPIC_BASE, index);
    fake_write32(vm, VIOAPIC_BASE + 0x10, value);
}

static uint32_t get(unsigned index)
{
    fake_write32(vm, VIOAPIC_BASE, index);
    return fake_read32(vm, VIOAPIC_BASE + 0x10);
}

static void start(unsigned vcpus)
{
    vm = fake_vm(vcpus);
    changes = eois = 0;
    vioapic_init(&ioapic, vm);
}

static bool take(unsigned vcpu, uint8_t vector)
{
    struct vlapic *lapic = &vm->vcpu[vcpu].lapic;
    bool pending = vlapic_pending(lapic) == vector;

    if (pending)
        vlapic_accept(lapic, vector);
    return pending;
}

static void end(unsigned vcpu)
{
    uint64_t zero = 0;

    fake_apic(&vm->vcpu[vcpu], 0xB0, 4, true, &zero);
}

static void test_registers(void **state)
{
    (void)state;
    start(1);
    assert_int_equal(get(1), 0x00170020);
    set(0, 0xFFFFFFFF);
    assert_int_equal(get(0), 0x0F000000);
    assert_int_equal(get(0x10), 0x10000);
    set(0x10, 0xFFFFFFFF);
    assert_int_equal(get(0x10), 0x1AFFF); /* status and remote IRR are read-only */
    set(0x11, 0xFFFFFFFF);
    assert_int_equal(get(0x11), 0xFF000000);
    set(0x40, 1); /* beyond the last pin */
    assert_int_equal(get(0x40), 0);
    set(0xFF, 1);
    assert_int_equal(get(0xFF), 0);
}

static void test_edge(void **state)
{
    (void)state;
    start(2);
    set(0x10 + 2 * 4 + 1, 1u << 24);
    set(0x10 + 2 * 4, 0x44);
    vioapic_set_line(vm->ioapic, 4, true);
    assert_true(take(1, 0x44));
    vioapic_set_line(vm->ioapic, 4, true); /* no new edge */
    assert_false(take(1, 0x44));
    end(1);
    vioapic_set_line(vm->ioapic, 4, false);
    vioapic_set_line(vm->ioapic, 4, true);
    assert_true(take(1, 0x44));
    end(1);
    set(0x10 + 2 * 4, 0x10044); /* masked: an edge is lost */
    vioapic_set_line(vm->ioapic, 4, false);
    vioapic_set_line(vm->ioapic, 4, true);
    set(0x10 + 2 * 4, 0x44);
    assert_false(take(1, 0x44));
}

static void test_level(void **state)
{
    (void)state;
    start(1);
    set(0x10 + 2 * 17, 0x8000 | 0x51);
    assert_int_equal(vm_set_irqline(vm, 17, true), BN_OK);
    assert_true(take(0, 0x51));
    assert_int_equal(get(0x10 + 2 * 17), 0xC051);
    assert_int_equal(vm_set_irqline(vm, 17, true), BN_OK);
    assert_false(take(0, 0x51)); /* not before the EOI */
    end(0);
    assert_true(take(0, 0x51)); /* still asserted */
    assert_int_equal(vm_set_irqline(vm, 17, false), BN_OK);
    end(0);
    assert_false(take(0, 0x51));
    assert_int_equal(get(0x10 + 2 * 17), 0x8051);
    assert_int_equal(vm_set_irqline(vm, 24, true), BN_EINVAL);
    set(0x10 + 2 * 17, 0x18051);
    assert_int_equal(vm_set_irqline(vm, 17, true), BN_OK);
    assert_false(take(0, 0x51));
    set(0x10 + 2 * 17, 0x8051); /* unmasked while asserted */
    assert_true(take(0, 0x51));
    set(0x10 + 2 * 17, 0x10051); /* to edge and back clears remote IRR */
    assert_int_equal(vm_set_irqline(vm, 17, false), BN_OK);
    set(0x10 + 2 * 17, 0x8051);
    assert_int_equal(get(0x10 + 2 * 17), 0x8051);
}

static void test_eoi_register_and_hooks(void **state)
{
    (void)state;
    start(1);
    ioapic.pin_changed = count_change;
    ioapic.pin_eoi = count_eoi;
    set(0x10 + 2 * 3, 0x8000 | 0x60);
    assert_int_equal(changes, 1);
    vioapic_set_line(&ioapic, 3, true);
    assert_true(take(0, 0x60));
    fake_write32(vm, VIOAPIC_BASE + 0x40, 0x61);
    assert_int_equal(eois, 0);
    fake_write32(vm, VIOAPIC_BASE + 0x40, 0x60);
    assert_int_equal(eois, 1);
    assert_int_equal(get(0x10 + 2 * 3), 0x8060);
    assert_int_equal(ioapic.lines, 0); /* lowered by the hook before it was looked at again */
    vioapic_reset(&ioapic);
    assert_int_equal(changes, 1 + VIOAPIC_PINS);
}

static void test_modes(void **state)
{
    (void)state;
    start(1);
    set(0x10, 0x400); /* NMI */
    vioapic_set_line(&ioapic, 0, true);
    assert_int_equal(fake.requests[0], VCPU_REQ_NMI);
    fake.requests[0] = 0;
    set(0x12, 0x530); /* INIT is not for lines */
    vioapic_set_line(&ioapic, 1, true);
    assert_int_equal(fake.requests[0], 0);
    vioapic_set_line(&ioapic, 77, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_registers), cmocka_unit_test(test_edge),
        cmocka_unit_test(test_level),     cmocka_unit_test(test_eoi_register_and_hooks),
        cmocka_unit_test(test_modes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
