/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DMA remapping over a unit that is a few numbers: which memory a device reaches by the tables, who
 * reaches none, in which order the unit is told, and what its faults say.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hv/host.h"
#include "hv/hw.h"
#include "hv/iommu.h"
#include "hv/log.h"
#include "hv/pcpu.h"
#include "hv/vm.h"

#define UNIT      0xFED90000ull
#define POOL      512u
#define MIB       0x100000ull
#define IOTLB     0x100u /* where ECAP below says */
#define RECORDS   0x200u /* where CAP below says */
#define RECORD_N  2u
#define CAP_BASE  (1ull << 34 | 1ull << 35 | (uint64_t)(RECORDS / 16) << 24 | 1ull << 40)
#define CAP_FOUR  (CAP_BASE | 1ull << 10)
#define CAP_THREE (CAP_BASE | 1ull << 9)
#define FRAME     0x000FFFFFFFFFF000ull

struct bn_boot_info boot_info;
struct bn_scenario scenario;
struct acpi_info acpi_info;
struct pcpu pcpus[HV_MAX_PCPUS];
struct vm vms[HV_MAX_VMS];
static _Alignas(4096) uint8_t pool[POOL + 1][HV_PAGE_BYTES];
static size_t pool_used;
static uint32_t reg[0x400 / 4];
static char told[4096], order[64]; /* R: root, C: context, T: IOTLB, E: enabled, e: disabled */
static bool stuck;                 /* the unit does nothing */
static jmp_buf panicked;

void *hpa_to_ptr(hpa_t address)
{
    assert_true(address >= HV_PAGE_BYTES && address < (POOL + 1) * HV_PAGE_BYTES);
    return pool[0] + address;
}

hpa_t page_alloc(void)
{
    assert_true(pool_used < POOL);
    return ++pool_used * HV_PAGE_BYTES;
}

void page_free(hpa_t page)
{
    (void)page;
}

volatile void *host_map_mmio(hpa_t base, uint64_t bytes)
{
    assert_int_equal(base, UNIT);
    assert_true(bytes >= RECORDS + 16 * RECORD_N);
    return reg;
}

struct vm *vm_service(void)
{
    return &vms[0];
}

static void tell(const char *format, va_list list)
{
    vsnprintf(told + strlen(told), sizeof(told) - strlen(told) - 2, format, list);
    strcat(told, "\n");
}

void hv_log(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    tell(format, list);
    va_end(list);
}

void vm_log(struct vm *vm, const char *format, ...)
{
    va_list list;

    assert_ptr_equal(vm, vm_service());
    va_start(list, format);
    tell(format, list);
    va_end(list);
}

void hv_panic(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    tell(format, list);
    va_end(list);
    longjmp(panicked, 1);
}

void hw_write_back_caches(void)
{
}

uint32_t host_service_ranges(struct host_range ranges[HOST_MAX_RANGES], enum bn_status *status)
{
    ranges[0] = (struct host_range){1 * MIB, 63 * MIB};
    ranges[1] = (struct host_range){4096 * MIB, 512 * MIB};
    *status = BN_OK;
    return 2;
}

uint32_t hw_mmio_read(hpa_t address, unsigned bytes)
{
    assert_int_equal(bytes, 4);
    return reg[(address - UNIT) / 4];
}

static void note(char c)
{
    order[strlen(order)] = c;
}

static void do_command(uint32_t value)
{
    uint32_t now = reg[0x1C / 4];

    if (value & 1u << 30)
        note('R');
    if ((value ^ now) & 1u << 31)
        note(value & 1u << 31 ? 'E' : 'e');
    reg[0x1C / 4] = value;
}

void hw_mmio_write(hpa_t address, unsigned bytes, uint32_t value)
{
    unsigned at = (unsigned)(address - UNIT);

    assert_int_equal(bytes, 4);
    if (at >= RECORDS) { /* the fault bit goes when it is written */
        reg[at / 4] &= ~(value & 1u << 31);
        return;
    }
    reg[at / 4] = value;
    if (stuck)
        return;
    if (at == 0x18)
        do_command(value);
    if ((at == 0x2C || at == IOTLB + 12) && value & 1u << 31) {
        note(at == 0x2C ? 'C' : 'T');
        reg[at / 4] &= ~(1u << 31);
    }
}

static void set64(unsigned at, uint64_t value)
{
    reg[at / 4] = (uint32_t)value;
    reg[at / 4 + 1] = (uint32_t)(value >> 32);
}

static uint64_t get64(unsigned at)
{
    return reg[at / 4] | (uint64_t)reg[at / 4 + 1] << 32;
}

static int begin(void **state)
{
    (void)state;
    memset(reg, 0, sizeof(reg));
    memset(pool, 0, sizeof(pool));
    memset(told, 0, sizeof(told));
    memset(order, 0, sizeof(order));
    pool_used = 0;
    stuck = false;
    set64(0x08, CAP_FOUR);
    set64(0x10, (uint64_t)(IOTLB / 16) << 8);
    acpi_info = (struct acpi_info){.iommu_count = 1, .iommu = {UNIT}};
    acpi_info.reserved_count = 2; /* one where nobody is, one that reaches into others' memory */
    acpi_info.reserved[0].base = 0x7B000000;
    acpi_info.reserved[0].end = 0x7B800000;
    acpi_info.reserved[1].base = 60 * MIB;
    acpi_info.reserved[1].end = 70 * MIB;
    memset(&boot_info, 0, sizeof(boot_info));
    boot_info.memory[0] = (struct bn_memory){0x1000, 1024 * MIB - 0x1000, BN_MEMORY_USABLE, 0};
    boot_info.memory[1] = (struct bn_memory){4096 * MIB, 2048 * MIB, BN_MEMORY_USABLE, 0};
    boot_info.memory_count = 2;
    memset(&scenario, 0, sizeof(scenario));
    scenario.device_count = 2;
    scenario.device[0] = (struct bn_scenario_device){.kind = BN_DEVICE_PCI, .bdf = 0x80};
    scenario.device[1] = (struct bn_scenario_device){.kind = BN_DEVICE_UART, .port = 0x3F8};
    pcpus[0].apic_id = 5;
    return 0;
}

/* What the unit finds for a function and an address, as the specification has it walk. */
static bool reaches(uint16_t bdf, uint64_t address)
{
    const uint64_t *root = hpa_to_ptr(get64(0x20)), *context;
    uint64_t entry = root[2 * (bdf >> 8)];
    unsigned levels;

    assert_true(entry & 1);
    context = hpa_to_ptr(entry & FRAME);
    entry = context[2 * (bdf & 0xFF)];
    if (!(entry & 1))
        return false;
    assert_int_equal(context[2 * (bdf & 0xFF) + 1] >> 8, 1); /* the domain */
    levels = (unsigned)(context[2 * (bdf & 0xFF) + 1] & 7) + 2;
    if (address >> (12 + 9 * levels))
        return false;
    while (levels--) {
        const uint64_t *table = hpa_to_ptr(entry & FRAME);

        entry = table[address >> (12 + 9 * levels) & 511];
        if ((entry & 3) != 3)
            return false;
        if (entry & 0x80)
            return (entry & FRAME) == (address & ~((1ull << (12 + 9 * levels)) - 1));
    }
    return (entry & FRAME) == (address & FRAME);
}

static void check_reach(void)
{
    assert_true(reaches(0x0010, 1 * MIB));
    assert_true(reaches(0xFFFF, 64 * MIB - 1));
    assert_true(reaches(0x0010, 4096 * MIB));
    assert_true(reaches(0x0010, 4608 * MIB - 1));
    assert_true(reaches(0x0010, 0x7B000000)); /* firmware's word for its devices */
    assert_true(reaches(0x0010, 0x7B7FFFFF));
    assert_false(reaches(0x0010, 0x7B800000));
    assert_false(reaches(0x0010, 64 * MIB)); /* and no word for others' memory */
    assert_false(reaches(0x0010, 0));
    assert_false(reaches(0x0010, 4608 * MIB));
    assert_false(reaches(0x0010, UNIT));
    assert_false(reaches(0x0080, 1 * MIB)); /* somebody else's device */
    assert_true(reaches(0x0081, 1 * MIB));
    assert_true(reaches(0x0180, 1 * MIB));
}

static void four_levels(void **state)
{
    (void)state;
    iommu_init();
    check_reach();
    assert_string_equal(order, "RCTE"); /* tables, caches emptied, only then on */
    assert_non_null(strstr(told, "IOMMU: 1 of VT-d"));
}

static void three_levels(void **state)
{
    (void)state;
    set64(0x08, CAP_THREE);
    iommu_init();
    check_reach();
    assert_string_equal(order, "RCTE");
}

static void firmwares_tables_go_first(void **state)
{
    (void)state;
    reg[0x1C / 4] = 1u << 31;
    reg[0x64 / 4] = 1u << 31; /* protected memory */
    iommu_init();
    assert_string_equal(order, "eRCTE");
    assert_int_equal(reg[0x64 / 4], 0);
}

static void none_and_unusable(void **state)
{
    (void)state;
    acpi_info.iommu_count = 0;
    iommu_init();
    assert_non_null(strstr(told, "IOMMU: none"));
    begin(NULL);
    set64(0x08, CAP_BASE); /* neither three nor four levels */
    iommu_init();
    assert_non_null(strstr(told, "devices are not confined"));
    assert_string_equal(order, "");
}

static void dead_unit(void **state)
{
    (void)state;
    stuck = true;
    if (!setjmp(panicked)) {
        iommu_init();
        fail_msg("a unit that does nothing was believed");
    }
    assert_non_null(strstr(told, "does not do what it is told"));
}

static void faults(void **state)
{
    (void)state;
    iommu_init();
    assert_int_equal(reg[0x3C / 4], HOST_VECTOR_IOMMU);
    assert_int_equal(reg[0x40 / 4], 0xFEE05000);
    assert_int_equal(reg[0x38 / 4], 0); /* not masked */
    told[0] = 0;
    set64(RECORDS, 0x48000000);
    reg[RECORDS / 4 + 2] = 0x0018;
    reg[RECORDS / 4 + 3] = 1u << 31 | 5;
    set64(RECORDS + 16, 0x49000000);
    reg[RECORDS / 4 + 6] = 0x0128;
    reg[RECORDS / 4 + 7] = 1u << 31 | 1u << 30 | 6;
    reg[0x34 / 4] = 3;
    iommu_interrupt();
    assert_non_null(strstr(told, "device 00:03.0, write of 48000000 (IOMMU, reason 5)"));
    assert_non_null(strstr(told, "device 01:05.0, read of 49000000 (IOMMU, reason 6)"));
    assert_false(reg[RECORDS / 4 + 3] >> 31 || reg[RECORDS / 4 + 7] >> 31);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(four_levels, begin),
        cmocka_unit_test_setup(three_levels, begin),
        cmocka_unit_test_setup(firmwares_tables_go_first, begin),
        cmocka_unit_test_setup(none_and_unusable, begin),
        cmocka_unit_test_setup(dead_unit, begin),
        cmocka_unit_test_setup(faults, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
