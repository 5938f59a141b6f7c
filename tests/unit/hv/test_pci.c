/* SPDX-License-Identifier: BSD-3-Clause */
/* The configuration space filter: hidden functions, BARs over others' memory, chipset, display
 * shadow. */
#include "dev_fake.h"

#include "hv/pci.h"

#define HOST_BRIDGE PCI_BDF(0, 0, 0)
#define NIC         PCI_BDF(0, 2, 0)
#define CARD        PCI_BDF(0, 3, 0)
#define DISPLAY     PCI_BDF(0, 4, 0)
#define PORT        PCI_BDF(0, 5, 0)
#define ISA_BRIDGE  PCI_BDF(0, 31, 0)

static struct vpci pci;
static struct vm *vm;

static struct fake_pci *nic, *card, *display;

static void start(void)
{
    vm = fake_vm(2);
    fake_add_pci(HOST_BRIDGE, 0x8086, 0x29C0, 0x0600);
    nic = fake_add_pci(NIC, 0x8086, 0x10D3, 0x0200);
    nic->bar_bytes[0] = 0x20000;
    fake_pci_set(nic, 0x10, 0xC0000000);
    fake_pci_set(nic, 4, 2);
    card = fake_add_pci(CARD, 0x1B36, 7, 0x0805);
    card->bar_bytes[0] = 0x1000;
    fake_pci_set(card, 0x10, 0xC0040000);
    display = fake_add_pci(DISPLAY, 0x1AF4, 0x1050, 0x0300);
    display->bar_bytes[0] = 0x800000;
    fake_pci_set(display, 0x10, 0xC1000000);
    fake_pci_set(display, 4, 7);
    fake_add_pci(ISA_BRIDGE, 0x8086, 0x2918, 0x0601);
    pci_init(0, 0, 0);
    vpci_init(&pci, vm);
    vpci_hide(&pci, CARD);
    vpci_forbid(&pci, 0x10000000, 0x10000000);
}

static void test_hidden_and_absent(void **state)
{
    uint64_t value;

    (void)state;
    start();
    assert_int_equal(fake_cfg(vm, NIC, 0, 4), 0x10D38086);
    assert_int_equal(fake_cfg(vm, NIC, 2, 2), 0x10D3);
    assert_int_equal(fake_cfg(vm, CARD, 0, 4), 0xFFFFFFFF);
    fake_cfg_write(vm, CARD, 4, 2, 7);
    assert_int_equal(fake_pci_get(card, 4), 0);
    assert_int_equal(fake_cfg(vm, PCI_BDF(0, 20, 0), 0, 4), 0xFFFFFFFF);
    value = 0; /* not enabled */
    assert_true(fake_pio(vm, 0xCF8, 4, true, &value));
    assert_true(fake_pio(vm, 0xCFC, 4, false, &value));
    assert_int_equal((uint32_t)value, 0xFFFFFFFF);
    value = 0x80000000u | NIC << 8; /* crossing a register */
    assert_true(fake_pio(vm, 0xCF8, 4, true, &value));
    assert_true(fake_pio(vm, 0xCFD, 4, false, &value));
    assert_int_equal((uint32_t)value, 0xFFFFFFFF);
}

static void test_bar_moves(void **state)
{
    (void)state;
    start();
    fake_cfg_write(vm, NIC, 0x10, 4, 0xFFFFFFFF); /* sizing passes */
    assert_int_equal(fake_cfg(vm, NIC, 0x10, 4), 0xFFFE0000);
    fake_cfg_write(vm, NIC, 0x10, 4, 0xC0100000);
    assert_int_equal(fake_pci_get(nic, 0x10), 0xC0100000);
    fake_cfg_write(vm, NIC, 0x10, 4, 0x12340000); /* the cluster's memory */
    assert_int_equal(fake_pci_get(nic, 0x10), 0xC0100000);
    assert_non_null(strstr(fake.log, "refused"));
    fake_cfg_write(vm, NIC, 0x12, 2, 0xC004); /* the card's registers, by halves */
    assert_int_equal(fake_pci_get(nic, 0x10), 0xC0100000);
    fake_cfg_write(vm, NIC, 4, 2, 0); /* without decoding the address does not matter, */
    fake_cfg_write(vm, NIC, 0x10, 4, 0x12340000);
    assert_int_equal(fake_pci_get(nic, 0x10), 0x12340000);
    fake_cfg_write(vm, NIC, 4, 2, 6); /* but decoding cannot be turned on there */
    assert_int_equal(fake_pci_get(nic, 4) & 0xFFFF, 4);
    fake_cfg_write(vm, NIC, 0x10, 4, 0xC0200000);
    fake_cfg_write(vm, NIC, 4, 2, 6);
    assert_int_equal(fake_pci_get(nic, 4) & 0xFFFF, 6);
}

static void test_chipset(void **state)
{
    (void)state;
    start();
    fake_cfg_write(vm, HOST_BRIDGE, 0x10, 4, 0xFFFFFFFF); /* sizing: refused without a word */
    fake_cfg_write(vm, HOST_BRIDGE, 4, 2, 0);
    assert_int_equal(fake_cfg(vm, HOST_BRIDGE, 0x10, 4), 0);
    assert_null(strstr(fake.log, "ignored"));
    fake_cfg_write(vm, HOST_BRIDGE, 0x60, 4, 0xF0000001);
    assert_non_null(strstr(fake.log, "ignored"));
    assert_int_equal(fake_cfg(vm, HOST_BRIDGE, 0x60, 4), 0);
    fake_cfg_write(vm, ISA_BRIDGE, 0x40, 4, 0x701); /* the base of the power registers */
    assert_int_equal(fake_cfg(vm, ISA_BRIDGE, 0x40, 4), 0);
    fake_cfg_write(vm, ISA_BRIDGE, 0x60, 1, 0x0A); /* interrupt routing is Linux's business */
    assert_int_equal(fake_cfg(vm, ISA_BRIDGE, 0x60, 1), 0x0A);
}

static void test_bridge_to_hidden(void **state)
{
    struct fake_pci *port;

    (void)state;
    start();
    port = fake_add_pci(PORT, 0x1B36, 12, 0x0604);
    port->config[0x0E] = 1;
    port->config[0x19] = 1;
    port->config[0x1A] = 2;
    fake_cfg_write(vm, PORT, 0x3E, 1, 0x40);
    assert_int_equal(port->config[0x3E], 0x40);
    port->config[0x3E] = 0;
    vpci_hide(&pci, PCI_BDF(2, 0, 0));
    fake_cfg_write(vm, PORT, 0x3E, 1, 0x40); /* a bus reset would hit another VM's device */
    assert_int_equal(port->config[0x3E], 0);
}

static void test_display_shadow(void **state)
{
    (void)state;
    start();
    assert_int_equal(fake_pci_get(display, 0x10), 0xC1000000);
    assert_int_equal(fake_pci_get(display, 4) & 0xFFFF, 7);
    display->config[6] = 0x10;
    display->config[0x34] = 0x40;
    display->config[0x40] = 1; /* power management */
    display->config[0x41] = 0x50;
    display->config[0x50] = 0x10; /* PCI Express */
    fake_cfg_write(vm, DISPLAY, 4, 2, 4);
    assert_int_equal(fake_cfg(vm, DISPLAY, 4, 2), 4);
    assert_int_equal(fake_pci_get(display, 4) & 0xFFFF, 7); /* still decodes */
    fake_cfg_write(vm, DISPLAY, 0x10, 4, 0xFFFFFFFF);
    assert_int_equal(fake_cfg(vm, DISPLAY, 0x10, 4), 0xFF800000);
    fake_cfg_write(vm, DISPLAY, 0x10, 4, 0xC1000000);
    assert_int_equal(fake_cfg(vm, DISPLAY, 0x10, 4), 0xC1000000);
    assert_int_equal(fake_pci_get(display, 0x10), 0xC1000000);
    fake_cfg_write(vm, DISPLAY, 0x14, 4, 0xFFFFFFFF); /* no such BAR */
    assert_int_equal(fake_cfg(vm, DISPLAY, 0x14, 4), 0);
    fake_cfg_write(vm, DISPLAY, 4, 2, 3); /* bus mastering is the guest's */
    assert_int_equal(fake_pci_get(display, 4) & 0xFFFF, 3);
    assert_int_equal(fake_cfg(vm, DISPLAY, 4, 2), 3);
    fake_cfg_write(vm, DISPLAY, 0x44, 2, 3); /* D3 */
    assert_int_equal(display->config[0x44], 0);
    fake_cfg_write(vm, DISPLAY, 0x58, 2, 0x8010); /* function level reset */
    assert_int_equal(fake_pci_get(display, 0x58) & 0xFFFF, 0x10);
    fake_cfg_write(vm, DISPLAY, 0x59, 1, 0x80);
    assert_int_equal(display->config[0x59], 0);
}

static void test_hidden_registers_in_memory(void **state)
{
    (void)state;
    start();
    assert_int_equal(fake_read32(vm, 0xC0040010), 0xFFFFFFFF);
    fake_write32(vm, 0xC0040010, 1);
    assert_non_null(strstr(fake.log, "denied: write of 0xc0040010, PCI 00:03.0"));
}

static void test_cf9_is_not_configuration(void **state)
{
    (void)state;
    start();
    fake_outb(vm, 0xCF9, 0x02);
    assert_int_equal(fake.power_asked, -1);
    fake_outb(vm, 0xCF9, 0x06);
    assert_int_equal(fake.power_asked, BN_HV_END_RESET);
    assert_int_equal(fake.port[0xCF9], 0);
}

/* Capabilities at 40h: power management, MSI, PCI Express, MSI-X; each points at the next. */
static void add_capabilities(struct fake_pci *device, bool flr, bool soft_reset)
{
    device->config[6] = 0x10;
    device->config[0x34] = 0x40;
    fake_pci_set(device, 0x40, 0x5001);
    fake_pci_set(device, 0x44, soft_reset ? 0 : 8);
    fake_pci_set(device, 0x50, 0x00016005);
    fake_pci_set(device, 0x60, 0x7010);
    fake_pci_set(device, 0x64, flr ? 1u << 28 : 0);
    fake_pci_set(device, 0x70, 0x80070011);
}

static void test_devices_of_a_dead_vm(void **state)
{
    struct fake_pci *usb, *bridge;

    (void)state;
    start();
    usb = fake_add_pci(PCI_BDF(0, 6, 0), 0x8086, 0x1234, 0x0C03);
    bridge = fake_add_pci(PCI_BDF(0, 7, 0), 0x8086, 0x3420, 0x0604);
    bridge->config[0xE] = 1;
    fake_pci_set(bridge, 4, 7);
    fake_pci_set(bridge, 0x18, 0x00010100);
    add_capabilities(nic, true, false);
    add_capabilities(usb, false, true);
    add_capabilities(display, true, true);
    add_capabilities(card, true, true);
    nic->config[0x3C] = 11;
    fake_pci_set(nic, 4, 7 | 0x10u << 16);
    fake_pci_set(usb, 4, 6 | 0x10u << 16);
    fake_pci_set(display, 4, 7 | 0x10u << 16);
    fake_pci_set(card, 4, 7 | 0x10u << 16);
    fake.tsc = 0;

    vpci_stop_devices(&pci);
    assert_int_equal(fake_pci_get(nic, 4) & 0xFFFF, 0x403); /* decodes as before, no DMA, no line */
    assert_int_equal(fake_pci_get(nic, 0x50) >> 16, 0);
    assert_int_equal(fake_pci_get(nic, 0x70) >> 16, 7);
    assert_int_equal(fake_pci_get(nic, 0x68), 0x8000); /* FLR */
    assert_int_equal(fake_pci_get(nic, 0x10), 0xC0000000);
    assert_int_equal(nic->config[0x3C], 11);
    assert_int_equal(fake_pci_get(usb, 4) & 0xFFFF, 0x402);
    assert_int_equal(fake_pci_get(usb, 0x44), 0); /* through D3 and back */
    assert_int_equal(fake_pci_get(display, 4) & 0xFFFF, 0x403);
    assert_int_equal(fake_pci_get(display, 0x68), 0);    /* never reset */
    assert_int_equal(fake_pci_get(card, 4) & 0xFFFF, 7); /* another VM's */
    assert_int_equal(fake_pci_get(card, 0x68), 0);
    assert_int_equal(fake_pci_get(bridge, 4) & 0xFFFF, 0x403);
    assert_true(fake.tsc >= 110000000);
    assert_non_null(strstr(fake.log, "devices: 4 stopped, 2 of them reset"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hidden_and_absent),
        cmocka_unit_test(test_bar_moves),
        cmocka_unit_test(test_chipset),
        cmocka_unit_test(test_bridge_to_hidden),
        cmocka_unit_test(test_display_shadow),
        cmocka_unit_test(test_hidden_registers_in_memory),
        cmocka_unit_test(test_cf9_is_not_configuration),
        cmocka_unit_test(test_devices_of_a_dead_vm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
