/* SPDX-License-Identifier: BSD-3-Clause */
/* Functions that change hands: which may, what each owner sees and reaches of them, what is left
 * behind. */
#include "dev_fake.h"

#include "hv/host.h"
#include "hv/passthrough.h"
#include "hv/pci.h"
#include "hv/vmsi.h"

#define NIC     PCI_BDF(0, 2, 0)
#define TWO     PCI_BDF(0, 3, 0) /* two functions in a slot */
#define PORT    PCI_BDF(0, 5, 0)
#define BEHIND  PCI_BDF(1, 0, 0)
#define DISPLAY PCI_BDF(0, 6, 0)
#define STIFF   PCI_BDF(0, 7, 0) /* cannot be reset */
#define TINY    PCI_BDF(0, 8, 0)
#define BAR     0x20000u
#define SIZE    0x4000u
#define PLACE   0x28u
#define GUEST   0xC0100000u
#define EXPRESS 0x60u
#define MSIX    0x70u

static struct vpci pci;
static struct vm *service, *ivi, *cluster;
static struct bn_scenario_vm cluster_config;
static const struct bn_scenario_vm ivi_config = {.name = "ivi", .kind = BN_VM_POSTLAUNCHED};
static struct fake_pci *nic;

static struct fake_pci *card(uint16_t bdf, uint32_t base, uint32_t bytes, bool flr)
{
    struct fake_pci *device = fake_add_pci(bdf, 0x8086, 0x10C9, 0x0200);

    device->bar_bytes[0] = bytes;
    fake_pci_set(device, 0x10, base);
    fake_pci_set(device, 4, 7 | 0x10u << 16);
    device->config[0x34] = EXPRESS;
    fake_pci_set(device, EXPRESS, 0x00020010 | MSIX << 8);
    fake_pci_set(device, EXPRESS + 4, flr ? 1u << 28 : 0);
    fake_pci_set(device, MSIX, 3u << 16 | 0x11);
    fake_pci_set(device, MSIX + 4, 0x1000);
    return device;
}

static void set_up(void)
{
    struct fake_pci *port;

    service = fake_vm(1);
    ivi = &vms[1];
    *ivi = (struct vm){.id = 1, .config = &ivi_config, .vcpu_count = 1, .state = VM_CREATED};
    ivi->vcpu[0] = (struct vcpu){.vm = ivi, .pcpu = &pcpus[0]};
    cluster = &vms[2];
    cluster_config = (struct bn_scenario_vm){.name = "cluster", .kind = BN_VM_PRELAUNCHED};
    *cluster =
        (struct vm){.id = 2, .config = &cluster_config, .vcpu_count = 1, .state = VM_CREATED};
    cluster->vcpu[0] = (struct vcpu){.vm = cluster, .pcpu = &pcpus[0]};
    scenario.vm_count = 3;
    scenario.vm[0].kind = BN_VM_SERVICE;
    scenario.vm[1] = ivi_config;
    scenario.vm[2] = cluster_config;
    scenario.device_count = 0;
    nic = card(NIC, BAR, SIZE, true);
    card(TWO, BAR + 0x4000, SIZE, true)->config[0xE] = 0x80;
    card(TWO + 1, BAR + 0x8000, SIZE, true);
    port = fake_add_pci(PORT, 0x8086, 0x3420, 0x0604);
    port->config[0xE] = 1;
    fake_pci_set(port, 0x18, 0x00010100);
    fake_pci_set(port, 4, 0x10u << 16);
    port->config[0x34] = EXPRESS; /* a root port */
    fake_pci_set(port, EXPRESS, 0x00420010);
    card(BEHIND, BAR + 0xC000, SIZE, true);
    fake_add_pci(DISPLAY, 0x1AF4, 0x1050, 0x0300);
    card(STIFF, BAR + 0x10000, SIZE, false);
    card(TINY, BAR + 0x14000, 0x800, true);
    pci_init(0, 0, 0);
    vmsi_init();
    vpci_init(&pci, service);
    assert_int_equal(vmsi_start_service(service), BN_OK);
}

static void tear_down(void)
{
    passthrough_release_all(ivi);
    passthrough_release_all(cluster);
}

/* The scenario says that the function is that VM's. */
static void name(uint16_t bdf, uint16_t owner, uint32_t flags)
{
    scenario.device[scenario.device_count++] = (struct bn_scenario_device){
        .name = "card", .kind = BN_DEVICE_PCI, .bdf = bdf, .owner = owner, .flags = flags};
}

/* By the two ports, as each VM's accesses go. */
static uint32_t config(struct vm *vm, uint16_t bdf, unsigned at, unsigned bytes, bool write,
                       uint32_t word)
{
    struct io_access io = {.write = true, .bytes = 4, .address = 0xCF8, .vcpu = &vm->vcpu[0]};

    io.value = 0x80000000u | (uint32_t)bdf << 8 | (at & 0xFC);
    if (vm == service && write)
        fake_cfg_write(vm, bdf, at, bytes, word);
    if (vm == service)
        return fake_cfg(vm, bdf, at, bytes);
    assert_false(passthrough_access(&io)); /* HSM wants to know the address too */
    io = (struct io_access){.write = write,
                            .bytes = (uint8_t)bytes,
                            .address = 0xCFC + (at & 3),
                            .value = write ? word : UINT64_MAX,
                            .vcpu = &vm->vcpu[0]};
    return passthrough_access(&io) ? (uint32_t)(io.value & UINT32_MAX >> (32 - 8 * bytes))
                                   : 0xDEADu;
}

static uint32_t see(uint16_t bdf, unsigned at)
{
    return config(ivi, bdf, at, 4, false, 0);
}

static void tell(unsigned at, unsigned bytes, uint32_t word)
{
    (void)config(ivi, PLACE, at, bytes, true, word);
}

static void test_what_may_not_be_given(void **state)
{
    static const struct {
        uint16_t bdf;
        const char *why;
    } bad[] = {{PCI_BDF(0, 9, 0), "there is none"}, {TWO, "cannot be separated"},
               {TWO + 1, "cannot be separated"},    {PORT, "it is a bridge"},
               {DISPLAY, "the cluster's picture"},  {STIFF, "cannot be reset"},
               {TINY, "no page of its own"}};

    (void)state;
    set_up();
    for (size_t i = 0; i < HV_ARRAY_SIZE(bad); i++) {
        fake.log[0] = 0;
        assert_int_equal(passthrough_assign(ivi, PLACE, bad[i].bdf), BN_EPERM);
        assert_non_null(strstr(fake.log, bad[i].why));
        assert_false(passthrough_is_given(bad[i].bdf));
    }
    name(NIC, 2, 0);
    assert_int_equal(passthrough_assign(ivi, PLACE, NIC), BN_EPERM);
    scenario.device_count = 0;
    assert_int_equal(passthrough_assign(ivi, 0, NIC), BN_EINVAL);
    assert_int_equal(passthrough_assign(ivi, 0x29, NIC), BN_EINVAL);
    assert_int_equal(passthrough_assign(ivi, 0x128, NIC), BN_EINVAL);
    ivi->state = VM_RUNNING;
    assert_int_equal(passthrough_assign(ivi, PLACE, NIC), BN_EBUSY);
    assert_int_equal(config(service, NIC, 0, 4, false, 0), 0x10C98086);
}

static void test_without_iommu(void **state)
{
    (void)state;
    set_up();
    fake.assign_status = BN_ENODEV;
    assert_int_equal(passthrough_assign(ivi, PLACE, NIC), BN_ENODEV);
    assert_non_null(strstr(fake.log, "no IOMMU confines it"));
    assert_false(passthrough_is_given(NIC));
    assert_int_equal(config(service, NIC, 0, 4, false, 0), 0x10C98086);
}

static void test_changes_hands(void **state)
{
    (void)state;
    set_up();
    assert_int_equal(passthrough_assign(ivi, PLACE, NIC), BN_OK);
    assert_ptr_equal(fake.domain, ivi);
    assert_int_equal(fake.unmapped_from, BAR); /* from the service VM */
    assert_int_equal(fake.unmapped_bytes, SIZE);
    assert_int_equal(fake_pci_get(nic, 4) & 0xFFFF, 0x402); /* no DMA, no ports, no line */
    assert_int_equal(fake_pci_get(nic, EXPRESS + 8) & 0x8000, 0x8000); /* reset */
    assert_int_equal(config(service, NIC, 0, 4, false, 0), UINT32_MAX);
    (void)config(service, NIC, 4, 2, true, 7);
    assert_int_equal(fake_pci_get(nic, 4) & 0xFFFF, 0x402);
    assert_true(passthrough_covers(BAR + SIZE - 1, 1));
    assert_false(passthrough_covers(BAR + SIZE, 1));
    assert_int_equal(passthrough_assign(ivi, PLACE, BEHIND), BN_EBUSY);
    assert_int_equal(passthrough_assign(ivi, PLACE + 8, NIC), BN_EPERM);
    assert_int_equal(passthrough_assign(ivi, PLACE + 8, BEHIND), BN_OK); /* alone behind its port */

    fake_pci_set(nic, EXPRESS + 8, 0);
    tell(4, 2, 6);
    assert_int_equal(passthrough_release(ivi, PLACE, BEHIND), BN_ENODEV);
    assert_int_equal(passthrough_release(ivi, PLACE, NIC), BN_OK);
    assert_ptr_equal(fake.domain, service);
    assert_int_equal(fake_pci_get(nic, EXPRESS + 8) & 0x8000, 0x8000);
    assert_int_equal(fake_pci_get(nic, 4) & 4, 0);
    assert_int_equal(config(service, NIC, 0, 4, false, 0), 0x10C98086);
    assert_int_equal(see(PLACE, 0), 0xDEAD);
    tear_down();
    assert_false(passthrough_is_given(BEHIND));
}

static void test_configuration_space(void **state)
{
    (void)state;
    set_up();
    nic->config[0x3D] = 1;
    assert_int_equal(passthrough_assign(ivi, PLACE, NIC), BN_OK);
    assert_int_equal(see(PLACE, 0), 0x10C98086);
    assert_int_equal(see(PLACE + 8, 0), 0xDEAD); /* the device model's */
    assert_int_equal(see(PLACE, 4), 0x100000);
    assert_int_equal(see(PLACE, 0x3C), 0); /* no line */
    assert_int_equal(see(PLACE, 0x10), 0); /* the VM places it */
    tell(0x10, 4, UINT32_MAX);
    assert_int_equal(see(PLACE, 0x10), ~(SIZE - 1));
    tell(0x14, 4, UINT32_MAX);
    assert_int_equal(see(PLACE, 0x14), 0);
    tell(0x30, 4, UINT32_MAX);
    assert_int_equal(see(PLACE, 0x30), 0);
    assert_int_equal(fake_pci_get(nic, 0x10), BAR); /* and the machine's stays */
    tell(EXPRESS + 8, 2, 0x8000 | 0x10);            /* capabilities are read-only */
    assert_int_equal(fake_pci_get(nic, EXPRESS + 8) & 0x10, 0);
    tell(4, 2, 0x547);
    assert_int_equal(fake_pci_get(nic, 4) & 0xFFFF, 0x406);
    assert_int_equal(see(PLACE, 4) & 0xFFFF, 0x406);
    tell(5, 1, 0);
    assert_int_equal(see(PLACE, 4) & 0xFFFF, 6);
    assert_int_equal(fake_pci_get(nic, 4) & 0xFFFF, 0x406);
    tell(0x11, 4, 7); /* not aligned */
    tear_down();
}

static void test_bars(void **state)
{
    struct io_access io = {.mmio = true, .bytes = 4, .vcpu = &ivi->vcpu[0]};

    (void)state;
    set_up();
    io.vcpu = &ivi->vcpu[0];
    assert_int_equal(passthrough_assign(ivi, PLACE, NIC), BN_OK);
    fake.mapped_from = 0;
    tell(0x10, 4, GUEST);
    assert_int_equal(fake.mapped_from, 0); /* nothing decodes yet */
    tell(4, 2, 2);
    assert_int_equal(fake.mapped_from, GUEST);
    assert_int_equal(fake.unmapped_from, GUEST + 0x1000); /* less the page with its table */
    io.address = GUEST + 0x1000 + 12;
    assert_true(passthrough_access(&io));
    assert_int_equal(io.value, 1);
    io.address = GUEST + SIZE;
    assert_false(passthrough_access(&io));
    tell(0x10, 4, GUEST + SIZE);
    assert_int_equal(fake.mapped_from, GUEST + SIZE);
    tell(4, 2, 0);
    assert_int_equal(fake.unmapped_from, GUEST + SIZE);
    io.address = GUEST + SIZE + 0x1000;
    assert_false(passthrough_access(&io));

    vm_add_mmio(ivi, VLAPIC_BASE, HV_PAGE_BYTES, vlapic_mmio, NULL); /* over its own local APIC */
    fake.mapped_from = 0;
    tell(0x10, 4, VLAPIC_BASE & ~(SIZE - 1));
    tell(4, 2, 2);
    assert_int_equal(fake.mapped_from, 0);
    passthrough_reset(ivi);
    assert_int_equal(see(PLACE, 0x10), 0);
    tear_down();
}

/* What the cluster's accesses answer, by the two ports. */
static uint32_t cluster_port(uint16_t port, unsigned bytes, bool write, uint32_t value)
{
    struct io_access io = {.write = write,
                           .bytes = (uint8_t)bytes,
                           .address = port,
                           .value = write ? value : UINT64_MAX,
                           .vcpu = &cluster->vcpu[0]};

    assert_true(passthrough_access(&io)); /* nobody else would answer */
    return (uint32_t)io.value;
}

static uint32_t cluster_config_at(uint16_t bdf, unsigned at)
{
    cluster_port(0xCF8, 4, true, 0x80000000u | (uint32_t)bdf << 8 | at);
    return cluster_port(0xCFC, 4, false, 0);
}

static void cluster_tell(uint16_t bdf, unsigned at, uint32_t value)
{
    cluster_port(0xCF8, 4, true, 0x80000000u | (uint32_t)bdf << 8 | at);
    cluster_port(0xCFC, 4, true, value);
}

static void test_by_the_scenario(void **state)
{
    (void)state;
    set_up();
    name(NIC, 2, 0);
    name(PCI_BDF(0, 9, 0), 2, BN_DEVICE_OPTIONAL); /* there is none */
    vpci_hide(&pci, NIC);
    assert_false(passthrough_has_any(cluster));
    assert_int_equal(passthrough_take(cluster), BN_OK);
    assert_true(passthrough_has_any(cluster));
    assert_ptr_equal(fake.domain, cluster);
    assert_int_equal(fake_pci_get(nic, EXPRESS + 8) & 0x8000, 0x8000); /* reset */
    assert_int_equal(config(service, NIC, 0, 4, false, 0), UINT32_MAX);
    assert_int_equal(passthrough_assign(ivi, PLACE, NIC), BN_EPERM);
    assert_int_equal(cluster_config_at(NIC, 0), 0x10C98086);
    assert_int_equal(cluster_port(0xCF8, 4, false, 0), 0x80000000u | NIC << 8);
    assert_int_equal(cluster_config_at(STIFF, 0), UINT32_MAX); /* another's is absent */
    assert_int_equal(cluster_config_at(NIC, 0x10), BAR);       /* where firmware put it */
    fake.mapped_from = 0;
    cluster_tell(NIC, 4, 6);
    assert_int_equal(fake.mapped_from, BAR);
    assert_int_equal(fake_pci_get(nic, 4) & 0xFFFF, 0x406);
    cluster_tell(NIC, 0x10, GUEST);
    passthrough_reset(cluster);
    assert_int_equal(cluster_config_at(NIC, 0x10), BAR);

    /* A service VM that starts does not touch it; its own VM's end leaves it without an owner. */
    cluster_tell(NIC, MSIX, 0x80000000);
    assert_int_equal(vmsi_start_service(service), BN_OK);
    assert_int_equal(fake_pci_get(nic, MSIX) >> 31, 1);
    cluster_tell(NIC, 4, 6);
    fake_pci_set(nic, EXPRESS + 8, 0);
    passthrough_release_all(cluster);
    assert_null(fake.domain);
    assert_int_equal(fake_pci_get(nic, 4) & 4, 0);
    assert_int_equal(fake_pci_get(nic, MSIX) >> 31, 0);
    assert_int_equal(config(service, NIC, 0, 4, false, 0), UINT32_MAX);
    assert_int_equal(passthrough_take(cluster), BN_OK); /* its next life */
    assert_int_equal(fake_pci_get(nic, EXPRESS + 8) & 0x8000, 0x8000);
    tear_down();
}

static void test_scenario_without_iommu(void **state)
{
    (void)state;
    set_up();
    name(NIC, 2, 0);
    fake.assign_status = BN_ENODEV;
    assert_int_equal(passthrough_take(cluster), BN_ENODEV);
    assert_false(passthrough_is_given(NIC));
    scenario.device[0].flags = BN_DEVICE_OPTIONAL;
    assert_int_equal(passthrough_take(cluster), BN_OK);
    assert_false(passthrough_is_given(NIC) || passthrough_has_any(cluster));
    assert_int_equal(fake_pci_get(nic, 4) & 4, 0);
}

/* A BAR that has no page of its own, of a function without a reset: by exits, and told. */
static void test_small_bar(void **state)
{
    struct io_access io = {.mmio = true, .bytes = 4, .address = BAR + 0x15004, .value = UINT64_MAX};

    (void)state;
    set_up();
    io.vcpu = &cluster->vcpu[0];
    fake.pci[7].bar_bytes[0] = 0x400;
    fake.pci[7].config[0x34] = 0; /* no capability */
    fake_pci_set(&fake.pci[7], 0x10, BAR + 0x15000);
    name(TINY, 2, 0);
    assert_int_equal(passthrough_take(cluster), BN_OK);
    assert_non_null(strstr(fake.log, "has no reset"));
    fake.mapped_from = 0;
    cluster_tell(TINY, 4, 2);
    assert_int_equal(fake.mapped_from, 0);
    memcpy(fake.ram + BAR + 0x15004, &(uint32_t){0x12345678}, 4);
    assert_true(passthrough_access(&io));
    assert_int_equal(io.value, 0x12345678);
    io.write = true;
    io.value = 0xABCD;
    assert_true(passthrough_access(&io));
    assert_int_equal(fake.ram[BAR + 0x15004], 0xCD);
    io.address = BAR + 0x153FE; /* over its end */
    assert_false(passthrough_access(&io));
    io.address = BAR + 0x15400;
    assert_false(passthrough_access(&io));
    tear_down();
}

/* Where the machine does not remap, messages of a VM with direct interrupts have its vectors. */
static void test_direct_messages(void **state)
{
    (void)state;
    set_up();
    pcpus[0].apic_id = 3;
    cluster->vcpu[0].lapic.vcpu = &cluster->vcpu[0];
    cluster->vcpu[0].lapic.regs = service->vcpu[0].lapic.regs;
    cluster->vcpu[0].lapic.apic_id = 3;
    vlapic_reset(&cluster->vcpu[0].lapic);
    cluster_config.flags = BN_VM_DIRECT_IRQ;
    nic->config[EXPRESS + 1] = 0x90; /* MSI in place of MSI-X */
    fake_pci_set(nic, 0x90, 0x00800005);
    fake.pages = 0;
    vmsi_init();
    name(NIC, 2, 0);
    assert_int_equal(passthrough_take(cluster), BN_OK);
    cluster_tell(NIC, 0x94, 0xFEE03000);
    cluster_tell(NIC, 0x9C, 0x45);
    cluster_tell(NIC, 0x90, 0x10000);
    assert_int_equal(fake_pci_get(nic, 0x94), 0xFEE03000);
    assert_int_equal(fake_pci_get(nic, 0x9C) & 0xFFFF, 0x45);
    assert_int_equal(fake.route_apic, 3);
    cluster_tell(NIC, 0x94, 0xFEE00000); /* another's CPU */
    assert_int_equal(fake_pci_get(nic, 0x90) >> 16 & 1, 0);
    assert_non_null(strstr(fake.log, "denied: PCI 00:02.0, message 45"));
    tear_down();
    pcpus[0].apic_id = 0;
}

/* True: the scenario was refused. */
static bool boot_panics(void)
{
    jmp_buf here;

    fake.panic = &here;
    if (setjmp(here)) {
        fake.panic = NULL;
        return true;
    }
    passthrough_init();
    fake.panic = NULL;
    return false;
}

static void test_isolation_groups(void **state)
{
    (void)state;
    set_up();
    name(NIC, 2, 0);
    name(BEHIND, BN_OWNER_HYPERVISOR, 0);
    name(PCI_BDF(0, 9, 0), 2, BN_DEVICE_OPTIONAL);
    assert_false(boot_panics());
    name(TWO, 1, 0);
    assert_true(boot_panics());
    assert_non_null(strstr(fake.log,
                           "PCI 00:03.0 (card) cannot be separated from 00:03.1 (unnamed), "
                           "which is"));
    name(TWO + 1, 2, 0);
    assert_true(boot_panics());
    scenario.device[4].owner = 1; /* both to one */
    assert_false(boot_panics());
    assert_int_equal(passthrough_assign(ivi, PLACE, TWO), BN_OK);
    assert_int_equal(passthrough_assign(ivi, PLACE + 8, TWO + 1), BN_OK);
    assert_int_equal(passthrough_assign(ivi, PLACE + 16, NIC), BN_EPERM);
    tear_down();
    scenario.device_count = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_may_not_be_given),
        cmocka_unit_test(test_without_iommu),
        cmocka_unit_test(test_changes_hands),
        cmocka_unit_test(test_configuration_space),
        cmocka_unit_test(test_bars),
        cmocka_unit_test(test_by_the_scenario),
        cmocka_unit_test(test_scenario_without_iommu),
        cmocka_unit_test(test_small_bar),
        cmocka_unit_test(test_direct_messages),
        cmocka_unit_test(test_isolation_groups),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
