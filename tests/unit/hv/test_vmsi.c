/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages: what a VM writes to MSI registers and an MSI-X table, and what the function gets. */
#include "dev_fake.h"

#include "hv/iommu.h"
#include "hv/pci.h"
#include "hv/vmsi.h"

#define NIC   PCI_BDF(0, 2, 0)
#define SOUND PCI_BDF(0, 3, 0)
#define BAR   0x20000u /* in the fake's memory */
#define TABLE 0x1000u  /* in the BAR: on a page with other registers */
#define COUNT 4u
#define MSI   0x50u
#define MSIX  0x70u

static struct vpci pci;
static struct vm *vm;
static struct fake_pci *nic, *sound;

static uint32_t ram(uint32_t at)
{
    uint32_t value;

    memcpy(&value, fake.ram + at, 4);
    return value;
}

static void set_up(void)
{
    vm = fake_vm(2);
    nic = fake_add_pci(NIC, 0x8086, 0x10C9, 0x0200);
    nic->bar_bytes[0] = 0x4000;
    fake_pci_set(nic, 0x10, BAR);
    fake_pci_set(nic, 4, 6 | 0x10u << 16);
    nic->config[0x34] = MSIX;
    fake_pci_set(nic, MSIX, (COUNT - 1) << 16 | 0x11);
    fake_pci_set(nic, MSIX + 4, TABLE);
    sound = fake_add_pci(SOUND, 0x8086, 0x2668, 0x0403);
    fake_pci_set(sound, 4, 6 | 0x10u << 16);
    sound->config[0x34] = MSI;
    fake_pci_set(sound, MSI, 0x018A0005); /* 64 bits, maskable, able to send 32 messages */
    pci_init(0, 0, 0);
    vmsi_init();
    vpci_init(&pci, vm);
    assert_int_equal(vmsi_start_service(vm), BN_OK);
}

static bool access_page(uint64_t at, unsigned bytes, bool write, uint64_t *value)
{
    struct io_access io = {.mmio = true,
                           .write = write,
                           .bytes = (uint8_t)bytes,
                           .address = at,
                           .value = *value,
                           .vcpu = &vm->vcpu[0]};
    bool taken = vmsi_mmio(&io);

    *value = io.value;
    return taken;
}

static void put(uint32_t at, uint32_t word)
{
    uint64_t value = word;

    assert_true(access_page(BAR + TABLE + at, 4, true, &value));
}

static uint32_t entry(uint32_t at)
{
    uint64_t value = UINT64_MAX;

    assert_true(access_page(BAR + TABLE + at, 4, false, &value));
    return (uint32_t)value;
}

static void fill(unsigned i, uint32_t address, uint32_t data)
{
    put(16 * i, address);
    put(16 * i + 4, 0);
    put(16 * i + 8, data);
    put(16 * i + 12, 0);
}

/* The table is out of the VM's memory; other registers on its page are still there. */
static void test_table_is_trapped(void **state)
{
    uint64_t value = 0x1234;

    (void)state;
    set_up();
    assert_int_equal(fake.unmapped_from, BAR + TABLE);
    assert_int_equal(fake.unmapped_bytes, 0x1000);
    assert_true(access_page(BAR + TABLE + 0x800, 4, true, &value));
    assert_int_equal(ram(BAR + TABLE + 0x800), 0x1234);
    value = UINT64_MAX;
    assert_true(access_page(BAR + TABLE + 0x800, 4, false, &value));
    assert_int_equal(value, 0x1234);
    assert_false(access_page(BAR, 4, false, &value));
    assert_false(access_page(BAR + TABLE + 0x1000, 4, false, &value));
}

static void test_msix(void **state)
{
    (void)state;
    set_up();
    assert_int_equal(entry(12), 1); /* masked after reset */
    fill(0, 0xFEE01000, 0x41);      /* CPU 1 */
    assert_int_equal(ram(BAR + TABLE + 8), 0);
    fake_cfg_write(vm, NIC, MSIX + 2, 2, 0x8000);
    assert_int_equal(fake_pci_get(nic, MSIX) >> 16, 0x8000 | (COUNT - 1));
    assert_int_equal(ram(BAR + TABLE), 0xFEE01000);
    assert_int_equal(ram(BAR + TABLE + 8), 0x41);
    assert_int_equal(ram(BAR + TABLE + 12), 0);
    assert_int_equal(ram(BAR + TABLE + 16 + 12), 1);
    fill(1, 0xFEE00000, 0x42);
    assert_int_equal(ram(BAR + TABLE + 16 + 8), 0x42);
    put(12, 1);
    assert_int_equal(ram(BAR + TABLE + 12), 1);
    assert_int_equal(entry(0), 0xFEE01000);
    assert_int_equal(fake_cfg(vm, NIC, MSIX + 2, 2), 0x8000 | (COUNT - 1));
    fake_cfg_write(vm, NIC, MSIX + 3, 1, 0xC0); /* all masked, by a byte */
    assert_int_equal(fake_pci_get(nic, MSIX) >> 30, 3);
    fake_cfg_write(vm, NIC, MSIX + 4, 4, 0); /* where the table is, is not the VM's to say */
    assert_int_equal(fake_pci_get(nic, MSIX + 4), TABLE);
}

/* CPUs that are not the VM's, vectors that are the host's, what is no interrupt message. */
static void test_hostile_messages(void **state)
{
    static const struct {
        uint32_t address, data;
    } bad[] = {{0xFEE05000, 0x41},  {0xFEE00000, 0xF5},  {0xFEE00000, 0xE4}, {0xFEE00000, 0x1F},
               {0xFEE00000, 0x441}, {0xFEE00000, 0x541}, {0x00100000, 0x41}, {0xFEC00000, 0x41}};

    (void)state;
    set_up();
    fake_cfg_write(vm, NIC, MSIX + 2, 2, 0x8000);
    for (size_t i = 0; i < HV_ARRAY_SIZE(bad); i++) {
        fake.log[0] = 0;
        fill(2, bad[i].address, bad[i].data);
        assert_int_equal(ram(BAR + TABLE + 32 + 12), 1);
        assert_non_null(strstr(fake.log, "denied: PCI 00:02.0, message"));
        put(32 + 12, 1);
    }
    put(32 + 4, 1); /* above 4 GiB */
    fill(3, 0xFEE00000, 0x55);
    assert_int_equal(ram(BAR + TABLE + 48 + 12), 0);
}

static void test_odd_accesses(void **state)
{
    uint64_t value = 0xFEE01000;

    (void)state;
    set_up();
    fake_cfg_write(vm, NIC, MSIX + 2, 2, 0x8000);
    assert_true(access_page(BAR + TABLE, 8, true, &value));
    assert_int_equal(entry(0), 0xFEE01000);
    assert_int_equal(entry(4), 0);
    value = 0x41;
    assert_true(access_page(BAR + TABLE + 8, 8, true, &value)); /* data and unmasked at once */
    assert_int_equal(ram(BAR + TABLE + 8), 0x41);
    value = 0xFF;
    assert_true(access_page(BAR + TABLE + 8, 1, true, &value)); /* less than a dword: ignored */
    assert_true(access_page(BAR + TABLE + 9, 4, true, &value));
    assert_int_equal(entry(8), 0x41);
}

static void test_msi(void **state)
{
    (void)state;
    set_up();
    assert_int_equal(fake_cfg(vm, SOUND, MSI + 2, 2), 0x180); /* one message */
    fake_cfg_write(vm, SOUND, MSI + 4, 4, 0xFEE01000);
    fake_cfg_write(vm, SOUND, MSI + 8, 4, 0);
    fake_cfg_write(vm, SOUND, MSI + 12, 2, 0x61);
    assert_int_equal(fake_pci_get(sound, MSI + 4), 0);
    fake_cfg_write(vm, SOUND, MSI + 2, 2, 0x181 | 5 << 4); /* several are not enabled */
    assert_int_equal(fake_pci_get(sound, MSI) >> 16 & 0x71, 1);
    assert_int_equal(fake_pci_get(sound, MSI + 4), 0xFEE01000);
    assert_int_equal(fake_pci_get(sound, MSI + 12) & 0xFFFF, 0x61);
    fake_cfg_write(vm, SOUND, MSI + 16, 4, UINT32_MAX);
    assert_int_equal(fake_pci_get(sound, MSI + 16), 1);
    fake_cfg_write(vm, SOUND, MSI + 12, 2, 0xF6); /* the host's console */
    assert_int_equal(fake_pci_get(sound, MSI) >> 16 & 1, 0);
    assert_int_equal(fake_pci_get(sound, MSI + 12) & 0xFFFF, 0x61);
    fake_cfg_write(vm, SOUND, MSI + 12, 2, 0x62);
    assert_int_equal(fake_pci_get(sound, MSI) >> 16 & 1, 1);
    fake_cfg_write(vm, SOUND, MSI + 2, 2, 0);
    assert_int_equal(fake_pci_get(sound, MSI) >> 16 & 1, 0);
}

/* Linux moves the BAR: the table goes with it, its old place is ordinary again. */
static void test_bar_moves(void **state)
{
    uint64_t value;

    (void)state;
    set_up();
    fake_cfg_write(vm, NIC, 4, 2, 4);
    assert_int_equal(fake.mapped_from, BAR + TABLE);
    fake_cfg_write(vm, NIC, 0x10, 4, BAR + 0x8000);
    fake_cfg_write(vm, NIC, 4, 2, 6);
    assert_int_equal(fake.unmapped_from, BAR + 0x8000 + TABLE);
    assert_true(access_page(BAR + 0x8000 + TABLE, 4, false, &value));
    assert_false(access_page(BAR + TABLE, 4, false, &value));
    fake.map_status = BN_ENOMEM; /* it cannot be taken out: nothing is decoded there */
    fake_cfg_write(vm, NIC, 0x10, 4, BAR + 0xC000);
    assert_int_equal(fake_pci_get(nic, 4) & 2, 0);
}

/* A VM that shares its CPU with the service VM: a vector of the host's, and its own words. */
static void test_other_owner(void **state)
{
    static struct apic_register apic[64];
    struct vm *other = &vms[1];
    uint64_t value = 0;
    uint8_t vector;

    (void)state;
    set_up();
    *other = (struct vm){.id = 1, .config = vms[1].config, .vcpu_count = 1};
    other->vcpu[0] = (struct vcpu){.vm = other, .pcpu = &pcpus[1]};
    other->vcpu[0].lapic.vcpu = &other->vcpu[0];
    other->vcpu[0].lapic.regs = apic;
    vlapic_reset(&other->vcpu[0].lapic);
    apic[0x0F].value = 0x1FF;
    vmsi_own(NIC, other);
    fake_cfg_write(vm, NIC, MSIX + 2, 2, 0x8000);
    for (unsigned at = 0; at < 16; at += 4) {
        static const uint32_t words[] = {0xFEE00000, 0, 0x33, 0};
        struct io_access io = {.mmio = true, .write = true, .bytes = 4, .value = words[at / 4]};

        io.vcpu = &other->vcpu[0];
        vmsi_table_access(NIC, TABLE + at, &io);
    }
    assert_int_equal(ram(BAR + TABLE), 0xFEE01000); /* CPU 1, where its vCPU 0 is */
    vector = (uint8_t)ram(BAR + TABLE + 8);
    assert_in_range(vector, HOST_VECTOR_DEVICE_FIRST, HOST_VECTOR_DEVICE_LAST);
    vmsi_interrupt(&pcpus[1], vector);
    assert_int_equal(other->vcpu[0].lapic.posted.edge[1], 1u << (0x33 - 32));
    assert_false(access_page(BAR + TABLE, 4, false, &value)); /* nothing of the service VM's */

    vmsi_own(NIC, NULL);
    other->vcpu[0].lapic.posted.edge[1] = 0;
    vmsi_interrupt(&pcpus[1], vector);
    assert_int_equal(other->vcpu[0].lapic.posted.edge[1], 0);
    assert_int_equal(fake_pci_get(nic, MSIX) >> 31, 0);
}

/* The IOMMU's own messages are the hypervisor's; a function that the IOMMU has no entries for has
 * none. */
static void test_not_for_a_vm(void **state)
{
    struct fake_pci *iommu, *greedy;

    (void)state;
    set_up();
    iommu = fake_add_pci(PCI_BDF(0, 4, 0), 0x1022, 0x1419, 0x0806);
    fake_pci_set(iommu, 4, 6 | 0x10u << 16);
    iommu->config[0x34] = MSI;
    fake_pci_set(iommu, MSI, 0x00810005); /* on */
    greedy = fake_add_pci(PCI_BDF(0, 5, 0), 0x8086, 0x1234, 0x0200);
    fake_pci_set(greedy, 4, 6 | 0x10u << 16);
    greedy->config[0x34] = MSIX;
    fake_pci_set(greedy, MSIX, 300u << 16 | 0x11);
    fake.remaps = true;
    fake.handles_left = 256;
    vmsi_init();
    assert_int_equal(vmsi_start_service(vm), BN_OK);
    assert_int_equal(fake_pci_get(iommu, MSI), 0x00810005);
    assert_non_null(strstr(fake.log, "00:05.0: the IOMMU has no entries for 302 messages"));
    assert_false(vmsi_config(PCI_BDF(0, 5, 0), MSIX, 4, false, &(uint32_t){0}));
    assert_true(vmsi_config(NIC, MSIX, 4, false, &(uint32_t){0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_is_trapped),
        cmocka_unit_test(test_msix),
        cmocka_unit_test(test_hostile_messages),
        cmocka_unit_test(test_odd_accesses),
        cmocka_unit_test(test_msi),
        cmocka_unit_test(test_bar_moves),
        cmocka_unit_test(test_other_owner),
        cmocka_unit_test(test_not_for_a_vm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
