/* SPDX-License-Identifier: BSD-3-Clause */
/* Which functions cannot be separated, by the topology and the access control services of each. */
#include "dev_fake.h"

#include <linux/pci_regs.h>

#include "hv/acpi.h"
#include "hv/host.h"
#include "hv/pci.h"

#define EXPRESS 0x60u
#define ACS     0x140u
#define ALL     0x1Fu /* SV, TB, RR, CR, UF: translation blocking is not wanted */
#define WANTED  0x1Du

enum { CONVENTIONAL = -1 };

/* A function with its express type and what its access control services can; can 0: has none. */
static struct fake_pci *add(uint16_t bdf, int type, uint16_t can)
{
    struct fake_pci *device = fake_add_pci(bdf, 0x8086, 0x1234, 0x0200);

    if (type != CONVENTIONAL) {
        fake_pci_set(device, 4, (uint32_t)PCI_STATUS_CAP_LIST << 16);
        device->config[PCI_CAPABILITY_LIST] = EXPRESS;
        fake_pci_set(device, EXPRESS, (uint32_t)type << 20 | PCI_CAP_ID_EXP);
    }
    if (can) { /* behind another extended capability */
        fake_pci_set(device, 0x100, ACS << 20 | 0x10001);
        fake_pci_set(device, ACS, 0x10000 | PCI_EXT_CAP_ID_ACS);
        fake_pci_set(device, ACS + PCI_ACS_CAP, can);
    }
    return device;
}

static void bridge(uint16_t bdf, int type, uint16_t can, uint8_t bus, uint8_t last)
{
    struct fake_pci *device = add(bdf, type, can);

    device->config[PCI_HEADER_TYPE] = 1;
    fake_pci_set(device, 0x18, (uint32_t)last << 16 | (uint32_t)bus << 8 | bdf >> 8);
}

static void several(uint16_t bdf, int type, uint16_t can)
{
    add(bdf, type, can)->config[PCI_HEADER_TYPE] |= PCI_HEADER_TYPE_MFD;
    add(bdf + 1, type, can);
}

static void start(void)
{
    fake_vm(1);
    add(PCI_BDF(0, 0, 0), CONVENTIONAL, 0);
}

static void look(void)
{
    pci_init(FAKE_ECAM, 0, 255);
    pci_groups_init();
}

static bool together(uint16_t a, uint16_t b)
{
    return pci_group(a) == pci_group(b);
}

static void test_root_bus(void **state)
{
    (void)state;
    start();
    add(PCI_BDF(0, 2, 0), CONVENTIONAL, 0);
    several(PCI_BDF(0, 3, 0), CONVENTIONAL, 0);
    several(PCI_BDF(0, 4, 0), PCI_EXP_TYPE_RC_END, ALL);
    several(PCI_BDF(0, 5, 0), PCI_EXP_TYPE_RC_END, 0);
    add(PCI_BDF(0, 6, 0), PCI_EXP_TYPE_RC_END, 0);
    several(PCI_BDF(0, 7, 0), PCI_EXP_TYPE_RC_END, ALL);
    add(PCI_BDF(0, 7, 2), PCI_EXP_TYPE_RC_END, 0); /* reaches the others, whatever they do */
    look();
    assert_true(together(PCI_BDF(0, 7, 0), PCI_BDF(0, 7, 1)));
    assert_true(together(PCI_BDF(0, 7, 0), PCI_BDF(0, 7, 2)));
    assert_false(together(PCI_BDF(0, 0, 0), PCI_BDF(0, 2, 0)));
    assert_false(together(PCI_BDF(0, 2, 0), PCI_BDF(0, 3, 0)));
    assert_true(together(PCI_BDF(0, 3, 0), PCI_BDF(0, 3, 1)));
    assert_false(together(PCI_BDF(0, 4, 0), PCI_BDF(0, 4, 1)));
    assert_true(together(PCI_BDF(0, 5, 0), PCI_BDF(0, 5, 1)));
    assert_false(together(PCI_BDF(0, 5, 0), PCI_BDF(0, 6, 0)));
    assert_int_equal(pci_parent(PCI_BDF(0, 6, 0)), 0);
}

/* Two ports in a slot, each with a function behind it. */
static void two_ports(uint16_t can)
{
    start();
    bridge(PCI_BDF(0, 5, 0), PCI_EXP_TYPE_ROOT_PORT, can, 1, 1);
    bridge(PCI_BDF(0, 5, 1), PCI_EXP_TYPE_ROOT_PORT, can, 2, 2);
    fake.pci[1].config[PCI_HEADER_TYPE] |= PCI_HEADER_TYPE_MFD;
    several(PCI_BDF(1, 0, 0), PCI_EXP_TYPE_ENDPOINT, 0);
    several(PCI_BDF(2, 0, 0), PCI_EXP_TYPE_ENDPOINT, ALL);
    look();
}

static void test_root_ports(void **state)
{
    (void)state;
    two_ports(ALL);
    assert_int_equal(pci_parent(PCI_BDF(2, 0, 1)), PCI_BDF(0, 5, 1));
    assert_int_equal(pci_acs(PCI_BDF(0, 5, 0)), ACS);
    assert_int_equal(fake_pci_get(&fake.pci[1], ACS + PCI_ACS_CAP), WANTED << 16 | ALL);
    assert_true(together(PCI_BDF(1, 0, 0), PCI_BDF(1, 0, 1)));
    assert_false(together(PCI_BDF(2, 0, 0), PCI_BDF(2, 0, 1)));
    assert_false(together(PCI_BDF(1, 0, 0), PCI_BDF(2, 0, 0)));
    assert_false(together(PCI_BDF(1, 0, 0), PCI_BDF(0, 5, 0)));
    assert_true(pci_speaks_for_itself(PCI_BDF(1, 0, 0)));
    fake_pci_set(&fake.pci[1], ACS + PCI_ACS_CAP,
                 (WANTED & ~4u) << 16 | ALL); /* without redirect */
    assert_true(together(PCI_BDF(1, 0, 0), PCI_BDF(0, 5, 0)));
    assert_true(
        together(PCI_BDF(1, 0, 0), PCI_BDF(2, 0, 0))); /* it reaches what is behind the other */
    two_ports(0x8); /* what a port has no bit for it does always */
    assert_false(together(PCI_BDF(1, 0, 0), PCI_BDF(2, 0, 0)));
    two_ports(0);
    assert_true(together(PCI_BDF(1, 0, 0), PCI_BDF(2, 0, 1)));
    assert_int_equal(pci_acs(PCI_BDF(0, 5, 0)), 0);
}

/* 0:5.0 - 1:0.0 up - 2:0.0 and 2:1.0 down - 3:0.0 and 4:0.0 */
static void a_switch(uint16_t root, uint16_t down)
{
    start();
    bridge(PCI_BDF(0, 5, 0), PCI_EXP_TYPE_ROOT_PORT, root, 1, 4);
    bridge(PCI_BDF(1, 0, 0), PCI_EXP_TYPE_UPSTREAM, 0, 2, 4);
    bridge(PCI_BDF(2, 0, 0), PCI_EXP_TYPE_DOWNSTREAM, down, 3, 3);
    bridge(PCI_BDF(2, 1, 0), PCI_EXP_TYPE_DOWNSTREAM, down, 4, 4);
    add(PCI_BDF(3, 0, 0), PCI_EXP_TYPE_ENDPOINT, 0);
    add(PCI_BDF(4, 0, 0), PCI_EXP_TYPE_ENDPOINT, 0);
    look();
}

static void test_switches(void **state)
{
    (void)state;
    a_switch(ALL, ALL);
    assert_false(together(PCI_BDF(3, 0, 0), PCI_BDF(4, 0, 0)));
    a_switch(ALL, 0); /* it passes requests on inside */
    assert_true(together(PCI_BDF(3, 0, 0), PCI_BDF(4, 0, 0)));
    assert_false(together(PCI_BDF(3, 0, 0), PCI_BDF(0, 5, 0)));
    a_switch(0, ALL);
    assert_true(together(PCI_BDF(3, 0, 0), PCI_BDF(4, 0, 0)));
    assert_true(together(PCI_BDF(3, 0, 0), PCI_BDF(0, 5, 0)));
}

static void test_conventional_bus(void **state)
{
    (void)state;
    start();
    bridge(PCI_BDF(0, 5, 0), PCI_EXP_TYPE_ROOT_PORT, ALL, 1, 2);
    bridge(PCI_BDF(1, 0, 0), PCI_EXP_TYPE_PCI_BRIDGE, 0, 2, 2);
    add(PCI_BDF(2, 1, 0), CONVENTIONAL, 0);
    add(PCI_BDF(2, 2, 0), CONVENTIONAL, 0);
    bridge(PCI_BDF(0, 6, 0), CONVENTIONAL, 0, 3, 3);
    add(PCI_BDF(3, 1, 0), CONVENTIONAL, 0);
    add(PCI_BDF(0, 7, 0), CONVENTIONAL, 0);
    look();
    assert_true(together(PCI_BDF(2, 1, 0), PCI_BDF(2, 2, 0)));
    assert_false(together(PCI_BDF(2, 1, 0), PCI_BDF(3, 1, 0)));
    assert_false(pci_speaks_for_itself(PCI_BDF(2, 1, 0)));
    assert_false(pci_speaks_for_itself(PCI_BDF(3, 1, 0)));
    assert_true(pci_speaks_for_itself(PCI_BDF(0, 7, 0)));
}

/* What is switched on stays on, whatever the service VM writes; the rest of the space is its own.
 */
static void test_service_vm_cannot_switch_off(void **state)
{
    static struct vpci pci;
    const uint64_t port = FAKE_ECAM + (PCI_BDF(0, 5, 0) << 12);

    (void)state;
    start();
    bridge(PCI_BDF(0, 5, 0), PCI_EXP_TYPE_ROOT_PORT, ALL, 1, 1);
    look();
    acpi_info.ecam_base = FAKE_ECAM;
    acpi_info.ecam_last_bus = 255;
    vpci_init(&pci, &vms[0]);
    fake_write32(&vms[0], port + ACS + PCI_ACS_CAP, 0);
    assert_int_equal(fake_read32(&vms[0], port + ACS + PCI_ACS_CAP), WANTED << 16 | ALL);
    fake_write32(&vms[0], port + ACS + PCI_ACS_EGRESS_CTL_V, 5);
    assert_int_equal(fake_read32(&vms[0], port + ACS + PCI_ACS_EGRESS_CTL_V), 5);
    acpi_info.ecam_base = 0;
}

/* A function without a reset of its own: its bus, if nobody else is there. */
static void test_bus_reset(void **state)
{
    (void)state;
    start();
    bridge(PCI_BDF(0, 5, 0), PCI_EXP_TYPE_ROOT_PORT, ALL, 1, 1);
    bridge(PCI_BDF(0, 6, 0), PCI_EXP_TYPE_ROOT_PORT, ALL, 2, 2);
    add(PCI_BDF(1, 0, 0), PCI_EXP_TYPE_ENDPOINT, 0)->config[0x3C] = 11;
    several(PCI_BDF(2, 0, 0), PCI_EXP_TYPE_ENDPOINT, 0);
    look();
    assert_true(pci_reset(PCI_BDF(1, 0, 0)));
    assert_int_equal(fake.pci[1].resets, 1);
    assert_int_equal(fake.pci[1].config[0x3E] & 0x40, 0); /* and over */
    assert_int_equal(fake.pci[3].config[0x3C], 11);
    assert_false(pci_reset(PCI_BDF(2, 0, 0)));
    assert_int_equal(fake.pci[2].resets, 0);
    assert_false(pci_reset(PCI_BDF(0, 0, 0)));
}

/* Lists that do not end, or lead nowhere. */
static void test_broken_lists(void **state)
{
    struct fake_pci *device;

    (void)state;
    start();
    device = add(PCI_BDF(0, 2, 0), PCI_EXP_TYPE_RC_END, 0);
    fake_pci_set(device, 0x100, 0x100u << 20 | 0x10001);
    look();
    assert_int_equal(pci_acs(PCI_BDF(0, 2, 0)), 0);
    assert_int_equal(pci_acs(PCI_BDF(0, 9, 0)), 0);
    pci_init(0, 0, 0); /* by the ports there are 256 bytes of each */
    assert_int_equal(pci_acs(PCI_BDF(0, 2, 0)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_root_bus),
        cmocka_unit_test(test_root_ports),
        cmocka_unit_test(test_switches),
        cmocka_unit_test(test_conventional_bus),
        cmocka_unit_test(test_bus_reset),
        cmocka_unit_test(test_broken_lists),
        cmocka_unit_test(test_service_vm_cannot_switch_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
