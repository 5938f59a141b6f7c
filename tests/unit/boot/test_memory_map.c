/* SPDX-License-Identifier: BSD-3-Clause */
/* The EFI memory map in the hypervisor's terms: types, order, neighbours, overlaps, limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "hypervisor/boot/memory_map.h"

#define STRIDE 48 /* firmware's descriptors may be longer than the structure */
#define WB     8u

enum {
    RESERVED = 0,
    LOADER_DATA = 2,
    BOOT_CODE = 3,
    RUNTIME = 6,
    FREE = 7,
    ACPI = 9,
    NVS = 10,
    MMIO = 11
};

struct descriptor {
    uint32_t type, pad;
    uint64_t start, virtual_start, pages, attribute;
    uint64_t more;
};
_Static_assert(sizeof(struct descriptor) == STRIDE, "as firmware lays them out");

static void expect(const struct bn_memory *m, uint64_t base, uint64_t bytes, uint32_t type)
{
    assert_int_equal(m->base, base);
    assert_int_equal(m->bytes, bytes);
    assert_int_equal(m->type, type);
}

static void test_sorted_joined_translated(void **state)
{
    const struct descriptor d[] = {
        {.type = FREE, .start = 0x100000, .pages = 0x100, .attribute = WB},
        {.type = RUNTIME, .start = 0x300000, .pages = 1, .attribute = WB},
        {.type = BOOT_CODE,
         .start = 0x200000,
         .pages = 0x100,
         .attribute = WB}, /* joins the first */
        {.type = FREE, .start = 0x1000, .pages = 0x9F, .attribute = WB},
        {.type = ACPI, .start = 0x301000, .pages = 2, .attribute = WB},
        {.type = NVS, .start = 0x303000, .pages = 1, .attribute = WB},
        {.type = MMIO, .start = 0xE0000000, .pages = 0x10000},
        {.type = 0x80000001, .start = 0x400000, .pages = 1, .attribute = WB}, /* a vendor's */
        {.type = FREE, .start = 0x500000, .pages = 0, .attribute = WB},
        {.type = FREE, .start = 0x600000, .pages = 1, .attribute = 0}, /* cannot be cached */
        {.type = FREE,
         .start = 0x601000,
         .pages = 1,
         .attribute = WB | 0x40000}, /* specific purpose */
        {.type = LOADER_DATA, .start = 0x100000000, .pages = 0x40000, .attribute = WB},
    };
    struct bn_memory m[16];

    (void)state;
    assert_int_equal(memory_map_read(d, sizeof(d), STRIDE, m, 16), 9);
    expect(&m[0], 0x1000, 0x9F000, BN_MEMORY_USABLE);
    expect(&m[1], 0x100000, 0x200000, BN_MEMORY_USABLE);
    expect(&m[2], 0x300000, 0x1000, BN_MEMORY_RESERVED);
    expect(&m[3], 0x301000, 0x2000, BN_MEMORY_ACPI);
    expect(&m[4], 0x303000, 0x1000, BN_MEMORY_ACPI_NVS);
    expect(&m[5], 0x400000, 0x1000, BN_MEMORY_RESERVED);
    expect(&m[6], 0x600000, 0x2000, BN_MEMORY_RESERVED);
    expect(&m[7], 0xE0000000, 0x10000000, BN_MEMORY_MMIO);
    expect(&m[8], 0x100000000, 0x40000000, BN_MEMORY_USABLE);
}

static void test_overlaps_are_cut(void **state)
{
    const struct descriptor d[] = {
        {.type = RUNTIME, .start = 0x1000, .pages = 4, .attribute = WB},
        {.type = FREE, .start = 0x3000, .pages = 4, .attribute = WB},
        {.type = FREE, .start = 0x4000, .pages = 1, .attribute = WB},
    };
    struct bn_memory m[4];

    (void)state;
    assert_int_equal(memory_map_read(d, sizeof(d), STRIDE, m, 4), 2);
    expect(&m[0], 0x1000, 0x4000, BN_MEMORY_RESERVED);
    expect(&m[1], 0x5000, 0x2000, BN_MEMORY_USABLE);
}

static void test_long_maps(void **state)
{
    struct descriptor d[64];
    struct bn_memory m[8];

    (void)state;
    memset(d, 0, sizeof(d));
    for (unsigned i = 0; i < 64; i++) /* in pages, joined: one entry */
        d[i] = (struct descriptor){.type = FREE, .start = i * 0x1000u, .pages = 1, .attribute = WB};
    assert_int_equal(memory_map_read(d, sizeof(d), STRIDE, m, 8), 1);
    expect(&m[0], 0, 64 * 0x1000, BN_MEMORY_USABLE);
    for (unsigned i = 0; i < 64; i++) /* with holes: too many */
        d[i].start = i * 0x2000u;
    assert_int_equal(memory_map_read(d, sizeof(d), STRIDE, m, 8), 9);
}

static void test_nonsense_is_left_out(void **state)
{
    const struct descriptor d[] = {
        {.type = FREE, .start = UINT64_MAX - 0xFFF, .pages = 2, .attribute = WB},
        {.type = FREE, .start = 0x1000, .pages = UINT64_MAX, .attribute = WB},
        {.type = FREE, .start = 0x1000, .pages = 1, .attribute = WB},
    };
    struct bn_memory m[4];

    (void)state;
    assert_int_equal(memory_map_read(d, sizeof(d), STRIDE, m, 4), 1);
    expect(&m[0], 0x1000, 0x1000, BN_MEMORY_USABLE);
    assert_int_equal(memory_map_read(d, sizeof(d), 8, m, 4),
                     0); /* descriptors shorter than they can be */
    assert_int_equal(memory_map_read(d, STRIDE - 1, STRIDE, m, 4), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sorted_joined_translated),
        cmocka_unit_test(test_overlaps_are_cut),
        cmocka_unit_test(test_long_maps),
        cmocka_unit_test(test_nonsense_is_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
