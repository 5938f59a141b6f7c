/* SPDX-License-Identifier: BSD-3-Clause */
/* Page tables: what is mapped is found with its rights, splits keep their neighbours, and a change
 * that runs out of tables changes nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hv/log.h"
#include "hv/paging.h"

#define POOL  2048u
#define GIB   0x40000000ull
#define MIB2  0x200000ull
#define RW    (MAP_READ | MAP_WRITE)
#define FIRST 0x1000u /* page 0 is never given out: an address of 0 means "none" */

extern unsigned paging_max_large;

static _Alignas(4096) uint8_t pool[POOL + 1][HV_PAGE_BYTES];
static bool used[POOL + 1];
static size_t limit, in_use;

void hv_panic(const char *format, ...)
{
    (void)format;
    fail_msg("hv_panic");
    abort();
}

void *hpa_to_ptr(hpa_t address)
{
    assert_in_range(address, FIRST, (POOL + 1) * HV_PAGE_BYTES - 1);
    return pool[0] + address;
}

hpa_t page_alloc(void)
{
    for (size_t i = 1; i <= POOL && in_use < limit; i++)
        if (!used[i]) {
            used[i] = true;
            in_use++;
            memset(pool[i], 0, HV_PAGE_BYTES);
            return i * HV_PAGE_BYTES;
        }
    return 0;
}

void page_free(hpa_t page)
{
    assert_true(used[page / HV_PAGE_BYTES]);
    used[page / HV_PAGE_BYTES] = false;
    in_use--;
}

static struct nested_paging tables;
static const struct paging_format *format; /* every format in turn */
static bool executes;                      /* has it a right to execute? */

static int begin(void **state)
{
    (void)state;
    memset(used, 0, sizeof(used));
    in_use = 0;
    limit = POOL;
    paging_max_large = 2;
    assert_int_equal(paging_init(&tables, format), BN_OK);
    return 0;
}

static int end(void **state)
{
    (void)state;
    paging_finish(&tables);
    assert_int_equal(in_use, 0); /* every table came back, and every reserved page */
    return 0;
}

static void expect(uint64_t from, hpa_t to, uint32_t rights)
{
    hpa_t found = 0;
    uint32_t has = 0;
    uint64_t contiguous = 0;

    assert_int_equal(paging_lookup(&tables, from, &found, &has, &contiguous), BN_OK);
    assert_int_equal(found, to);
    assert_int_equal(has, executes ? rights : rights & ~MAP_EXEC);
    assert_true(contiguous > 0);
}

static void expect_nothing(uint64_t from)
{
    hpa_t found;
    uint32_t has;
    uint64_t contiguous;

    assert_int_equal(paging_lookup(&tables, from, &found, &has, &contiguous), BN_EFAULT);
}

static void rights_and_borders(void **state)
{
    (void)state;
    assert_int_equal(paging_map(&tables, 0x5000, 0x9000, 0x2000, RW), BN_OK);
    expect(0x5000, 0x9000, RW);
    expect(0x6FFF, 0xAFFF, RW);
    expect_nothing(0x4FFF);
    expect_nothing(0x7000);
    assert_int_equal(paging_map(&tables, 0x6000, 0xA000, 0x1000, MAP_READ | MAP_EXEC), BN_OK);
    expect(0x5000, 0x9000, RW);
    expect(0x6000, 0xA000, MAP_READ | MAP_EXEC);
}

/* A 1 GiB page that loses 4 KiB needs two tables; when one was counted, page 0 became the other. */
static void hole_in_a_giant_page(void **state)
{
    uint64_t hole = GIB + 3 * MIB2 + 0x5000;

    (void)state;
    assert_int_equal(paging_map(&tables, 0, 0, 4 * GIB, RW | MAP_EXEC), BN_OK);
    assert_int_equal(tables.pages, 2);
    assert_int_equal(paging_unmap(&tables, hole, 0x1000), BN_OK);
    assert_int_equal(tables.pages, 4);
    assert_int_equal(in_use, 4);
    expect_nothing(hole);
    expect_nothing(hole + 0xFFF);
    expect(hole - 1, hole - 1, RW | MAP_EXEC);
    expect(hole + 0x1000, hole + 0x1000, RW | MAP_EXEC);
    expect(2 * GIB - 1, 2 * GIB - 1, RW | MAP_EXEC);
    expect(GIB, GIB, RW | MAP_EXEC);
}

static void no_giant_pages(void **state)
{
    (void)state;
    paging_finish(&tables);
    paging_max_large = 1;
    assert_int_equal(paging_init(&tables, format), BN_OK);
    assert_int_equal(paging_map(&tables, 0, 0, GIB, RW), BN_OK);
    assert_int_equal(tables.pages, 3);
    expect(GIB - 1, GIB - 1, RW);
}

static void crooked_addresses_take_small_pages(void **state)
{
    (void)state;
    assert_int_equal(paging_map(&tables, MIB2, MIB2 + 0x1000, MIB2, RW), BN_OK);
    expect(MIB2 + 0x1FFFFF, 2 * MIB2 + 0xFFF, RW);
    assert_int_equal(tables.pages, 4);
}

static void too_few_tables_change_nothing(void **state)
{
    (void)state;
    assert_int_equal(paging_map(&tables, 0, 0, GIB, RW), BN_OK);
    for (size_t spare = 0; spare < 2; spare++) { /* it needs two */
        size_t before = in_use;

        limit = before + spare;
        assert_int_equal(paging_unmap(&tables, 0x7000, 0x1000), BN_ENOMEM);
        assert_int_equal(in_use, before);
        expect(0x7000, 0x7000, RW);
    }
    limit = POOL;
    assert_int_equal(paging_unmap(&tables, 0x7000, 0x1000), BN_OK);
    expect_nothing(0x7000);
}

static void bad_arguments(void **state)
{
    (void)state;
    assert_int_equal(paging_map(&tables, 0x123, 0, 0x1000, RW), BN_EINVAL);
    assert_int_equal(paging_map(&tables, 0, 0x123, 0x1000, RW), BN_EINVAL);
    assert_int_equal(paging_map(&tables, 0, 0, 0x123, RW), BN_EINVAL);
    assert_int_equal(paging_map(&tables, (1ull << 48) - 0x1000, 0, 0x2000, RW), BN_EINVAL);
    assert_int_equal(paging_unmap(&tables, UINT64_MAX & ~0xFFFull, 0x2000), BN_EINVAL);
    expect_nothing(1ull << 48);
}

/* Against a plain array of the first 64 MiB: thousands of changes, every page compared. */
static void random_changes(void **state)
{
    enum { PAGES = 16384 };
    static struct {
        hpa_t to;
        uint32_t rights;
    } model[PAGES];
    uint32_t seed = 1;

    (void)state;
    memset(model, 0, sizeof(model));
    for (int round = 0; round < 400; round++) {
        uint32_t at, count, shift;

        seed = seed * 1664525u + 1013904223u;
        at = seed >> 8 & (PAGES - 1);
        seed = seed * 1664525u + 1013904223u;
        count = 1 + (seed >> 8) % (round % 3 ? 40u : 3000u);
        shift = seed >> 28 & 1 ? 0 : 512;
        if (count > PAGES - at)
            count = PAGES - at;
        if (seed >> 29 & 1)
            assert_int_equal(paging_unmap(&tables, (uint64_t)at << 12, (uint64_t)count << 12),
                             BN_OK);
        else
            assert_int_equal(paging_map(&tables, (uint64_t)at << 12, (uint64_t)(at + shift) << 12,
                                        (uint64_t)count << 12, RW),
                             BN_OK);
        for (uint32_t i = at; i < at + count; i++) {
            model[i].rights = seed >> 29 & 1 ? 0 : RW;
            model[i].to = (hpa_t)(i + shift) << 12;
        }
    }
    for (uint32_t i = 0; i < PAGES; i++)
        if (model[i].rights)
            expect((uint64_t)i << 12, model[i].to, model[i].rights);
        else
            expect_nothing((uint64_t)i << 12);
}

struct seen {
    unsigned count;
    uint64_t end, bytes;
};

static enum bn_status see(void *context, uint64_t from, hpa_t to, uint64_t bytes, uint32_t rights)
{
    struct seen *seen = context;

    assert_true(from >= seen->end);
    expect(from, to, rights);
    expect(from + bytes - 1, to + bytes - 1, rights);
    seen->end = from + bytes;
    seen->bytes += bytes;
    return ++seen->count == 6 ? BN_EBUSY : BN_OK;
}

static void every_page(void **state)
{
    struct seen seen = {0};

    (void)state;
    assert_int_equal(paging_each(&tables, see, &seen), BN_OK);
    assert_int_equal(seen.count, 0);
    assert_int_equal(paging_map(&tables, GIB, 2 * GIB, GIB, RW), BN_OK);
    assert_int_equal(paging_map(&tables, 0x5000, 0x9000, 0x2000, MAP_READ), BN_OK);
    assert_int_equal(paging_map(&tables, 4 * MIB2, 0, 2 * MIB2, RW), BN_OK);
    assert_int_equal(paging_each(&tables, see, &seen), BN_OK);
    assert_int_equal(seen.count, 5);
    assert_int_equal(seen.bytes, GIB + 0x2000 + 2 * MIB2);
    seen = (struct seen){1, 0, 0}; /* the sixth says that it is enough */
    assert_int_equal(paging_each(&tables, see, &seen), BN_EBUSY);
}

/* Three levels, small pages, written back; whatever the CPUs have. */
static void limits_of_an_iommu(void **state)
{
    (void)state;
    tables.top = 2;
    tables.large = 0;
    tables.write_back = true;
    assert_int_equal(paging_map(&tables, 0, 0, 2 * MIB2, RW), BN_OK);
    assert_int_equal(tables.pages, 4);
    expect(MIB2 + 0x1234, MIB2 + 0x1234, RW);
    assert_int_equal(paging_map(&tables, 512 * GIB - MIB2, 600 * GIB, MIB2, RW), BN_OK);
    expect(512 * GIB - 1, 600 * GIB + MIB2 - 1, RW);
    assert_int_equal(paging_map(&tables, 512 * GIB - 0x1000, 0, 0x2000, RW), BN_EINVAL);
    expect_nothing(512 * GIB);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rights_and_borders, begin, end),
        cmocka_unit_test_setup_teardown(hole_in_a_giant_page, begin, end),
        cmocka_unit_test_setup_teardown(no_giant_pages, begin, end),
        cmocka_unit_test_setup_teardown(crooked_addresses_take_small_pages, begin, end),
        cmocka_unit_test_setup_teardown(too_few_tables_change_nothing, begin, end),
        cmocka_unit_test_setup_teardown(bad_arguments, begin, end),
        cmocka_unit_test_setup_teardown(random_changes, begin, end),
        cmocka_unit_test_setup_teardown(every_page, begin, end),
        cmocka_unit_test_setup_teardown(limits_of_an_iommu, begin, end),
    };

    static const struct paging_format *const formats[] = {&paging_x86, &paging_npt, &paging_ept,
                                                          &paging_vtd, &paging_amd};
    int failed = 0;

    for (size_t i = 0; i < HV_ARRAY_SIZE(formats); i++) {
        format = formats[i];
        executes = format != &paging_vtd && format != &paging_amd;
        failed += cmocka_run_group_tests(tests, NULL, NULL);
    }
    return failed;
}
