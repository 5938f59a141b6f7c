/* SPDX-License-Identifier: BSD-3-Clause */
/* ACPI: reading good and broken tables, and what the service VM is shown instead. */
#include "dev_fake.h"

#include "hv/acpi.h"

#define RSDP_AT 0x100u
#define XSDT_AT 0x200u
#define FADT_AT 0x400u
#define MADT_AT 0x600u
#define MCFG_AT 0x800u
#define DMAR_AT 0x900u
#define DSDT_AT 0xA00u
#define HPET_AT 0xB00u
#define IVRS_AT 0xC00u
#define PAGE    0x4000u

static struct acpi_info info;

static void put(uint32_t at, uint64_t value, unsigned bytes)
{
    memcpy(fake.ram + at, &value, bytes);
}

static void fix(uint32_t at, uint32_t bytes, uint32_t checksum)
{
    uint8_t sum = 0;

    fake.ram[at + checksum] = 0;
    for (uint32_t i = 0; i < bytes; i++)
        sum = (uint8_t)(sum + fake.ram[at + i]);
    fake.ram[at + checksum] = (uint8_t)-sum;
}

static void table(uint32_t at, const char *signature, uint32_t bytes)
{
    memcpy(fake.ram + at, signature, 4);
    put(at + 4, bytes, 4);
    fix(at, bytes, 9);
}

static void build(void)
{
    static const uint8_t madt[] = {
        0,  8,  0, 0, 1, 0, 0,    0,                               /* CPU 0 */
        0,  8,  1, 2, 1, 0, 0,    0,                               /* CPU 2 */
        0,  8,  2, 4, 0, 0, 0,    0,                               /* not there */
        1,  12, 2, 0, 0, 0, 0xC0, 0xFE, 0,    0, 0, 0,             /* I/O APIC */
        2,  10, 0, 0, 2, 0, 0,    0,    0,    0,                   /* IRQ 0 at 2 */
        2,  10, 0, 9, 9, 0, 0,    0,    0x0D, 0,                   /* IRQ 9 level, high */
        9,  16, 0, 0, 6, 0, 0,    0,    1,    0, 0, 0, 7, 0, 0, 0, /* CPU 6, long form */
        77, 4,  0, 0,
    };
    static const uint8_t s5[] = {0x08, '_',  'S',  '5',  '_',  0x12, 0x06,
                                 0x04, 0x0A, 0x05, 0x00, 0x00, 0x00};

    fake_vm(2);
    memcpy(fake.ram + RSDP_AT, "RSD PTR ", 8);
    fake.ram[RSDP_AT + 15] = 2;
    put(RSDP_AT + 20, 36, 4);
    put(RSDP_AT + 24, XSDT_AT, 8);
    fix(RSDP_AT, 20, 8);
    fix(RSDP_AT, 36, 32);

    memcpy(fake.ram + DSDT_AT + 36, s5, sizeof(s5));
    table(DSDT_AT, "DSDT", 36 + sizeof(s5));
    put(FADT_AT + 40, DSDT_AT, 4);
    put(FADT_AT + 46, 9, 2);
    put(FADT_AT + 48, 0xB2, 4);
    put(FADT_AT + 52, 0x02, 1);
    put(FADT_AT + 56, 0x600, 4);
    put(FADT_AT + 64, 0x604, 4);
    put(FADT_AT + 76, 0x608, 4);
    put(FADT_AT + 88, 4, 1);
    put(FADT_AT + 89, 2, 1);
    put(FADT_AT + 112, 1 << 10, 4);
    put(FADT_AT + 116, 0x00000801, 4);
    put(FADT_AT + 120, 0xCF9, 8);
    put(FADT_AT + 128, 0x0F, 1);
    table(FADT_AT, "FACP", 244);
    memcpy(fake.ram + MADT_AT + 44, madt, sizeof(madt));
    table(MADT_AT, "APIC", 44 + sizeof(madt));
    put(MCFG_AT + 44, 0xE0000000, 8);
    put(MCFG_AT + 55, 0xFF, 1);
    table(MCFG_AT, "MCFG", 60);
    put(DMAR_AT + 36, 1, 1);               /* interrupts can be remapped */
    put(DMAR_AT + 50, 16 + 8 + 10 + 8, 2); /* a remapping unit, and whose it is */
    put(DMAR_AT + 53, 2, 1);
    put(DMAR_AT + 56, 0xFED90000, 8);
    put(DMAR_AT + 64, 0x0000000801, 8);       /* a function */
    put(DMAR_AT + 72, 0x001C000200000A03, 8); /* an I/O APIC behind a bridge */
    put(DMAR_AT + 82, 0x071EF00000000803, 8); /* an I/O APIC */
    put(DMAR_AT + 86, 2, 1);
    put(DMAR_AT + 90, 1, 2); /* reserved memory */
    put(DMAR_AT + 92, 24, 2);
    put(DMAR_AT + 98, 0x7B000000, 8);
    put(DMAR_AT + 106, 0x7B7FFFFF, 8);
    table(DMAR_AT, "DMAR", 48 + 42 + 24);
    put(HPET_AT + 44, 0xFED00000, 8);
    table(HPET_AT, "HPET", 56);
    put(XSDT_AT + 36, FADT_AT, 8);
    put(XSDT_AT + 44, MADT_AT, 8);
    put(XSDT_AT + 52, MCFG_AT, 8);
    put(XSDT_AT + 60, DMAR_AT, 8);
    put(XSDT_AT + 68, HPET_AT, 8);
    table(XSDT_AT, "XSDT", 36 + 40);
}

static void test_reads(void **state)
{
    (void)state;
    build();
    assert_int_equal(acpi_read(RSDP_AT, 2, &info), BN_OK);
    assert_int_equal(info.table_count, 5);
    assert_int_equal(info.cpu_count, 3);
    assert_int_equal(info.cpu[0].apic_id, 2); /* the boot CPU */
    assert_int_equal(info.cpu[0].uid, 1);
    assert_int_equal(info.cpu[1].apic_id, 0);
    assert_int_equal(info.cpu[2].apic_id, 6);
    assert_int_equal(info.cpu[2].uid, 7);
    assert_int_equal(info.ioapic_count, 1);
    assert_int_equal(info.ioapic[0].base, 0xFEC00000);
    assert_int_equal(info.override_count, 2);
    assert_int_equal(info.override[1].flags, 0x0D);
    assert_int_equal(info.ecam_base, 0xE0000000);
    assert_int_equal(info.ecam_last_bus, 255);
    assert_int_equal(info.pm1a_control, 0x604);
    assert_int_equal(info.pm_timer, 0x608);
    assert_true(info.reset_supported);
    assert_int_equal(info.reset_address, 0xCF9);
    assert_int_equal(info.reset_value, 0x0F);
    assert_int_equal(info.smi_command, 0xB2);
    assert_int_equal(info.acpi_enable, 2);
    assert_true(info.has_s5);
    assert_int_equal(info.s5_type[0], 5);
    assert_int_equal(info.s5_type[1], 0);
    assert_int_equal(info.hpet_base, 0xFED00000);
    assert_int_equal(info.iommu_count, 1);
    assert_int_equal(info.iommu[0].base, 0xFED90000);
    assert_int_equal(info.iommu[0].bytes, 0x4000);
    assert_false(info.iommu[0].amd || info.no_remapping);
    assert_int_equal(info.ioapic[0].source, 0xF0F7);
    assert_int_equal(info.reserved_count, 1);
    assert_int_equal(info.reserved[0].base, 0x7B000000);
    assert_int_equal(info.reserved[0].end, 0x7B800000);
}

/* AMD's, as firmware has it: the same unit in an old and in a newer entry. */
static void build_ivrs(void)
{
    uint32_t at = IVRS_AT + 48;

    build();
    put(at, 0x0510, 2); /* type, flags */
    put(at + 2, 24 + 4 + 8, 2);
    put(at + 4, 0x0010, 2);
    put(at + 8, 0xFED80000, 8);
    put(at + 24, 0x01, 4); /* all functions */
    put(at + 28, 0x48, 4); /* an I/O APIC */
    put(at + 32, 2 | 0xA1 << 8 | 1u << 24, 4);
    at += 36;
    put(at, 0x0540, 2);
    put(at + 2, 40 + 22 + 3 + 8, 2);
    put(at + 4, 0x0010, 2);
    put(at + 8, 0xFED80000, 8);
    put(at + 24, 1 << 9, 8); /* with counters: more registers */
    put(at + 40, 0xF0, 1);   /* a device that ACPI knows by name */
    put(at + 61, 3, 1);
    put(at + 65, 0x48, 4);
    put(at + 69, 0 | 0xA2 << 8 | 2u << 24, 4); /* an HPET */
    at += 73;
    put(at, 0x0122, 2); /* reserved memory */
    put(at + 2, 32, 2);
    put(at + 16, 0x7C000000, 8);
    put(at + 24, 0x1000, 8);
    table(IVRS_AT, "IVRS", at + 32 - IVRS_AT);
    put(XSDT_AT + 60, IVRS_AT, 8);
    table(XSDT_AT, "XSDT", 36 + 40);
}

static void test_ivrs(void **state)
{
    (void)state;
    build_ivrs();
    assert_int_equal(acpi_read(RSDP_AT, 2, &info), BN_OK);
    assert_int_equal(info.iommu_count, 1);
    assert_true(info.iommu[0].amd);
    assert_int_equal(info.iommu[0].base, 0xFED80000);
    assert_int_equal(info.iommu[0].bytes, 0x80000);
    assert_int_equal(info.iommu[0].flags, 5);
    assert_int_equal(info.iommu[0].bdf, 0x10);
    assert_int_equal(info.ioapic[0].source, 0xA1);
    assert_int_equal(info.reserved_count, 1);
    assert_int_equal(info.reserved[0].base, 0x7C000000);
    assert_int_equal(info.reserved[0].end, 0x7C001000);
    fake.ram[IVRS_AT + 48 + 36 + 61] = 200; /* a name that ends outside its entry */
    table(IVRS_AT, "IVRS", 48 + 36 + 73 + 32);
    assert_int_equal(acpi_read(RSDP_AT, 2, &info), BN_OK);
    assert_int_equal(info.iommu_count, 1);
}

static void test_root_pointer(void **state)
{
    (void)state;
    build();
    assert_int_equal(acpi_read(0, 0, &info), BN_EINVAL);
    fake.ram[RSDP_AT + 3] ^= 1;
    assert_int_equal(acpi_read(RSDP_AT, 0, &info), BN_EINVAL);
    build();
    fake.ram[XSDT_AT + 40] ^= 1;
    assert_int_equal(acpi_read(RSDP_AT, 0, &info), BN_EINVAL);
    assert_non_null(strstr(fake.log, "XSDT"));
    build(); /* revision 0: the 32-bit root */
    memset(fake.ram + RSDP_AT, 0, 36);
    memcpy(fake.ram + RSDP_AT, "RSD PTR ", 8);
    put(RSDP_AT + 16, 0x1000, 4);
    fix(RSDP_AT, 20, 8);
    put(0x1000 + 36, MADT_AT, 4);
    table(0x1000, "RSDT", 40);
    assert_int_equal(acpi_read(RSDP_AT, 0, &info), BN_OK);
    assert_int_equal(info.cpu_count, 3);
    assert_int_equal(info.pm1a_control, 0);
}

static void test_broken_tables_are_left_out(void **state)
{
    (void)state;
    build();
    fake.ram[MCFG_AT + 44] ^= 1;
    assert_int_equal(acpi_read(RSDP_AT, 0, &info), BN_OK);
    assert_int_equal(info.ecam_base, 0);
    assert_int_equal(info.table_count, 4);
    assert_non_null(strstr(fake.log, "MCFG"));
    build();
    put(MCFG_AT + 54, 1, 1); /* the first bus behind the last */
    put(MCFG_AT + 55, 0, 1);
    table(MCFG_AT, "MCFG", 60);
    assert_int_equal(acpi_read(RSDP_AT, 0, &info), BN_OK);
    assert_int_equal(info.ecam_base, 0);
    build();
    put(MADT_AT + 4, 20, 4); /* shorter than a header */
    assert_int_equal(acpi_read(RSDP_AT, 0, &info), BN_OK);
    assert_int_equal(info.cpu_count, 0);
    build();
    fake.ram[MADT_AT + 45] = 0; /* an entry of length 0 must not loop */
    table(MADT_AT, "APIC", 100);
    assert_int_equal(acpi_read(RSDP_AT, 0, &info), BN_OK);
    assert_int_equal(info.cpu_count, 0);
    build();
    fake.ram[MADT_AT + 45] = 200; /* nor one that leaves the table */
    table(MADT_AT, "APIC", 100);
    assert_int_equal(acpi_read(RSDP_AT, 0, &info), BN_OK);
    assert_int_equal(info.cpu_count, 0);
    build();
    put(XSDT_AT + 44, 0xFFFFFFFFFFFFull, 8); /* a pointer to nowhere */
    table(XSDT_AT, "XSDT", 76);
    assert_int_equal(acpi_read(RSDP_AT, 0, &info), BN_OK);
    assert_int_equal(info.table_count, 4);
    build();
    memset(fake.ram + DSDT_AT + 36, 0, 16); /* no soft-off */
    table(DSDT_AT, "DSDT", 49);
    assert_int_equal(acpi_read(RSDP_AT, 0, &info), BN_OK);
    assert_false(info.has_s5);
}

static uint64_t get(uint64_t at, unsigned bytes)
{
    uint64_t value = 0;

    memcpy(&value, fake.ram + at, bytes);
    return value;
}

static uint8_t sum(uint64_t at, uint64_t bytes)
{
    uint8_t total = 0;

    while (bytes--)
        total = (uint8_t)(total + fake.ram[at++]);
    return total;
}

static void test_service_view(void **state)
{
    struct vm *vm;
    uint64_t xsdt, entry;
    struct acpi_info seen;

    (void)state;
    build();
    vm = &vms[0];
    vm->vcpu_count = 2;
    vm->vcpu[0].lapic.apic_id = 2;
    vm->vcpu[1].lapic.apic_id = 0;
    assert_int_equal(acpi_read(RSDP_AT, 2, &info), BN_OK);
    assert_int_equal(acpi_build_service(&info, vm, PAGE), BN_OK);
    xsdt = get(PAGE + 24, 8);
    assert_int_equal(sum(PAGE, 20), 0);
    assert_int_equal(sum(PAGE, 36), 0);
    assert_int_equal(get(xsdt + 4, 4), 36 + 3 * 8);
    for (unsigned i = 0; i < 3; i++) {
        entry = get(xsdt + 36 + 8 * i, 8);
        assert_int_equal(sum(entry, get(entry + 4, 4)), 0);
        assert_memory_not_equal(fake.ram + entry, "DMAR", 4);
        assert_memory_not_equal(fake.ram + entry, "HPET", 4);
    }
    /* Read again by the same reader, as Linux would. */
    assert_int_equal(acpi_read(PAGE, 2, &seen), BN_OK);
    assert_int_equal(seen.cpu_count, 2);
    assert_int_equal(seen.cpu[0].apic_id, 2);
    assert_int_equal(seen.cpu[0].uid, 1);
    assert_int_equal(seen.cpu[1].apic_id, 0);
    assert_int_equal(seen.ioapic[0].base, 0xFEC00000);
    assert_int_equal(seen.override_count, 2);
    assert_int_equal(seen.pm1a_control, 0x604);
    assert_int_equal(seen.ecam_base, 0xE0000000);
    assert_int_equal(seen.hpet_base, 0);
    assert_int_equal(seen.iommu_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads),        cmocka_unit_test(test_ivrs),
        cmocka_unit_test(test_root_pointer), cmocka_unit_test(test_broken_tables_are_left_out),
        cmocka_unit_test(test_service_view),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
