/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Proof over the page tables (CBMC): after any sequence of mapping and removing, each address leads
 * where the last operation on it said, with its rights, and to nowhere if none mapped it; an
 * operation that fails has changed nothing. No access leaves the tables, whatever page_alloc says.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void store_release(uint64_t *at, uint64_t value)
{
    *at = value;
}
#define __atomic_store_n(at, value, order) store_release(at, value)
#define __atomic_load_n(at, order)         (*(at))

#include "hypervisor/core/paging.c"

uint64_t nondet_u64(void);
uint32_t nondet_u32(void);
_Bool nondet_bool(void);

/* Objects of their own: CBMC tells them apart where it would search an array. */
static uint64_t page1[ENTRIES], page2[ENTRIES], page3[ENTRIES], page4[ENTRIES], page5[ENTRIES],
    page6[ENTRIES], page7[ENTRIES];
static uint64_t *const page[] = {page1, page2, page3, page4, page5, page6, page7};
static unsigned used;

void hv_panic(const char *format, ...)
{
    __CPROVER_assert(false, "no assertion of the code fails");
    abort();
}

void *hpa_to_ptr(hpa_t address)
{
    for (unsigned i = 0; i < PAGES; i++)
        if (address == (hpa_t)(i + 1) << 12)
            return page[i];
    __CPROVER_assert(false, "a table is a page of ours");
    abort();
}

/* None freed, so that a page given twice cannot hide. */
hpa_t page_alloc(void)
{
    if (used == PAGES || nondet_bool())
        return 0;
    return (hpa_t)++used << 12;
}

void page_free(hpa_t page)
{
    __CPROVER_assert(page && page >> 12 <= used, "only a page of ours is freed");
}

void hw_write_back(const void *from, size_t bytes)
{
    __CPROVER_assert(__CPROVER_r_ok(from, sizeof(uint64_t)), "a write-back in bounds");
}

/* What any one address should lead to: the rest follows from it. */
static uint64_t watched;
static bool mapped;
static hpa_t leads_to;
static uint32_t with;

static void operate(struct nested_paging *tables)
{
    uint64_t from = nondet_u64(), bytes = nondet_u64();
    hpa_t to = nondet_u64();
    uint32_t rights = MAP_READ | (nondet_bool() ? MAP_WRITE : 0) | (nondet_bool() ? MAP_EXEC : 0);
    bool add = nondet_bool();
    enum bn_status status;

    status = add ? paging_map(tables, from, to, bytes, rights) : paging_unmap(tables, from, bytes);
    if (status == BN_OK && watched - from < bytes) {
        mapped = add;
        leads_to = to + (watched - from);
        with = rights;
    }
}

int main(void)
{
    const struct paging_format *const formats[] = {&paging_x86, &paging_npt, &paging_ept,
                                                   &paging_vtd, &paging_amd};
    struct nested_paging tables;
    uint64_t contiguous;
    uint32_t rights;
    hpa_t to;

    paging_max_large = nondet_u32();
    __CPROVER_assume(paging_max_large <= 2);
    __CPROVER_assume(paging_init(&tables, formats[FORMAT]) == BN_OK);
    tables.top = TOP;
    watched = nondet_u64();
    for (unsigned i = 0; i < OPERATIONS; i++)
        operate(&tables);
    if (paging_lookup(&tables, watched, &to, &rights, &contiguous) == BN_OK) {
        __CPROVER_assert(mapped, "nothing is mapped that was not given");
        __CPROVER_assert(to == leads_to, "it leads where it was told to");
        __CPROVER_assert((rights & MAP_WRITE) <= (with & MAP_WRITE),
                         "it may be written only if that was said");
        if (formats[FORMAT]->exec)
            __CPROVER_assert((rights & MAP_EXEC) <= (with & MAP_EXEC),
                             "it may be executed only if that was said");
    } else {
        __CPROVER_assert(!mapped, "what was given is there");
    }
    return 0;
}
